package org.radapter.weights;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.radapter.adapter.AdapterConfig;
import org.radapter.adapter.AdapterSite;

/**
 * What an adapter file says about its tensors.
 *
 * @param baseSha256 {@link WeightsHash#sha256} of the model the adapters were trained on
 * @param config rank and scale
 * @param sites where the adapters sit, each once
 * @param alpha α of re-scaling that the training settled on; a merge may use another
 * @param settings of the training, as {@link Json} values; for people
 */
public record AdapterDescription(
        String baseSha256,
        AdapterConfig config,
        List<AdapterSite> sites,
        double alpha,
        Map<String, @Nullable Object> settings) {
    /** The version of the format that is written, and the newest that is read. */
    public static final int FORMAT_VERSION = 1;

    private static final String FORMAT = "radapter";

    /**
     * Checks and copies.
     *
     * @throws IllegalArgumentException if there is no site, or one twice, the hash is none, α is not finite, or the
     *     adapters are not of a kind that can be merged
     */
    public AdapterDescription {
        sites = List.copyOf(sites);
        settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
        if (!baseSha256.matches("[0-9a-f]{64}")) {
            throw new IllegalArgumentException("'" + baseSha256 + "' is no SHA-256 in lower-case hexadecimal");
        }
        if (!config.isMergeable()) {
            throw new IllegalArgumentException(
                    "an adapter file holds adapters that can be merged, not " + config.kind());
        }
        if (sites.isEmpty()) {
            throw new IllegalArgumentException("there is no adapter");
        }
        if (new HashSet<>(names(sites)).size() != sites.size()) {
            throw new IllegalArgumentException("an adapter is named twice in " + names(sites));
        }
        if (!Double.isFinite(alpha)) {
            throw new IllegalArgumentException("alpha must be finite, not " + alpha);
        }
    }

    /**
     * Names and extents of the tensors: {@code visual.0.attn.w} [d, d], or {@code .down} [d, r] and {@code .up} [r, d];
     * {@code .scale} [1] where it is learned.
     */
    public SortedMap<String, long[]> shapes() {
        SortedMap<String, long[]> shapes = new TreeMap<>();
        for (AdapterSite site : sites) {
            if (config.isFullRank()) {
                shapes.put(site.name() + ".w", new long[] {site.width(), site.width()});
            } else {
                shapes.put(site.name() + ".down", new long[] {site.width(), config.rank()});
                shapes.put(site.name() + ".up", new long[] {config.rank(), site.width()});
            }
            if (config.learnedScale()) {
                shapes.put(site.name() + ".scale", new long[] {1});
            }
        }
        return shapes;
    }

    private static List<String> names(List<AdapterSite> sites) {
        return sites.stream().map(AdapterSite::name).toList();
    }

    /** As the metadata of a safetensors file. */
    Map<String, String> toMetadata() {
        Map<String, String> metadata = new TreeMap<>();
        metadata.put("format", FORMAT);
        metadata.put("format_version", String.valueOf(FORMAT_VERSION));
        metadata.put("base_sha256", baseSha256);
        metadata.put(
                "placement",
                sites.stream().map(site -> site.name() + ":" + site.width()).collect(Collectors.joining(",")));
        metadata.put("rank", String.valueOf(config.rank()));
        metadata.put("scale_mode", config.learnedScale() ? "learned" : "fixed");
        metadata.put("scale", String.valueOf(config.scale()));
        metadata.put("alpha", String.valueOf(alpha));
        metadata.put("settings", Json.formatCompact(settings));
        return metadata;
    }

    /** @throws WeightsFormatException if the metadata are not those of an adapter file that can be read */
    static AdapterDescription parse(Map<String, String> metadata, String where) throws WeightsFormatException {
        if (!FORMAT.equals(metadata.get("format"))) {
            throw new WeightsFormatException(
                    where + " is no adapter file; expected the adapter.safetensors of a run of radapter");
        }
        Fields fields = new Fields(metadata, where);
        try {
            requireVersion(Integer.parseInt(fields.get("format_version")), where);
            AdapterConfig config = new AdapterConfig(
                    Integer.parseInt(fields.get("rank")), Double.parseDouble(fields.get("scale")), fields.isLearned());
            return new AdapterDescription(
                    fields.get("base_sha256"),
                    config,
                    fields.sites(),
                    Double.parseDouble(fields.get("alpha")),
                    Json.parseObject(fields.get("settings").getBytes(StandardCharsets.UTF_8), "settings in " + where));
        } catch (IllegalArgumentException e) {
            throw new WeightsFormatException(
                    where + " has damaged metadata: " + e.getMessage()
                            + "; copy the file again, or finish the run that wrote it again",
                    e);
        }
    }

    private static void requireVersion(int version, String where) throws WeightsFormatException {
        if (version > FORMAT_VERSION) {
            throw new WeightsFormatException(where + " has format version " + version + ", but this radapter reads only"
                    + " versions up to " + FORMAT_VERSION + "; update radapter");
        }
        if (version < 1) {
            throw new IllegalArgumentException("format version " + version);
        }
    }

    private record Fields(Map<String, String> metadata, String where) {
        String get(String key) throws WeightsFormatException {
            String value = metadata.get(key);
            if (value == null) {
                throw new WeightsFormatException(where + " lacks '" + key + "' in its metadata");
            }
            return value;
        }

        boolean isLearned() throws WeightsFormatException {
            return switch (get("scale_mode")) {
                case "learned" -> true;
                case "fixed" -> false;
                default -> throw new IllegalArgumentException("scale_mode '" + get("scale_mode") + "'");
            };
        }

        List<AdapterSite> sites() throws WeightsFormatException {
            List<AdapterSite> sites = new ArrayList<>();
            for (String text : get("placement").split(",", -1)) {
                sites.add(site(text));
            }
            return sites;
        }

        private static AdapterSite site(String text) {
            String[] parts = text.split("[.:]", -1);
            if (parts.length != 4 || !parts[1].matches("\\d{1,4}") || !parts[3].matches("[1-9]\\d{0,6}")) {
                throw new IllegalArgumentException("placement '" + text + "'");
            }
            AdapterSite.Tower tower = switch (parts[0]) {
                case "visual" -> AdapterSite.Tower.VISUAL;
                case "text" -> AdapterSite.Tower.TEXT;
                default -> throw new IllegalArgumentException("tower '" + parts[0] + "'");
            };
            AdapterSite.Position position = switch (parts[2]) {
                case "attn" -> AdapterSite.Position.ATTENTION;
                case "mlp" -> AdapterSite.Position.MLP;
                default -> throw new IllegalArgumentException("position '" + parts[2] + "'");
            };
            return new AdapterSite(tower, Integer.parseInt(parts[1]), position, Long.parseLong(parts[3]));
        }
    }
}
