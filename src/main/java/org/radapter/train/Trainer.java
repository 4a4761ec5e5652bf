package org.radapter.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.radapter.adapter.GateSource;
import org.radapter.clip.ClipModel;
import org.radapter.clip.ClipShapes;
import org.radapter.clip.ImageTower;
import org.radapter.kernels.Kernels;
import org.radapter.loss.CrossEntropy;
import org.radapter.loss.Objective;
import org.radapter.nn.Absorption;
import org.radapter.nn.Pass;
import org.radapter.optim.AdamWEma;
import org.radapter.optim.GradientTree;
import org.radapter.optim.Gradients;
import org.radapter.optim.Parameter;
import org.radapter.optim.ParameterSet;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;
import org.radapter.tensor.UploadLane;

/**
 * Trains whatever is trained in a model: adapters, or all weights.
 *
 * <p>A step: both towers run over each shard of the batch, the objective sees the whole batch, each shard runs back, and
 * the shards' gradients are added along a fixed tree. So the same seed gives the same bits whatever the number of threads
 * and the memory for activations. With {@link TrainSettings#fixedShapes} the second step is recorded, and repeated from
 * then on.
 *
 * <p>With {@link Peers} each rank runs the shards of one subtree. All ranks gather both towers' vectors, and the objective
 * gives each the gradients of its own, so that none of them is exchanged; the gradients of parameters are added along the
 * rest of the tree, and every rank takes the same step. So the number of ranks changes no bit either, unless the peers add
 * by {@link Summation#RING}. Not thread-safe, but for {@link #announce}.
 */
public final class Trainer implements AutoCloseable {
    /** CLIP keeps its learned 1/τ at or below this. */
    private static final double LARGEST_LOGIT_SCALE = 100;

    private final Kernels kernels;
    private final ClipModel model;
    private final Objective objective;
    private final TrainSettings settings;
    private final Peers peers;
    private final Arena parameterArena;
    private final Arena stepArena;
    private final AdamWEma optimizer;
    private final GradientTree tree;
    private final ParameterSet weights;
    private final @Nullable WeightUpdate update;
    private final @Nullable Tensor updateGradient;
    private final @Nullable Parameter logitScale;
    private final List<Parameter> outsideTowers;
    private final @Nullable Absorption absorption;
    private final @Nullable Distillation distillation;
    private final @Nullable ImageUploads uploads;
    private @Nullable RepeatedStep repeated;
    private long nextStep;

    /**
     * A trainer that has taken no step.
     *
     * @param trained the model's adapters or weights; averages start as the values are
     */
    public Trainer(
            Kernels kernels, ClipModel model, ParameterSet trained, Objective objective, TrainSettings settings) {
        this(kernels, model, trained, objective, settings, Peers.alone());
    }

    /** The same as one of several ranks; {@link #takeFromFirst} before the first step unless all begin alike. */
    public Trainer(
            Kernels kernels,
            ClipModel model,
            ParameterSet trained,
            Objective objective,
            TrainSettings settings,
            Peers peers) {
        this(kernels, model, trained, null, objective, settings, peers);
    }

    /** The same of what the model's weights are made of, in a process on its own. */
    public Trainer(
            Kernels kernels,
            ClipModel model,
            ParameterSet weights,
            @Nullable WeightUpdate update,
            Objective objective,
            TrainSettings settings) {
        this(kernels, model, weights, update, objective, settings, Peers.alone());
    }

    /**
     * A trainer of what the model's weights are made of, as one rank; {@link #takeFromFirst} before the first step unless all
     * ranks begin alike.
     *
     * @param weights all weights of the model
     * @param update what is trained; null: the weights themselves
     */
    public Trainer(
            Kernels kernels,
            ClipModel model,
            ParameterSet weights,
            @Nullable WeightUpdate update,
            Objective objective,
            TrainSettings settings,
            Peers peers) {
        this.peers = peers;
        this.kernels = kernels;
        this.model = model;
        this.objective = objective;
        this.settings = settings;
        this.weights = weights;
        this.update = update;
        this.optimizer = new AdamWEma(kernels, update == null ? weights : update.factors(), settings.optimizer());
        this.parameterArena = kernels.device().arena("gradients");
        this.tree = new GradientTree(kernels, weights, parameterArena);
        try {
            this.updateGradient = update == null ? null : update.factors().newGradient(parameterArena);
        } catch (RuntimeException | Error e) {
            parameterArena.close();
            optimizer.close();
            throw e;
        }
        this.stepArena = kernels.device().arena("step");
        this.absorption = settings.absorbing() ? new Absorption(kernels) : null;
        this.distillation =
                settings.distillation() > 0 ? new Distillation(kernels, model, settings.distillation()) : null;
        this.outsideTowers = Stream.of(ClipShapes.LOGIT_SCALE, CrossEntropy.HEAD)
                .filter(weights::contains)
                .map(weights::parameter)
                .toList();
        UploadLane lane = kernels.device().newUploadLane();
        this.uploads = lane == null ? null : new ImageUploads(kernels, model, lane);
        this.logitScale = weights.contains(ClipShapes.LOGIT_SCALE) ? weights.parameter(ClipShapes.LOGIT_SCALE) : null;
    }

