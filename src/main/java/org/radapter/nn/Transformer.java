package org.radapter.nn;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.radapter.optim.Gradients;
import org.radapter.tensor.Tensor;

/**
 * A stack of blocks.
 *
 * @param blocks from the input on
 */
public record Transformer(List<Block> blocks) implements AutoCloseable {
    /** What each block keeps (nothing in inference), and the result [N, d]. */
    public record Kept(List<Block.Kept> blocks, Tensor y) {}

    /** Runs all blocks; x [batch·length, d]. */
    public Kept forward(Pass pass, Tensor x) {
        return pass.keeping() ? keep(pass, x) : new Kept(List.of(), infer(pass, x));
    }

    private Kept keep(Pass pass, Tensor x) {
        List<Block.Kept> kept = new ArrayList<>(blocks.size());
        Tensor y = x;
        for (Block block : blocks) {
            Block.Kept one = block.forward(pass, y);
            kept.add(one);
            y = one.y();
        }
        return new Kept(kept, y);
    }

    private Tensor infer(Pass pass, Tensor x) {
        Tensor[] results = {pass.activationsLike(x), pass.activationsLike(x)};
        Tensor y = x;
        for (int i = 0; i < blocks.size(); i++) {
            long mark = pass.arena().mark();
            pass.kernels().convert(blocks.get(i).forward(pass, y).y(), results[i % 2]);
            y = results[i % 2];
            pass.arena().release(mark);
        }
        return y;
    }

    /**
     * Gradient of x, null unless {@code inputNeeded}; memory beyond the result is used again from block to block.
     *
     * @param dy [N, d]
     */
    public @Nullable Tensor backward(Pass pass, Kept kept, Tensor dy, boolean inputNeeded, Gradients gradients) {
        Tensor[] results = {pass.activationsLike(dy), pass.activationsLike(dy)};
        Tensor d = dy;
        for (int i = blocks.size() - 1; i >= 0; i--) {
            long mark = pass.arena().mark();
            Tensor dx = blocks.get(i).backward(pass, kept.blocks().get(i), d, i > 0 || inputNeeded, gradients);
            if (dx == null) {
                return null;
            }
            pass.kernels().convert(dx, results[i % 2]);
            d = results[i % 2];
            pass.arena().release(mark);
        }
        return d;
    }

    @Override
    public void close() {
        blocks.forEach(Block::close);
    }
}
