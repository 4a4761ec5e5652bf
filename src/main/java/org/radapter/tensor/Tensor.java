package org.radapter.tensor;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A typed, row-major view on memory of an {@link Arena}.
 *
 * <p>Its last extent is contiguous; everything before it is rows, {@link #leadingDimension} elements apart. A view
 * shares memory with what it views. Immutable itself; its content is not, and is not guarded against races.
 */
public final class Tensor {
    private final Storage storage;
    private final long offset;
    private final DType dtype;
    private final long[] shape;
    private final long rows;
    private final long columns;
    private final long leadingDimension;

    /**
     * A contiguous view.
     *
     * @param offset first byte within {@code storage}
     * @throws IllegalArgumentException if an extent is negative or the view exceeds the storage
     */
    public Tensor(Storage storage, long offset, DType dtype, long... shape) {
        this(storage, offset, dtype, shape.clone(), shape.length == 0 ? 1 : shape[shape.length - 1]);
    }

    private Tensor(Storage storage, long offset, DType dtype, long[] shape, long leadingDimension) {
        long count = 1;
        for (long extent : shape) {
            if (extent < 0) {
                throw new IllegalArgumentException("negative extent in shape " + Arrays.toString(shape));
            }
            count = Math.multiplyExact(count, extent);
        }
        this.storage = storage;
        this.offset = offset;
        this.dtype = dtype;
        this.shape = shape;
        this.columns = shape.length == 0 ? 1 : shape[shape.length - 1];
        this.rows = columns == 0 ? leadingRows(shape) : count / columns;
        this.leadingDimension = leadingDimension;
        long last = count == 0 ? 0 : Math.addExact(Math.multiplyExact(rows - 1, leadingDimension), columns);
        if (offset < 0 || Math.addExact(offset, last * dtype.bytes()) > storage.bytes()) {
            throw new IllegalArgumentException("a tensor " + dtype + Arrays.toString(shape) + " at byte " + offset
                    + " exceeds its storage of " + storage.bytes() + " bytes");
        }
    }

    private static long leadingRows(long[] shape) {
        long rows = 1;
        for (int i = 0; i < shape.length - 1; i++) {
            rows = Math.multiplyExact(rows, shape[i]);
        }
        return rows;
    }

    /** Element type. */
    public DType dtype() {
        return dtype;
    }

    /** A copy of the extents. */
    public long[] shape() {
        return shape.clone();
    }

    /** Number of extents. */
    public int rank() {
        return shape.length;
    }

    /** Extent {@code i}; negative {@code i} counts from the end. */
    public long extent(int i) {
        return shape[i < 0 ? shape.length + i : i];
    }

    /** Number of elements. */
    public long size() {
        return rows * columns;
    }

    /** Product of all extents but the last; 1 for a vector. */
    public long rows() {
        return rows;
    }

    /** The last extent. */
    public long columns() {
        return columns;
    }

    /** Distance of two rows in elements. */
    public long leadingDimension() {
        return leadingDimension;
    }

    /** Whether rows follow one another without a gap. */
    public boolean isContiguous() {
        return leadingDimension == columns || rows <= 1;
    }

    /** Whether both have the same extents. */
    public boolean hasShapeOf(Tensor other) {
        return Arrays.equals(shape, other.shape);
    }

    /** Whether the two have a byte in common. Views whose rows are equally far apart may lie between each other. */
    public boolean overlaps(Tensor other) {
        if (storage != other.storage || size() == 0 || other.size() == 0) {
            return false;
        }
        return offset < other.end() && other.offset < end() && !interleaves(other);
    }

    private boolean interleaves(Tensor other) {
        long pitch = leadingDimension * dtype.bytes();
        if (pitch != other.leadingDimension * other.dtype.bytes()) {
            return false;
        }
        long lag = Math.floorMod(other.offset - offset, pitch);
        return lag >= columns * dtype.bytes() && lag + other.columns * other.dtype.bytes() <= pitch;
    }

    /** Whether the two are the same elements in the same places. */
    public boolean isSameMemory(Tensor other) {
        return storage == other.storage
                && offset == other.offset
                && dtype == other.dtype
                && rows == other.rows
                && columns == other.columns
                && leadingDimension == other.leadingDimension;
    }

    private long end() {
        return offset + ((rows - 1) * leadingDimension + columns) * dtype.bytes();
    }

    /** Whether the host can read and write the elements. */
    public boolean isHost() {
        return storage.isHost();
    }

    /** Whether native code may use {@link #address}. */
    public boolean hasAddress() {
        return storage.address() != 0;
    }

    /**
     * Address of the first element for native code.
     *
     * @throws IllegalStateException if native code may not read it, or its arena is closed
     */
    public long address() {
        long base = storage.address();
        if (base == 0) {
            throw new IllegalStateException(
                    "native code may not read this tensor; allocate it from the native backend's device");
        }
        return base + offset;
    }

    /**
     * The same elements with other extents.
     *
     * @throws IllegalArgumentException if the numbers of elements differ, or this has gaps and the last extent changes
     */
    public Tensor reshape(long... newShape) {
        long count = 1;
        for (long extent : newShape) {
            count = Math.multiplyExact(count, extent);
        }
        boolean keepsRows = newShape.length > 0 && newShape[newShape.length - 1] == columns;
        if (count != size() || (!isContiguous() && !keepsRows)) {
            throw new IllegalArgumentException("cannot see " + this + " as " + Arrays.toString(newShape));
        }
        long lead = keepsRows ? leadingDimension : newShape.length == 0 ? 1 : newShape[newShape.length - 1];
        return new Tensor(storage, offset, dtype, newShape.clone(), lead);
    }

    /** This as a matrix [{@link #rows}, {@link #columns}]. */
    public Tensor matrix() {
        return new Tensor(storage, offset, dtype, new long[] {rows, columns}, leadingDimension);
    }

    /** Rows {@code from} (inclusive) to {@code to} (exclusive) of {@link #matrix}. */
    public Tensor rows(long from, long to) {
        if (from < 0 || to < from || to > rows) {
            throw new IndexOutOfBoundsException("rows " + from + " to " + to + " of " + this);
        }
        return new Tensor(
                storage,
                offset + from * leadingDimension * dtype.bytes(),
                dtype,
                new long[] {to - from, columns},
                leadingDimension);
    }

    /** Columns {@code from} (inclusive) to {@code to} (exclusive) of {@link #matrix}. */
    public Tensor columns(long from, long to) {
        if (from < 0 || to < from || to > columns) {
            throw new IndexOutOfBoundsException("columns " + from + " to " + to + " of " + this);
        }
        return new Tensor(
                storage, offset + from * dtype.bytes(), dtype, new long[] {rows, to - from}, leadingDimension);
    }

    /** Element {@code i} in row-major order as a double; the host must be able to read it. */
    public double get(long i) {
        int at = at(i);
        ByteBuffer b = storage.buffer();
        return switch (dtype) {
            case F64 -> b.getDouble(at);
            case F32 -> b.getFloat(at);
            case BF16 -> Floats.fromBFloat16(b.getShort(at));
            case F16 -> Floats.fromFloat16(b.getShort(at));
            case I32 -> b.getInt(at);
            case U8 -> b.get(at) & 0xff;
            case I64 -> b.getLong(at);
        };
    }

    /** Sets element {@code i} in row-major order, rounded to nearest even. */
    public void set(long i, double value) {
        int at = at(i);
        ByteBuffer b = storage.buffer();
        switch (dtype) {
            case F64 -> b.putDouble(at, value);
            case F32 -> b.putFloat(at, (float) value);
            case BF16 -> b.putShort(at, Floats.toBFloat16(value));
            case F16 -> b.putShort(at, Floats.toFloat16(value));
            case I32 -> b.putInt(at, (int) value);
            case U8 -> b.put(at, (byte) value);
            case I64 -> b.putLong(at, (long) value);
        }
    }

    private int at(long i) {
        if (i < 0 || i >= size()) {
            throw new IndexOutOfBoundsException("element " + i + " of " + this);
        }
        long element = isContiguous() ? i : i / columns * leadingDimension + i % columns;
        return (int) (offset + element * dtype.bytes());
    }

    /** All elements in row-major order. */
    public double[] toDoubles() {
        double[] values = new double[Math.toIntExact(size())];
        for (int i = 0; i < values.length; i++) {
            values[i] = get(i);
        }
        return values;
    }

    /** All elements in row-major order, as floats. */
    public float[] toFloats() {
        float[] values = new float[Math.toIntExact(size())];
        if (dtype == DType.F32 && isContiguous()) {
            bytes().asFloatBuffer().get(values);
            return values;
        }
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) get(i);
        }
        return values;
    }

    /**
     * Sets all elements in row-major order, rounded to this type.
     *
     * @throws IllegalArgumentException if the number of values is not {@link #size}
     */
    public Tensor copyFrom(double... values) {
        requireCount(values.length);
        for (int i = 0; i < values.length; i++) {
            set(i, values[i]);
        }
        return this;
    }

    /** As {@link #copyFrom(double...)}, from floats. */
    public Tensor copyFrom(float[] values) {
        requireCount(values.length);
        if (dtype == DType.F32 && isContiguous()) {
            bytes().asFloatBuffer().put(values);
            return this;
        }
        for (int i = 0; i < values.length; i++) {
            set(i, values[i]);
        }
        return this;
    }

    /** As {@link #copyFrom(double...)}, from integers. */
    public Tensor copyFrom(int[] values) {
        requireCount(values.length);
        for (int i = 0; i < values.length; i++) {
            set(i, values[i]);
        }
        return this;
    }

    private void requireCount(int count) {
        if (count != size()) {
            throw new IllegalArgumentException(count + " values for " + this);
        }
    }

    /** The bytes of a contiguous tensor in native order: a view, position 0. The host must be able to read it. */
    public ByteBuffer bytes() {
        if (!isContiguous()) {
            throw new IllegalStateException("the rows of " + this + " are not contiguous");
        }
        return storage.buffer()
                .slice((int) offset, Math.toIntExact(size() * dtype.bytes()))
                .order(storage.buffer().order());
    }

    /** Type and extents, such as {@code F32[6, 40]}. */
    @Override
    public String toString() {
        return dtype + Arrays.toString(shape);
    }
}