    private record Shard(
            int from,
            int to,
            ImageTower.@Nullable Kept image,
            @Nullable DistinctTexts text) {
        int size() {
            return to - from;
        }
    }

    /** Number of the next step, from 0; skipped steps count. */
    public long nextStep() {
        return nextStep;
    }

    /** What is trained, and how far it has come. */
    public AdamWEma optimizer() {
        return optimizer;
    }

    /** The ranks that train together. */
    public Peers peers() {
        return peers;
    }

    /** Goes on where rank 0 is: takes over its parameters, moments, averages and counters. */
    public void takeFromFirst() {
        if (peers.world() == 1) {
            return;
        }
        ParameterSet set = optimizer.parameters();
        peers.takeFromFirst(set.values());
        peers.takeFromFirst(set.expAvg());
        peers.takeFromFirst(set.expAvgSq());
        if (set.isAveraged()) {
            peers.takeFromFirst(set.averages());
        }
        List<Double> state = optimizer.state();
        stepArena.release(0);
        Tensor counters = stepArena.allocate(DType.F64, state.size() + 1);
        for (int i = 0; i < state.size(); i++) {
            counters.set(i, state.get(i));
        }
        counters.set(state.size(), (double) nextStep);
        peers.takeFromFirst(counters);
        double[] taken = counters.toDoubles();
        optimizer.restore(Arrays.stream(taken).limit(state.size()).boxed().toList());
        resumeAt((long) taken[state.size()]);
    }

    /** Goes on at a later step; the parameters and {@link #optimizer} must have been restored by the caller. */
    public void resumeAt(long step) {
        nextStep = step;
        if (update != null) {
            update.write();
        }
    }

    /**
     * Begins to bring the next step's batch to a GPU, so that its images arrive while the present step is under way; they
     * must not change before theirs. For whoever makes batches, in a thread of its own; may be left out, and does nothing
     * on a CPU.
     */
    public void announce(Batch batch) {
        if (uploads != null) {
            uploads.announce(batch);
        }
    }

    /**
     * One step on one batch.
     *
     * @param batch of several ranks, at least this one's pairs: {@code size·rank/world} to {@code size·(rank+1)/world}
     * @throws IllegalArgumentException if the batch is empty or does not fit the model, or its shards do not fit the ranks
     * @throws IllegalStateException after ten steps in a row whose gradient is not finite
     */
    public StepReport step(Batch batch) {
        if (batch.size() == 0) {
            throw new IllegalArgumentException("an empty batch; a step needs at least one pair");
        }
        Share share = Share.of(peers, settings.shardsFor(batch.size()));
        requirePairs(batch, share);
        double learningRate = settings.schedule().at((int) nextStep);
        optimizer.use(learningRate);
        if (distillation != null) {
            distillation.prepare(batch.size());
        }
        Objective.Result result = uploads == null ? take(batch, batch::copyImages, share) : takeUploaded(batch, share);
        limitLogitScale();
        return new StepReport(nextStep++, result.value(), optimizer.norm(), learningRate, optimizer.skipped());
    }

    private Objective.Result takeUploaded(Batch batch, Share share) {
        ImageUploads used = Objects.requireNonNull(uploads);
        try {
            return take(batch, used.take(batch), share);
        } finally {
            used.release();
        }
    }

    private Objective.Result take(Batch batch, StepImages images, Share share) {
        Objective.Result result = settings.fixedShapes()
                ? repeatedStep(batch.size(), share).take(batch, images, nextStep)
                : compute(
                        new FreshInputs(model, objective, settings, stepArena, batch, images, nextStep),
                        batch.size(),
                        share);
        optimizer.finish();
        return result;
    }

    private RepeatedStep repeatedStep(int size, Share share) {
        RepeatedStep present = repeated;
        if (present == null || present.batch() != size) {
            if (present != null) {
                present.close();
            }
            FixedInputs inputs = new FixedInputs(kernels, model, objective, settings, size, share);
            // what ranks exchange is no work of the kernels, and cannot be recorded
            present = new RepeatedStep(kernels, inputs, () -> compute(inputs, size, share), peers.world() == 1);
            repeated = present;
        }
        return present;
    }

    /** Everything between a step's inputs and the parameters after it. */
    private Objective.Result compute(StepInputs inputs, int size, Share share) {
        stepArena.release(0);
        tree.clear();
        if (absorption != null) {
            absorption.beginStep();
        }
        int embedDim = model.config().embedDim();
        Tensor images = stepArena.allocate(model.dtype(), size, embedDim);
        Tensor texts = objective.usesTexts() ? stepArena.allocate(model.dtype(), size, embedDim) : null;
        List<Shard> shards = forward(inputs, size, share, images, texts);
        peers.gatherRows(images);
        if (texts != null) {
            peers.gatherRows(texts);
        }
        Objective.Result result = objective.evaluate(kernels, stepArena, images, texts, inputs.labels(), peers);
        if (distillation != null) {
            for (Shard shard : shards) {
                distillation.addTo(
                        inputs, stepArena, size, shard.from(), shard.to(), result.dImages(), result.dTexts());
            }
        }
        for (int i = 0; i < shards.size(); i++) {
            backward(inputs, shards.get(i), result, share.first() + i == 0);
        }
        Tensor gradient = tree.sum();
        peers.add(gradient);
        optimizer.update(pulledBack(gradient));
        if (update != null) {
            update.write();
        }
        return result;
    }

