package org.radapter.kernels.jni;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.radapter.kernels.Activation;
import org.radapter.kernels.Gate;
import org.radapter.kernels.Kernels;
import org.radapter.kernels.MergeLayer;
import org.radapter.kernels.PackedMatrix;
import org.radapter.kernels.Positives;
import org.radapter.kernels.Recording;
import org.radapter.kernels.Segment;
import org.radapter.kernels.Segments;
import org.radapter.kernels.jni.abi.Abi;
import org.radapter.tensor.Device;
import org.radapter.tensor.Tensor;

/**
 * The operators of {@code radapter.h} on the CPU or a GPU. Shapes are taken from the tensors as they are: {@link
 * org.radapter.kernels.CheckedKernels} has looked at them before.
 *
 * <p>No call allocates Java memory, except {@link #merge}, {@link #pack} and {@link #segments}.
 */
public final class NativeKernels implements Kernels {
    private final NativeContext context;
    /** What work is put into; 0 on the CPU. */
    private final long stream;

    private final NativeDevice device;
    private Workspace workspace;
    /** Most bytes in which the scores of a contrastive loss are kept. */
    private final long scoreBytes;

    private NativeKernels(NativeContext context, String name, int index, long scoreBytes) {
        this.scoreBytes = scoreBytes;
        this.context = context;
        this.stream = context.stream();
        this.device = new NativeDevice(context, name, index);
        this.workspace = new Workspace(context);
    }

    /**
     * Opens the CPU backend.
     *
     * @param threads ≤ 0: as many as the process may use
     * @param isa {@code auto}, {@code baseline}, {@code avx2}, {@code avx512} or {@code avx512_bf16}
     * @throws IllegalArgumentException if {@code isa} is none of these
     * @throws UnsupportedOperationException if the library cannot be loaded or the machine lacks the instruction set
     */
    public static NativeKernels cpu(int threads, String isa) {
        return cpu(threads, isa, 0);
    }

    /**
     * As {@link #cpu(int, String)}.
     *
     * @param scoreBytes memory in which the scores of a contrastive loss may be kept, so that they are computed once
     */
    public static NativeKernels cpu(int threads, String isa, long scoreBytes) {
        InstructionSet chosen = InstructionSet.named(isa);
        NativeLibrary.require();
        return new NativeKernels(NativeContext.cpu(threads, chosen.code()), "cpu", 0, scoreBytes);
    }

    /**
     * Opens a GPU. Operators are put into a stream of this backend's own, in order, and carried out later; reading a
     * tensor from the host waits for them.
     *
     * @param index of the GPU, from 0
     * @throws UnsupportedOperationException if there is no plug-in, driver or such GPU; the message says why
     */
    public static NativeKernels cuda(int index) {
        return cuda(index, 0, false);
    }

    /**
     * As {@link #cuda(int)}, on a stream of somebody else, or with cuBLAS.
     *
     * @param stream address of a {@code CUstream_st} of this GPU's primary context (cudart's, PyTorch's, ND4J's), which
     *     must outlive these kernels; 0: a stream of their own
     * @param cublas whether plain products are left to cuBLAS; see {@code radapter_use_cublas}
     * @throws UnsupportedOperationException also if cuBLAS is asked for and cannot be loaded
     */
    public static NativeKernels cuda(int index, long stream, boolean cublas) {
        NativeContext context = NativeContext.cuda(CudaPlugin.require(index), index, stream);
        try {
            if (cublas) {
                context.useCublas();
            }
        } catch (RuntimeException | OutOfMemoryError e) {
            context.close();
            throw e;
        }
        return new NativeKernels(context, "cuda:" + index, index, 0);
    }

    @Override
    public Device device() {
        return device;
    }

    @Override
    public synchronized String description() {
        long handle = context.handle();
        if (context.isGpu()) {
            return device.name() + ", " + Abi.radapter_context_device(handle).getString()
                    + (context.usesCublas() ? ", with cuBLAS" : "");
        }
        int threads = Abi.radapter_context_threads(handle);
        InstructionSet isa = InstructionSet.of(Abi.radapter_context_isa(handle));
        return "cpu, " + isa.name().toLowerCase(Locale.ROOT) + ", " + threads + (threads == 1 ? " thread" : " threads");
    }

