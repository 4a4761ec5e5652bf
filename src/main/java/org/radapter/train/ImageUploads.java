package org.radapter.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.radapter.clip.ClipModel;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.Arena;
import org.radapter.tensor.Tensor;
import org.radapter.tensor.UploadLane;

/**
 * Images on their way to a GPU: those of the next batch are copied while the present one is worked on. There is room for
 * two batches. One thread may {@link #announce} while another one takes steps.
 */
final class ImageUploads implements AutoCloseable {
    private final Kernels kernels;
    private final ClipModel model;
    private final UploadLane lane;
    private final List<Room> rooms = new ArrayList<>(List.of(new Room(), new Room()));
    private boolean closed;

    /** Room for the images of one batch; it grows. */
    private final class Room implements AutoCloseable {
        private @Nullable Arena arena;
        private @Nullable Tensor images;
        private @Nullable Batch batch;
        private boolean used;

        void fill(Batch next) {
            int size = model.config().image().imageSize();
            int held = next.held(3 * size * size);
            Tensor present = images;
            if (present == null || present.extent(0) < held) {
                close();
                arena = kernels.device().arena("images of a batch");
                present = arena.allocate(model.dtype().master(), held, 3, size, size);
                images = present;
                // after what the arena may have written there
                lane.follow();
            }
            batch = null;
            rows(present, 0, held).copyFrom(next.images(), 0, lane);
            batch = next;
        }

        @Override
        public void close() {
            if (arena != null) {
                arena.close();
            }
            arena = null;
            images = null;
            batch = null;
        }
    }

    /** Room that is empty; {@code lane} is closed with it. */
    ImageUploads(Kernels kernels, ClipModel model, UploadLane lane) {
        this.kernels = kernels;
        this.model = model;
        this.lane = lane;
    }

    /** Begins to copy the images of a batch that a later step will {@link #take}; nothing after {@link #close}. */
    synchronized void announce(Batch batch) {
        if (!closed) {
            bring(batch);
        }
    }

    /** The longest there of those that no step uses. */
    private Room bring(Batch batch) {
        Room room = rooms.get(0).used ? rooms.get(1) : rooms.get(0);
        rooms.remove(room);
        rooms.add(room);
        room.fill(batch);
        return room;
    }

    /** The images for a step, which are brought now unless they were announced; valid until {@link #release}. */
    synchronized StepImages take(Batch batch) {
        Room room = rooms.stream()
                .filter(held -> batch.equals(held.batch))
                .findFirst()
                .orElseGet(() -> bring(batch));
        room.used = true;
        lane.join();
        Tensor images = Objects.requireNonNull(room.images);
        return (first, to) -> kernels.convert(rows(images, first - batch.first(), to.extent(0)), to);
    }

    /**
     * The step has been given to the device: what it took may be overwritten when it is through. Its batch is brought anew
     * if it comes again, for by then the caller may have put other images into the same arrays.
     */
    synchronized void release() {
        lane.follow();
        for (Room room : rooms) {
            room.batch = room.used ? null : room.batch;
            room.used = false;
        }
    }

    private static Tensor rows(Tensor images, long first, long count) {
        long rowsOfImage = images.extent(1) * images.extent(2);
        return images.rows(first * rowsOfImage, (first + count) * rowsOfImage)
                .reshape(count, images.extent(1), images.extent(2), images.extent(3));
    }

    @Override
    public synchronized void close() {
        closed = true;
        lane.close();
        rooms.forEach(Room::close);
    }
}
