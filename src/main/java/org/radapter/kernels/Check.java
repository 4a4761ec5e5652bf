package org.radapter.kernels;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.radapter.tensor.DType;
import org.radapter.tensor.Device;
import org.radapter.tensor.Tensor;

/**
 * The arguments of one call: first all are named, then each is held against what is expected of it, then none of the
 * results may overlap another argument. Every message names the operator, the argument and all shapes. One object serves
 * the calls of a thread one after the other, so that a call leaves nothing behind on the heap.
 */
final class Check {
    private static final String NONE = "";
    private static final int USUAL_ARGUMENTS = 16;

    private final Device device;
    private final List<Argument> arguments = new ArrayList<>();
    private String operator = NONE;
    private int count;

    /** An argument and, if it is written, the names of those whose very memory it may be. */
    private static final class Argument {
        private String name = NONE;
        private @Nullable Tensor tensor;
        private boolean isResult;
        private String mayBe = NONE;
        private String orElse = NONE;

        Tensor tensor() {
            return Objects.requireNonNull(tensor);
        }
    }

    Check(Device device) {
        this.device = device;
        for (int i = 0; i < USUAL_ARGUMENTS; i++) {
            arguments.add(new Argument());
        }
    }

    /** Forgets the last call. */
    Check begin(String newOperator) {
        forget();
        operator = newOperator;
        return this;
    }

    private void forget() {
        for (int i = 0; i < count; i++) {
            arguments.get(i).tensor = null;
        }
        count = 0;
    }

    /** Names an argument that is read. */
    Check in(String name, @Nullable Tensor tensor) {
        return argument(name, tensor, false, NONE, NONE);
    }

    /** Names an argument that is written. */
    Check out(String name, @Nullable Tensor tensor) {
        return argument(name, tensor, true, NONE, NONE);
    }

    /** Names an argument that is written; it may be the very memory of the argument {@code mayBe}. */
    Check out(String name, @Nullable Tensor tensor, String mayBe) {
        return argument(name, tensor, true, mayBe, NONE);
    }

    /** Names an argument that is written; it may be the very memory of either of two others. */
    Check out(String name, @Nullable Tensor tensor, String mayBe, String orElse) {
        return argument(name, tensor, true, mayBe, orElse);
    }

    private Check argument(String name, @Nullable Tensor tensor, boolean isResult, String mayBe, String orElse) {
        if (tensor != null) {
            if (count == arguments.size()) {
                arguments.add(new Argument());
            }
            Argument argument = arguments.get(count++);
            argument.name = name;
            argument.tensor = tensor;
            argument.isResult = isResult;
            argument.mayBe = mayBe;
            argument.orElse = orElse;
            if (tensor.isHost() != device.isHost()) {
                throw failure(
                        "%s lies in %s memory, out of reach of %s",
                        name, tensor.isHost() ? "the host's" : "device", device.name());
            }
            if (isResult && tensor.isReadOnly()) {
                throw failure("%s would be written, and was lent for reading alone; give a copy of it", name);
            }
            if (!tensor.hasAddress() && device.usesAddresses()) {
                throw failure("%s was not allocated for native code; take it from an arena of %s", name, device.name());
            }
        }
        return this;
    }

    /** Throws unless {@code holds}. */
    Check require(boolean holds, String format, Object... values) {
        if (!holds) {
            throw failure(format, values);
        }
        return this;
    }

    /** What to throw; asked for only then, so that a call that is right fills no array with what a message would say. */
    IllegalArgumentException failure(String format, Object... values) {
        return new IllegalArgumentException(operator + ": " + String.format(format, values) + " (" + shapes() + ")");
    }

    private String shapes() {
        StringBuilder text = new StringBuilder();
        for (Argument argument : arguments.subList(0, count)) {
            text.append(text.isEmpty() ? "" : ", ")
                    .append(argument.name)
                    .append(' ')
                    .append(argument.tensor());
        }
        return text.toString();
    }

