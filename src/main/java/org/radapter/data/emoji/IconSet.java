package org.radapter.data.emoji;

import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Pattern;
import org.radapter.data.Credit;

/**
 * The 28 permissively licensed icon sets, with what is known of how each names its techniques.
 *
 * <p>None redraws emoji and none is by a held-out vendor. Two are out of distribution and never trained on:
 * {@link #PIXELARTICONS} (pixels) and {@link #PEPICONS_PRINT} (hand-printed, two-toned).
 */
public enum IconSet {
    /** Bootstrap Icons. */
    BI("bi", "The Bootstrap Authors", "MIT", "-fill", ""),
    /** Carbon. */
    CARBON("carbon", "IBM", "Apache-2.0", "-filled|-alt", "^logo-|^watson|^ibm"),
    /** CoreUI Free. */
    CIL("cil", "creativeLabs Łukasz Holeczek", "CC-BY-4.0", "", ""),
    /** Clarity. */
    CLARITY("clarity", "VMware", "MIT", "-line|-solid|-outline", "-badged$|-alerted$"),
    /** Font Awesome 6 Solid. */
    FA6_SOLID("fa6-solid", "Dave Gandy, Fonticons, Inc.", "CC-BY-4.0", "", ""),
    /** Flat Color Icons. */
    FLAT_COLOR_ICONS("flat-color-icons", "Icons8", "MIT", "", ""),
    /** Fluent UI System Icons; one of several sizes. */
    FLUENT("fluent", "Microsoft Corporation", "MIT", "-24-regular|-24-filled", "^(?!.*-24-(regular|filled)$)"),
    /** Fluent UI System Color Icons; one of several sizes. */
    FLUENT_COLOR("fluent-color", "Microsoft Corporation", "MIT", "-24", "^(?!.*-24$)"),
    /** Grommet Icons. */
    GROMMET_ICONS("grommet-icons", "Grommet", "Apache-2.0", "", ""),
    /** Health Icons. */
    HEALTHICONS("healthicons", "Resolve to Save Lives", "MIT", "-outline", "-24px|-negative"),
    /** Heroicons. */
    HEROICONS("heroicons", "Refactoring UI Inc", "MIT", "-solid", "-16-solid$|-20-solid$"),
    /** Hugeicons, the free set. */
    HUGEICONS("hugeicons", "Hugeicons", "MIT", "", ""),
    /** IconPark. */
    ICON_PARK("icon-park", "ByteDance", "Apache-2.0", "", ""),
    /** Iconoir. */
    ICONOIR("iconoir", "Luca Burgio", "MIT", "-solid", ""),
    /** Ionicons 7. */
    ION("ion", "Ben Sperry", "MIT", "-outline", "-sharp$|^ios-|^md-|^logo-"),
    /** Lucide. */
    LUCIDE("lucide", "Lucide Contributors", "ISC", "", ""),
    /** Material Symbols, with round corners and sharp ones left out. */
    MATERIAL_SYMBOLS("material-symbols", "Google", "Apache-2.0", "-outline", "-rounded$|-sharp$"),
    /** Material Design Icons. */
    MDI("mdi", "Pictogrammers", "Apache-2.0", "-outline|-variant", ""),
    /** MingCute. */
    MINGCUTE("mingcute", "MingCute Design", "Apache-2.0", "-line|-fill", ""),
    /** Pepicons Print: out of distribution, never trained on. */
    PEPICONS_PRINT("pepicons-print", "CyCraft", "CC-BY-4.0", "-filled", "-circle|-off$|-off-"),
    /** Phosphor, with the weights between thin and bold left out. */
    PH("ph", "Phosphor Icons", "MIT", "-thin|-bold|-fill|-duotone", "-light$|-thin$|-logo(-|$)"),
    /** Pixelarticons: out of distribution, never trained on. */
    PIXELARTICONS("pixelarticons", "Gerrit Halfmann", "MIT", "-sharp", "-sharp$"),
    /** Solar. */
    SOLAR("solar", "480 Design", "CC-BY-4.0", "-bold-duotone|-bold|-linear", "-outline$|-broken$|-line-duotone$"),
    /** Tabler Icons. */
    TABLER("tabler", "Paweł Kuna", "MIT", "-filled", "^brand-"),
    /** TDesign Icons. */
    TDESIGN("tdesign", "TDesign", "MIT", "-filled", "^logo-"),
    /** Temaki. */
    TEMAKI("temaki", "Bryan Housel", "CC0-1.0", "", ""),
    /** Unicons. */
    UIL("uil", "Iconscout", "Apache-2.0", "-alt", ""),
    /** Vaadin Icons. */
    VAADIN("vaadin", "Vaadin", "Apache-2.0", "-o", "");

    static final String SCOPE = "@iconify-json/";

    private static final Pattern NUMBER = Pattern.compile("-?\\d+$");
    private static final Pattern VARIANT = Pattern.compile("-(alt|variant|outline|outlined|filled|fill|solid)$");

    private final String prefix;
    private final String author;
    private final String license;
    private final Optional<Pattern> technique;
    private final Optional<Pattern> leftOut;

    IconSet(String prefix, String author, String license, String technique, String leftOut) {
        this.prefix = prefix;
        this.author = author;
        this.license = license;
        this.technique = technique.isEmpty() ? Optional.empty() : Optional.of(Pattern.compile("(" + technique + ")$"));
        this.leftOut = leftOut.isEmpty() ? Optional.empty() : Optional.of(Pattern.compile(leftOut));
    }

    /** Iconify's name of the set, e.g. {@code "tabler"}. */
    public String id() {
        return prefix;
    }

    /** The set of a name, if it is one of these. */
    static Optional<IconSet> byId(String id) {
        return Arrays.stream(values()).filter(set -> set.prefix.equals(id)).findFirst();
    }

    /** Whether this set is one of the two for testing out of distribution. */
    public boolean outOfDistribution() {
        return this == PIXELARTICONS || this == PEPICONS_PRINT;
    }

    /** The name in hashes: one for sets that draw one icon in two techniques. It must never change. */
    String key() {
        return this == FLUENT_COLOR ? FLUENT.prefix : prefix;
    }

    String npmPackage() {
        return SCOPE + prefix;
    }

    /** Whether a drawing is wanted: not a repetition in another size or weight, not a company's sign. */
    boolean wants(String iconName) {
        return leftOut.isEmpty() || !leftOut.get().matcher(iconName).find();
    }

    /** An icon's name without technique and number: {@code "bell-ring-filled"} and {@code "bell-ring-2"} become one. */
    String plainName(String iconName) {
        String name = technique.isEmpty()
                ? iconName
                : technique.get().matcher(iconName).replaceFirst("");
        String shorter = NUMBER.matcher(VARIANT.matcher(name).replaceFirst("")).replaceFirst("");
        shorter = VARIANT.matcher(shorter).replaceFirst("");
        return shorter.isEmpty() ? iconName : shorter;
    }

    /** Who is to be thanked, under which terms. */
    public Credit credit() {
        return new Credit(
                prefix,
                author,
                license,
                npmPackage() + " " + NpmPackages.version(npmPackage()),
                "https://icon-sets.iconify.design/" + prefix + "/");
    }
}