    // products

    @Override
    public synchronized void gemm(
            boolean transposeA,
            boolean transposeB,
            Tensor a,
            Tensor b,
            @Nullable Tensor bias,
            Activation activation,
            @Nullable Tensor aux,
            @Nullable Tensor residual,
            Tensor c) {
        Status.check(Abi.radapter_gemm(
                context.handle(),
                stream,
                flag(transposeA),
                flag(transposeB),
                c.rows(),
                c.columns(),
                transposeA ? a.rows() : a.columns(),
                a.address(),
                a.leadingDimension(),
                dtype(a),
                b.address(),
                b.leadingDimension(),
                dtype(b),
                address(bias),
                activation.code(),
                address(aux),
                address(residual),
                leadingDimension(residual),
                c.address(),
                c.leadingDimension(),
                dtype(c)));
    }

    @Override
    public synchronized PackedMatrix pack(boolean transposeB, Tensor b) {
        return new NativePackedMatrix(context, transposeB, b);
    }

    @Override
    public synchronized void gemmPacked(
            Tensor a,
            PackedMatrix b,
            @Nullable Tensor bias,
            Activation activation,
            @Nullable Tensor aux,
            @Nullable Tensor residual,
            Tensor c) {
        Status.check(Abi.radapter_gemm_packed(
                context.handle(),
                stream,
                a.rows(),
                a.address(),
                a.leadingDimension(),
                dtype(a),
                NativePackedMatrix.handle(b, context),
                address(bias),
                activation.code(),
                address(aux),
                address(residual),
                leadingDimension(residual),
                c.address(),
                c.leadingDimension(),
                dtype(c)));
    }

    // elementwise

    @Override
    public synchronized void convert(Tensor x, Tensor y) {
        Status.check(Abi.radapter_convert(
                context.handle(),
                stream,
                x.rows(),
                x.columns(),
                x.address(),
                x.leadingDimension(),
                dtype(x),
                y.address(),
                y.leadingDimension(),
                dtype(y)));
    }

    @Override
    public synchronized void add(Tensor a, Tensor b, Tensor c) {
        Status.check(Abi.radapter_add(
                context.handle(),
                stream,
                c.rows(),
                c.columns(),
                a.address(),
                a.leadingDimension(),
                b.address(),
                b.leadingDimension(),
                c.address(),
                c.leadingDimension(),
                dtype(c)));
    }

    @Override
    public synchronized void fill(Tensor x, double value) {
        Status.check(Abi.radapter_fill(
                context.handle(), stream, x.rows(), x.columns(), value, x.address(), x.leadingDimension(), dtype(x)));
    }

    @Override
    public synchronized void activation(Activation activation, Tensor x, Tensor y) {
        Status.check(Abi.radapter_activation_forward(
                context.handle(),
                stream,
                activation.code(),
                x.rows(),
                x.columns(),
                x.address(),
                x.leadingDimension(),
                y.address(),
                y.leadingDimension(),
                dtype(x)));
    }

    @Override
    public synchronized void activationBackward(Activation activation, Tensor x, Tensor dy, Tensor dx) {
        Status.check(Abi.radapter_activation_backward(
                context.handle(),
                stream,
                activation.code(),
                x.rows(),
                x.columns(),
                x.address(),
                x.leadingDimension(),
                dy.address(),
                dy.leadingDimension(),
                dx.address(),
                dx.leadingDimension(),
                dtype(x)));
    }

    @Override
    public synchronized void columnSum(Tensor x, Tensor sum) {
        long handle = context.handle();
        long scratch = workspace.atLeast(Abi.radapter_column_sum_workspace(handle, x.rows(), x.columns()));
        Status.check(Abi.radapter_column_sum(
                handle,
                stream,
                x.rows(),
                x.columns(),
                x.address(),
                x.leadingDimension(),
                dtype(x),
                sum.address(),
                scratch,
                workspace.bytes()));
    }

    // normalisation

    @Override
    public synchronized void layerNorm(
            Tensor x,
            Tensor gain,
            Tensor bias,
            double epsilon,
            Tensor y,
            @Nullable Tensor mean,
            @Nullable Tensor rstd) {
        Status.check(Abi.radapter_layer_norm_forward(
                context.handle(),
                stream,
                x.rows(),
                x.columns(),
                x.address(),
                x.leadingDimension(),
                gain.address(),
                bias.address(),
                epsilon,
                y.address(),
                y.leadingDimension(),
                dtype(x),
                address(mean),
                address(rstd)));
    }

