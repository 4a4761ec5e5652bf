package org.radapter.nn;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.radapter.optim.Gradients;
import org.radapter.tensor.Tensor;

/**
 * A stack of blocks, of which one row a sequence is the result: the last block computes no other.
 *
 * @param blocks from the input on, at least one
 */
public record Transformer(List<Block> blocks) implements AutoCloseable {
    /** What each block keeps (nothing in inference), and the result [batch, d]. */
    public record Kept(List<Block.Kept> blocks, Tensor y) {}

    /** Checks that there is a block. */
    public Transformer {
        blocks = List.copyOf(blocks);
        if (blocks.isEmpty()) {
            throw new IllegalArgumentException("a transformer has at least one block");
        }
    }

    /**
     * Runs all blocks.
     *
     * @param x [batch·length, d]
     * @param pooling the rows that are the result
     */
    public Kept forward(Pass pass, Tensor x, Pooling pooling) {
        return pass.keeping() ? keep(pass, x, pooling) : new Kept(List.of(), infer(pass, x, pooling));
    }

    private Kept keep(Pass pass, Tensor x, Pooling pooling) {
        List<Block.Kept> kept = new ArrayList<>(blocks.size());
        Tensor y = x;
        for (int i = 0; i < blocks.size(); i++) {
            Block.Kept one = blocks.get(i).forward(pass, y, i == blocks.size() - 1 ? pooling : null);
            kept.add(one);
            y = one.y();
        }
        return new Kept(kept, y);
    }

    private Tensor infer(Pass pass, Tensor x, Pooling pooling) {
        Tensor[] results = {pass.activationsLike(x), pass.activationsLike(x)};
        Tensor y = x;
        int last = blocks.size() - 1;
        for (int i = 0; i < last; i++) {
            long mark = pass.arena().mark();
            pass.kernels().convert(blocks.get(i).forward(pass, y, null).y(), results[i % 2]);
            y = results[i % 2];
            pass.arena().release(mark);
        }
        return blocks.get(last).forward(pass, y, pooling).y();
    }

    /**
     * Gradient of x [batch·length, d], null unless {@code inputNeeded}; memory beyond the result is used again from block
     * to block.
     *
     * @param dy [batch, d]
     */
    public @Nullable Tensor backward(Pass pass, Kept kept, Tensor dy, boolean inputNeeded, Gradients gradients) {
        Tensor x = kept.blocks().get(0).norm1().x();
        Tensor[] results = {pass.activationsLike(x), pass.activationsLike(x)};
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
