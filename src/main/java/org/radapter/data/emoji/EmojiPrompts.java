package org.radapter.data.emoji;

import java.util.ArrayList;
import java.util.List;

/** Sentences with a gap for what a drawing shows, and the captions made of a label and its keywords. */
public final class EmojiPrompts {
    /** The gap. */
    public static final String GAP = "{}";

    private static final List<String> TEMPLATES = List.of(
            "{}",
            "a {}",
            "the {}",
            "an emoji of {}",
            "an emoji of a {}",
            "an emoji showing {}",
            "the {} emoji",
            "an icon of {}",
            "an icon of a {}",
            "a {} icon",
            "a drawing of {}",
            "a drawing of a {}",
            "a simple drawing of a {}",
            "a picture of {}",
            "a picture of a {}",
            "a small picture of the {}",
            "a cartoon of a {}",
            "a symbol for {}");

    private EmojiPrompts() {}

    /** The templates, for training texts and for ensembles of class texts. */
    public static List<String> templates() {
        return TEMPLATES;
    }

    /** A template with its gap filled. */
    public static String fill(String template, String label) {
        return template.replace(GAP, label);
    }

    /** One class name in every template. */
    public static List<String> classTexts(String label) {
        return TEMPLATES.stream().map(template -> fill(template, label)).toList();
    }

    /** Plain captions of a drawing: its label, a sentence, and the label with up to three keywords. */
    static List<String> captions(String label, List<String> keywords) {
        List<String> captions = new ArrayList<>(List.of(label, "an emoji of " + label));
        if (!keywords.isEmpty()) {
            captions.add(label + ", " + String.join(", ", keywords.subList(0, Math.min(3, keywords.size()))));
        }
        return captions;
    }
}
