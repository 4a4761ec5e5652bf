package org.radapter.kernels.jni;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.radapter.kernels.jni.abi.Abi;

class NativeLibraryTest {
    private static final String LIBRARIES = "org/radapter/kernels/jni/" + NativeLibrary.PLATFORM;

    @TempDir
    Path directory;

    /** Prints where the library was loaded from. */
    static final class Load {
        public static void main(String[] arguments) throws IOException {
            String cause = NativeLibrary.unavailabilityCause();
            System.out.println(cause == null ? "loaded" : cause);
            try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"), StandardCharsets.UTF_8)) {
                maps.filter(line -> line.endsWith("/libradapter.so"))
                        .map(line -> line.substring(line.indexOf('/')))
                        .distinct()
                        .forEach(System.out::println);
            }
        }
    }

    @Test
    void theLibraryLoadsHere() {
        assertThat(NativeLibrary.unavailabilityCause()).isNull();
        assertThat(NativeLibrary.isAvailable()).isTrue();
        assertThat(Abi.radapter_version().getString()).matches("\\d+\\.\\d+\\.\\d+");
    }

    @Test
    void processesThatUnpackAtOnceIntoAColdCacheAllLoad() throws Exception {
        Path jar = jarOfClasses();
        for (int round = 0; round < 2; round++) {
            String cache =
                    "-Dorg.bytedeco.javacpp.cachedir=" + Files.createDirectory(directory.resolve("cache" + round));
            List<Probe> probes = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                probes.add(Probe.start(Load.class, List.of(jar), List.of(cache)));
            }
            for (Probe probe : probes) {
                assertThat(probe.output()).startsWith("loaded\n").contains("cache" + round);
            }
        }
    }

    @Test
    void aNamedDirectoryComesFirst() throws Exception {
        Path source = classes().resolve(LIBRARIES);
        for (String name : new String[] {"libradapter.so", "libjniradapter.so"}) {
            Files.copy(source.resolve(name), directory.resolve(name));
        }
        String output = Probe.start(Load.class, List.of(), List.of("-Dradapter.library.path=" + directory))
                .output();
        assertThat(output).isEqualTo("loaded\n" + directory.toRealPath() + "/libradapter.so\n");
    }

    @Test
    void anotherProcessorIsNamed() throws Exception {
        String output =
                Probe.start(Load.class, List.of(), List.of("-Dos.arch=sparc")).output();
        assertThat(output).isEqualTo("no native library for linux on sparc, only for linux-x86_64\n");
    }

    @Test
    void aCacheThatCannotBeWrittenIsNamed() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "");
        String output = Probe.start(
                        Load.class,
                        List.of(),
                        List.of(
                                "-Dorg.bytedeco.javacpp.cachedir=" + file.resolve("below"),
                                "-Duser.home=" + file,
                                "-Djava.io.tmpdir=" + file))
                .output();
        assertThat(output).contains("-Dorg.bytedeco.javacpp.cachedir=DIR").doesNotContain("loaded");
    }

    private static Path classes() throws URISyntaxException {
        return Path.of(NativeLibrary.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
    }

    /** Libraries are unpacked from jars only. */
    private Path jarOfClasses() throws Exception {
        Path jar = directory.resolve("radapter.jar");
        Path classes = classes();
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file);
                Stream<Path> paths = Files.walk(classes.resolve("org/radapter/kernels"))) {
            for (Path path : (Iterable<Path>) paths.filter(Files::isRegularFile)::iterator) {
                out.putNextEntry(new ZipEntry(classes.relativize(path).toString()));
                Files.copy(path, out);
                out.closeEntry();
            }
        }
        return jar;
    }
}
