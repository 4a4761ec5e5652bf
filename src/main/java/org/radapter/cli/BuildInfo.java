package org.radapter.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.stream.Stream;
import picocli.CommandLine.IVersionProvider;

/** What this build is, and what it runs on. */
final class BuildInfo implements IVersionProvider {
    private static final Path CPU_INFO = Path.of("/proc/cpuinfo");
    private static final String RESOURCE = "/org/radapter/build.properties";

    /** Version, and the commit and its date where the build knew them. */
    static String line() {
        Properties properties = new Properties();
        try (InputStream stream = BuildInfo.class.getResourceAsStream(RESOURCE)) {
            if (stream != null) {
                properties.load(stream);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        String version = known(properties, "version");
        String commit = known(properties, "commit");
        String date = known(properties, "date");
        return "radapter " + (version.isEmpty() ? "of an unknown version" : version)
                + (commit.isEmpty() ? "" : ", commit " + commit)
                + (date.isEmpty() ? "" : " of " + date);
    }

    /** Empty where the build left the placeholder. */
    private static String known(Properties properties, String key) {
        String value = properties.getProperty(key, "");
        return value.contains("${") ? "" : value;
    }

    /** What the machine calls its processor. */
    static String processor() {
        try (Stream<String> lines = Files.lines(CPU_INFO, StandardCharsets.UTF_8)) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("processor unknown");
        } catch (IOException | UncheckedIOException e) {
            return "processor unknown";
        }
    }

    @Override
    public String[] getVersion() {
        return new String[] {line()};
    }
}
