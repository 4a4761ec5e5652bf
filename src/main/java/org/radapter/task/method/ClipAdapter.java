package org.radapter.task.method;

import java.util.List;
import org.radapter.tensor.CounterRandom;

/**
 * CLIP-Adapter (Gao et al., 2021): a bottleneck behind the frozen image tower,
 * {@code f* = β relu(relu(f D) U) + (1−β) f}, normalised again, trained by cross-entropy against the frozen texts. It
 * knows words: any classes may be told apart.
 *
 * @param share β
 * @param learningRate highest of the schedule
 */
record ClipAdapter(double share, double learningRate) implements Recipe {
    private static final int REDUCTION = 4;
    private static final long START = CounterRandom.site("clip-adapter.start");

    @Override
    public String name() {
        return "clip-adapter";
    }

    @Override
    public Learned learn(Bench bench, Lesson lesson, long seed) {
        long start = System.nanoTime();
        FrozenImages train = FrozenImages.of(bench.zeroShot(), lesson.train());
        List<String> names = lesson.train().classNames();
        Recogniser.Classifier zeroShot = bench.zeroShot().classes(names, lesson.templates());
        double scale = bench.base().logitScale();
        double[] texts = texts(zeroShot, names.size(), train.width(), scale);
        Bottleneck bottleneck = new Bottleneck(train.width(), share);
        double[] values = SmallAdam.minimise(
                new Loss(bottleneck, train, texts, scale),
                bottleneck.start(seed),
                bench.budget(),
                learningRate,
                0,
                seed);
        Recogniser model = new WithHead(
                bench.zeroShot(), (classNames, frozen) -> image -> frozen.logits(bottleneck.apply(values, image)));
        return new ZeroShot.SingleModel(
                model,
                bench.budget().steps(),
                (System.nanoTime() - start) * 1e-9,
                values.length,
                (long) Float.BYTES * train.labels().length * train.width()
                        + (long) Double.BYTES * (4L * values.length + texts.length));
    }

    /**
     * The class vectors themselves, [classes · width]: the cosines of the axes.
     *
     * @param scale 1/τ
     */
    static double[] texts(Recogniser.Classifier zeroShot, int classes, int width, double scale) {
        double[] texts = new double[classes * width];
        for (int i = 0; i < width; i++) {
            float[] unit = new float[width];
            unit[i] = 1;
            double[] logits = zeroShot.logits(unit);
            for (int c = 0; c < classes; c++) {
                texts[c * width + i] = logits[c] / scale;
            }
        }
        return texts;
    }

    /**
     * D [width, width/4] and U [width/4, width] as one vector.
     *
     * @param share β
     */
    record Bottleneck(int width, double share) {
        int hidden() {
            return Math.max(1, width / REDUCTION);
        }

        int size() {
            return 2 * width * hidden();
        }

        /** Uniform as PyTorch's Linear: within ±1/√(inputs). */
        double[] start(long seed) {
            CounterRandom random = new CounterRandom(seed);
            double[] values = new double[size()];
            for (int i = 0; i < values.length; i++) {
                double bound = 1 / Math.sqrt(i < values.length / 2 ? width : hidden());
                values[i] = random.uniform(0, START, i, -bound, bound);
            }
            return values;
        }

        /** What the way back needs. */
        @SuppressWarnings("ArrayRecordComponent")
        record Kept(double[] image, double[] down, double[] up, double norm, double[] result) {}

        float[] apply(double[] values, float[] image) {
            double[] result = forward(values, Softmax.doubles(image)).result();
            float[] floats = new float[result.length];
            for (int i = 0; i < floats.length; i++) {
                floats[i] = (float) result[i];
            }
            return floats;
        }

        Kept forward(double[] values, double[] image) {
            double[] down = new double[hidden()];
            for (int i = 0; i < width; i++) {
                for (int h = 0; h < down.length; h++) {
                    down[h] += image[i] * values[i * down.length + h];
                }
            }
            relu(down);
            double[] up = new double[width];
            int offset = width * down.length;
            for (int h = 0; h < down.length; h++) {
                for (int i = 0; i < width; i++) {
                    up[i] += down[h] * values[offset + h * width + i];
                }
            }
            relu(up);
            double[] result = new double[width];
            double square = 0;
            for (int i = 0; i < width; i++) {
                result[i] = share * up[i] + (1 - share) * image[i];
                square += result[i] * result[i];
            }
            double norm = Math.max(Math.sqrt(square), 1e-12);
            for (int i = 0; i < width; i++) {
                result[i] /= norm;
            }
            return new Kept(image, down, up, norm, result);
        }

        private static void relu(double[] values) {
            for (int i = 0; i < values.length; i++) {
                values[i] = Math.max(0, values[i]);
            }
        }

        /** Adds the gradient of the numbers, given that of the result. */
        void backward(double[] values, Kept kept, double[] dResult, double[] gradient) {
            double along = Softmax.dot(kept.result(), 0, dResult);
            double[] dUp = new double[width];
            for (int i = 0; i < width; i++) {
                double d = share * (dResult[i] - along * kept.result()[i]) / kept.norm();
                dUp[i] = kept.up()[i] > 0 ? d : 0;
            }
            int hidden = hidden();
            int offset = width * hidden;
            for (int h = 0; h < hidden; h++) {
                double dDown = Softmax.dot(values, offset + h * width, dUp);
                for (int i = 0; i < width; i++) {
                    gradient[offset + h * width + i] += kept.down()[h] * dUp[i];
                    if (kept.down()[h] > 0) {
                        gradient[i * hidden + h] += kept.image()[i] * dDown;
                    }
                }
            }
        }
    }

    /**
     * Cross-entropy against texts.
     *
     * @param texts [classes · width] unit vectors
     * @param scale 1/τ
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Loss(Bottleneck bottleneck, FrozenImages train, double[] texts, double scale) implements SmallAdam.Loss {
        @Override
        public int images() {
            return train.labels().length;
        }

        @Override
        public double evaluate(double[] parameters, int[] images, double[] gradient) {
            int width = bottleneck.width();
            double sum = 0;
            for (int image : images) {
                Bottleneck.Kept kept = bottleneck.forward(parameters, Softmax.doubles(train.vectors()[image]));
                double[] logits = new double[texts.length / width];
                for (int c = 0; c < logits.length; c++) {
                    logits[c] = scale * Softmax.dot(texts, c * width, kept.result());
                }
                sum += Softmax.lossAndGradient(logits, train.labels()[image]);
                double[] dResult = new double[width];
                for (int c = 0; c < logits.length; c++) {
                    double factor = scale * logits[c] / images.length;
                    for (int i = 0; i < width; i++) {
                        dResult[i] += factor * texts[c * width + i];
                    }
                }
                bottleneck.backward(parameters, kept, dResult, gradient);
            }
            return sum / images.length;
        }
    }
}
