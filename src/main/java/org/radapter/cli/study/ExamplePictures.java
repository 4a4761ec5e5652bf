package org.radapter.cli.study;

import java.util.ArrayList;
import java.util.List;
import org.radapter.cli.report.Example;
import org.radapter.data.ImageTextDataset;

/** The first images of each part of a test set whose prediction fine-tuning changed. */
final class ExamplePictures {
    private static final int OF_EACH_PART = 6;
    private static final int LARGEST_SIDE = 96;

    private List<Measurement.Measured> before = List.of();
    private List<Measurement.Measured> after = List.of();

    void before(List<Measurement.Measured> measured) {
        before = List.copyOf(measured);
    }

    /** Keeps the first result it is given: the first seed's, whose model a run writes. */
    void after(List<Measurement.Measured> measured) {
        if (after.isEmpty()) {
            after = List.copyOf(measured);
        }
    }

    List<Example> changed() {
        List<Example> examples = new ArrayList<>();
        for (int part = 0; part < Math.min(before.size(), after.size()); part++) {
            ImageTextDataset images = after.get(part).part();
            int[] old = before.get(part).predictions().predicted();
            int[] now = after.get(part).predictions().predicted();
            int taken = 0;
            for (int i = 0; i < images.size() && taken < OF_EACH_PART; i++) {
                if (old[i] != now[i]) {
                    taken++;
                    examples.add(Example.of(
                            images.image(i).within(LARGEST_SIDE),
                            images.className(images.label(i)),
                            images.className(old[i]),
                            images.className(now[i]),
                            after.get(part).test().info().name()));
                }
            }
        }
        return examples;
    }
}
