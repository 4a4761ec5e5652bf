package org.radapter.data;

import java.nio.file.Path;
import java.util.Map;

/**
 * Where fetched data lives and how much of the machine preparing it may take.
 *
 * @param cache folder for fetched and rendered data; made when needed
 * @param threads threads that render, at least 1
 */
public record DataOptions(Path cache, int threads) {
    /** The environment variable that names the cache folder. */
    public static final String CACHE_VARIABLE = "RADAPTER_DATA";

    /**
     * Checks the number of threads.
     *
     * @throws IllegalArgumentException if it is below 1
     */
    public DataOptions {
        if (threads < 1) {
            throw new IllegalArgumentException("at least one thread is needed, not " + threads);
        }
    }

    /** {@code RADAPTER_DATA}, or {@code radapter/emoji} in the user's cache folder; a thread for each processor. */
    public static DataOptions defaults() {
        return new DataOptions(
                defaultCache(System.getenv()), Runtime.getRuntime().availableProcessors());
    }

    /** The same with another cache folder. */
    public DataOptions withCache(Path folder) {
        return new DataOptions(folder, threads);
    }

    static Path defaultCache(Map<String, String> environment) {
        String own = environment.getOrDefault(CACHE_VARIABLE, "");
        if (!own.isEmpty()) {
            return Path.of(own);
        }
        String caches = environment.getOrDefault("XDG_CACHE_HOME", "");
        // The XDG specification says to ignore relative paths.
        Path base = Path.of(caches).isAbsolute() ? Path.of(caches) : Path.of(System.getProperty("user.home"), ".cache");
        return base.resolve("radapter").resolve("emoji");
    }
}
