package org.radapter.loss;

import org.jspecify.annotations.Nullable;
import org.radapter.kernels.Kernels;
import org.radapter.kernels.Positives;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/**
 * One evaluation of MPM-NCE over a batch that ranks share. Each forms the sums of its own rows and columns, all exchange
 * them, three numbers a line, and each forms the gradients of its own rows and columns: no rank holds a matrix of scores,
 * and no gradient of features is sent.
 */
final class SharedMpmNce {
    private static final int NUMBERS_A_LINE = 3;

    private final MpmNce loss;
    private final Kernels kernels;
    private final Arena arena;
    private final Ranks ranks;

    SharedMpmNce(MpmNce loss, Kernels kernels, Arena arena, Ranks ranks) {
        this.loss = loss;
        this.kernels = kernels;
        this.arena = arena;
        this.ranks = ranks;
    }

    /** Rows against columns: images against texts, or the other way round. */
    private record Side(Tensor rows, Tensor columns, Positives positives) {}

    Objective.Result evaluate(Tensor images, Tensor texts, Positives positives) {
        Side byImage = new Side(images, texts, positives);
        Side byText = new Side(texts, images, positives.transposed());
        Tensor imageSums = sums(byImage, false);
        Tensor textSums = sums(byText, false);
        boolean exact = hasLeftRange(imageSums) || hasLeftRange(textSums);
        if (exact) {
            imageSums = sums(byImage, true);
            textSums = sums(byText, true);
        }
        Tensor losses = arena.allocate(images.dtype().master(), 3);
        Tensor parts = loss.learnsScale() ? arena.allocate(images.dtype().master(), images.rows(), 1) : null;
        Tensor dImages = gradients(byImage, exact, imageSums, textSums, losses, parts);
        Tensor dTexts = gradients(byText, exact, textSums, imageSums, null, null);
        return new Objective.Result(losses, dImages, dTexts, loss.ofParameters(parts == null ? null : total(parts)));
    }

    private long from(Tensor matrix) {
        return matrix.rows() * ranks.rank() / ranks.world();
    }

    /** This rank's rows. */
    private Tensor own(Tensor matrix) {
        return matrix.rows(from(matrix), matrix.rows() * (ranks.rank() + 1) / ranks.world());
    }

    private Tensor sums(Side side, boolean exact) {
        Tensor sums = arena.allocate(DType.F64, side.rows().rows(), NUMBERS_A_LINE);
        kernels.contrastiveRowSums(
                side.rows(),
                side.columns(),
                side.positives(),
                loss.scale(),
                loss.logScaleValue(),
                loss.margin(),
                loss.smoothing(),
                from(sums),
                exact,
                own(sums));
        ranks.gatherRows(sums);
        return sums;
    }

    /** Every rank has the same sums before it, and comes to the same answer. On a GPU none leaves its range. */
    private static boolean hasLeftRange(Tensor sums) {
        boolean left = false;
        for (long i = 0; sums.isHost() && i < sums.rows(); i++) {
            left |= Double.isNaN(sums.get(i * NUMBERS_A_LINE));
        }
        return left;
    }

    private Tensor gradients(
            Side side,
            boolean exact,
            Tensor rowSums,
            Tensor columnSums,
            @Nullable Tensor losses,
            @Nullable Tensor scaleParts) {
        Tensor d = arena.allocate(side.rows().dtype(), side.rows().shape());
        kernels.contrastiveRowGradients(
                side.rows(),
                side.columns(),
                side.positives(),
                loss.scale(),
                loss.logScaleValue(),
                loss.margin(),
                loss.smoothing(),
                from(d),
                exact,
                rowSums,
                columnSums,
                losses,
                own(d),
                scaleParts == null ? null : own(scaleParts));
        return d;
    }

    private Tensor total(Tensor parts) {
        ranks.gatherRows(parts);
        Tensor total = arena.allocate(parts.dtype(), 1);
        kernels.columnSum(parts, total);
        return total;
    }
}
