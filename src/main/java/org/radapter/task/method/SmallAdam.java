package org.radapter.task.method;

import java.util.Arrays;
import org.radapter.tensor.CounterRandom;

/** Adam with decoupled weight decay and a cosine from the learning rate to zero, for functions of a few numbers. */
final class SmallAdam {
    private static final long SHUFFLE = CounterRandom.site("small adam.shuffle");
    private static final double BETA1 = .9;
    private static final double BETA2 = .999;
    private static final double EPSILON = 1e-8;

    private SmallAdam() {}

    /** A mean over images of a loss that depends on a vector of numbers. */
    interface Loss {
        /** How many images there are. */
        int images();

        /**
         * The mean over some images, and its exact gradient.
         *
         * @param parameters not changed
         * @param images indices from 0 to {@link #images} − 1
         * @param gradient zero at first, receives the gradient; as long as {@code parameters}
         * @return the mean loss
         */
        double evaluate(double[] parameters, int[] images, double[] gradient);
    }

    /**
     * Takes the budget's steps; each epoch is a permutation of the images of its own, and epochs follow without a gap.
     *
     * @param start not changed
     * @param seed of the order of images
     * @return the numbers after the last step
     */
    static double[] minimise(
            Loss loss, double[] start, Budget budget, double learningRate, double weightDecay, long seed) {
        double[] values = start.clone();
        double[] first = new double[values.length];
        double[] second = new double[values.length];
        double[] gradient = new double[values.length];
        Order order = new Order(loss.images(), seed);
        for (int step = 0; step < budget.steps(); step++) {
            Arrays.fill(gradient, 0);
            double unused = loss.evaluate(values, order.batch(step, budget.batch()), gradient);
            double rate = learningRate * .5 * (1 + Math.cos(Math.PI * step / budget.steps()));
            double correction1 = 1 - Math.pow(BETA1, step + 1);
            double correction2 = 1 - Math.pow(BETA2, step + 1);
            for (int i = 0; i < values.length; i++) {
                first[i] += (1 - BETA1) * (gradient[i] - first[i]);
                second[i] += (1 - BETA2) * (gradient[i] * gradient[i] - second[i]);
                values[i] -= rate * weightDecay * values[i];
                values[i] -= rate * first[i] / correction1 / (Math.sqrt(second[i] / correction2) + EPSILON);
            }
        }
        return values;
    }

    /** Which images come in which step. */
    static final class Order {
        private final CounterRandom random;
        private final int images;
        private long epoch = -1;
        private int[] permutation = {};

        Order(int images, long seed) {
            this.images = images;
            this.random = new CounterRandom(seed);
        }

        /** The images of a step; steps are asked for in their order. */
        int[] batch(int step, int size) {
            int[] batch = new int[size];
            for (int i = 0; i < size; i++) {
                long position = (long) step * size + i;
                if (position / images != epoch) {
                    epoch = position / images;
                    permutation = random.permutation(epoch, SHUFFLE, images);
                }
                batch[i] = permutation[(int) (position % images)];
            }
            return batch;
        }
    }
}
