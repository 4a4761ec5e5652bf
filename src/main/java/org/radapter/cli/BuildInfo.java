package org.radapter.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** What this build is. */
final class BuildInfo implements IVersionProvider {
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

    @Override
    public String[] getVersion() {
        return new String[] {line()};
    }
}