    /** Gradients of what is trained, given those of the weights. */
    private Tensor pulledBack(Tensor ofWeights) {
        if (update == null || updateGradient == null) {
            return ofWeights;
        }
        update.pullBack(weights.gradients(ofWeights), update.factors().gradients(updateGradient));
        return updateGradient;
    }

    private void requirePairs(Batch batch, Share share) {
        int from = share.row(batch.size(), share.first());
        int to = share.row(batch.size(), share.end());
        int held = batch.images().length / pixels();
        if (batch.first() > from || batch.first() + held < to) {
            throw new IllegalArgumentException("rank " + peers.rank() + " of " + peers.world() + " works on the pairs "
                    + from + " to " + to + " of the batch, which holds " + batch.first() + " to "
                    + (batch.first() + held));
        }
    }

    private int pixels() {
        int size = model.config().image().imageSize();
        return 3 * size * size;
    }

    private List<Shard> forward(StepInputs inputs, int size, Share share, Tensor images, @Nullable Tensor texts) {
        List<Shard> shards = new ArrayList<>(share.shards());
        long largest = 0;
        for (int i = share.first(); i < share.end(); i++) {
            int from = share.row(size, i);
            int to = share.row(size, i + 1);
            long mark = stepArena.mark();
            long before = stepArena.bytes();
            Shard shard = run(inputs, new Shard(from, to, null, null));
            copyRows(shard.image() == null ? null : shard.image().features(), images, from, to);
            copyRows(shard.text() == null ? null : shard.text().features(), texts, from, to);
            largest = Math.max(largest, stepArena.bytes() - before);
            if (largest * share.shards() > settings.activationBytes()) {
                stepArena.release(mark);
                shard = new Shard(from, to, null, null);
            }
            shards.add(shard);
        }
        return shards;
    }

    private void copyRows(@Nullable Tensor features, @Nullable Tensor target, int from, int to) {
        if (features != null && target != null) {
            kernels.convert(features, target.rows(from, to));
        }
    }

    private Shard run(StepInputs inputs, Shard shard) {
        Pass pass = pass(inputs.gates(), shard);
        ImageTower.Kept image = inputs.encodeImages(pass);
        DistinctTexts texts = objective.usesTexts() ? inputs.encodeTexts(pass) : null;
        return new Shard(shard.from(), shard.to(), image, texts);
    }

    private Pass pass(GateSource gates, Shard shard) {
        return new Pass(kernels, stepArena, model.dtype(), shard.size(), shard.from(), gates, true, absorption);
    }

    private void backward(StepInputs inputs, Shard forwarded, Objective.Result result, boolean first) {
        long mark = stepArena.mark();
        Shard shard = forwarded.image() == null ? run(inputs, forwarded) : forwarded;
        Tensor flat = tree.next();
        Gradients gradients = weights.gradients(flat);
        Pass pass = pass(inputs.gates(), shard);
        if (shard.image() != null) {
            model.imageTower()
                    .backward(pass, shard.image(), result.dImages().rows(shard.from(), shard.to()), gradients);
        }
        if (shard.text() != null && result.dTexts() != null) {
            shard.text().backward(model, pass, result.dTexts().rows(shard.from(), shard.to()), gradients);
        }
        writeObjectives(result, gradients, first);
        tree.push(flat);
        stepArena.release(mark);
    }

    /** Gradients of what lies in no tower: the objective's, which are of the whole batch, with its first shard. */
    private void writeObjectives(Objective.Result result, Gradients gradients, boolean first) {
        for (Parameter parameter : outsideTowers) {
            Tensor gradient = Objects.requireNonNull(gradients.of(parameter));
            Tensor given = first ? result.dParameters().get(parameter.name()) : null;
            if (given == null) {
                kernels.fill(gradient, 0);
            } else {
                kernels.convert(given, gradient);
            }
        }
    }

    private void limitLogitScale() {
        if (logitScale != null) {
            double limit = Math.log(LARGEST_LOGIT_SCALE);
            logitScale.value().set(0, Math.min(limit, logitScale.value().get(0)));
        }
    }

    @Override
    public void close() {
        if (uploads != null) {
            uploads.close();
        }
        if (repeated != null) {
            repeated.close();
        }
        optimizer.close();
        if (distillation != null) {
            distillation.close();
        }
        if (absorption != null) {
            absorption.close();
        }
        parameterArena.close();
        stepArena.close();
    }
}
