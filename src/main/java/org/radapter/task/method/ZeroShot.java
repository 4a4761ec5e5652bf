package org.radapter.task.method;

import java.util.List;

/** The model before fine-tuning. */
record ZeroShot() implements Recipe {
    @Override
    public String name() {
        return "zero-shot";
    }

    @Override
    public Learned learn(Bench bench, Lesson lesson, long seed) {
        return new SingleModel(bench.zeroShot(), 0, 0, 0, 0);
    }

    /** One model without a line to another. */
    record SingleModel(Recogniser model, long steps, double seconds, long trainedParameters, long peakBytes)
            implements Learned {
        @Override
        public List<Double> alphas() {
            return SINGLE;
        }

        @Override
        public double fixedAlpha() {
            return 1;
        }

        @Override
        public Recogniser at(double alpha) {
            return model;
        }

        @Override
        public void close() {
            model.close();
        }
    }
}
