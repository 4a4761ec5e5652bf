package org.radapter.interop.packaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.radapter.kernels.Backends;

/** The jars as they are installed, in programs that have nothing else on their class path. */
class PackagedJarsTest {
    private static final List<String> INHERITED = List.of("radapter-", "javacpp-", "slf4j-api-", "jackson-core-");

    /** What the library and its native code take together. */
    private static final long MOST_BYTES = 2 << 20;

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

    /** What {@link Probe} says, started by a Java. */
    private static String probe(Path javaHome, String... options) throws IOException, InterruptedException {
        return output(javaHome, List.of(options), List.of("-cp", classPath(), Probe.class.getName()));
    }

    private static String output(Path javaHome, List<String> options, List<String> program)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(executable(javaHome).toString()));
        if (!javaHome.equals(thisJava())) {
            command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
        }
        command.addAll(options);
        command.addAll(program);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(out).isZero();
        return out;
    }

    private static Path executable(Path javaHome) {
        return javaHome.resolve("bin").resolve("java");
    }

    /** This Java, and the 25 beside it where there is one. */
    static List<Path> javas() throws IOException {
        try (Stream<Path> all = Files.list(thisJava().getParent())) {
            return Stream.concat(
                            Stream.of(thisJava()),
                            all.filter(home -> home.getFileName().toString().contains("25"))
                                    .filter(home -> Files.isExecutable(executable(home)))
                                    .limit(1))
                    .toList();
        }
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
        long bytes = 0;
        for (String jar : own) {
            try (JarFile file = new JarFile(jar)) {
                boolean isNative = jar.contains("linux-x86_64");
                assertThat(module(jar)).isEqualTo(isNative ? "org.radapter.linux.x86_64" : "org.radapter");
                assertThat(file.getJarEntry("META-INF/LICENSE")).isNotNull();
                assertThat(file.getJarEntry("META-INF/NOTICE")).isNotNull();
            }
            bytes += Files.size(Path.of(jar));
            System.out.println(Path.of(jar).getFileName() + ": " + Files.size(Path.of(jar)) / 1024 + " KiB");
        }
        assertThat(bytes).as("bytes of both jars").isLessThan(MOST_BYTES);
    }

    /** Of a jar that describes its module, and is not made one by its name. */
    private static String module(String jar) {
        ModuleDescriptor descriptor = ModuleFinder.of(Path.of(jar)).findAll().stream()
                .map(ModuleReference::descriptor)
                .reduce((one, other) -> {
                    throw new AssertionError(one + " and " + other);
                })
                .orElseThrow();
        assertThat(descriptor.isAutomatic()).as(jar).isFalse();
        return descriptor.name();
    }

    @ParameterizedTest
    @MethodSource("javas")
    void aProgramComputesUnderTheChecksOfJni(Path java) throws Exception {
        String out = probe(java, "-Xcheck:jni", cache());
        assertThat(out)
                .contains("sum 36.0, cpu")
                .doesNotContain("WARNING in native")
                .doesNotContain("FATAL");
        System.out.println(java.getFileName() + ": " + out.strip());
    }

    @ParameterizedTest
    @MethodSource("javas")
    void withoutAHomeToWriteToItUnpacksElsewhereOrSaysWhereItCould(Path java) throws Exception {
        String home = "-Duser.home=/proc/nobody";
        String temporary = "-Djava.io.tmpdir=";
        assertThat(probe(java, home, temporary + directory)).contains("sum 36.0, cpu");
        assertThat(probe(java, home, temporary + "/proc/nobody"))
                .contains("unavailable: ", "-Dorg.bytedeco.javacpp.cachedir=DIR", "sum 36.0, reference");
        assertThat(probe(java, home, temporary + "/proc/nobody", cache())).contains("sum 36.0, cpu");
    }

    /** Where nothing that was unpacked may be run, the libraries are put somewhere by hand, and named. */
    @ParameterizedTest
    @MethodSource("javas")
    void whereNothingUnpackedMayRunADirectoryIsNamed(Path java) throws Exception {
        Path noexec = Files.createDirectory(directory.resolve("noexec"));
        assumeTrue(run("mount", "-t", "tmpfs", "-o", "noexec", "tmpfs", noexec.toString()) == 0, "cannot mount");
        try {
            String[] everywhere = {
                "-Duser.home=" + noexec,
                "-Djava.io.tmpdir=" + noexec,
                "-Dorg.bytedeco.javacpp.cachedir=" + noexec.resolve("cache")
            };
            assertThat(probe(java, everywhere)).contains("unavailable: ", "sum 36.0, reference");
            Path libraries = unpackedLibraries();
            String[] named = Arrays.copyOf(everywhere, everywhere.length + 1);
            named[everywhere.length] = "-Dradapter.library.path=" + libraries;
            assertThat(probe(java, named)).contains("sum 36.0, cpu");
        } finally {
            assertThat(run("umount", "-l", noexec.toString())).isZero();
        }
    }

    /** Ours and JavaCPP's own, side by side. */
    private Path unpackedLibraries() throws IOException {
        Path folder = Files.createDirectory(directory.resolve("libraries"));
        for (String jar : jars()) {
            try (JarFile file = new JarFile(jar)) {
                for (JarEntry entry : Collections.list(file.entries())) {
                    if (entry.getName().endsWith(".so")) {
                        String name = entry.getName().substring(entry.getName().lastIndexOf('/') + 1);
                        Files.copy(file.getInputStream(entry), folder.resolve(name));
                    }
                }
            }
        }
        return folder;
    }

    private static int run(String... command) throws InterruptedException {
        try {
            return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor();
        } catch (IOException e) {
            return -1;
        }
    }

    @ParameterizedTest
    @MethodSource("javas")
    void onAnotherProcessorItSaysSoAndJavaComputes(Path java) throws Exception {
        assertThat(probe(java, "-Dos.arch=aarch64", cache()))
                .contains("unavailable: no native library for linux on aarch64", "sum 36.0, reference");
    }

    /** One requirement is enough: the native library's module brings along all others. */
    @ParameterizedTest
    @MethodSource("javas")
    void aModuleRequiresIt(Path java) throws Exception {
        Path source = Files.createDirectories(directory.resolve("source"));
        Path consumer = directory.resolve("consumer");
        Path probe =
                Path.of("src", "test", "java").resolve(Probe.class.getName().replace('.', '/') + ".java");
        Files.writeString(source.resolve("module-info.java"), """
                module consumer {
                    requires org.radapter.linux.x86_64;
                }
                """);
        Files.copy(probe, source.resolve("Probe.java"));
        String modules = String.join(File.pathSeparator, jars());
        ByteArrayOutputStream messages = new ByteArrayOutputStream();
        int status = ToolProvider.getSystemJavaCompiler()
                .run(
                        null,
                        messages,
                        messages,
                        "--module-path",
                        modules,
                        "-d",
                        consumer.toString(),
                        source.resolve("module-info.java").toString(),
                        source.resolve("Probe.java").toString());
        assertThat(status).as(messages.toString(StandardCharsets.UTF_8)).isZero();
        String out = output(
                java,
                List.of(cache()),
                List.of(
                        "--module-path",
                        modules + File.pathSeparator + consumer,
                        "--module",
                        "consumer/" + Probe.class.getName()));
        assertThat(out).contains("sum 36.0, cpu");
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
