package org.radapter.distributed.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.radapter.distributed.TuneProgram;
import org.radapter.train.Checkpoint;
import org.radapter.train.FineTuneSettings;
import org.radapter.train.FineTuner;
import org.radapter.train.LoadedModel;
import org.radapter.train.ModelChoice;
import org.radapter.train.Peers;
import org.radapter.train.RankJob;
import org.radapter.train.StepReport;

/**
 * Fine-tunes the committed model on squares, as {@link TuneProgram} does, with the last rank in trouble.
 *
 * @param model path of the model, as the executors see it
 * @param settings of the run
 * @param folder of the checkpoints, and of a file that is there when the trouble has happened
 * @param trouble what happens to the rank after a step between two checkpoints
 */
record SquaresJob(String model, FineTuneSettings settings, String folder, Trouble trouble) implements RankJob {
    private static final long serialVersionUID = 1;
    private static final int TROUBLED_STEP = 2;

    /** What may happen; but for one of them, once. */
    enum Trouble {
        NONE,
        THROWS,
        ALWAYS_THROWS,
        HALTS,
        HANGS,
        CANNOT_OPEN
    }

    static SquaresJob in(Path folder, Trouble trouble) {
        return new SquaresJob(
                TuneProgram.MODEL.toAbsolutePath().toString(), TuneProgram.settings(0, 1), folder.toString(), trouble);
    }

    Checkpoint checkpoint() {
        return new Checkpoint(Path.of(folder), Map.of("test", "squares"));
    }

    /** A file with the number of the process that the trouble happened in, once it has. */
    Path marker() {
        return Path.of(folder, "trouble.txt");
    }

    @Override
    public Opened open(int threads) throws IOException {
        if (trouble == Trouble.CANNOT_OPEN) {
            throw new IOException("there are no squares here");
        }
        LoadedModel loaded = LoadedModel.open(new ModelChoice(model, null, null, "cpu"), threads);
        return new Opened() {
            @Override
            public List<StepReport> advance(Peers peers, int until) throws IOException {
                return train(loaded, peers, until);
            }

            @Override
            public void close() throws IOException {
                loaded.close();
            }
        };
    }

    private List<StepReport> train(LoadedModel loaded, Peers peers, int until) throws IOException {
        List<StepReport> reports = new ArrayList<>();
        new FineTuner(loaded.kernels(), loaded.weights(), loaded.tokenizer(), peers)
                .advance(
                        settings,
                        TuneProgram.data(loaded.config(), settings),
                        peers.rank() == 0 ? checkpoint() : null,
                        until,
                        report -> {
                            reports.add(report);
                            if (peers.rank() == peers.world() - 1 && report.step() == TROUBLED_STEP) {
                                meetTrouble();
                            }
                        });
        return reports;
    }

    private void meetTrouble() {
        if (trouble == Trouble.ALWAYS_THROWS) {
            throw new IllegalStateException("this rank is in trouble");
        }
        if (trouble == Trouble.NONE || !isFirst()) {
            return;
        }
        switch (trouble) {
            case HALTS -> Runtime.getRuntime().halt(9);
            case HANGS -> hang();
            default -> throw new IllegalStateException("this rank is in trouble");
        }
    }

    private boolean isFirst() {
        try {
            Files.writeString(
                    Files.createFile(marker()),
                    Long.toString(ProcessHandle.current().pid()));
            return true;
        } catch (FileAlreadyExistsException e) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Until Spark interrupts the task, for the other ranks have given this one up. */
    private static void hang() {
        try {
            Thread.sleep(Long.MAX_VALUE);
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted", e);
        }
    }
}
