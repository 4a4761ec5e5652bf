package org.radapter.kernels.jni;

import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells of a resource that became unreachable without having been closed. It frees nothing: a program that leaks is to
 * be mended. With {@code -Dradapter.debug=true} the report says where the resource was made.
 */
final class LeakReport {
    private static final Logger LOG = LoggerFactory.getLogger(LeakReport.class);
    private static final boolean DEBUG = Boolean.getBoolean("radapter.debug");
    private static final Cleaner CLEANER = Cleaner.create();
    private static final AtomicLong REPORTED = new AtomicLong();

    private final Watch watch;

    private LeakReport(Watch watch) {
        this.watch = watch;
    }

    /** Watches {@code owner}; {@code what} names it in the report. */
    static LeakReport watch(Object owner, String what) {
        Watch watch = new Watch(what, DEBUG ? new Throwable("made here") : null);
        CLEANER.register(owner, watch);
        return new LeakReport(watch);
    }

    /** How many were reported in this process. */
    static long reported() {
        return REPORTED.get();
    }

    /** Whether the owner was found to be unreachable. */
    boolean ownerIsGone() {
        return watch.gone;
    }

    /** The resource is closed. */
    void closed() {
        watch.closed = true;
    }

    private static final class Watch implements Runnable {
        private final String what;
        private final @Nullable Throwable origin;
        private volatile boolean closed;
        private volatile boolean gone;

        Watch(String what, @Nullable Throwable origin) {
            this.what = what;
            this.origin = origin;
        }

        @Override
        public void run() {
            if (!closed) {
                REPORTED.incrementAndGet();
                String hint = origin == null ? "; -Dradapter.debug=true shows where it was made" : "";
                LOG.warn("{} was never closed: native memory has leaked{}", what, hint, origin);
            }
            gone = true;
        }
    }
}