    @Override
    public synchronized void layerNormBackward(
            Tensor dy,
            Tensor x,
            Tensor gain,
            Tensor mean,
            Tensor rstd,
            @Nullable Tensor residual,
            Tensor dx,
            @Nullable Tensor dGain,
            @Nullable Tensor dBias) {
        long handle = context.handle();
        long scratch = workspace.atLeast(Abi.radapter_layer_norm_backward_workspace(handle, x.rows(), x.columns()));
        Status.check(Abi.radapter_layer_norm_backward(
                handle,
                stream,
                x.rows(),
                x.columns(),
                dy.address(),
                dy.leadingDimension(),
                x.address(),
                x.leadingDimension(),
                gain.address(),
                mean.address(),
                rstd.address(),
                address(residual),
                dx.address(),
                dx.leadingDimension(),
                dtype(x),
                address(dGain),
                address(dBias),
                scratch,
                workspace.bytes()));
    }

    @Override
    public synchronized void normalize(Tensor x, Tensor y, Tensor norm) {
        Status.check(Abi.radapter_normalize_forward(
                context.handle(),
                stream,
                x.rows(),
                x.columns(),
                x.address(),
                x.leadingDimension(),
                y.address(),
                y.leadingDimension(),
                dtype(x),
                norm.address()));
    }

    @Override
    public synchronized void normalizeBackward(Tensor dy, Tensor y, Tensor norm, Tensor dx) {
        Status.check(Abi.radapter_normalize_backward(
                context.handle(),
                stream,
                y.rows(),
                y.columns(),
                dy.address(),
                dy.leadingDimension(),
                y.address(),
                y.leadingDimension(),
                norm.address(),
                dx.address(),
                dx.leadingDimension(),
                dtype(y)));
    }

    // attention

    @Override
    public synchronized void attention(
            Tensor qkv, long batch, long heads, boolean causal, Tensor out, @Nullable Tensor logSumExp) {
        long handle = context.handle();
        long length = qkv.rows() / batch;
        long headSize = out.columns() / heads;
        long scratch =
                workspace.atLeast(Abi.radapter_attention_forward_workspace(handle, batch, length, heads, headSize));
        Status.check(Abi.radapter_attention_forward(
                handle,
                stream,
                batch,
                length,
                heads,
                headSize,
                flag(causal),
                qkv.address(),
                qkv.leadingDimension(),
                out.address(),
                out.leadingDimension(),
                dtype(qkv),
                address(logSumExp),
                scratch,
                workspace.bytes()));
    }

    @Override
    public synchronized void attentionBackward(
            Tensor qkv,
            Tensor out,
            Tensor logSumExp,
            Tensor dOut,
            long batch,
            long heads,
            boolean causal,
            Tensor dQkv) {
        long handle = context.handle();
        long length = qkv.rows() / batch;
        long headSize = out.columns() / heads;
        long scratch =
                workspace.atLeast(Abi.radapter_attention_backward_workspace(handle, batch, length, heads, headSize));
        Status.check(Abi.radapter_attention_backward(
                handle,
                stream,
                batch,
                length,
                heads,
                headSize,
                flag(causal),
                qkv.address(),
                qkv.leadingDimension(),
                out.address(),
                out.leadingDimension(),
                logSumExp.address(),
                dOut.address(),
                dOut.leadingDimension(),
                dQkv.address(),
                dQkv.leadingDimension(),
                dtype(qkv),
                scratch,
                workspace.bytes()));
    }

    // embeddings

    @Override
    public synchronized void patches(Tensor images, long patch, Tensor patches) {
        Status.check(Abi.radapter_patches(
                context.handle(),
                stream,
                images.extent(0),
                images.extent(2),
                images.extent(3),
                patch,
                images.address(),
                patches.address(),
                patches.leadingDimension(),
                dtype(patches)));
    }

