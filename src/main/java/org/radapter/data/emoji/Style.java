package org.radapter.data.emoji;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.radapter.data.Credit;
import org.radapter.data.DataException;

/** One way emoji are drawn: a set of drawings by one vendor in one technique. */
public enum Style {
    /** Google's Noto Color Emoji. */
    NOTO(Vendor.GOOGLE, "@iconify-json/noto", "Google Inc.", "Apache-2.0", "https://github.com/googlefonts/noto-emoji"),
    /** Google's Noto Emoji, a font of black outlines. */
    NOTOFONT(
            Vendor.GOOGLE,
            "@expo-google-fonts/noto-emoji",
            "Google Inc.",
            "OFL-1.1",
            "https://github.com/googlefonts/noto-emoji"),
    /** Noto in its first form. */
    NOTO1(
            Vendor.GOOGLE,
            "@iconify-json/noto-v1",
            "Google Inc.",
            "Apache-2.0",
            "https://github.com/googlefonts/noto-emoji"),
    /** Twitter's Twemoji, flat. */
    TWEMOJI(
            Vendor.TWITTER,
            "@iconify-json/twemoji",
            "Twitter, Inc. and other contributors",
            "CC-BY-4.0",
            "https://github.com/jdecked/twemoji"),
    /** Microsoft's Fluent, flat. */
    FLUENTFLAT(
            Vendor.MICROSOFT,
            "@iconify-json/fluent-emoji-flat",
            "Microsoft Corporation",
            "MIT",
            "https://github.com/microsoft/fluentui-emoji"),
    /** Microsoft's Fluent, black. */
    FLUENTHC(
            Vendor.MICROSOFT,
            "@iconify-json/fluent-emoji-high-contrast",
            "Microsoft Corporation",
            "MIT",
            "https://github.com/microsoft/fluentui-emoji"),
    /** Microsoft's Fluent, shaded as solids. */
    FLUENT(
            Vendor.MICROSOFT,
            "@iconify-json/fluent-emoji",
            "Microsoft Corporation",
            "MIT",
            "https://github.com/microsoft/fluentui-emoji"),
    /** EmojiOne 2, flat. */
    EMOJIONE2(
            Vendor.EMOJIONE,
            "@iconify-json/emojione",
            "EmojiOne, EmojiTwo contributors",
            "CC-BY-4.0",
            "https://github.com/EmojiTwo/emojitwo"),
    /** EmojiOne 2, black. */
    EMOJIONEMONO(
            Vendor.EMOJIONE,
            "@iconify-json/emojione-monotone",
            "EmojiOne, EmojiTwo contributors",
            "CC-BY-4.0",
            "https://github.com/EmojiTwo/emojitwo"),
    /** Mozilla's FxEmoji, flat. */
    FXEMOJI(Vendor.MOZILLA, "@iconify-json/fxemoji", "Mozilla", "Apache-2.0", "https://github.com/mozilla/fxemoji"),
    /** Streamline's emoji, coloured, with outlines. */
    STREAMLINE(
            Vendor.STREAMLINE,
            "@iconify-json/streamline-emojis",
            "Streamline",
            "CC-BY-4.0",
            "https://github.com/webalys-hq/streamline-vectors"),
    /** Symbola, a font of black outlines; read from the system's fonts where installed, never fetched. */
    SYMBOLA(Vendor.SYMBOLA, "", "George Douros", "public domain (Debian fonts-symbola 2.60)", "");

    private final Vendor vendor;
    private final String npmPackage;
    private final String author;
    private final String license;
    private final String homepage;

    Style(Vendor vendor, String npmPackage, String author, String license, String homepage) {
        this.vendor = vendor;
        this.npmPackage = npmPackage;
        this.author = author;
        this.license = license;
        this.homepage = homepage;
    }

    /** Who drew it. */
    public Vendor vendor() {
        return vendor;
    }

    /** The short name, in lower case: {@code noto}, {@code fluenthc}, ... */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The style of a short name.
     *
     * @throws DataException naming those there are, if there is none of that name
     */
    public static Style byId(String id) {
        for (Style style : values()) {
            if (style.id().equals(id)) {
                return style;
            }
        }
        throw new DataException("There is no style \"" + id + "\"; the styles are "
                + String.join(", ", Arrays.stream(values()).map(Style::id).toList()) + ".");
    }

    /** Whether it is one of Iconify's sets. */
    boolean iconify() {
        return npmPackage.startsWith(IconSet.SCOPE);
    }

    /** Its npm package, or nothing for a font of the system. */
    Optional<String> npmPackage() {
        return npmPackage.isEmpty() ? Optional.empty() : Optional.of(npmPackage);
    }

    /** Who is to be thanked, under which terms. */
    public Credit credit() {
        String origin =
                npmPackage().map(name -> name + " " + NpmPackages.version(name)).orElse("system font");
        return new Credit(id(), author, license, origin, homepage);
    }
}
