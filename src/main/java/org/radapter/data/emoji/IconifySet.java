package org.radapter.data.emoji;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.radapter.data.DataException;

/**
 * One icon set in Iconify's JSON form: bodies of SVG by name, and aliases that turn or mirror another icon.
 *
 * <p>An icon's own {@code left, top, width, height} override the set's; those of an alias override its parent's, its
 * turns add to the parent's and its mirrors toggle them.
 */
final class IconifySet {
    private static final double DEFAULT_EXTENT = 16;
    private static final int LONGEST_CHAIN = 8;

    /** What {@code currentColor} becomes: nearly black. */
    private static final String INK = "#222";

    private final Map<String, Object> defaults;
    private final Map<String, Object> icons;
    private final Map<String, Object> aliases;

    private IconifySet(Map<String, Object> file) {
        defaults = file;
        icons = Json.object(file.get("icons"));
        aliases = Json.object(file.get("aliases"));
    }

    /** Reads an {@code icons.json}. */
    static IconifySet read(Path file) {
        IconifySet set = new IconifySet(Json.readObject(file));
        if (set.icons.isEmpty()) {
            throw new DataException(file + " holds no icons; delete its folder and fetch the data again");
        }
        return set;
    }

    /** Names of all icons and aliases, in the file's order. */
    Set<String> names() {
        Set<String> names = new LinkedHashSet<>(icons.keySet());
        names.addAll(aliases.keySet());
        return names;
    }

    /** Names of drawings of their own (no aliases) that the set still shows. */
    List<String> ownNames() {
        return icons.keySet().stream()
                .filter(name -> !Json.flag(Json.object(icons.get(name)), "hidden"))
                .toList();
    }

    /** Names by which aliases call each icon. */
    Map<String, List<String>> otherNames() {
        Map<String, List<String>> names = new LinkedHashMap<>();
        for (String alias : aliases.keySet()) {
            Map<String, Object> entry = Json.object(aliases.get(alias));
            names.computeIfAbsent(Json.text(entry, "parent"), parent -> new ArrayList<>())
                    .add(alias);
        }
        return names;
    }

    /** The whole SVG document of an icon or alias, or nothing if the set has no such name. */
    Optional<String> svg(String name) {
        return resolve(name, 0).map(Icon::svg);
    }

    private Optional<Icon> resolve(String name, int depth) {
        if (icons.containsKey(name)) {
            Map<String, Object> own = Json.object(icons.get(name));
            return Optional.of(new Icon(Json.text(own, "body"), 0, 0, DEFAULT_EXTENT, DEFAULT_EXTENT, 0, false, false)
                    .with(defaults)
                    .with(own));
        }
        if (!aliases.containsKey(name) || depth > LONGEST_CHAIN) {
            return Optional.empty();
        }
        Map<String, Object> alias = Json.object(aliases.get(name));
        return resolve(Json.text(alias, "parent"), depth + 1).map(parent -> parent.with(alias));
    }

    private record Icon(
            String body,
            double left,
            double top,
            double width,
            double height,
            int quarterTurns,
            boolean mirrored,
            boolean upsideDown) {

        Icon with(Map<String, Object> changes) {
            return new Icon(
                    body,
                    Json.number(changes, "left", left),
                    Json.number(changes, "top", top),
                    Json.number(changes, "width", width),
                    Json.number(changes, "height", height),
                    (quarterTurns + (int) Json.number(changes, "rotate", 0)) & 3,
                    mirrored ^ Json.flag(changes, "hFlip"),
                    upsideDown ^ Json.flag(changes, "vFlip"));
        }

        String svg() {
            boolean lying = (quarterTurns & 1) == 1;
            double centreX = left + width / 2;
            double centreY = top + height / 2;
            double shownWidth = lying ? height : width;
            double shownHeight = lying ? width : height;
            StringBuilder svg = new StringBuilder("<svg xmlns=\"http://www.w3.org/2000/svg\"")
                    .append(" xmlns:xlink=\"http://www.w3.org/1999/xlink\" viewBox=\"")
                    .append(centreX - shownWidth / 2)
                    .append(' ')
                    .append(centreY - shownHeight / 2)
                    .append(' ')
                    .append(shownWidth)
                    .append(' ')
                    .append(shownHeight)
                    .append("\">");
            if (quarterTurns != 0 || mirrored || upsideDown) {
                svg.append("<g transform=\"translate(")
                        .append(centreX)
                        .append(' ')
                        .append(centreY)
                        .append(") rotate(")
                        .append(90 * quarterTurns)
                        .append(") scale(")
                        .append(mirrored ? -1 : 1)
                        .append(' ')
                        .append(upsideDown ? -1 : 1)
                        .append(") translate(")
                        .append(-centreX)
                        .append(' ')
                        .append(-centreY)
                        .append(")\">")
                        .append(body)
                        .append("</g>");
            } else {
                svg.append(body);
            }
            return svg.append("</svg>").toString().replace("currentColor", INK);
        }
    }
}
