package org.radapter.kernels.jni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the shipped libraries need of a machine, and what they show to others. */
class NativeBinaryTest {
    private static final Path LIBRARIES = Path.of("target/classes/org/radapter/kernels/jni/linux-x86_64");
    private static final Path PLUGIN =
            Path.of("target/classes-cuda/org/radapter/kernels/jni/linux-x86_64-cuda/libradapter_cuda.so");
    private static final int OLDEST_GLIBC = 34;
    private static final long MOST_PLUGIN_BYTES = 45L << 20;
    private static final Pattern NEEDED = Pattern.compile("\\(NEEDED\\).*\\[(.*)]");
    private static final Pattern GLIBC = Pattern.compile("@GLIBC_2\\.(\\d+)");

    /** glibc's own libraries are there wherever Java is. */
    private static final Set<String> SYSTEM = Set.of("libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2");

    @Test
    void theLibraryNeedsNothingButTheSystem() throws Exception {
        Path library = LIBRARIES.resolve("libradapter.so");
        assertThat(needed(library)).isSubsetOf(SYSTEM);
        assertThat(exported(library)).isNotEmpty().allMatch(name -> name.startsWith("radapter_"));
        assertThat(newestGlibc(library)).isLessThanOrEqualTo(OLDEST_GLIBC);
        assertThat(runPaths(library)).isEmpty();
    }

    @Test
    void theBindingNeedsTheLibraryAndTheSystem() throws Exception {
        Path binding = LIBRARIES.resolve("libjniradapter.so");
        Set<String> allowed = new TreeSet<>(SYSTEM);
        allowed.add("libradapter.so");
        allowed.add("libgcc_s.so.1");
        assertThat(needed(binding)).contains("libradapter.so").isSubsetOf(allowed);
        // jni.h's inline functions are weak, alike in every binding
        assertThat(exported(binding)).isNotEmpty().allMatch(name -> name.matches("(Java_|JNI_On|_ZN7JNIEnv_).*"));
        assertThat(newestGlibc(binding)).isLessThanOrEqualTo(OLDEST_GLIBC);
    }

    @Test
    void thePluginNeedsNoLibraryOfNvidias() throws Exception {
        assumeTrue(Files.exists(PLUGIN), "built without the plug-in for GPUs");
        assertThat(Files.size(PLUGIN)).isLessThan(MOST_PLUGIN_BYTES);
        assertThat(needed(PLUGIN)).isSubsetOf(SYSTEM);
        assertThat(exported(PLUGIN)).isNotEmpty().allMatch(name -> name.startsWith("radapter_"));
        assertThat(newestGlibc(PLUGIN)).isLessThanOrEqualTo(OLDEST_GLIBC);
        assertThat(runPaths(PLUGIN)).isEmpty();
    }

    /** Every operator is called through these declarations, by programs that were compiled before. */
    @Test
    void theAbiIsThatOfItsVersion() throws IOException {
        String header = Files.readString(Path.of("native/include/radapter.h"));
        Matcher version = Pattern.compile("#define RADAPTER_ABI_VERSION (\\d+)").matcher(header);
        assertThat(version.find()).isTrue();
        Path baseline = Path.of("src/test/resources/abi/" + version.group(1) + ".txt");
        assertThat(declarations(header))
                .as(
                        "radapter.h declares other things than %s; if programs compiled before would break, raise"
                                + " RADAPTER_ABI_VERSION, and write the declarations to a file of that name",
                        baseline)
                .isEqualTo(Files.readAllLines(baseline));
    }

    /** One declaration a line, without comments and preprocessor. */
    private static List<String> declarations(String header) {
        String bare = header.replaceAll("(?s)/\\*.*?\\*/", " ")
                .replaceAll("//[^\n]*", " ")
                .replaceAll("(?m)^#.*(\\\\\n.*)*$", " ")
                .replaceAll("\\s+", " ");
        return Arrays.stream(bare.split("(?<=[;}])"))
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .toList();
    }

    private static Set<String> needed(Path library) throws Exception {
        return found(NEEDED, readelf("-d", library));
    }

    private static Set<String> runPaths(Path library) throws Exception {
        return found(Pattern.compile("\\((RPATH|RUNPATH)\\)"), readelf("-d", library));
    }

    private static Set<String> exported(Path library) throws Exception {
        Set<String> names = new TreeSet<>();
        for (String line : readelf("--dyn-syms", library).lines().toList()) {
            String[] cells = line.strip().split("\\s+");
            if (cells.length >= 8 && cells[4].matches("GLOBAL|WEAK") && !cells[6].equals("UND")) {
                names.add(cells[7].replaceAll("@.*", ""));
            }
        }
        return names;
    }

    private static int newestGlibc(Path library) throws Exception {
        return found(GLIBC, readelf("--dyn-syms", library)).stream()
                .mapToInt(Integer::parseInt)
                .max()
                .orElseThrow();
    }

    private static Set<String> found(Pattern pattern, String text) {
        Set<String> all = new TreeSet<>();
        Matcher matcher = pattern.matcher(text);
        while (matcher.find()) {
            all.add(matcher.group(1));
        }
        return all;
    }

    private static String readelf(String what, Path library) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("readelf", "-W", what, library.toString())
                .redirectErrorStream(true)
                .start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(out).isZero();
        return out;
    }
}
