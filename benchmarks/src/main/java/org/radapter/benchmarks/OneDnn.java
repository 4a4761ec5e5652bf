package org.radapter.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.javacpp.ShortPointer;
import org.radapter.tensor.DType;
import org.radapter.tensor.Floats;

/** A product of oneDNN, whose weight it has put beforehand into the layout it likes best. */
final class OneDnn implements Operation {
    private final List<Pointer> kept = new ArrayList<>();
    private final DType dtype;
    private final int size;
    private final stream stream;
    private final memory output;
    private final matmul product;
    private final IntMemoryMap operands;

    OneDnn(Product.Shape shape, DType dtype) {
        this.dtype = dtype;
        this.size = Math.toIntExact(shape.m() * shape.n());
        memory.data_type type = dtype == DType.BF16 ? memory.data_type.bf16 : memory.data_type.f32;
        try (PointerScope scope = new PointerScope()) {
            engine engine = keep(new engine(org.bytedeco.dnnl.engine.kind.cpu, 0));
            stream = keep(new stream(engine));
            memory.desc a = new memory.desc(new long[] {shape.m(), shape.k()}, type, memory.format_tag.ab);
            memory.desc b = new memory.desc(new long[] {shape.k(), shape.n()}, type, memory.format_tag.ab);
            memory.desc anyB = new memory.desc(new long[] {shape.k(), shape.n()}, type, memory.format_tag.any);
            memory.desc c = new memory.desc(new long[] {shape.m(), shape.n()}, type, memory.format_tag.ab);
            matmul.primitive_desc description = new matmul.primitive_desc(engine, a, anyB, c);
            product = keep(new matmul(description));
            memory input = keep(new memory(a, engine));
            put(input, shape.a());
            memory weight = new memory(b, engine);
            put(weight, shape.b());
            memory packed = keep(new memory(description.weights_desc(), engine));
            new reorder(weight, packed).execute(stream, weight, packed);
            stream._wait();
            output = keep(new memory(c, engine));
            operands = keep(new IntMemoryMap());
            operands.put(dnnl.DNNL_ARG_SRC, input);
            operands.put(dnnl.DNNL_ARG_WEIGHTS, packed);
            operands.put(dnnl.DNNL_ARG_DST, output);
        }
    }

    private <P extends Pointer> P keep(P pointer) {
        pointer.retainReference();
        kept.add(pointer);
        return pointer;
    }

    private void put(memory target, float[] values) {
        if (dtype == DType.F32) {
            new FloatPointer(target.get_data_handle()).put(values);
            return;
        }
        short[] bits = new short[values.length];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = Floats.toBFloat16(values[i]);
        }
        new ShortPointer(target.get_data_handle()).put(bits);
    }

    @Override
    public void run() {
        product.execute(stream, operands);
        stream._wait();
    }

    @Override
    public Map<String, float[]> results() {
        float[] values = new float[size];
        if (dtype == DType.F32) {
            new FloatPointer(output.get_data_handle()).get(values);
        } else {
            short[] bits = new short[size];
            new ShortPointer(output.get_data_handle()).get(bits);
            for (int i = 0; i < size; i++) {
                values[i] = Floats.fromBFloat16(bits[i]);
            }
        }
        return Map.of("c", values);
    }

    @Override
    public void close() {
        kept.forEach(Pointer::releaseReference);
        kept.clear();
    }
}
