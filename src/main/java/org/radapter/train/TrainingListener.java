package org.radapter.train;

/** Hears of a run's progress; called on the training thread. */
@FunctionalInterface
public interface TrainingListener {
    /** Hears nothing. */
    TrainingListener SILENT = report -> {};

    /** A step has been taken. */
    void stepped(StepReport report);

    /** Something a person should know, such as a resume under other conditions. */
    default void notice(String sentence) {}

    /** Tells this, then {@code other}, of everything. */
    default TrainingListener and(TrainingListener other) {
        TrainingListener first = this;
        return new TrainingListener() {
            @Override
            public void stepped(StepReport report) {
                first.stepped(report);
                other.stepped(report);
            }

            @Override
            public void notice(String sentence) {
                first.notice(sentence);
                other.notice(sentence);
            }
        };
    }
}