    @Override
    public synchronized void imageTokens(Tensor embedded, Tensor classEmbedding, Tensor position, Tensor tokens) {
        long patches = position.rows() - 1;
        Status.check(Abi.radapter_image_tokens_forward(
                context.handle(),
                stream,
                tokens.rows() / (patches + 1),
                patches,
                tokens.columns(),
                embedded.address(),
                embedded.leadingDimension(),
                classEmbedding.address(),
                position.address(),
                tokens.address(),
                tokens.leadingDimension(),
                dtype(tokens)));
    }

    @Override
    public synchronized void imageTokensBackward(
            Tensor dTokens,
            long patches,
            @Nullable Tensor dEmbedded,
            @Nullable Tensor dClass,
            @Nullable Tensor dPosition) {
        Status.check(Abi.radapter_image_tokens_backward(
                context.handle(),
                stream,
                dTokens.rows() / (patches + 1),
                patches,
                dTokens.columns(),
                dTokens.address(),
                dTokens.leadingDimension(),
                address(dEmbedded),
                leadingDimension(dEmbedded),
                dtype(dTokens),
                address(dClass),
                address(dPosition)));
    }

    @Override
    public synchronized void textTokens(Tensor ids, Tensor table, Tensor position, Tensor tokens) {
        Status.check(Abi.radapter_text_tokens_forward(
                context.handle(),
                stream,
                ids.rows(),
                ids.columns(),
                tokens.columns(),
                table.rows(),
                ids.address(),
                table.address(),
                dtype(table),
                position.address(),
                tokens.address(),
                tokens.leadingDimension(),
                dtype(tokens)));
    }

    @Override
    public synchronized void textTokensBackward(
            Tensor ids, Tensor dTokens, @Nullable Tensor dTable, @Nullable Tensor dPosition) {
        Status.check(Abi.radapter_text_tokens_backward(
                context.handle(),
                stream,
                ids.rows(),
                ids.columns(),
                dTokens.columns(),
                dTable == null ? Integer.MAX_VALUE : dTable.rows(),
                ids.address(),
                dTokens.address(),
                dTokens.leadingDimension(),
                dtype(dTokens),
                address(dTable),
                address(dPosition)));
    }

    @Override
    public synchronized void gatherRows(Tensor x, Tensor rows, Tensor y) {
        Status.check(Abi.radapter_gather_rows(
                context.handle(),
                stream,
                rows.size(),
                x.rows(),
                x.columns(),
                rows.address(),
                x.address(),
                x.leadingDimension(),
                y.address(),
                y.leadingDimension(),
                dtype(x)));
    }

    @Override
    public synchronized void scatterRows(Tensor y, Tensor rows, Tensor x) {
        Status.check(Abi.radapter_scatter_rows(
                context.handle(),
                stream,
                rows.size(),
                x.rows(),
                x.columns(),
                rows.address(),
                y.address(),
                y.leadingDimension(),
                x.address(),
                x.leadingDimension(),
                dtype(x)));
    }

    // R-Adapter

    @Override
    public synchronized void adapter(
            Tensor x, Tensor w, Tensor scale, @Nullable Gate gate, @Nullable Tensor residual, Tensor y) {
        Status.check(Abi.radapter_adapter_forward(
                context.handle(),
                stream,
                x.rows(),
                x.columns(),
                x.address(),
                x.leadingDimension(),
                w.address(),
                scale.address(),
                gateAddress(gate),
                gateDivisor(gate),
                gateCount(gate),
                address(residual),
                leadingDimension(residual),
                y.address(),
                y.leadingDimension(),
                dtype(x)));
    }

    @Override
    public synchronized void adapterBackward(
            Tensor x,
            Tensor w,
            Tensor scale,
            @Nullable Gate gate,
            Tensor dy,
            @Nullable Tensor dx,
            @Nullable Tensor dW,
            @Nullable Tensor dScale) {
        long handle = context.handle();
        long scratch = workspace.atLeast(Abi.radapter_adapter_backward_workspace(handle, x.rows(), x.columns()));
        Status.check(Abi.radapter_adapter_backward(
                handle,
                stream,
                x.rows(),
                x.columns(),
                x.address(),
                x.leadingDimension(),
                w.address(),
                scale.address(),
                gateAddress(gate),
                gateDivisor(gate),
                gateCount(gate),
                dy.address(),
                dy.leadingDimension(),
                address(dx),
                leadingDimension(dx),
                dtype(x),
                address(dW),
                address(dScale),
                scratch,
                workspace.bytes()));
    }

