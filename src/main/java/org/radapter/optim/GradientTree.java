package org.radapter.optim;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.Arena;
import org.radapter.tensor.Tensor;

/**
 * Adds the gradients of the shards of a batch along a fixed binary tree, so that the sum does not depend on how many
 * shards are in memory at once: shards 0 and 1, then 2 and 3, then the two sums, and so on. Holds log₂(shards)+1 vectors.
 *
 * <p>Use: {@link #next} gives the vector for a shard's backward pass, {@link #push} adds it, {@link #sum} ends the batch.
 */
public final class GradientTree {
    private record Node(int level, Tensor gradient) {}

    private final Kernels kernels;
    private final ParameterSet parameters;
    private final Arena arena;
    private final Deque<Node> stack = new ArrayDeque<>();
    private final List<Tensor> all = new ArrayList<>();
    private final Deque<Tensor> free = new ArrayDeque<>();

    /** A tree whose vectors live in {@code arena}. */
    public GradientTree(Kernels kernels, ParameterSet parameters, Arena arena) {
        this.kernels = kernels;
        this.parameters = parameters;
        this.arena = arena;
    }

    /** A vector for the gradients of the next shard, with undefined content but zero gaps. */
    public Tensor next() {
        if (free.isEmpty()) {
            Tensor added = parameters.newGradient(arena);
            all.add(added);
            return added;
        }
        return free.pop();
    }

    /** Forgets what was pushed since the last {@link #sum}, such as a batch leaves that ended in an exception. */
    public void clear() {
        stack.clear();
        free.clear();
        free.addAll(all);
    }

    /** Adds a shard's gradients, in the order of the shards. */
    public void push(Tensor gradient) {
        Node node = new Node(0, gradient);
        while (!stack.isEmpty() && stack.peek().level() == node.level()) {
            node = join(stack.pop(), node);
        }
        stack.push(node);
    }

    private Node join(Node left, Node right) {
        kernels.add(left.gradient(), right.gradient(), left.gradient());
        free.push(right.gradient());
        return new Node(left.level() + 1, left.gradient());
    }

    /**
     * The sum over all shards pushed since the last call; it is valid until the next {@link #next}. The next batch gets
     * the same vectors in the same order.
     *
     * @throws IllegalStateException if nothing was pushed
     */
    public Tensor sum() {
        if (stack.isEmpty()) {
            throw new IllegalStateException("no shard was pushed");
        }
        Node node = stack.pop();
        while (!stack.isEmpty()) {
            node = join(stack.pop(), node);
        }
        clear();
        return node.gradient();
    }
}
