package org.radapter.train;

import org.radapter.adapter.Dropping;
import org.radapter.adapter.GateSource;
import org.radapter.adapter.RandomGates;
import org.radapter.clip.ClipModel;
import org.radapter.clip.ImageTower;
import org.radapter.loss.Objective;
import org.radapter.nn.Pass;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/** Inputs that are copied when they are needed, next to the activations, so that work which changes nothing is left out. */
final class FreshInputs implements StepInputs {
    private final ClipModel model;
    private final Objective objective;
    private final Dropping dropping;
    private final Arena arena;
    private final Batch batch;
    private final StepImages images;
    private final GateSource gates;

    /**
     * Inputs of one step.
     *
     * @param arena of the step
     * @param images of the batch
     * @param step its number, from 0
     */
    FreshInputs(
            ClipModel model,
            Objective objective,
            TrainSettings settings,
            Arena arena,
            Batch batch,
            StepImages images,
            long step) {
        this.model = model;
        this.objective = objective;
        this.dropping = settings.dropping();
        this.arena = arena;
        this.batch = batch;
        this.images = images;
        this.gates = new RandomGates(dropping, model.dtype().master(), settings.seed(), step);
    }

    @Override
    public GateSource gates() {
        return gates;
    }

    @Override
    public ImageTower.Kept encodeImages(Pass pass) {
        int size = model.config().image().imageSize();
        Tensor pixels = pass.arena().allocate(model.dtype().master(), pass.batch(), 3, size, size);
        images.copy(pass.firstSample(), pixels);
        return model.imageTower().forward(pass, pixels);
    }

    @Override
    public DistinctTexts encodeTexts(Pass pass) {
        int context = model.config().text().contextLength();
        return DistinctTexts.encode(model, pass, batch.ids(pass.firstSample(), pass.batch(), context), dropping);
    }

    @Override
    public Tensor labels() {
        int[] labels = objective.labels(batch.labels());
        return arena.allocate(DType.I32, labels.length).copyFrom(labels);
    }
}
