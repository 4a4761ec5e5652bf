package org.radapter.benchmarks;

import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A product of ND4J in fp32, into an array that is there already. */
final class Nd4jProduct implements Operation {
    private final INDArray a;
    private final INDArray b;
    private final INDArray c;

    Nd4jProduct(Product.Shape shape) {
        a = Nd4j.create(shape.a(), new long[] {shape.m(), shape.k()}, 'c');
        b = Nd4j.create(shape.b(), new long[] {shape.k(), shape.n()}, 'c');
        // products are stored by columns, or they are copied
        c = Nd4j.create(new long[] {shape.m(), shape.n()}, 'f');
    }

    @Override
    public void run() {
        a.mmuli(b, c);
    }

    @Override
    public Map<String, float[]> results() {
        return Map.of("c", c.dup('c').data().asFloat());
    }

    @Override
    public void close() {
        a.close();
        b.close();
        c.close();
    }
}
