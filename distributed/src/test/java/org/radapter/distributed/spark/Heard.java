package org.radapter.distributed.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.radapter.distributed.TuneProgram;
import org.radapter.train.StepReport;
import org.radapter.train.TrainingListener;

/** Keeps what a listener of a run is told. */
final class Heard implements TrainingListener {
    private final List<Long> steps = new ArrayList<>();
    private final List<String> notices = new ArrayList<>();

    @Override
    public void stepped(StepReport report) {
        steps.add(report.step());
    }

    @Override
    public void notice(String sentence) {
        notices.add(sentence);
    }

    List<String> notices() {
        return notices;
    }

    void assertSteps(long from, long to) {
        assertThat(steps)
                .containsExactlyElementsOf(LongStream.range(from, to).boxed().toList());
    }

    void assertEachStepOnce() {
        assertSteps(0, TuneProgram.STEPS);
    }
}
