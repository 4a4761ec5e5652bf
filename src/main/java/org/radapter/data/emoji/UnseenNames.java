package org.radapter.data.emoji;

import java.util.List;

/** Tells icons that show an unseen concept: one of their names says its whole label. */
final class UnseenNames {
    private final List<String> labels;

    UnseenNames(List<Concept> unseen) {
        labels = unseen.stream()
                .map(concept -> "-" + Words.kebab(concept.label()) + "-")
                .toList();
    }

    /** Whether a name or another name of the icon has the label of an unseen concept as a run of its words. */
    boolean shownBy(Drawing icon) {
        return says(icon.key())
                || says(icon.name())
                || icon.otherNames().stream().anyMatch(this::says);
    }

    private boolean says(String name) {
        String words = "-" + name + "-";
        return labels.stream().anyMatch(words::contains);
    }
}
