package org.radapter.task.segmentation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.stream.IntStream;
import org.radapter.clip.image.RgbImage;
import org.radapter.data.DatasetView;
import org.radapter.data.ImageTextDataset;
import org.radapter.task.Score;
import org.radapter.task.Task;
import org.radapter.task.method.Lesson;
import org.radapter.task.method.Recogniser;
import org.radapter.tensor.CounterRandom;
import org.radapter.train.CaptionSource;

/**
 * Open-vocabulary segmentation with proposals of masks, after OVSeg (Liang et al., 2023): each masked crop is told apart
 * by the texts of all classes and of "background", and the surest proposals are painted last. Learned from crops of the
 * first half of the classes, measured as mean IoU of that half and of the other.
 */
public final class SegmentationTask implements Task {
    private static final String BACKGROUND = "background";
    private static final String MIOU = "miou";
    private static final long SEED = 20_240;
    private static final int PICTURED = 4;

    private final String name;
    private final List<String> classNames;
    private final List<String> templates;
    private final Lesson lesson;
    private final Map<String, Gallery> galleries = new LinkedHashMap<>();

    /** Scenes with the crops of all their proposals. */
    private record Gallery(List<Scene> scenes, List<List<Mask>> proposals, Crops crops) {}

    /**
     * The task.
     *
     * @param train drawings that scenes to learn from are made of
     * @param validation drawings for choosing settings
     * @param tests drawings of each split, of the same classes
     * @param scenes how many are made of each
     * @param captions what a crop is called in a step, given the crops
     */
    public SegmentationTask(
            String name,
            ImageTextDataset train,
            ImageTextDataset validation,
            Map<String, List<ImageTextDataset>> tests,
            int scenes,
            List<String> templates,
            Function<ImageTextDataset, LongFunction<CaptionSource>> captions) {
        this.name = name;
        this.classNames = train.classNames();
        this.templates = List.copyOf(templates);
        ImageTextDataset crops = baseCrops("crops to learn from", train, scenes);
        this.lesson = new Lesson(
                crops, baseCrops("crops for validation", validation, scenes), captions.apply(crops), templates);
        tests.forEach((split, drawings) -> galleries.put(split, gallery(split, drawings, scenes)));
    }

    private int half() {
        return classNames.size() / 2;
    }

    /** Objects of the first half of the classes, cut out by jittered masks. */
    private ImageTextDataset baseCrops(String title, ImageTextDataset drawings, int scenes) {
        ImageTextDataset base = DatasetView.classes(drawings, title, 0, half());
        CounterRandom random = new CounterRandom(SEED);
        Crops.Builder crops = new Crops.Builder();
        List<Scene> made = new SceneMaker(List.of(base), SEED).scenes(scenes);
        for (int s = 0; s < made.size(); s++) {
            List<Mask> masks = Proposals.ofObjects(made.get(s), random, s);
            for (int i = 0; i < masks.size(); i++) {
                Scene scene = made.get(s);
                crops.add(
                        scene,
                        masks.get(i),
                        scene.labels().get(i),
                        scene.sources().get(i));
            }
        }
        return crops.build(title, base.classNames());
    }

