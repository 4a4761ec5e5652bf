package org.radapter.fuzz;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every input of the corpora, and with them every one that was ever found, is taken as it should be. */
class CorpusTest {
    static List<Path> inputs() throws IOException {
        try (Stream<Path> all = Files.walk(Path.of("corpus"))) {
            return all.filter(Files::isRegularFile).sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("inputs")
    void isTaken(Path input) throws Exception {
        String fuzzer = input.getName(1).toString();
        Class.forName("org.radapter.fuzz." + fuzzer)
                .getMethod("fuzzerTestOneInput", byte[].class)
                .invoke(null, (Object) Files.readAllBytes(input));
    }

    @ParameterizedTest
    @MethodSource("fuzzers")
    void everyFuzzerHasACorpus(String fuzzer) {
        assertTrue(Files.isDirectory(Path.of("corpus", fuzzer)), fuzzer);
    }

    static List<String> fuzzers() throws IOException {
        try (Stream<Path> all = Files.list(Path.of("src/test/java/org/radapter/fuzz"))) {
            return all.map(file -> file.getFileName().toString().replace(".java", ""))
                    .filter(name -> name.endsWith("Fuzzer"))
                    .sorted()
                    .toList();
        }
    }
}
