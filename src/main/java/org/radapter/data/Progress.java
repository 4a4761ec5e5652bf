package org.radapter.data;

/** Hears how far a long task has come. Called from one thread at a time. */
@FunctionalInterface
public interface Progress {
    /** Hears nothing. */
    Progress SILENT = (task, done, total) -> {};

    /**
     * A step was done.
     *
     * @param task what is being done, in a few words
     * @param done units done so far
     * @param total units in all, or −1 if nobody knows
     */
    void update(String task, long done, long total);
}
