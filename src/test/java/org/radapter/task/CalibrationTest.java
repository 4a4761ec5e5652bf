package org.radapter.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class CalibrationTest {
    @Test
    void confidenceIsTheSoftmaxOfTheClass() {
        double[] logits = {Math.log(1), Math.log(3), Math.log(4)};
        assertThat(Calibration.confidence(logits, 2)).isCloseTo(.5, within(1e-12));
        assertThat(Calibration.confidence(logits, 0)).isCloseTo(.125, within(1e-12));
        assertThat(Calibration.confidence(new double[] {-1000, 1000}, 1)).isEqualTo(1);
    }

    /** Two bins: .9 and .92 with one of two right, .1 with the right one: (2 · |.5 − .91| + 1 · |1 − .1|) / 3. */
    @Test
    void gapsOfBinsAreWeighedByTheirImages() {
        double error = Calibration.error(new double[] {.9, .1, .92}, new boolean[] {true, true, false});
        assertThat(error).isCloseTo((2 * .41 + .9) / 3, within(1e-12));
    }

    /** Within a bin what is too sure and what is too doubtful make up for each other; across bins they do not. */
    @Test
    void aModelThatIsSureAsOftenAsItIsRightHasNoError() {
        double[] half = {.5, .5};
        assertThat(Calibration.error(half, new boolean[] {true, false})).isZero();
        assertThat(Calibration.error(new double[] {0, 1}, new boolean[] {true, false}))
                .isEqualTo(1);
    }
}
