package org.radapter.clip.image;

/** The kernel of a resize, stretched by the scale when an image gets smaller (so that it does not alias). */
public enum Interpolation {
    /** A triangle of half-width 1. */
    BILINEAR(1) {
        @Override
        double weight(double x) {
            return Math.max(0, 1 - Math.abs(x));
        }
    },
    /** Keys' cubic with a = −0.5, half-width 2. */
    BICUBIC(2) {
        private static final double A = -.5;

        @Override
        double weight(double x) {
            double d = Math.abs(x);
            if (d < 1) {
                return ((A + 2) * d - (A + 3)) * d * d + 1;
            }
            return d < 2 ? (((d - 5) * d + 8) * d - 4) * A : 0;
        }
    };

    private final double support;

    Interpolation(double support) {
        this.support = support;
    }

    /** Half the width of the kernel in pixels of the coarser image. */
    double support() {
        return support;
    }

    abstract double weight(double x);
}
