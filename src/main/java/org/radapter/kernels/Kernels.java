package org.radapter.kernels;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.radapter.tensor.Device;
import org.radapter.tensor.Tensor;

/**
 * The operators, one interface for every backend. {@code radapter.h} says the same in C; the mathematics stands there
 * and here once more where Java differs.
 *
 * <p>Matrices are {@code [rows, columns]} of one floating type T (F32 or BF16; F64 in the reference backend), tensors of
 * more extents are seen as {@link Tensor#matrix}. "Master" is F32, with T = F64 it is F64: biases, gains, statistics,
 * trained parameters, gradients of weights. Outputs are written in full. An output may be an input's own memory only
 * where that is said; any other overlap is refused.
 *
 * <p>Every method throws {@link IllegalArgumentException}, naming the shapes, for arguments that do not fit, before
 * anything is computed; and {@link IllegalStateException} after {@link #close}. Instances are thread-safe: calls from
 * several threads are carried out one after another. Results do not depend on the number of threads.
 *
 * <p>On a GPU a call returns when its work is in the stream. Reading a tensor from the host waits for it, and reports
 * what failed by then as an {@link IllegalStateException}. Numbers that lie on the GPU are not looked at before a call:
 * where the CPU refuses an id, a label or a row that is out of range, NaN is the result.
 */
public interface Kernels extends AutoCloseable {
    /** Where this backend's tensors live. */
    Device device();

    /** One line for people: backend, instruction set, threads. */
    String description();

    // products

    /**
     * {@code C = act(op(A) op(B) + bias) + residual}, op(A) [m, k], op(B) [k, n], C [m, n].
     *
     * @param a [m, k], or [k, m] if {@code transposeA}; any floating type
     * @param b [k, n], or [n, k] if {@code transposeB}; any floating type
     * @param bias [n] master, nullable
     * @param aux [m, n] as C, with C's leading dimension: receives the value before QUICK_GELU or GELU (nullable), is
     *     read by a gradient activation (which takes no bias)
     * @param residual [m, n] as C, nullable, may be {@code c}
     */
    void gemm(
            boolean transposeA,
            boolean transposeB,
            Tensor a,
            Tensor b,
            @Nullable Tensor bias,
            Activation activation,
            @Nullable Tensor aux,
            @Nullable Tensor residual,
            Tensor c);

    /** {@code C = op(A) op(B)}. */
    default void gemm(boolean transposeA, boolean transposeB, Tensor a, Tensor b, Tensor c) {
        gemm(transposeA, transposeB, a, b, null, Activation.NONE, null, null, c);
    }

    /** Packs op(B) for {@link #gemmPacked}; it keeps its own copy. */
    PackedMatrix pack(boolean transposeB, Tensor b);

    /** {@link #gemm} with A not transposed and a packed B: the same bits. */
    void gemmPacked(
            Tensor a,
            PackedMatrix b,
            @Nullable Tensor bias,
            Activation activation,
            @Nullable Tensor aux,
            @Nullable Tensor residual,
            Tensor c);

    // elementwise

    /** {@code y = x} in y's floating type, rounded to nearest even. */
    void convert(Tensor x, Tensor y);

    /** {@code c = a + b}, all of one floating type; c may be a or b. */
    void add(Tensor a, Tensor b, Tensor c);

    /** {@code x = value}. */
    void fill(Tensor x, double value);

    /** {@code y = act(x)} with QUICK_GELU or GELU; y may be x. */
    void activation(Activation activation, Tensor x, Tensor y);

    /** {@code dx = dy · act'(x)} with QUICK_GELU or GELU; dx may be dy. */
    void activationBackward(Activation activation, Tensor x, Tensor dy, Tensor dx);

    /** {@code sum[j] = Σ_i x[i, j]}; sum [columns] master. */
    void columnSum(Tensor x, Tensor sum);

    // normalisation

    /**
     * LayerNorm of each row.
     *
     * @param gain [columns] master
     * @param bias [columns] master
     * @param mean [rows] master, result kept for the backward pass; nullable together with {@code rstd}
     * @param rstd [rows] master, 1/√(variance + epsilon)
     */
    void layerNorm(
            Tensor x, Tensor gain, Tensor bias, double epsilon, Tensor y, @Nullable Tensor mean, @Nullable Tensor rstd);

    /**
     * Backward pass of {@link #layerNorm}.
     *
     * @param residual added to dx; nullable, may be {@code dx}
     * @param dGain [columns] master, nullable together with {@code dBias}
     */
    void layerNormBackward(
            Tensor dy,
            Tensor x,
            Tensor gain,
            Tensor mean,
            Tensor rstd,
            @Nullable Tensor residual,
            Tensor dx,
            @Nullable Tensor dGain,
            @Nullable Tensor dBias);

