package org.radapter.cli.study;

import java.util.List;
import org.radapter.cli.report.SplitInfo;
import org.radapter.data.ImageTextDataset;

/**
 * Images a study measures accuracy with.
 *
 * @param info how people speak of them
 * @param parts the data sets they come from, pooled; none is empty
 */
public record TestSet(SplitInfo info, List<ImageTextDataset> parts) {
    /** Leaves out parts without images. */
    public TestSet {
        parts = parts.stream().filter(part -> part.size() > 0).toList();
    }
}
