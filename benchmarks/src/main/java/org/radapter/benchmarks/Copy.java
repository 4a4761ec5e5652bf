package org.radapter.benchmarks;

import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.openjdk.jmh.annotations.Param;

/** The C library's copy of a buffer far larger than the caches, on as many threads as every side has. */
public class Copy extends OperatorBenchmark {
    /** Name of the side. */
    static final String LIBC = "libc";

    /** Megabytes. */
    @Param("512MB")
    public String shape;

    @Override
    String shape() {
        return shape;
    }

    @Override
    String smallShape() {
        return "1MB";
    }

    private static long bytes(String shape) {
        return Long.parseLong(shape.replace("MB", "")) << 20;
    }

    @Override
    Operation open(String side, String shape, Precision precision) {
        return new Parallel(bytes(shape));
    }

    /** Each byte is read and written. */
    @Override
    Cost cost(String shape, Precision precision) {
        return new Cost(0, 2.0 * bytes(shape));
    }

    private static final class Parallel implements Operation {
        private final BytePointer from;
        private final BytePointer to;
        private final long part;
        private final ExecutorService threads = Executors.newFixedThreadPool(NativeOperation.THREADS);

        Parallel(long bytes) {
            from = new BytePointer(bytes);
            to = new BytePointer(bytes);
            part = bytes / NativeOperation.THREADS;
            Pointer.memset(from, 1, bytes);
            Pointer.memset(to, 2, bytes);
        }

        @Override
        public void run() {
            try {
                for (Future<?> copied : threads.invokeAll(IntStream.range(0, NativeOperation.THREADS)
                        .mapToObj(i -> Executors.callable(() -> copy(i * part)))
                        .toList())) {
                    copied.get();
                }
            } catch (InterruptedException | ExecutionException e) {
                throw new IllegalStateException("a copy did not end", e);
            }
        }

        private void copy(long begin) {
            Pointer.memcpy(new BytePointer(to).position(begin), new BytePointer(from).position(begin), part);
        }

        @Override
        public Map<String, float[]> results() {
            long last = part * NativeOperation.THREADS - 1;
            return Map.of("last", new float[] {to.get(last)});
        }

        @Override
        public void close() {
            threads.shutdown();
            from.close();
            to.close();
        }
    }
}
