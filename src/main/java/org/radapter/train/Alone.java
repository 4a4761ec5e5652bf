package org.radapter.train;

import java.util.Map;
import org.radapter.tensor.Tensor;

/** A world of one process, with nobody to exchange anything with. */
enum Alone implements Peers {
    INSTANCE;

    @Override
    public int rank() {
        return 0;
    }

    @Override
    public int world() {
        return 1;
    }

    @Override
    public void gatherRows(Tensor matrix) {}

    @Override
    public Summation summation() {
        return Summation.TREE;
    }

    @Override
    public void add(Tensor vector) {}

    @Override
    public void takeFromFirst(Tensor tensor) {}

    @Override
    public void await() {}

    @Override
    public void requireAgreement(Map<String, String> facts) {}
}
