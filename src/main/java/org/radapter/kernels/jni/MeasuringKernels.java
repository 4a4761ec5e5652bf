package org.radapter.kernels.jni;

import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.radapter.kernels.Activation;
import org.radapter.kernels.Gate;
import org.radapter.kernels.Kernels;
import org.radapter.kernels.MergeLayer;
import org.radapter.kernels.PackedMatrix;
import org.radapter.kernels.Positives;
import org.radapter.kernels.Segment;
import org.radapter.kernels.Segments;
import org.radapter.kernels.jni.abi.Abi;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Device;
import org.radapter.tensor.DeviceMemory;
import org.radapter.tensor.Storage;
import org.radapter.tensor.Tensor;

/**
 * Operators that compute nothing, on memory that is not there: whatever runs on them allocates as it would on the CPU
 * backend, and {@link #peakBytes} tells how much memory it would take. Every number reads as zero. Not thread-safe.
 */
public final class MeasuringKernels implements Kernels {
    private static final long ALIGNMENT = 64;
    /** Arenas lie as far apart as no arena is large. */
    private static final long APART = 1L << 44;

    private final NativeContext context;
    private final Device device = new MeasuredDevice();
    private long arenas;
    private long live;
    private long peak;
    private long scratch;

    /**
     * Measures what the CPU backend would take.
     *
     * @param threads ≤ 0: as many as the process may use; scratch memory depends on it
     * @throws UnsupportedOperationException if the native library cannot be loaded
     */
    public MeasuringKernels(int threads) {
        NativeLibrary.require();
        context = NativeContext.cpu(threads, InstructionSet.AUTO.code());
    }

    /** Most bytes that were given out at once, packed weights and scratch memory among them. */
    public long peakBytes() {
        return peak;
    }

    private void take(long bytes) {
        live += bytes;
        peak = Math.max(peak, live);
    }

    /** Scratch memory grows to what the most demanding operator asks for, and is kept. */
    private void scratch(long bytes) {
        if (bytes > scratch) {
            take(bytes - scratch);
            scratch = bytes;
        }
    }

    @Override
    public Device device() {
        return device;
    }

    @Override
    public String description() {
        return "nothing, to measure memory";
    }

    @Override
    public void gemm(
            boolean transposeA,
            boolean transposeB,
            Tensor a,
            Tensor b,
            @Nullable Tensor bias,
            Activation activation,
            @Nullable Tensor aux,
            @Nullable Tensor residual,
            Tensor c) {}

    @Override
    public PackedMatrix pack(boolean transposeB, Tensor b) {
        return new Packed(transposeB ? b.columns() : b.rows(), transposeB ? b.rows() : b.columns());
    }

    @Override
    public void gemmPacked(
            Tensor a,
            PackedMatrix b,
            @Nullable Tensor bias,
            Activation activation,
            @Nullable Tensor aux,
            @Nullable Tensor residual,
            Tensor c) {}

    @Override
    public void convert(Tensor x, Tensor y) {}

    @Override
    public void add(Tensor a, Tensor b, Tensor c) {}

    @Override
    public void fill(Tensor x, double value) {}

    @Override
    public void activation(Activation activation, Tensor x, Tensor y) {}

    @Override
    public void activationBackward(Activation activation, Tensor x, Tensor dy, Tensor dx) {}

    @Override
    public void columnSum(Tensor x, Tensor sum) {
        scratch(Abi.radapter_column_sum_workspace(context.handle(), x.rows(), x.columns()));
    }

    @Override
    public void layerNorm(
            Tensor x,
            Tensor gain,
            Tensor bias,
            double epsilon,
            Tensor y,
            @Nullable Tensor mean,
            @Nullable Tensor rstd) {}

    @Override
    public void layerNormBackward(
            Tensor dy,
            Tensor x,
            Tensor gain,
            Tensor mean,
            Tensor rstd,
            @Nullable Tensor residual,
            Tensor dx,
            @Nullable Tensor dGain,
            @Nullable Tensor dBias) {
        scratch(Abi.radapter_layer_norm_backward_workspace(context.handle(), x.rows(), x.columns()));
    }

    @Override
    public void normalize(Tensor x, Tensor y, Tensor norm) {}

    @Override
    public void normalizeBackward(Tensor dy, Tensor y, Tensor norm, Tensor dx) {}

    @Override
    public void attention(Tensor qkv, long batch, long heads, boolean causal, Tensor out, @Nullable Tensor logSumExp) {
        long headSize = out.columns() / heads;
        scratch(Abi.radapter_attention_forward_workspace(context.handle(), batch, qkv.rows() / batch, heads, headSize));
    }

    @Override
    public void attentionBackward(
            Tensor qkv,
            Tensor out,
            Tensor logSumExp,
            Tensor dOut,
            long batch,
            long heads,
            boolean causal,
            Tensor dQkv) {
        long headSize = out.columns() / heads;
        scratch(Abi.radapter_attention_backward_workspace(
                context.handle(), batch, qkv.rows() / batch, heads, headSize));
    }

    @Override
    public void patches(Tensor images, long patch, Tensor patches) {}

    @Override
    public void imageTokens(Tensor embedded, Tensor classEmbedding, Tensor position, Tensor tokens) {}

    @Override
    public void imageTokensBackward(
            Tensor dTokens,
            long patches,
            @Nullable Tensor dEmbedded,
            @Nullable Tensor dClass,
            @Nullable Tensor dPosition) {}

    @Override
    public void textTokens(Tensor ids, Tensor table, Tensor position, Tensor tokens) {}

    @Override
    public void textTokensBackward(Tensor ids, Tensor dTokens, @Nullable Tensor dTable, @Nullable Tensor dPosition) {}

