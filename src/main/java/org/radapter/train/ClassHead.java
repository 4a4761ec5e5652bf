package org.radapter.train;

import java.util.List;
import org.radapter.clip.ClipModel;
import org.radapter.clip.tokenizer.Tokenizer;
import org.radapter.loss.CrossEntropy;
import org.radapter.optim.Parameter;
import org.radapter.optim.ParameterSet;
import org.radapter.tensor.Tensor;

/**
 * The class vectors that a run by cross-entropy begins with.
 *
 * @param rows [classes][embedDim], times the model's 1/τ
 */
@SuppressWarnings("ArrayRecordComponent")
record ClassHead(float[][] rows) {
    /**
     * The head that data name, or that of their templates.
     *
     * @param zeroShot the model before
     * @throws IllegalArgumentException if the images have no classes, or the data's own head is not of these
     */
    static ClassHead of(ClipModel zeroShot, Tokenizer tokenizer, FineTuneSettings settings, FineTuner.Data data) {
        List<String> names = data.train().classNames();
        if (names.isEmpty()) {
            throw new IllegalArgumentException(data.train().name() + " has no classes, which "
                    + settings.method().label() + " learns to tell apart by "
                    + settings.loss().label()
                    + "; give its images labels, or take " + Method.R_ADAPTER.label() + ", which learns from captions");
        }
        float[][] unit = data.head() != null
                ? data.head()
                : ZeroShotHead.of(zeroShot, tokenizer, names, data.templates()).rows();
        if (unit.length != names.size()) {
            throw new IllegalArgumentException("a head of " + unit.length + " class vectors does not fit "
                    + data.train().name() + ", which has " + names.size() + " classes");
        }
        return new ClassHead(scaled(unit, (float) zeroShot.weights().logitScale()));
    }

    private static float[][] scaled(float[][] unit, float scale) {
        float[][] rows = new float[unit.length][];
        for (int c = 0; c < rows.length; c++) {
            rows[c] = unit[c].clone();
            for (int i = 0; i < rows[c].length; i++) {
                rows[c][i] *= scale;
            }
        }
        return rows;
    }

    /** What a set of parameters needs to know to hold it. */
    ParameterSet.Specification specification(double weightDecay) {
        return specification(rows.length, rows[0].length, weightDecay);
    }

    /** The same of a head that is not made yet. */
    static ParameterSet.Specification specification(int classes, int embedDim, double weightDecay) {
        return ParameterSet.Specification.of(CrossEntropy.HEAD, weightDecay, classes, embedDim);
    }

    /** Writes it into a tensor of its extents. */
    Tensor writeTo(Tensor target) {
        for (int c = 0; c < rows.length; c++) {
            target.rows(c, c + 1).reshape(rows[c].length).copyFrom(rows[c]);
        }
        return target;
    }

    /** The head of a set that declares it, at this start; so are its moving averages. */
    Parameter begin(ParameterSet set) {
        Parameter head = set.parameter(CrossEntropy.HEAD);
        writeTo(head.value());
        set.resetAverages();
        return head;
    }

    /**
     * {@code (1−α)} of this and {@code α} of where a run ended, which is read as its average.
     *
     * @return [classes][embedDim]
     */
    float[][] towards(ParameterSet end, double alpha) {
        double[] to = end.average(CrossEntropy.HEAD).toDoubles();
        float[][] mixed = new float[rows.length][];
        int at = 0;
        for (int c = 0; c < rows.length; c++) {
            mixed[c] = new float[rows[c].length];
            for (int i = 0; i < rows[c].length; i++) {
                mixed[c][i] = (float) (rows[c][i] + alpha * (to[at++] - rows[c][i]));
            }
        }
        return mixed;
    }
}
