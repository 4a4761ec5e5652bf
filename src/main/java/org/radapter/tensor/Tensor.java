package org.radapter.tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;

/**
 * A typed, row-major view on memory of an {@link Arena}.
 *
 * <p>Its last extent is contiguous; everything before it is rows, {@link #leadingDimension} elements apart. A view
 * shares memory with what it views. Immutable itself; its content is not, and is not guarded against races.
 */
public final class Tensor {
    /** Elements that are copied to a device at a time. */
    private static final int PIECE = 1 << 18;

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

    /**
     * A view whose rows may have gaps between them.
     *
     * @param offset first byte within {@code storage}
     * @param leadingDimension distance of two rows in elements, at least the last extent
     * @throws IllegalArgumentException if an extent is negative, rows overlap or the view exceeds the storage
     */
    public static Tensor withRowsApart(Storage storage, long offset, DType dtype, long[] shape, long leadingDimension) {
        if (shape.length > 0 && leadingDimension < shape[shape.length - 1]) {
            throw new IllegalArgumentException(
                    "rows of " + shape[shape.length - 1] + " elements overlap, " + leadingDimension + " apart");
        }
        return new Tensor(storage, offset, dtype, shape.clone(), leadingDimension);
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
        if (!sharesMemoryWith(other) || size() == 0 || other.size() == 0) {
            return false;
        }
        return start() < other.end() && other.start() < end() && !interleaves(other);
    }

    private boolean interleaves(Tensor other) {
        long pitch = leadingDimension * dtype.bytes();
        if (pitch != other.leadingDimension * other.dtype.bytes()) {
            return false;
        }
        long lag = Math.floorMod(other.start() - start(), pitch);
        return lag >= columns * dtype.bytes() && lag + other.columns * other.dtype.bytes() <= pitch;
    }

    /** Whether the two are the same elements in the same places. */
    public boolean isSameMemory(Tensor other) {
        return sharesMemoryWith(other)
                && start() == other.start()
                && dtype == other.dtype
                && rows == other.rows
                && columns == other.columns
                && leadingDimension == other.leadingDimension;
    }

    /** Whether {@link #start} counts the same bytes; two storages may be views on one piece of foreign memory. */
    private boolean sharesMemoryWith(Tensor other) {
        return storage == other.storage
                || (storage.isHost() == other.storage.isHost() && hasAddress() && other.hasAddress());
    }

    private long start() {
        return storage.address() + offset;
    }

    private long end() {
        return start() + ((rows - 1) * leadingDimension + columns) * dtype.bytes();
    }

    /** Whether the host reads and writes the elements in place; elsewhere it does so by copies. */
    public boolean isHost() {
        return storage.isHost();
    }

    /**
     * Whether the memory may not be written, as its lender says: the host's writes are an {@link IllegalStateException},
     * and kernels refuse it as a result.
     */
    public boolean isReadOnly() {
        return storage.isReadOnly();
    }

    /** Whether the elements lie in the memory that a device gives out by {@code memory}. */
    public boolean liesIn(DeviceMemory memory) {
        return storage.liesIn(memory);
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

    /** Element {@code i} in row-major order as a double; one on a device costs a copy, so {@link #toHost} many. */
    public double get(long i) {
        int at = at(i);
        return storage.isHost()
                ? Elements.get(dtype, storage.buffer(), at)
                : Elements.get(dtype, storage.read(at, dtype.bytes()), 0);
    }

    /** Sets element {@code i} in row-major order, rounded to nearest even; one on a device costs a copy. */
    public void set(long i, double value) {
        int at = at(i);
        storage.requireWritable();
        if (storage.isHost()) {
            Elements.put(dtype, storage.buffer(), at, value);
            return;
        }
        ByteBuffer one = ByteBuffer.allocate(dtype.bytes()).order(ByteOrder.nativeOrder());
        Elements.put(dtype, one, 0, value);
        storage.write(at, one);
    }

    private int at(long i) {
        if (i < 0 || i >= size()) {
            throw new IndexOutOfBoundsException("element " + i + " of " + this);
        }
        long element = isContiguous() ? i : i / columns * leadingDimension + i % columns;
        return (int) (offset + element * dtype.bytes());
    }

    /**
     * A contiguous tensor of zeros in Java's heap, which no native code can see.
     *
     * @throws IllegalArgumentException if it would have more than 2 GiB
     */
    public static Tensor onHost(DType dtype, long... shape) {
        long bytes = dtype.bytes();
        for (long extent : shape) {
            bytes = Math.multiplyExact(bytes, extent);
        }
        if (bytes > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException(
                    "a tensor " + dtype + Arrays.toString(shape) + " of " + bytes + " bytes; the limit is 2 GiB");
        }
        return new Tensor(Storage.host(ByteBuffer.allocate((int) bytes), 0), 0, dtype, shape);
    }

    /** This, if the host can read it; else a copy of it in Java's heap. */
    public Tensor toHost() {
        if (storage.isHost()) {
            return this;
        }
        int count = size() == 0 ? 0 : Math.toIntExact(end() - start());
        return new Tensor(Storage.host(storage.read(offset, count), 0), 0, dtype, shape, leadingDimension);
    }

    /** All elements in row-major order. */
    public double[] toDoubles() {
        Tensor host = toHost();
        double[] values = new double[Math.toIntExact(size())];
        for (int i = 0; i < values.length; i++) {
            values[i] = host.get(i);
        }
        return values;
    }

    /** All elements in row-major order, as floats. */
    public float[] toFloats() {
        Tensor host = toHost();
        float[] values = new float[Math.toIntExact(size())];
        if (dtype == DType.F32 && isContiguous()) {
            host.bytes().asFloatBuffer().get(values);
            return values;
        }
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) host.get(i);
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
        Tensor host = hostDraft();
        for (int i = 0; i < values.length; i++) {
            host.set(i, values[i]);
        }
        return finish(host);
    }

