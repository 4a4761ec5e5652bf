package org.radapter.kernels.jni;

import java.util.Arrays;
import java.util.Locale;
import org.radapter.kernels.jni.abi.Abi;

/** Instruction sets of the CPU backend, each including the ones before it; see {@code radapter_isa}. */
enum InstructionSet {
    AUTO,
    BASELINE,
    AVX2,
    AVX512,
    AVX512_BF16;

    /** The number in {@code radapter.h}. */
    int code() {
        return ordinal() + Abi.RADAPTER_ISA_AUTO;
    }

    static InstructionSet of(int code) {
        return values()[code - Abi.RADAPTER_ISA_AUTO];
    }

    /**
     * The set of this name, in lower or upper case.
     *
     * @throws IllegalArgumentException if there is none; the message lists them
     */
    static InstructionSet named(String name) {
        for (InstructionSet set : values()) {
            if (set.name().equalsIgnoreCase(name.replace('-', '_'))) {
                return set;
            }
        }
        throw new IllegalArgumentException("no instruction set '" + name + "'; there are "
                + Arrays.toString(values()).toLowerCase(Locale.ROOT));
    }
}
