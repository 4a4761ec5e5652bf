package org.radapter.data.emoji;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Lists every drawing of every concept in every fetched style. */
final class EmojiJobs {
    private static final String NOTO_TTF = "400Regular/NotoEmoji_400Regular.ttf";

    private EmojiJobs() {}

    /** Jobs by concept, then style, from the packages in a folder. */
    static List<RenderJob> list(Path packages, int pixels) {
        Map<Style, IconifySet> sets = new EnumMap<>(Style.class);
        for (Style style : Style.values()) {
            if (style.iconify()) {
                Path folder = packages.resolve(style.npmPackage().orElseThrow());
                sets.put(style, IconifySet.read(folder.resolve("icons.json")));
            }
        }
        ConceptNames names = new ConceptNames(packages, sets);
        SvgRenderer renderer = new SvgRenderer(pixels);
        List<RenderJob> jobs = new ArrayList<>();
        List<Concept> concepts = ConceptTexts.read(packages);
        for (Concept concept : concepts) {
            sets.forEach((style, set) -> names.name(concept, style).ifPresent(name -> {
                Drawing drawing = new Drawing(style.id(), concept.hexcode(), name, List.of());
                jobs.add(new RenderJob(
                        drawing, () -> set.svg(name).map(svg -> renderer.render(svg, drawing.toString()))));
            }));
        }
        addGlyphs(jobs, concepts, packages, pixels);
        return jobs;
    }

    private static void addGlyphs(List<RenderJob> jobs, List<Concept> concepts, Path packages, int pixels) {
        Path folder = packages.resolve(Style.NOTOFONT.npmPackage().orElseThrow());
        GlyphRenderer font = GlyphRenderer.read(folder.resolve(NOTO_TTF), pixels);
        for (Concept concept : concepts) {
            Drawing drawing = new Drawing(Style.NOTOFONT.id(), concept.hexcode(), concept.hexcode(), List.of());
            jobs.add(new RenderJob(drawing, () -> font.render(ConceptTexts.bare(concept.emoji()))));
        }
    }
}
