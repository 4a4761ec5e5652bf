package org.radapter.kernels;

/** What a product does to its result; see {@code radapter_activation}. */
public enum Activation {
    /** Nothing. */
    NONE,
    /** {@code v · sigmoid(1.702 v)}, OpenAI's CLIP. */
    QUICK_GELU,
    /** {@code v · Φ(v)}, exact. */
    GELU,
    /** {@code v · quickGelu'(aux)}: the backward pass of {@link #QUICK_GELU}. */
    QUICK_GELU_GRADIENT,
    /** {@code v · gelu'(aux)}: the backward pass of {@link #GELU}. */
    GELU_GRADIENT;

    /** The number of this activation in {@code radapter.h}. */
    public int code() {
        return ordinal();
    }

    /** Whether this multiplies by a derivative rather than being a function itself. */
    public boolean isGradient() {
        return this == QUICK_GELU_GRADIENT || this == GELU_GRADIENT;
    }

    /** The backward pass of this. */
    public Activation gradient() {
        return switch (this) {
            case QUICK_GELU -> QUICK_GELU_GRADIENT;
            case GELU -> GELU_GRADIENT;
            case NONE -> NONE;
            case QUICK_GELU_GRADIENT, GELU_GRADIENT ->
                throw new IllegalStateException("the second derivative of an activation is not needed anywhere");
        };
    }
}