    @Override
    public synchronized void lowRankAdapter(
            Tensor x,
            Tensor down,
            Tensor up,
            Tensor scale,
            @Nullable Gate gate,
            @Nullable Tensor residual,
            Tensor hidden,
            Tensor y) {
        Status.check(Abi.radapter_low_rank_adapter_forward(
                context.handle(),
                stream,
                x.rows(),
                x.columns(),
                down.columns(),
                x.address(),
                x.leadingDimension(),
                down.address(),
                up.address(),
                scale.address(),
                gateAddress(gate),
                gateDivisor(gate),
                gateCount(gate),
                address(residual),
                leadingDimension(residual),
                hidden.address(),
                y.address(),
                y.leadingDimension(),
                dtype(x)));
    }

    @Override
    public synchronized void lowRankAdapterBackward(
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
        long handle = context.handle();
        long scratch = workspace.atLeast(
                Abi.radapter_low_rank_adapter_backward_workspace(handle, x.rows(), x.columns(), down.columns()));
        Status.check(Abi.radapter_low_rank_adapter_backward(
                handle,
                stream,
                x.rows(),
                x.columns(),
                down.columns(),
                x.address(),
                x.leadingDimension(),
                hidden.address(),
                down.address(),
                up.address(),
                scale.address(),
                gateAddress(gate),
                gateDivisor(gate),
                gateCount(gate),
                dy.address(),
                dy.leadingDimension(),
                address(dx),
                leadingDimension(dx),
                dtype(x),
                address(dDown),
                address(dUp),
                address(dScale),
                scratch,
                workspace.bytes()));
    }

    @Override
    public synchronized void merge(List<MergeLayer> layers) {
        long handle = context.handle();
        try (MergeLayers prepared = new MergeLayers(layers)) {
            long scratch = workspace.atLeast(Abi.radapter_merge_workspace(handle, prepared.structs(), layers.size()));
            Status.check(
                    Abi.radapter_merge(handle, stream, prepared.structs(), layers.size(), scratch, workspace.bytes()));
        }
    }

    // losses

    @Override
    public synchronized void contrastive(
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
        long handle = context.handle();
        Positives.Lists lists = positives.lists();
        long scratch = workspace.atLeast(contrastiveWorkspace(handle, f, g));
        Status.check(Abi.radapter_contrastive(
                handle,
                stream,
                f.rows(),
                g.rows(),
                f.columns(),
                f.address(),
                f.leadingDimension(),
                g.address(),
                g.leadingDimension(),
                dtype(f),
                address(positives.rowLabels()),
                address(positives.columnLabels()),
                lists == null ? 0 : lists.rowOffsets().address(),
                lists == null ? 0 : lists.rowColumns().address(),
                lists == null ? 0 : lists.columnOffsets().address(),
                lists == null ? 0 : lists.columnRows().address(),
                scale,
                address(logScale),
                margin,
                smoothing,
                losses.address(),
                address(dF),
                leadingDimension(dF),
                address(dG),
                leadingDimension(dG),
                address(dLogScale),
                scratch,
                workspace.bytes()));
    }

    /** With room for the scores if they may be kept. */
    private long contrastiveWorkspace(long handle, Tensor f, Tensor g) {
        if (4 * f.rows() * g.rows() <= scoreBytes) {
            return Abi.radapter_contrastive_full_workspace(handle, f.rows(), g.rows(), f.columns());
        }
        return Abi.radapter_contrastive_workspace(handle, f.rows(), g.rows(), f.columns());
    }

    @Override
    public synchronized void contrastiveRowSums(
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
        long handle = context.handle();
        Positives.Lists lists = positives.lists();
        long scratch = workspace.atLeast(
                Abi.radapter_contrastive_rows_workspace(handle, f.rows(), g.rows(), f.columns(), rowSums.rows()));
        Status.check(Abi.radapter_contrastive_row_sums(
                handle,
                stream,
                f.rows(),
                g.rows(),
                f.columns(),
                f.address(),
                f.leadingDimension(),
                g.address(),
                g.leadingDimension(),
                dtype(f),
                address(positives.rowLabels()),
                address(positives.columnLabels()),
                lists == null ? 0 : lists.rowOffsets().address(),
                lists == null ? 0 : lists.rowColumns().address(),
                scale,
                address(logScale),
                margin,
                smoothing,
                first,
                rowSums.rows(),
                exact ? 1 : 0,
                rowSums.address(),
                scratch,
                workspace.bytes()));
    }