    /** {@code y = x / max(‖x‖₂, 1e-12)} for each row; norm [rows] master receives the divisor. y may be x. */
    void normalize(Tensor x, Tensor y, Tensor norm);

    /** {@code dx = (dy − y⟨y, dy⟩) / norm}; dx may be dy. */
    void normalizeBackward(Tensor dy, Tensor y, Tensor norm, Tensor dx);

    // attention

    /**
     * {@code softmax(q kᵀ/√headSize [+ causal mask]) v} for each head.
     *
     * @param qkv [batch·length, 3·d]: q, k, v side by side, heads within
     * @param batch number of sequences; the rows must be a multiple of it
     * @param out [batch·length, d]
     * @param logSumExp [batch, heads, length] master, kept for the backward pass; nullable
     */
    void attention(Tensor qkv, long batch, long heads, boolean causal, Tensor out, @Nullable Tensor logSumExp);

    /** Backward pass of {@link #attention}: dQkv, shaped as qkv, from dOut. */
    void attentionBackward(
            Tensor qkv, Tensor out, Tensor logSumExp, Tensor dOut, long batch, long heads, boolean causal, Tensor dQkv);

    // embeddings

    /** Cuts images [batch, 3, height, width] (master) into patches [batch·(height/p)·(width/p), 3·p·p]. */
    void patches(Tensor images, long patch, Tensor patches);

    /**
     * Puts class token and positions to embedded patches.
     *
     * @param embedded [batch·p, d]
     * @param classEmbedding [d] master
     * @param position [p+1, d] master
     * @param tokens [batch·(p+1), d]
     */
    void imageTokens(Tensor embedded, Tensor classEmbedding, Tensor position, Tensor tokens);

    /** Gradients of {@link #imageTokens}, each nullable, at least one given; {@code patches} is p. */
    void imageTokensBackward(
            Tensor dTokens,
            long patches,
            @Nullable Tensor dEmbedded,
            @Nullable Tensor dClass,
            @Nullable Tensor dPosition);

    /**
     * {@code tokens[b·length + t] = table[ids[b, t]] + position[t]}.
     *
     * @param ids I32 [batch, length]; on the host, every id is checked to lie in the table
     * @param table [vocabulary, d], any floating type
     * @param position [≥ length, d] master
     * @param tokens [batch·length, d]
     */
    void textTokens(Tensor ids, Tensor table, Tensor position, Tensor tokens);

    /** Gradients of {@link #textTokens}, each nullable, at least one given: dTable [vocabulary, d], dPosition [length, d]. */
    void textTokensBackward(Tensor ids, Tensor dTokens, @Nullable Tensor dTable, @Nullable Tensor dPosition);

    /** {@code y[i] = x[rows[i]]}; rows I32 [count]. */
    void gatherRows(Tensor x, Tensor rows, Tensor y);

    /** {@code x[rows[i]] = y[i]}, every other row zero; the rows named are distinct. */
    void scatterRows(Tensor y, Tensor rows, Tensor x);

    // R-Adapter

    /**
     * {@code Y = residual + X + c_r · X W}, {@code c_r = scale · gate_r}.
     *
     * @param w [d, d] master
     * @param scale [1] master
     * @param gate null means 1 everywhere
     * @param residual nullable, may be {@code y}
     * @param y must not be x
     */
    void adapter(Tensor x, Tensor w, Tensor scale, @Nullable Gate gate, @Nullable Tensor residual, Tensor y);

    /**
     * {@code dX = dY + c_r dY Wᵀ}, {@code dW = s·Xᵀ(g_r dY)}, {@code ds = Σ g_r dY ⊙ XW}.
     *
     * @param dx nullable; must not be dy
     * @param dW [d, d] master, nullable
     * @param dScale [1] master, nullable
     */
    void adapterBackward(
            Tensor x,
            Tensor w,
            Tensor scale,
            @Nullable Gate gate,
            Tensor dy,
            @Nullable Tensor dx,
            @Nullable Tensor dW,
            @Nullable Tensor dScale);

    /** As {@link #adapter} with W = D U, D [d, rank], U [rank, d]; hidden [rows, rank] of T receives X D. */
    void lowRankAdapter(
            Tensor x,
            Tensor down,
            Tensor up,
            Tensor scale,
            @Nullable Gate gate,
            @Nullable Tensor residual,
            Tensor hidden,
            Tensor y);

    /**
     * With P = (g_r dY) Uᵀ: {@code dX = dY + s P Dᵀ}, {@code dD = s Xᵀ P}, {@code dU = s Hᵀ(g_r dY)},
     * {@code ds = ⟨H, P⟩}.
     *
     * @param dx nullable; must not be dy
     * @param dDown nullable together with {@code dUp}
     * @param dScale nullable
     */
    void lowRankAdapterBackward(
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
            @Nullable Tensor dScale);

