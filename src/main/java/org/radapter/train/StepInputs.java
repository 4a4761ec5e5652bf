package org.radapter.train;

import org.radapter.adapter.GateSource;
import org.radapter.clip.ImageTower;
import org.radapter.nn.Pass;
import org.radapter.tensor.Tensor;

/** What the host gives to a step: gates, pixels, token ids, labels. */
interface StepInputs {
    /** Which adapters are dropped. */
    GateSource gates();

    /**
     * Embeds the images of some pairs.
     *
     * @param pass whose samples are those pairs
     */
    ImageTower.Kept encodeImages(Pass pass);

    /**
     * Embeds the texts of some pairs.
     *
     * @param pass whose samples are those pairs
     */
    DistinctTexts encodeTexts(Pass pass);

    /** The objective's labels of the whole batch, I32 [batch]. */
    Tensor labels();
}
