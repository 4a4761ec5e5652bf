package org.radapter.data.emoji;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.radapter.data.ImageTextDataset;
import org.radapter.data.PerceptualHash;
import org.radapter.data.Pixels;
import org.radapter.tensor.CounterRandom;

/**
 * Every drawing that may be pre-trained on, with captions drawn anew for each step. Immutable and thread-safe.
 *
 * <p>The class of a drawing is its label: a bell among the emoji and a bell among the icons are one class, so they are
 * each other's positives.
 */
public final class PretrainingSet implements ImageTextDataset {
    private static final double TEMPLATE_SHARE = 0.60;
    private static final double LABEL_AND_KEYWORDS_SHARE = 0.25;
    private static final int MOST_KEYWORDS = 3;
    private static final long KIND = CounterRandom.site("caption kind");
    private static final long TEMPLATE = CounterRandom.site("caption template");
    private static final long COUNT = CounterRandom.site("caption keywords");
    private static final long CHOICE = CounterRandom.site("caption keyword choice");

    private final List<Source> drawings;
    private final int[] labels;
    private final List<String> classNames;
    private final int removedNearCopies;

    /** A drawing, where its pixels are, whether it is an icon, and the words for it. */
    record Source(Drawing drawing, DrawingFile file, int index, boolean icon, String label, List<String> keywords) {}

    PretrainingSet(List<Source> drawings, int removedNearCopies) {
        this.removedNearCopies = removedNearCopies;
        this.drawings = List.copyOf(drawings);
        this.labels = new int[drawings.size()];
        List<String> names = new ArrayList<>();
        Map<String, Integer> ids = new HashMap<>();
        for (int i = 0; i < labels.length; i++) {
            String label = this.drawings.get(i).label();
            labels[i] = ids.computeIfAbsent(label, name -> {
                names.add(name);
                return names.size() - 1;
            });
        }
        this.classNames = List.copyOf(names);
    }

    @Override
    public String name() {
        return "pre-training";
    }

    @Override
    public int size() {
        return drawings.size();
    }

    @Override
    public Pixels image(int index) {
        Source source = drawings.get(index);
        return source.file().pixels(source.index());
    }

    @Override
    public List<String> captions(int index) {
        Source source = drawings.get(index);
        return EmojiPrompts.captions(source.label(), source.keywords());
    }

    /**
     * The caption of a drawing in one training step: 60 % a template with the label, 25 % the label with one to three
     * keywords, 15 % one to three keywords alone. A drawing without keywords always gets a template.
     *
     * @param random the run's generator; the caption is a pure function of (its seed, {@code step}, {@code sample})
     * @param step the training step
     * @param sample the place in the batch
     */
    public String caption(int index, CounterRandom random, long step, long sample) {
        Source source = drawings.get(index);
        double kind = random.uniform(step, KIND, sample);
        if (source.keywords().isEmpty() || kind < TEMPLATE_SHARE) {
            List<String> templates = EmojiPrompts.templates();
            int template = random.integer(step, TEMPLATE, sample, templates.size());
            return EmojiPrompts.fill(templates.get(template), source.label());
        }
        List<String> words = new ArrayList<>();
        if (kind < TEMPLATE_SHARE + LABEL_AND_KEYWORDS_SHARE) {
            words.add(source.label());
        }
        words.addAll(someKeywords(source.keywords(), random, step, sample));
        return String.join(", ", words);
    }

    private static List<String> someKeywords(List<String> keywords, CounterRandom random, long step, long sample) {
        List<String> left = new ArrayList<>(keywords);
        int count = Math.min(left.size(), 1 + random.integer(step, COUNT, sample, MOST_KEYWORDS));
        List<String> chosen = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            chosen.add(left.remove(random.integer(step, CHOICE, MOST_KEYWORDS * sample + i, left.size())));
        }
        return chosen;
    }

    @Override
    public int label(int index) {
        return labels[index];
    }

    @Override
    public List<String> classNames() {
        return classNames;
    }

    /** The drawing itself: set, name and what it shows. */
    public Drawing drawing(int index) {
        return drawings.get(index).drawing();
    }

    /** Whether the drawing is an icon, not an emoji. Emoji come first. */
    public boolean icon(int index) {
        return drawings.get(index).icon();
    }

    /**
     * The same set with every emoji {@code times} times, so that an epoch shows them so much more often than icons.
     *
     * @param times at least 1
     * @throws IllegalArgumentException if it is below 1
     */
    public PretrainingSet withEmoji(int times) {
        if (times < 1) {
            throw new IllegalArgumentException("emoji are shown at least once an epoch, not " + times + " times");
        }
        List<Source> repeated = new ArrayList<>();
        for (Source drawing : drawings) {
            repeated.addAll(Collections.nCopies(drawing.icon() ? 1 : times, drawing));
        }
        return new PretrainingSet(repeated, removedNearCopies);
    }

    /** How many drawings were left out because a test drawing looks like them. */
    public int removedNearCopies() {
        return removedNearCopies;
    }

    /** Perceptual hashes of all drawings. */
    List<PerceptualHash> hashes() {
        return drawings.parallelStream()
                .map(source -> source.file().hash(source.index()))
                .toList();
    }

    @Override
    public String source(int index) {
        return drawing(index).toString();
    }

    /** Every text captions are made of, once: templates, labels, keywords. For making a vocabulary. */
    public List<String> corpus() {
        Set<String> texts = new LinkedHashSet<>(EmojiPrompts.templates());
        for (Source source : drawings) {
            texts.add(source.label());
            texts.addAll(source.keywords());
        }
        return List.copyOf(texts);
    }
}
