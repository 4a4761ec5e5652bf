package org.radapter.data.emoji;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.radapter.data.DataException;
import org.radapter.data.Progress;

/**
 * Fetches the pinned npm packages into a folder: {@code npm ci} with scripts off, every archive checked by npm against
 * the hash in the lock file.
 */
final class NpmPackages {
    private static final String MANIFEST = "package.json";
    private static final String LOCK = "package-lock.json";
    private static final long MINUTES = 15;
    private static final int QUOTED = 600;

    private NpmPackages() {}

    /** Twelve hex digits that change with any version or hash in the lock file. */
    static String lockId() {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(resource(LOCK));
            return HexFormat.of().formatHex(digest, 0, 6);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** Version of a package as the manifest pins it. */
    static String version(String packageName) {
        Map<String, Object> packages = Json.object(Json.parse(resource(LOCK)).get("packages"));
        return Json.text(Json.object(packages.get("node_modules/" + packageName)), "version");
    }

    /**
     * Installs into {@code folder}.
     *
     * @param icons whether the icon sets are wanted too
     * @throws DataException in one sentence, if npm or the network is missing or an archive is not the pinned one
     */
    static void install(Path folder, boolean icons, Progress progress) {
        progress.update("fetching drawings from npm", 0, -1);
        try {
            Files.write(folder.resolve(MANIFEST), resource(MANIFEST));
            Files.write(folder.resolve(LOCK), resource(LOCK));
            run(folder, icons);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot write the fetched packages to " + folder, e);
        }
        progress.update("fetching drawings from npm", 1, 1);
    }

    private static void run(Path folder, boolean icons) throws IOException {
        List<String> command = new ArrayList<>(List.of("npm", "ci", "--ignore-scripts", "--legacy-peer-deps"));
        command.addAll(List.of("--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"));
        if (!icons) {
            command.add("--omit=dev");
        }
        Path log = folder.resolve("npm.log");
        Process npm;
        try {
            npm = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
        } catch (IOException e) {
            throw new DataException(
                    "The emoji are fetched with npm, which is not installed; install it (Debian, Ubuntu: apt install npm)"
                            + " and try again.",
                    e);
        }
        int status = await(npm);
        if (status != 0) {
            throw failure(status, Files.readString(log, StandardCharsets.UTF_8));
        }
    }

    private static int await(Process npm) {
        try {
            if (npm.waitFor(MINUTES, TimeUnit.MINUTES)) {
                return npm.exitValue();
            }
            throw new DataException(
                    "npm did not finish within " + MINUTES + " minutes; check the network and try again.");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DataException("Interrupted while npm was fetching the drawings.", e);
        } finally {
            npm.descendants().forEach(ProcessHandle::destroy);
            npm.destroy();
        }
    }

    static DataException failure(int status, String log) {
        if (log.contains("EINTEGRITY")) {
            return new DataException(
                    "A package from npm is not the one pinned in the lock file (its hash differs), so it"
                            + " was not used; clear npm's cache (npm cache clean --force) and try again. npm says: "
                            + brief(log));
        }
        if (log.matches(
                "(?s).*\\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED)\\b.*")) {
            return new DataException(
                    "The npm registry cannot be reached; check the network (and npm's proxy settings) and"
                            + " try again. npm says: " + brief(log));
        }
        return new DataException("npm ended with status " + status + " and says: " + brief(log));
    }

    private static String brief(String log) {
        String line = log.strip().replaceAll("\\s+", " ");
        return line.length() <= QUOTED ? line : line.substring(0, QUOTED) + "…";
    }

    private static byte[] resource(String name) {
        try (InputStream in = NpmPackages.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is missing from the jar");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
