package org.radapter.task.segmentation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.radapter.clip.image.RgbImage;
import org.radapter.data.ImageTextDataset;
import org.radapter.data.Pixels;
import org.radapter.task.Score;
import org.radapter.task.method.Lesson;
import org.radapter.task.method.Recogniser;
import org.radapter.tensor.CounterRandom;

class SegmentationTest {
    private static final CounterRandom RANDOM = new CounterRandom(2);

    /** Full squares of four shades of grey: class c is the grey of 60 c + 20. */
    private static final class Greys implements ImageTextDataset {
        @Override
        public String name() {
            return "greys";
        }

        @Override
        public int size() {
            return 8;
        }

        @Override
        public Pixels image(int index) {
            byte[] rgba = new byte[4 * 16 * 16];
            for (int i = 0; i < rgba.length; i++) {
                rgba[i] = (byte) (i % 4 == 3 ? 255 : grey(label(index)));
            }
            return new Pixels(16, 16, rgba);
        }

        static int grey(int label) {
            return 60 * label + 20;
        }

        @Override
        public List<String> captions(int index) {
            return List.of(className(label(index)));
        }

        @Override
        public int label(int index) {
            return index % 4;
        }

        @Override
        public List<String> classNames() {
            return List.of("a", "b", "c", "d");
        }

        @Override
        public String source(int index) {
            return "grey " + index;
        }
    }

    /** Sees the middle pixel, and knows each class by its grey; all else is background. */
    private static final class Eye implements Recogniser {
        @Override
        public float[][] images(ImageTextDataset images) {
            float[][] vectors = new float[images.size()][1];
            for (int i = 0; i < vectors.length; i++) {
                Pixels image = images.image(i);
                int middle = 4 * (image.height() / 2 * image.width() + image.width() / 2);
                byte[] rgba = image.rgba();
                boolean grey = rgba[middle] == rgba[middle + 1] && rgba[middle] == rgba[middle + 2];
                vectors[i][0] = rgba[middle + 3] == 0 || !grey ? -1 : rgba[middle] & 0xFF;
            }
            return vectors;
        }

        @Override
        public float[][] texts(List<String> texts) {
            return new float[texts.size()][1];
        }

        @Override
        public Classifier classes(List<String> classNames, List<String> templates) {
            return image -> {
                double[] scores = new double[classNames.size()];
                boolean known = false;
                for (int c = 0; c < Math.min(4, scores.length); c++) {
                    scores[c] = Greys.grey(c) == image[0] ? 1 : 0;
                    known |= scores[c] == 1;
                }
                scores[scores.length - 1] += known ? 0 : .5;
                return scores;
            };
        }

        @Override
        public void close() {}
    }

    private static SegmentationTask task() {
        Greys greys = new Greys();
        Map<String, List<ImageTextDataset>> tests = new LinkedHashMap<>();
        tests.put("id", List.of(greys));
        return new SegmentationTask(
                "segmentation",
                greys,
                greys,
                tests,
                12,
                List.of("{}"),
                crops -> seed -> (index, step, sample) -> crops.className(crops.label(index)));
    }

    /** IoU as its definition has it: sets of pixels, class by class. */
    @Test
    void meanIouIsThatOfSetsOfPixels() {
        int classes = 5;
        int[] truth = random(1, classes);
        int[] said = random(2, classes);
        int[] truth2 = random(3, classes);
        int[] said2 = random(4, classes);
        MeanIou iou = new MeanIou(classes);
        iou.add(truth, said);
        iou.add(truth2, said2);
        double expected = 0;
        for (int c = 1; c < classes; c++) {
            Set<Integer> a = new HashSet<>(pixels(truth, c, 0));
            a.addAll(pixels(truth2, c, 1000));
            Set<Integer> b = new HashSet<>(pixels(said, c, 0));
            b.addAll(pixels(said2, c, 1000));
            Set<Integer> both = new HashSet<>(a);
            both.retainAll(b);
            Set<Integer> either = new HashSet<>(a);
            either.addAll(b);
            expected += (double) both.size() / either.size() / (classes - 1);
        }
        assertThat(iou.mean(1, classes)).isEqualTo(expected);
    }

    private static int[] random(int number, int classes) {
        return IntStream.range(0, 400)
                .map(i -> RANDOM.integer(number, 1, i, classes + 1) - 1)
                .toArray();
    }

    private static List<Integer> pixels(int[] image, int label, int offset) {
        return IntStream.range(0, image.length)
                .filter(i -> image[i] == label)
                .map(i -> i + offset)
                .boxed()
                .toList();
    }

