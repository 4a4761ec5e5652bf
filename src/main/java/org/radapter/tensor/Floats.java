package org.radapter.tensor;

/** Conversions between Java's numbers and 16-bit floating point, rounding to nearest even. */
public final class Floats {
    private Floats() {}

    /** The value of a bfloat16. */
    public static float fromBFloat16(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    /** Rounds to bfloat16 in one step; NaN stays NaN. */
    public static short toBFloat16(double value) {
        if (Double.isNaN(value)) {
            return 0x7fc0;
        }
        int bits = Float.floatToRawIntBits(roundToOdd(value));
        return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
    }

    /** The value of an IEEE binary16. */
    public static float fromFloat16(short half) {
        int sign = (half & 0x8000) << 16;
        int exponent = (half >>> 10) & 0x1f;
        int mantissa = half & 0x3ff;
        if (exponent == 0x1f) {
            return Float.intBitsToFloat(sign | 0x7f800000 | mantissa << 13);
        }
        float magnitude =
                exponent == 0 ? mantissa * 0x1p-24f : Float.intBitsToFloat((exponent + 112) << 23 | mantissa << 13);
        return sign == 0 ? magnitude : -magnitude;
    }

    /** Rounds to IEEE binary16 in one step; what is too large becomes infinite, NaN stays NaN. */
    public static short toFloat16(double value) {
        if (Double.isNaN(value)) {
            return 0x7e00;
        }
        int sign = (int) (Double.doubleToRawLongBits(value) >>> 48) & 0x8000;
        double magnitude = Math.abs(value);
        if (magnitude >= 65520) {
            return (short) (sign | 0x7c00);
        }
        if (magnitude < 0x1p-14) {
            return (short) (sign | (int) Math.rint(magnitude * 0x1p24));
        }
        int exponent = Math.getExponent(magnitude);
        int mantissa = (int) Math.rint(Math.scalb(magnitude, 10 - exponent));
        return (short) (sign | ((exponent + 14) << 10) + mantissa);
    }

    /** A float that rounds on to fewer bits as {@code value} itself would: truncated, with a sticky last bit. */
    private static float roundToOdd(double value) {
        float nearest = (float) value;
        if (nearest == value || Float.isInfinite(nearest)) {
            return nearest;
        }
        float truncated = Math.abs((double) nearest) > Math.abs(value)
                ? Math.copySign(Math.nextDown(Math.abs(nearest)), nearest)
                : nearest;
        return Float.intBitsToFloat(Float.floatToRawIntBits(truncated) | 1);
    }
}