    @Override
    public synchronized void contrastiveRowGradients(
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
        long handle = context.handle();
        Positives.Lists lists = positives.lists();
        long scratch = workspace.atLeast(
                Abi.radapter_contrastive_rows_workspace(handle, f.rows(), g.rows(), f.columns(), dF.rows()));
        Status.check(Abi.radapter_contrastive_row_gradients(
                handle,
                stream,
                f.rows(),
                g.rows(),
                f.columns(),
                f.address(),
                f.leadingDimension(),
                g.address(),
                g.leadingDimension(),
                dtype(f),
                address(positives.rowLabels()),
                address(positives.columnLabels()),
                lists == null ? 0 : lists.rowOffsets().address(),
                lists == null ? 0 : lists.rowColumns().address(),
                scale,
                address(logScale),
                margin,
                smoothing,
                first,
                dF.rows(),
                exact ? 1 : 0,
                rowSums.address(),
                columnSums.address(),
                address(losses),
                dF.address(),
                dF.leadingDimension(),
                address(dLogScale),
                scratch,
                workspace.bytes()));
    }

    @Override
    public synchronized void crossEntropy(
            Tensor logits, Tensor labels, double smoothing, Tensor loss, @Nullable Tensor dLogits) {
        long handle = context.handle();
        long scratch = workspace.atLeast(Abi.radapter_cross_entropy_workspace(handle, logits.rows(), logits.columns()));
        Status.check(Abi.radapter_cross_entropy(
                handle,
                stream,
                logits.rows(),
                logits.columns(),
                logits.address(),
                logits.leadingDimension(),
                dtype(logits),
                labels.address(),
                smoothing,
                loss.address(),
                address(dLogits),
                leadingDimension(dLogits),
                scratch,
                workspace.bytes()));
    }

    // optimiser

    @Override
    public synchronized Segments segments(List<Segment> segments) {
        return new NativeSegments(segments);
    }

    @Override
    public synchronized void adamWEma(Segments segments, Tensor settings, Tensor state) {
        long handle = context.handle();
        NativeSegments prepared = NativeSegments.of(segments);
        long scratch =
                workspace.atLeast(Abi.radapter_adamw_ema_workspace(handle, prepared.structs(), prepared.count()));
        Status.check(Abi.radapter_adamw_ema(
                handle,
                stream,
                prepared.structs(),
                prepared.count(),
                settings.address(),
                state.address(),
                scratch,
                workspace.bytes()));
    }

    @Override
    public synchronized void emaUpdate(Segments segments, double decay) {
        NativeSegments prepared = NativeSegments.of(segments);
        Status.check(Abi.radapter_ema_update(context.handle(), stream, prepared.structs(), prepared.count(), decay));
    }

    // repetition

    @Override
    public synchronized Recording record(Runnable work) {
        if (!context.isGpu()) {
            return Kernels.super.record(work);
        }
        Workspace own = workspace;
        try {
            return NativeRecording.of(context, scratch -> workspace = scratch, work);
        } finally {
            workspace = own;
        }
    }

    @Override
    public synchronized void close() {
        workspace.close();
        context.close();
    }

    private static int flag(boolean value) {
        return value ? 1 : 0;
    }

    private static int dtype(Tensor tensor) {
        return tensor.dtype().code();
    }

    private static long address(@Nullable Tensor tensor) {
        return tensor == null ? 0 : tensor.address();
    }

    private static long leadingDimension(@Nullable Tensor tensor) {
        return tensor == null ? 0 : tensor.leadingDimension();
    }

    private static long gateAddress(@Nullable Gate gate) {
        return gate == null ? 0 : gate.values().address();
    }

    private static long gateDivisor(@Nullable Gate gate) {
        return gate == null ? 1 : gate.divisor();
    }

    private static long gateCount(@Nullable Gate gate) {
        return gate == null ? 1 : gate.values().size();
    }
}