    @Test
    void classesThatNoSceneShowsDoNotCountButSayingThemCosts() {
        MeanIou iou = new MeanIou(3);
        iou.add(new int[] {0, 0, -1, -1}, new int[] {0, 2, 2, 0});
        assertThat(iou.mean(0, 3)).isEqualTo(1 / 3.0);
        assertThatThrownBy(() -> iou.mean(1, 3)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void theSurestProposalIsOnTop() {
        Mask all = new Mask(2, bits(0, 1, 2, 3));
        Mask some = new Mask(2, bits(1, 2));
        Mask last = new Mask(2, bits(2));
        int[] painted = SegmentationTask.painted(
                2, List.of(some, all, last), new double[][] {{0, .6, .1}, {.5, 0, 0}, {.1, .2, .9}});
        assertThat(painted).containsExactly(0, 1, -1, 0);
    }

    private static BitSet bits(int... set) {
        BitSet bits = new BitSet();
        IntStream.of(set).forEach(bits::set);
        return bits;
    }

    @Test
    void masksGrowAndShrinkByOnePixel() {
        Mask dot = new Mask(5, bits(12));
        assertThat(dot.dilated(1).bits()).isEqualTo(bits(7, 11, 12, 13, 17));
        assertThat(dot.dilated(1).eroded(1).bits()).isEqualTo(dot.bits());
        assertThat(dot.dilated(2).eroded(1).bits()).isEqualTo(dot.dilated(1).bits());
        assertThat(dot.eroded(1).isEmpty()).isTrue();
    }

    @Test
    void aSceneTellsWhichPixelsAreWhose() {
        Scene scene = new SceneMaker(List.of(new Greys()), 7).scene(3);
        assertThat(scene.objects()).hasSizeBetween(1, 4).hasSameSizeAs(scene.labels());
        int[] seen = new int[scene.truth().length];
        Arrays.fill(seen, -1);
        for (int i = 0; i < scene.objects().size(); i++) {
            BitSet bits = scene.objects().get(i).bits();
            for (int p = bits.nextSetBit(0); p >= 0; p = bits.nextSetBit(p + 1)) {
                assertThat(seen[p]).isEqualTo(-1);
                seen[p] = scene.labels().get(i);
                assertThat(scene.rgb()[3 * p] & 0xFF).isEqualTo(Greys.grey(seen[p]));
            }
        }
        assertThat(seen).isEqualTo(scene.truth());
        assertThat(new SceneMaker(List.of(new Greys()), 7).scene(3).rgb()).isEqualTo(scene.rgb());
        assertThat(new SceneMaker(List.of(new Greys()), 8).scene(3).rgb()).isNotEqualTo(scene.rgb());
    }

    @Test
    void aCropShowsTheMaskAlone() {
        Scene scene = new SceneMaker(List.of(new Greys()), 7).scene(0);
        Mask mask = scene.objects().get(0);
        Pixels crop = Crops.crop(scene, mask);
        int opaque = 0;
        for (int i = 3; i < crop.rgba().length; i += 4) {
            if (crop.rgba()[i] != 0) {
                opaque++;
                assertThat(crop.rgba()[i - 1] & 0xFF)
                        .isEqualTo(Greys.grey(scene.labels().get(0)));
            }
        }
        assertThat(crop.width()).isEqualTo(crop.height());
        assertThat(opaque).isEqualTo(mask.bits().cardinality());
    }

    /** Each scene has the classes of its pixels below it, and below these what was painted. */
    @Test
    void aPictureShowsScenesTruthAndWhatWasPainted() {
        Scene scene = new SceneMaker(List.of(new Greys()), 7).scenes(1).get(0);
        int side = scene.side();
        int[] painted = new int[side * side];
        Arrays.fill(painted, 2);
        RgbImage picture = ScenePicture.of(List.of(scene, scene), List.of(scene.truth(), painted));
        assertThat(picture.width()).isEqualTo(2 * side + 4);
        assertThat(picture.height()).isEqualTo(3 * side + 8);
        for (int p : new int[] {0, side * side / 2 + side / 2, side * side - 1}) {
            int x = p % side;
            int y = p / side;
            assertThat(picture.sample(x, y, 1)).isEqualTo(scene.rgb()[3 * p + 1] & 0xFF);
            for (int channel = 0; channel < 3; channel++) {
                int truth = ScenePicture.colour(scene.truth()[p]) >> (16 - 8 * channel) & 0xFF;
                int two = ScenePicture.colour(2) >> (16 - 8 * channel) & 0xFF;
                assertThat(picture.sample(x, side + 4 + y, channel)).isEqualTo(truth);
                assertThat(picture.sample(x, 2 * (side + 4) + y, channel)).isEqualTo(truth);
                assertThat(picture.sample(side + 4 + x, 2 * (side + 4) + y, channel))
                        .isEqualTo(two);
            }
        }
        RgbImage ofTask = task().picture(new Eye());
        assertThat(ofTask.width()).isEqualTo(4 * (side + 4) - 4);
        assertThat(IntStream.range(0, ofTask.width())
                        .filter(x -> ofTask.sample(x, side + 4 + side / 2, 0)
                                == ofTask.sample(x, 2 * (side + 4) + side / 2, 0))
                        .count())
                .as("an eye that knows every crop paints most of a row as it is")
                .isGreaterThan(ofTask.width() * 3L / 4);
    }

    /** Who knows every crop is held back by the jitter of masks alone; who knows none gets nothing. */
    @Test
    void knowingAllClassesIsNearlyEverythingAndKnowingNoneIsNothing() {
        List<Score> scores = task().measure(new Eye());
        assertThat(scores).extracting(Score::split).containsExactly("id-base", "id-novel");
        assertThat(scores).allMatch(score -> score.value() > .5 && score.value() < 1);
        Recogniser blind = new Recogniser() {
            @Override
            public float[][] images(ImageTextDataset images) {
                return new float[images.size()][1];
            }

            @Override
            public float[][] texts(List<String> texts) {
                return new float[texts.size()][1];
            }

            @Override
            public Classifier classes(List<String> classNames, List<String> templates) {
                return image -> {
                    double[] scores = new double[classNames.size()];
                    scores[scores.length - 1] = 1;
                    return scores;
                };
            }

            @Override
            public void close() {}
        };
        assertThat(task().measure(blind)).allMatch(score -> score.value() == 0);
    }

    @Test
    void theLessonShowsTheFirstHalfOfTheClassesAlone() {
        Lesson lesson = task().lesson(1);
        assertThat(lesson.train().classNames()).containsExactly("a", "b");
        assertThat(lesson.train().size()).isGreaterThan(12);
        assertThat(task().validate(new Eye(), lesson).value()).isGreaterThan(.9);
    }
}
