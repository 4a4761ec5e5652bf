package org.radapter.kernels;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.radapter.tensor.DType;
import org.radapter.tensor.Device;
import org.radapter.tensor.Tensor;

/**
 * The arguments of one call: first all are named, then each is held against what is expected of it, then none of the
 * results may overlap another argument. Every message names the operator, the argument and all shapes.
 */
final class Check {
    private final String operator;
    private final Device device;
    private final List<Argument> arguments = new ArrayList<>();

    private record Argument(String name, Tensor tensor, boolean isResult, List<String> mayBe) {}

    Check(String operator, Device device) {
        this.operator = operator;
        this.device = device;
    }

    /** Names an argument that is read. */
    Check in(String name, @Nullable Tensor tensor) {
        return argument(name, tensor, false, List.of());
    }

    /** Names an argument that is written; it may be the very memory of the arguments {@code mayBe}. */
    Check out(String name, @Nullable Tensor tensor, String... mayBe) {
        return argument(name, tensor, true, List.of(mayBe));
    }

    private Check argument(String name, @Nullable Tensor tensor, boolean isResult, List<String> mayBe) {
        if (tensor != null) {
            arguments.add(new Argument(name, tensor, isResult, mayBe));
            require(
                    tensor.isHost() == device.isHost(),
                    "%s lies in %s memory, out of reach of %s",
                    name,
                    tensor.isHost() ? "the host's" : "device",
                    device.name());
            require(
                    tensor.hasAddress() || !device.usesAddresses(),
                    "%s was not allocated for native code; take it from an arena of %s",
                    name,
                    device.name());
        }
        return this;
    }

    /** Throws unless {@code holds}. */
    Check require(boolean holds, String format, Object... values) {
        if (!holds) {
            throw new IllegalArgumentException(operator + ": " + String.format(format, values) + " (" + shapes() + ")");
        }
        return this;
    }

    private String shapes() {
        StringBuilder text = new StringBuilder();
        for (Argument argument : arguments) {
            text.append(text.isEmpty() ? "" : ", ")
                    .append(argument.name)
                    .append(' ')
                    .append(argument.tensor);
        }
        return text.toString();
    }

    /** The type of a matrix an operator computes on: F32, BF16, and F64 where no native code is meant. */
    DType activationType(String name, Tensor tensor) {
        DType dtype = tensor.dtype();
        boolean fits = dtype == DType.F32 || dtype == DType.BF16 || (dtype == DType.F64 && !device.usesAddresses());
        require(fits, "%s is %s, must be F32 or BF16", name, dtype);
        return dtype;
    }

    /** Any floating type this device knows. */
    DType floatingType(String name, Tensor tensor) {
        DType dtype = tensor.dtype();
        boolean fits = dtype.isFloating() && (dtype != DType.F64 || !device.usesAddresses());
        require(fits, "%s is %s, must be F32, BF16 or F16", name, dtype);
        return dtype;
    }

    /** A matrix whose rows may lie apart. */
    Check matrix(String name, @Nullable Tensor tensor, DType dtype, long rows, long columns) {
        if (tensor != null) {
            require(
                    tensor.dtype() == dtype && tensor.rows() == rows && tensor.columns() == columns,
                    "%s is %s, must be %s[%d, %d]",
                    name,
                    tensor,
                    dtype,
                    rows,
                    columns);
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
            require(
                    tensor.dtype() == dtype && tensor.size() == size,
                    "%s is %s, must be %s[%d]",
                    name,
                    tensor,
                    dtype,
                    size);
        }
        return contiguous(name, tensor);
    }

    Check contiguous(String name, @Nullable Tensor tensor) {
        return require(tensor == null || tensor.isContiguous(), "the rows of %s must follow one another", name);
    }

    /** Both or neither. */
    Check together(String name, @Nullable Tensor tensor, String otherName, @Nullable Tensor other) {
        return require(
                (tensor == null) == (other == null), "%s and %s are given together or not at all", name, otherName);
    }

    /** The rows of both are equally far apart. */
    Check sameLeadingDimension(String name, @Nullable Tensor tensor, String otherName, Tensor other) {
        return require(
                tensor == null || tensor.rows() <= 1 || tensor.leadingDimension() == other.leadingDimension(),
                "the rows of %s must be as far apart as those of %s",
                name,
                otherName);
    }

    /** Every number, where the host can read them, lies in [0, limit). */
    Check indices(String name, Tensor tensor, long limit) {
        require(tensor.dtype() == DType.I32, "%s is %s, must be I32", name, tensor.dtype());
        contiguous(name, tensor);
        for (long i = 0; tensor.isHost() && i < tensor.size(); i++) {
            long index = (long) tensor.get(i);
            require(index >= 0 && index < limit, "%s[%d] is %d, must lie in [0, %d)", name, i, index, limit);
        }
        return this;
    }

    /** No number, where the host can read them, comes twice. */
    Check distinct(String name, Tensor tensor) {
        Set<Long> seen = new HashSet<>();
        for (long i = 0; tensor.isHost() && i < tensor.size(); i++) {
            long index = (long) tensor.get(i);
            require(seen.add(index), "%s[%d] names %d again", name, i, index);
        }
        return this;
    }

    /** No result overlaps another argument, but for those it may be. */
    void noOverlap() {
        for (int i = 0; i < arguments.size(); i++) {
            Argument result = arguments.get(i);
            for (int j = 0; result.isResult && j < arguments.size(); j++) {
                Argument other = arguments.get(j);
                if (i != j && result.tensor.overlaps(other.tensor)) {
                    boolean allowed = result.mayBe.contains(other.name) && result.tensor.isSameMemory(other.tensor);
                    require(allowed, "%s overlaps %s", result.name, other.name);
                }
            }
        }
    }
}