    /** The type of a matrix an operator computes on: F32, BF16, and F64 where no native code is meant. */
    DType activationType(String name, Tensor tensor) {
        DType dtype = tensor.dtype();
        boolean fits = dtype == DType.F32 || dtype == DType.BF16 || (dtype == DType.F64 && !device.usesAddresses());
        if (!fits) {
            throw failure("%s is %s, must be F32 or BF16", name, dtype);
        }
        return dtype;
    }

    /** Any floating type this device knows. */
    DType floatingType(String name, Tensor tensor) {
        DType dtype = tensor.dtype();
        boolean fits = dtype.isFloating() && (dtype != DType.F64 || !device.usesAddresses());
        if (!fits) {
            throw failure("%s is %s, must be F32, BF16 or F16", name, dtype);
        }
        return dtype;
    }

    /** A matrix whose rows may lie apart. */
    Check matrix(String name, @Nullable Tensor tensor, DType dtype, long rows, long columns) {
        if (tensor != null) {
            if (tensor.dtype() != dtype || tensor.rows() != rows || tensor.columns() != columns) {
                throw failure("%s is %s, must be %s[%d, %d]", name, tensor, dtype, rows, columns);
            }
        }
        return this;
    }

    /** A matrix without gaps. */
    Check block(String name, @Nullable Tensor tensor, DType dtype, long rows, long columns) {
        return matrix(name, tensor, dtype, rows, columns).contiguous(name, tensor);
    }

    /** {@code size} elements without gaps, of any shape. */
    Check vector(String name, @Nullable Tensor tensor, DType dtype, long size) {
        if (tensor != null) {
            if (tensor.dtype() != dtype || tensor.size() != size) {
                throw failure("%s is %s, must be %s[%d]", name, tensor, dtype, size);
            }
        }
        return contiguous(name, tensor);
    }

    Check contiguous(String name, @Nullable Tensor tensor) {
        if (tensor != null && !tensor.isContiguous()) {
            throw failure("the rows of %s must follow one another", name);
        }
        return this;
    }

    /** Both or neither. */
    Check together(String name, @Nullable Tensor tensor, String otherName, @Nullable Tensor other) {
        if ((tensor == null) != (other == null)) {
            throw failure("%s and %s are given together or not at all", name, otherName);
        }
        return this;
    }

    /** The rows of both are equally far apart. */
    Check sameLeadingDimension(String name, @Nullable Tensor tensor, String otherName, Tensor other) {
        if (tensor != null && tensor.rows() > 1 && tensor.leadingDimension() != other.leadingDimension()) {
            throw failure("the rows of %s must be as far apart as those of %s", name, otherName);
        }
        return this;
    }

    /** Every number, where the host can read them, lies in [0, limit). */
    Check indices(String name, Tensor tensor, long limit) {
        if (tensor.dtype() != DType.I32) {
            throw failure("%s is %s, must be I32", name, tensor.dtype());
        }
        contiguous(name, tensor);
        for (long i = 0; tensor.isHost() && i < tensor.size(); i++) {
            long index = (long) tensor.get(i);
            if (index < 0 || index >= limit) {
                throw failure("%s[%d] is %d, must lie in [0, %d)", name, i, index, limit);
            }
        }
        return this;
    }

    /** No number, where the host can read them, comes twice. */
    Check distinct(String name, Tensor tensor) {
        Set<Long> seen = new HashSet<>();
        for (long i = 0; tensor.isHost() && i < tensor.size(); i++) {
            long index = (long) tensor.get(i);
            if (!seen.add(index)) {
                throw failure("%s[%d] names %d again", name, i, index);
            }
        }
        return this;
    }

    /** No result overlaps another argument, but for those it may be. The last step: the arguments are forgotten. */
    void noOverlap() {
        for (int i = 0; i < count; i++) {
            Argument result = arguments.get(i);
            for (int j = 0; result.isResult && j < count; j++) {
                Argument other = arguments.get(j);
                if (i != j && result.tensor().overlaps(other.tensor())) {
                    boolean allowed = (result.mayBe.equals(other.name) || result.orElse.equals(other.name))
                            && result.tensor().isSameMemory(other.tensor());
                    if (!allowed) {
                        throw failure("%s overlaps %s", result.name, other.name);
                    }
                }
            }
        }
        forget();
    }
}