    private Gallery gallery(String split, List<ImageTextDataset> drawings, int scenes) {
        CounterRandom random = new CounterRandom(SEED + 1);
        List<Scene> made = new SceneMaker(drawings, SEED + 1).scenes(scenes);
        Crops.Builder crops = new Crops.Builder();
        List<List<Mask>> proposals = new ArrayList<>();
        for (int s = 0; s < made.size(); s++) {
            List<Mask> masks = Proposals.of(made.get(s), random, s);
            proposals.add(masks);
            for (Mask mask : masks) {
                crops.add(made.get(s), mask, 0, String.join(" and ", made.get(s).sources()));
            }
        }
        return new Gallery(made, proposals, crops.build(split + " proposals", classNames));
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Lesson lesson(long seed) {
        return lesson;
    }

    /** Share of validation crops told apart rightly. */
    @Override
    public Score validate(Recogniser model, Lesson learned) {
        ImageTextDataset crops = learned.validation();
        Recogniser.Classifier classifier = model.classes(crops.classNames(), templates);
        float[][] vectors = model.images(crops);
        boolean[] right = new boolean[vectors.length];
        for (int i = 0; i < right.length; i++) {
            right[i] = classifier.best(vectors[i]) == crops.label(i);
        }
        return Score.share(VALIDATION, "top-1", right);
    }

    @Override
    public List<Score> measure(Recogniser model) {
        Recogniser.Classifier classifier = model.classes(words(), templates);
        List<Score> scores = new ArrayList<>();
        galleries.forEach((split, gallery) -> {
            MeanIou iou = measure(gallery, classifier, model.images(gallery.crops()));
            scores.add(Score.of(split + "-base", MIOU, iou.mean(0, half())));
            scores.add(Score.of(split + "-novel", MIOU, iou.mean(half(), classNames.size())));
        });
        return scores;
    }

    private MeanIou measure(Gallery gallery, Recogniser.Classifier classifier, float[][] vectors) {
        MeanIou iou = new MeanIou(classNames.size());
        List<int[]> painted = painted(gallery, gallery.scenes().size(), classifier, vectors);
        for (int s = 0; s < painted.size(); s++) {
            iou.add(gallery.scenes().get(s).truth(), painted.get(s));
        }
        return iou;
    }

    /** The first scenes of a gallery as a model paints them, given the vectors of their crops. */
    private static List<int[]> painted(
            Gallery gallery, int scenes, Recogniser.Classifier classifier, float[][] vectors) {
        List<int[]> painted = new ArrayList<>();
        int crop = 0;
        for (int s = 0; s < scenes; s++) {
            List<Mask> masks = gallery.proposals().get(s);
            double[][] said = new double[masks.size()][];
            for (int i = 0; i < said.length; i++) {
                said[i] = classifier.logits(vectors[crop++]);
            }
            painted.add(painted(gallery.scenes().get(s).side(), masks, said));
        }
        return painted;
    }

    /** The first scenes of each split. */
    @Override
    public RgbImage picture(Recogniser model) {
        Recogniser.Classifier classifier = model.classes(words(), templates);
        List<Scene> scenes = new ArrayList<>();
        List<int[]> painted = new ArrayList<>();
        for (Gallery gallery : galleries.values()) {
            int shown = Math.min(PICTURED, gallery.scenes().size());
            int crops = gallery.proposals().subList(0, shown).stream()
                    .mapToInt(List::size)
                    .sum();
            List<Integer> first = IntStream.range(0, crops).boxed().toList();
            float[][] vectors = model.images(DatasetView.select(gallery.crops(), "crops shown", first));
            scenes.addAll(gallery.scenes().subList(0, shown));
            painted.addAll(painted(gallery, shown, classifier, vectors));
        }
        return ScenePicture.of(scenes, painted);
    }

    private List<String> words() {
        List<String> words = new ArrayList<>(classNames);
        words.add(BACKGROUND);
        return words;
    }

    /**
     * The class of each pixel: that of the surest proposal over it.
     *
     * @param scores of each proposal for each class, the last one for the background
     */
    static int[] painted(int side, List<Mask> masks, double[][] scores) {
        int[] classes = new int[masks.size()];
        double[] sureness = new double[masks.size()];
        for (int i = 0; i < classes.length; i++) {
            for (int c = 1; c < scores[i].length; c++) {
                classes[i] = scores[i][c] > scores[i][classes[i]] ? c : classes[i];
            }
            sureness[i] = scores[i][classes[i]];
        }
        int[] painted = new int[side * side];
        Arrays.fill(painted, Scene.BACKGROUND);
        IntStream.range(0, classes.length)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> sureness[i]))
                .forEach(i -> {
                    boolean background = classes[i] == scores[i].length - 1;
                    BitSet bits = masks.get(i).bits();
                    for (int p = bits.nextSetBit(0); p >= 0; p = bits.nextSetBit(p + 1)) {
                        painted[p] = background ? Scene.BACKGROUND : classes[i];
                    }
                });
        return painted;
    }
}
