package org.radapter.cli.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.radapter.data.Credit;
import org.radapter.data.Pixels;
import org.radapter.tensor.CounterRandom;
import org.radapter.train.statistics.MeanAccuracy;
import org.radapter.train.statistics.Outcomes;
import org.radapter.train.statistics.PairedComparison;

/** A run that never was, of the size and kind of a real one, to test the files and to look at the report. */
public final class SampleRun {
    private static final double[] ALPHAS = {0, .1, .2, .3, .4, .5, .6, .7, .8, .9, 1};
    private static final Map<String, Integer> IMAGES = new LinkedHashMap<>();

    static {
        IMAGES.put("id", 402);
        IMAGES.put("near-ood", 518);
        IMAGES.put("far-ood", 741);
    }

    private SampleRun() {}

    /** The results. */
    public static RunResults results() {
        return RunResults.of(description(), focus(), methods(), splits(), comparison())
                .withCurve(curve())
                .withLosses(losses())
                .withExamples(examples())
                .withCredits(credits());
    }

    /** The same without what a small run lacks. */
    public static RunResults bare() {
        return RunResults.of(description(), focus(), methods(), splits().subList(0, 1), comparison());
    }

    private static RunResults.Focus focus() {
        return new RunResults.Focus("r-adapter", "zero-shot", .5);
    }