    @Override
    public void gatherRows(Tensor x, Tensor rows, Tensor y) {}

    @Override
    public void scatterRows(Tensor y, Tensor rows, Tensor x) {}

    @Override
    public void adapter(Tensor x, Tensor w, Tensor scale, @Nullable Gate gate, @Nullable Tensor residual, Tensor y) {}

    @Override
    public void adapterBackward(
            Tensor x,
            Tensor w,
            Tensor scale,
            @Nullable Gate gate,
            Tensor dy,
            @Nullable Tensor dx,
            @Nullable Tensor dW,
            @Nullable Tensor dScale) {
        scratch(Abi.radapter_adapter_backward_workspace(context.handle(), x.rows(), x.columns()));
    }

    @Override
    public void lowRankAdapter(
            Tensor x,
            Tensor down,
            Tensor up,
            Tensor scale,
            @Nullable Gate gate,
            @Nullable Tensor residual,
            Tensor hidden,
            Tensor y) {}

    @Override
    public void lowRankAdapterBackward(
            Tensor x,
            Tensor hidden,
            Tensor down,
            Tensor up,
            Tensor scale,
            @Nullable Gate gate,
            Tensor dy,
            @Nullable Tensor dx,
            @Nullable Tensor dDown,
            @Nullable Tensor dUp,
            @Nullable Tensor dScale) {
        scratch(Abi.radapter_low_rank_adapter_backward_workspace(
                context.handle(), x.rows(), x.columns(), down.columns()));
    }

    @Override
    public void merge(List<MergeLayer> layers) {}

    @Override
    public void contrastive(
            Tensor f,
            Tensor g,
            Positives positives,
            double scale,
            @Nullable Tensor logScale,
            double margin,
            double smoothing,
            Tensor losses,
            @Nullable Tensor dF,
            @Nullable Tensor dG,
            @Nullable Tensor dLogScale) {
        scratch(Abi.radapter_contrastive_workspace(context.handle(), f.rows(), g.rows(), f.columns()));
    }

    @Override
    public void contrastiveRowSums(
            Tensor f,
            Tensor g,
            Positives positives,
            double scale,
            @Nullable Tensor logScale,
            double margin,
            double smoothing,
            long first,
            boolean exact,
            Tensor rowSums) {
        rowsScratch(f, g, rowSums.rows());
    }

    @Override
    public void contrastiveRowGradients(
            Tensor f,
            Tensor g,
            Positives positives,
            double scale,
            @Nullable Tensor logScale,
            double margin,
            double smoothing,
            long first,
            boolean exact,
            Tensor rowSums,
            Tensor columnSums,
            @Nullable Tensor losses,
            Tensor dF,
            @Nullable Tensor dLogScale) {
        rowsScratch(f, g, dF.rows());
    }

    private void rowsScratch(Tensor f, Tensor g, long count) {
        scratch(Abi.radapter_contrastive_rows_workspace(context.handle(), f.rows(), g.rows(), f.columns(), count));
    }

    @Override
    public void crossEntropy(Tensor logits, Tensor labels, double smoothing, Tensor loss, @Nullable Tensor dLogits) {
        scratch(Abi.radapter_cross_entropy_workspace(context.handle(), logits.rows(), logits.columns()));
    }

    @Override
    public Segments segments(List<Segment> segments) {
        return new Listed(
                segments.stream().mapToLong(each -> each.parameter().size()).sum());
    }

    @Override
    public void adamWEma(Segments segments, Tensor settings, Tensor state) {}

    @Override
    public void emaUpdate(Segments segments, double decay) {}

    @Override
    public void close() {
        context.close();
    }

    /** Packed floats, as the CPU keeps them. */
    private final class Packed implements PackedMatrix {
        private final long k;
        private final long n;
        private boolean closed;

        Packed(long k, long n) {
            this.k = k;
            this.n = n;
            take(Float.BYTES * k * n);
        }

        @Override
        public long k() {
            return k;
        }

        @Override
        public long n() {
            return n;
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                take(-Float.BYTES * k * n);
            }
        }
    }

    private record Listed(long size) implements Segments {
        @Override
        public void close() {}
    }

    private final class MeasuredDevice implements Device {
        @Override
        public String name() {
            return "nowhere";
        }

        @Override
        public boolean isHost() {
            return false;
        }

        @Override
        public Arena arena(String purpose) {
            return new MeasuredArena(++arenas * APART);
        }
    }

    /** Reads as zero; what is written is forgotten. */
    private static final class Nothing implements DeviceMemory {
        @Override
        public void read(long address, ByteBuffer to) {
            while (to.hasRemaining()) {
                to.put((byte) 0);
            }
        }

        @Override
        public void write(ByteBuffer from, long address) {
            from.position(from.limit());
        }
    }

    private final class MeasuredArena implements Arena {
        private final Storage storage;
        private long used;
        private long most;

        MeasuredArena(long base) {
            storage = Storage.device(new Nothing(), base, APART);
        }

        @Override
        public Tensor allocate(DType dtype, long... shape) {
            Tensor tensor = new Tensor(storage, used, dtype, shape);
            long bytes = (tensor.size() * dtype.bytes() + ALIGNMENT - 1) & -ALIGNMENT;
            if (bytes > Integer.MAX_VALUE) {
                throw new IllegalArgumentException(tensor + " has more than 2 GiB; split it by rows");
            }
            used += bytes;
            most = Math.max(most, used);
            take(bytes);
            return tensor;
        }

        @Override
        public long mark() {
            return used;
        }

        @Override
        public void release(long mark) {
            take(mark - used);
            used = mark;
        }

        @Override
        public long bytes() {
            return used;
        }

        @Override
        public long peakBytes() {
            return most;
        }

        @Override
        public void close() {
            release(0);
        }
    }
}