    /** As {@link #copyFrom(double...)}, from floats. */
    public Tensor copyFrom(float[] values) {
        requireCount(values.length);
        return copyFrom(values, 0);
    }

    /**
     * As {@link #copyFrom(float[])}, from {@link #size} of the values.
     *
     * @param first place of the first one
     * @throws IndexOutOfBoundsException if there are fewer from there on
     */
    public Tensor copyFrom(float[] values, int first) {
        Objects.checkFromIndexSize(first, size(), values.length);
        if (storage.isHost() || !isContiguous()) {
            return finish(hostDraft().put(values, first));
        }
        storage.requireWritable();
        return copyInPieces(values, first, storage.memory());
    }

    /**
     * As {@link #copyFrom(float[], int)}, by another way to the memory of the device that this contiguous tensor lies in.
     *
     * @throws IllegalArgumentException if the rows have gaps
     */
    public Tensor copyFrom(float[] values, int first, UploadLane lane) {
        Objects.checkFromIndexSize(first, size(), values.length);
        storage.requireWritable();
        if (!isContiguous() || storage.isHost()) {
            throw new IllegalArgumentException("a lane writes rows without gaps in a device's memory, not " + this);
        }
        return copyInPieces(values, first, lane);
    }

    private Tensor copyInPieces(float[] values, int first, DeviceMemory memory) {
        Tensor draft = onHost(dtype, Math.min(size(), PIECE));
        for (long from = 0; from < size(); from += PIECE) {
            Tensor piece = from + PIECE <= size() ? draft : onHost(dtype, size() - from);
            memory.write(piece.put(values, first + (int) from).bytes(), address() + from * dtype.bytes());
        }
        return this;
    }

    /** Sets all elements of a tensor that the host reaches. */
    private Tensor put(float[] values, int first) {
        int count = (int) size();
        if (dtype == DType.F32 && isContiguous()) {
            bytes().asFloatBuffer().put(values, first, count);
            return this;
        }
        for (int i = 0; i < count; i++) {
            set(i, values[first + i]);
        }
        return this;
    }

    /** As {@link #copyFrom(double...)}, from integers. */
    public Tensor copyFrom(int[] values) {
        requireCount(values.length);
        Tensor host = hostDraft();
        for (int i = 0; i < values.length; i++) {
            host.set(i, values[i]);
        }
        return finish(host);
    }

    /**
     * Takes over the elements of a tensor on any device, by way of the host.
     *
     * @throws IllegalArgumentException if types or extents differ
     */
    public Tensor copyFrom(Tensor other) {
        if (dtype != other.dtype || !hasShapeOf(other)) {
            throw new IllegalArgumentException(this + " cannot take over " + other);
        }
        Tensor from = other.toHost();
        for (long row = 0; row < rows; row++) {
            storage.write(
                    offset + row * leadingDimension * dtype.bytes(),
                    from.rows(row, row + 1).bytes());
        }
        return this;
    }

    /** This, if the host can write it; else what {@link #finish} is to copy here. */
    private Tensor hostDraft() {
        storage.requireWritable();
        return storage.isHost() ? this : onHost(dtype, shape);
    }

    private Tensor finish(Tensor draft) {
        if (draft == this) {
            return this;
        }
        if (isContiguous()) {
            storage.write(offset, draft.bytes());
            return this;
        }
        return copyFrom(draft);
    }

    private void requireCount(int count) {
        if (count != size()) {
            throw new IllegalArgumentException(count + " values for " + this);
        }
    }

    /**
     * The bytes of a contiguous tensor in native order: a view, position 0; read-only where the tensor is.
     *
     * @throws IllegalStateException if the rows have gaps, or this lies in the memory of a device
     */
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