    private static RunDescription description() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("Steps", "150");
        settings.put("Batch", "128 pairs");
        settings.put("Learning rate", "0.0005, cosine, 7 steps of warm-up");
        settings.put("Adapter", "full rank, learned scale from 0.1");
        settings.put("Dropping", "p = 0.2, by module");
        settings.put("Average", "m = 0.98");
        settings.put("Margin δ", "0.05");
        settings.put("Smoothing ε", "0.05");
        settings.put("Temperature τ", "0.021");
        settings.put("Seeds", "11, 12, 13");
        Map<String, String> machine = new LinkedHashMap<>();
        machine.put("Processor", "a processor with two cores");
        machine.put("Backend", "cpu, avx2");
        machine.put("Threads", "2");
        machine.put("Java", "17.0.15");
        machine.put("R-Adapter", "0.1.0");
        Map<String, String> timing = new LinkedHashMap<>();
        timing.put("Data", "21 s");
        timing.put("R-Adapter, 3 seeds", "1 min 12 s");
        timing.put("Plain adapter, 3 seeds", "1 min 4 s");
        timing.put("Evaluation", "38 s");
        return new RunDescription(
                "EmojiShift demo",
                "24 November 2026, 00:40 UTC",
                "A small CLIP of 6.1 million parameters (64 px, patch 8), pre-trained on drawings of other vendors.",
                settings,
                machine,
                timing);
    }

    private static List<MethodInfo> methods() {
        return List.of(
                new MethodInfo("zero-shot", "zero-shot", "before fine-tuning"),
                new MethodInfo("r-adapter", "R-Adapter", "α = 0.5"),
                new MethodInfo("plain-adapter", "plain adapter", "cross-entropy"),
                new MethodInfo("full", "full fine-tuning", "MPM-NCE"));
    }

    private static List<SplitInfo> splits() {
        return List.of(
                new SplitInfo("id", "ID", SplitInfo.Role.ID, "Flat colour drawings of the vendors tuned on."),
                new SplitInfo(
                        "near-ood", "near OOD", SplitInfo.Role.NEAR_OOD, "3D drawings, and colour of another vendor."),
                new SplitInfo("far-ood", "far OOD", SplitInfo.Role.FAR_OOD, "Black and white, and outlines."));
    }

    private static double target(String method, String split, double alpha) {
        double id = 0;
        double far = 0;
        switch (method) {
            case "r-adapter" -> {
                id = .105 * alpha - .052 * alpha * alpha;
                far = .05 * alpha - .085 * alpha * alpha;
            }
            case "plain-adapter" -> {
                id = .03 * alpha - .045 * alpha * alpha;
                far = .01 * alpha - .088 * alpha * alpha;
            }
            case "full" -> {
                id = .13 * alpha - .085 * alpha * alpha;
                far = .05 * alpha - .105 * alpha * alpha;
            }
            default -> {}
        }
        return switch (split) {
            case "id" -> .463 + id;
            case "near-ood" -> .438 + .8 * id;
            default -> .291 + far;
        };
    }

    private static Outcomes outcomes(String method, String split, long seed, double accuracy) {
        int n = IMAGES.get(split);
        CounterRandom random = new CounterRandom(3);
        boolean[] correct = new boolean[n];
        for (int i = 0; i < n; i++) {
            double hardness = random.uniform(0, CounterRandom.site(split), i);
            double luck = random.normal(seed, CounterRandom.site(split + method), i) * (seed == 0 ? 0 : .09);
            correct[i] = hardness + luck < accuracy;
        }
        List<String> images =
                IntStream.range(0, n).mapToObj(i -> split + " " + i).toList();
        return new Outcomes(method, split, seed, images, correct);
    }

    /** The comparison of the methods in the table. */
    public static PairedComparison comparison() {
        List<Outcomes> all = new ArrayList<>();
        for (String split : IMAGES.keySet()) {
            all.add(outcomes("zero-shot", split, 0, target("zero-shot", split, 0)));
            for (long seed = 11; seed <= 13; seed++) {
                all.add(outcomes("r-adapter", split, seed, target("r-adapter", split, .5)));
                all.add(outcomes("plain-adapter", split, seed, target("plain-adapter", split, 1)));
                all.add(outcomes("full", split, seed, target("full", split, 1)));
            }
        }
        return PairedComparison.of(all, 2000, 0);
    }

    private static List<CurvePoint> curve() {
        List<CurvePoint> points = new ArrayList<>();
        for (String method : List.of("r-adapter", "plain-adapter", "full")) {
            for (double alpha : ALPHAS) {
                List<Outcomes> runs = new ArrayList<>();
                for (String split : IMAGES.keySet()) {
                    for (long seed = 11; seed <= 13; seed++) {
                        runs.add(outcomes(method, split, alpha == 0 ? 0 : seed, target(method, split, alpha)));
                        if (alpha == 0) {
                            break;
                        }
                    }
                }
                for (MeanAccuracy mean : PairedComparison.of(runs, 500, 0).accuracies()) {
                    points.add(CurvePoint.of(mean, alpha));
                }
            }
        }
        return points;
    }

    private static List<LossCurve> losses() {
        CounterRandom random = new CounterRandom(8);
        List<LossCurve> curves = new ArrayList<>();
        Map<String, double[]> shapes = new LinkedHashMap<>();
        shapes.put("r-adapter", new double[] {1.1, .8});
        shapes.put("plain-adapter", new double[] {2.0, .55});
        shapes.put("full", new double[] {1.1, .5});
        shapes.forEach((method, shape) -> {
            for (long seed = 11; seed <= 13; seed++) {
                List<LossCurve.Point> points = new ArrayList<>();
                for (int step = 0; step < 150; step++) {
                    double noise = .06 * random.normal(step, CounterRandom.site(method), seed);
                    double loss = shape[1] + (shape[0] - shape[1]) * Math.exp(-step / 40.0) + noise;
                    points.add(new LossCurve.Point(step, step == 70 ? Double.NaN : loss, 5e-4 * (1 - step / 150.0)));
                }
                curves.add(new LossCurve(method, seed, points));
            }
        });
        return curves;
    }

    private static List<Example> examples() {
        String[] names = {"full moon", "slice of pizza", "sailboat", "maple leaf", "kite", "hot air balloon"};
        List<Example> examples = new ArrayList<>();
        int at = 0;
        for (String split : IMAGES.keySet()) {
            for (int i = 0; i < names.length; i++) {
                String other = names[(i + 2) % names.length];
                boolean rightBefore = (at + i) % 3 == 0;
                boolean rightAfter = (at + i) % 3 != 2;
                examples.add(Example.of(
                        Pixels.of(drawing(i, split)),
                        names[i],
                        rightBefore ? names[i] : other,
                        rightAfter ? names[i] : other,
                        split));
            }
            at++;
        }
        return examples;
    }

    private static BufferedImage drawing(int shape, String split) {
        BufferedImage image = new BufferedImage(64, 64, BufferedImage.TYPE_INT_ARGB);
        Graphics2D g = image.createGraphics();
        g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        Path2D path = new Path2D.Double();
        int corners = 3 + shape;
        for (int i = 0; i < corners; i++) {
            double angle = 2 * Math.PI * i / corners - Math.PI / 2;
            double radius = i % 2 == 0 ? 28 : 18 + 2 * shape;
            if (i == 0) {
                path.moveTo(32 + radius * Math.cos(angle), 32 + radius * Math.sin(angle));
            } else {
                path.lineTo(32 + radius * Math.cos(angle), 32 + radius * Math.sin(angle));
            }
        }
        path.closePath();
        if (split.equals("far-ood")) {
            g.setColor(Color.BLACK);
            g.setStroke(new BasicStroke(3));
            g.draw(path);
        } else {
            g.setColor(Color.getHSBColor(shape / 6f, .7f, .9f));
            g.fill(path);
        }
        g.dispose();
        return image;
    }

    private static List<Credit> credits() {
        return List.of(
                new Credit(
                        "Noto Emoji", "Google", "Apache-2.0", "@iconify-json/noto 1.2.9", "https://example.org/noto"),
                new Credit("Twitter Emoji", "Twitter", "CC-BY-4.0", "@iconify-json/twemoji 1.2.5", ""),
                new Credit(
                        "Fluent Emoji High Contrast",
                        "Microsoft Corporation",
                        "MIT",
                        "@iconify-json/fluent-emoji-high-contrast 1.2.6",
                        ""),
                new Credit("Small CLIP of this project", "the authors of R-Adapter", "Apache-2.0", "models/", ""));
    }
}
