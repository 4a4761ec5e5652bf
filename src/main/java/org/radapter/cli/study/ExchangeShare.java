package org.radapter.cli.study;

import java.util.Locale;
import java.util.Optional;
import org.radapter.train.Peers;
import org.radapter.train.StepReport;
import org.radapter.train.TrainingListener;

/**
 * Measures how long a step takes, and what share of it a rank of several spends with the others, waiting for them
 * included.
 */
final class ExchangeShare implements TrainingListener {
    private static final double NANOS = 1e9;

    private final Peers peers;
    private int steps = -1;
    private long firstTime;
    private long firstExchange;
    private long time;
    private long exchange;

    ExchangeShare(Peers peers) {
        this.peers = peers;
    }

    /** {@inheritDoc} The first step begins the measurement: it makes ready what the others find. */
    @Override
    public void stepped(StepReport report) {
        time = System.nanoTime();
        exchange = peers.exchangeNanos();
        if (++steps == 0) {
            firstTime = time;
            firstExchange = exchange;
        }
    }

    /** What was measured, after at least two steps. */
    Optional<String> sentence() {
        if (steps < 1) {
            return Optional.empty();
        }
        double seconds = (time - firstTime) / NANOS;
        String each = String.format(Locale.ROOT, "%d steps of %.3f s", steps, seconds / steps);
        if (peers.world() == 1) {
            return Optional.of(each);
        }
        double exchanging = (exchange - firstExchange) / NANOS;
        return Optional.of(String.format(
                Locale.ROOT,
                "%s, of which %.1f %% in exchanges with the other ranks, or waiting for them",
                each,
                100 * exchanging / seconds));
    }
}
