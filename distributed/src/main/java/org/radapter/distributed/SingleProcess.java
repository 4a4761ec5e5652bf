package org.radapter.distributed;

import org.radapter.tensor.Tensor;

/** A world of one rank: nothing is waited for, and nothing is sent. */
public final class SingleProcess implements Collectives {
    @Override
    public int rank() {
        return 0;
    }

    @Override
    public int world() {
        return 1;
    }

    @Override
    public void allReduceSum(Tensor values) {
        Operands.requireDense("the summand", values);
    }

    @Override
    public void allGather(Tensor own, Tensor all) {
        Operands.requireGather(own, all, 1);
        all.bytes().put(own.bytes());
    }

    @Override
    public void allToAll(Tensor sent, Tensor received) {
        Operands.requireExchange(sent, received, 1);
        received.bytes().put(sent.bytes());
    }

    @Override
    public void broadcast(Tensor values, int root) {
        Operands.requireDense("the message", values);
        Operands.requireRank(root, 1);
    }

    @Override
    public void barrier() {}

    @Override
    public void close() {}
}
