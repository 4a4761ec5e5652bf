package org.radapter.kernels.jni;

import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Fails every test class that leaves native memory, a context or a borrowed tensor behind unclosed. */
public final class LeakExtension implements AfterAllCallback {
    private static final int ROUNDS = 2;
    private static final int MOST_COLLECTIONS = 100;

    private static long known;

    @Override
    public void afterAll(ExtensionContext context) throws InterruptedException {
        requireNoLeak(context.getDisplayName());
    }

    /**
     * Waits for the collector.
     *
     * @throws AssertionError if something was left since the last call
     */
    static synchronized void requireNoLeak(String where) throws InterruptedException {
        // what the first round finds is reported by the end of the second
        for (int round = 0; round < ROUNDS; round++) {
            collect();
        }
        long leaks = LeakReport.reported() - known;
        known += leaks;
        if (leaks > 0) {
            throw new AssertionError(where + " left " + leaks
                    + " things unclosed; the log names them, -Dradapter.debug=true says where they were made");
        }
    }

    /** Returns when the collector has told of what was unreachable. */
    private static void collect() throws InterruptedException {
        LeakReport witness = forgotten();
        for (int i = 0; i < MOST_COLLECTIONS && !witness.ownerIsGone(); i++) {
            System.gc();
            Thread.sleep(1);
        }
        if (!witness.ownerIsGone()) {
            throw new AssertionError("the collector does not tell of what is unreachable; leaks would not be seen");
        }
    }

    private static LeakReport forgotten() {
        LeakReport report = LeakReport.watch(new Object(), "a witness");
        report.closed();
        return report;
    }
}