    /** Folds adapters into frozen weights, all layers in one call. */
    void merge(List<MergeLayer> layers);

    // losses

    /**
     * MPM-NCE (and InfoNCE: {@link Positives#identity}, margin 0, smoothing 0) with its gradients.
     *
     * @param f [n, d] unit rows
     * @param g [m, d] unit rows
     * @param scale 1/τ; ignored if {@code logScale} is given
     * @param logScale [1] master, log(1/τ) when it is learned; nullable
     * @param margin δ, added to the cosine of negatives
     * @param smoothing ε, in [0, 1)
     * @param losses [3] master: mean of both directions, rows to columns, columns to rows
     * @param dF nullable together with {@code dG}
     * @param dLogScale [1] master, nullable
     */
    void contrastive(
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
            @Nullable Tensor dLogScale);

    /**
     * The first half of {@link #contrastive} for some of the rows, so that processes can share a batch: of each the
     * logarithm of the sum of its exponentials, the number of its positives, and its loss. Columns are the rows of a call
     * with f and g exchanged and {@link Positives#transposed}. A row has the same bits whatever rows are asked for beside
     * it.
     *
     * @param f [n, d], as g [m, d] the whole batch's
     * @param first the first of the rows, as many as {@code rowSums} has
     * @param exact whether to sum in double, with any features. If not, the CPU sums in single precision, and a row that
     *     leaves its range has a log-sum of NaN: then both halves are to be run exactly for all rows and columns. A GPU
     *     ignores it
     * @param rowSums F64 [count, 3]
     */
    void contrastiveRowSums(
            Tensor f,
            Tensor g,
            Positives positives,
            double scale,
            @Nullable Tensor logScale,
            double margin,
            double smoothing,
            long first,
            boolean exact,
            Tensor rowSums);

    /**
     * The second half: gradients to some of the rows, from the sums of all. A row has the same bits whatever rows are asked
     * for beside it.
     *
     * @param first the first of the rows, as many as {@code dF} has
     * @param exact as the sums were formed
     * @param rowSums F64 [n, 3]
     * @param columnSums F64 [m, 3]
     * @param losses [3] master, as of {@link #contrastive}; nullable
     * @param dF [count, d]
     * @param dLogScale [count] master, a part for each row, which add up over all n to the gradient of log(1/τ); nullable
     * @throws IllegalArgumentException if a sum has left single precision and {@code exact} is false
     */
    void contrastiveRowGradients(
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
            @Nullable Tensor dLogScale);

    /**
     * Mean cross-entropy of softmax(logits) with label smoothing as in PyTorch.
     *
     * @param labels I32 [rows]
     * @param loss [1] master
     * @param dLogits nullable, may be {@code logits}
     */
    void crossEntropy(Tensor logits, Tensor labels, double smoothing, Tensor loss, @Nullable Tensor dLogits);

    // optimiser

    /** Prepares segments for {@link #adamWEma}; their tensors stay the caller's. */
    Segments segments(List<Segment> segments);

    /**
     * Clip by global norm, AdamW, moving average; see {@code radapter_adamw_ema}.
     *
     * @param settings F64 [6]: learning rate, β₁, β₂, ε, maximal norm (≤ 0: none), decay of the average
     * @param state F64 [5], zero at first: steps taken, steps skipped, skipped in a row, last norm, last clip factor
     */
    void adamWEma(Segments segments, Tensor settings, Tensor state);

    /** {@code average += (1−decay)(parameter − average)} for every segment. */
    void emaUpdate(Segments segments, double decay);

    // repetition

    /**
     * Notes work, to be carried out as often as wanted by {@link Recording#replay}. On a GPU the work becomes one graph,
     * which costs the host one call instead of one for each kernel; elsewhere {@code work} runs at each replay.
     *
     * <p>{@code work} may be run any number of times, also before this returns, and must call operators of these kernels
     * and nothing else: it neither reads, writes nor packs tensors, and allocates none but from arenas that have had as
     * much before and were released. What it was given is noted as it
     * is: a replay uses the same tensors, shapes and numbers, and whatever the tensors hold by then (gates, labels,
     * settings of the optimiser). Nothing of it is carried out by this call on a GPU.
     *
     * @throws IllegalStateException on a GPU, if {@code work} asks it for memory, packs, reads or writes
     */
    default Recording record(Runnable work) {
        return new Recording() {
            @Override
            public void replay() {
                work.run();
            }

            @Override
            public void close() {}
        };
    }

    /** Ends the backend; its arenas, packed matrices and recordings must be closed before. Idempotent. */
    @Override
    void close();
}
