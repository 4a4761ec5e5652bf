package org.radapter.distributed.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.radapter.train.StepReport;

/**
 * What a task of a barrier stage tells the driver.
 *
 * @param reports the steps it took
 * @param mistakes why ranks could not open their parts, one sentence each; empty if all could
 */
record RankOutcome(List<StepReport> reports, List<String> mistakes) implements Serializable {
    private static final long serialVersionUID = 1;

    /** Takes lists that can be sent. */
    RankOutcome {
        reports = new ArrayList<>(reports);
        mistakes = new ArrayList<>(mistakes);
    }
}
