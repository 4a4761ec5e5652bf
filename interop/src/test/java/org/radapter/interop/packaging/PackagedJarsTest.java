package org.radapter.interop.packaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.radapter.kernels.Backends;

/** The jars as they are installed, in programs that have nothing else on their class path. */
class PackagedJarsTest {
    private static final List<String> INHERITED = List.of("radapter-", "javacpp-", "slf4j-api-", "jackson-core-");

    @TempDir
    private Path directory;

    private static List<String> jars() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(path -> path.endsWith(".jar"))
                .filter(path -> INHERITED.stream()
                        .anyMatch(name -> Path.of(path).getFileName().toString().startsWith(name)))
                .toList();
    }

    private static String classPath() {
        List<String> all = new ArrayList<>(jars());
        all.add(Path.of("target", "test-classes").toString());
        return String.join(File.pathSeparator, all);
    }

    /** What {@link Probe} says, started by this Java. */
    private static String probe(Path javaHome, String... options) throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(List.of(javaHome.resolve("bin").resolve("java").toString()));
        command.addAll(Arrays.asList(options));
        command.addAll(List.of("-cp", classPath(), Probe.class.getName()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(out).isZero();
        return out;
    }

    private String cache() {
        return "-Dorg.bytedeco.javacpp.cachedir=" + directory.resolve("cache");
    }

    private static Path thisJava() {
        return Path.of(System.getProperty("java.home"));
    }

    @Test
    void everyJarIsThereAndNamesItsModule() throws IOException {
        List<String> own = jars().stream()
                .filter(jar -> Path.of(jar).getFileName().toString().startsWith("radapter-"))
                .toList();
        assertThat(own).hasSize(2);
        for (String jar : own) {
            try (JarFile file = new JarFile(jar)) {
                boolean isNative = jar.contains("linux-x86_64");
                assertThat(file.getManifest().getMainAttributes().getValue("Automatic-Module-Name"))
                        .isEqualTo(isNative ? "org.radapter.linux.x86_64" : "org.radapter");
                assertThat(file.getJarEntry("META-INF/LICENSE")).isNotNull();
                assertThat(file.getJarEntry("META-INF/NOTICE")).isNotNull();
            }
            assertThat(Files.size(Path.of(jar))).isLessThan(2 << 20);
        }
    }

    @Test
    void aProgramComputesUnderTheChecksOfJni() throws Exception {
        String out = probe(thisJava(), "-Xcheck:jni", cache());
        assertThat(out).contains("sum 36.0").doesNotContain("WARNING in native").doesNotContain("FATAL");
        System.out.println(out.strip());
    }

    @Test
    void withoutAHomeToWriteToItUnpacksElsewhereOrSaysWhereItCould() throws Exception {
        String home = "-Duser.home=/proc/nobody";
        String temporary = "-Djava.io.tmpdir=";
        assertThat(probe(thisJava(), home, temporary + directory)).contains("sum 36.0");
        assertThat(probe(thisJava(), home, temporary + "/proc/nobody")).contains("unavailable: ");
        assertThat(probe(thisJava(), home, temporary + "/proc/nobody", cache())).contains("sum 36.0");
    }

    @Test
    void aLaterJavaRunsItToo() throws Exception {
        List<Path> later;
        try (Stream<Path> all = Files.list(thisJava().getParent())) {
            later = all.filter(home -> home.getFileName().toString().contains("25"))
                    .filter(home -> Files.isExecutable(home.resolve("bin").resolve("java")))
                    .toList();
        }
        assumeTrue(!later.isEmpty(), "there is no Java 25 beside this one");
        assertThat(probe(
                        later.get(0),
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        cache()))
                .contains("sum 36.0");
    }

    @Test
    void twoClassLoadersHaveALibraryEach() throws Exception {
        assertThat(Backends.unavailabilityCause("cpu")).isNull();
        URL[] urls = new URL[jars().size()];
        for (int i = 0; i < urls.length; i++) {
            urls[i] = Path.of(jars().get(i)).toUri().toURL();
        }
        try (URLClassLoader other = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader())) {
            Class<?> backends = other.loadClass("org.radapter.kernels.Backends");
            assertThat(backends).isNotSameAs(Backends.class);
            assertThat(backends.getMethod("unavailabilityCause", String.class).invoke(null, "cpu"))
                    .isNull();
        }
    }
}
