package org.radapter.data.emoji;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.radapter.data.Credit;

class NpmPackagesTest {
    private static final Set<String> PERMISSIVE = Set.of("MIT", "Apache-2.0", "ISC", "CC-BY-4.0", "CC0-1.0", "OFL-1.1");

    @Test
    void everyPackageIsPinnedByVersionAndHashAndNoneByAddress() throws IOException {
        Map<String, Object> packages = Json.object(resource("package-lock.json").get("packages"));
        assertThat(packages).hasSizeGreaterThan(40);
        packages.forEach((path, entry) -> {
            if (!path.isEmpty()) {
                Map<String, Object> pinned = Json.object(entry);
                assertThat(Json.text(pinned, "integrity")).as(path).startsWith("sha512-");
                assertThat(Json.text(pinned, "version")).as(path).matches("\\d+\\.\\d+\\.\\d+");
                assertThat(pinned).as(path).doesNotContainKey("resolved");
            }
        });
    }

    @Test
    void manifestNamesExactVersionsOfTheSetsInCode() throws IOException {
        Map<String, Object> manifest = resource("package.json");
        Map<String, Object> emoji = Json.object(manifest.get("dependencies"));
        Map<String, Object> icons = Json.object(manifest.get("devDependencies"));
        for (Style style : Style.values()) {
            style.npmPackage()
                    .ifPresent(name -> assertThat(Json.text(emoji, name)).isEqualTo(NpmPackages.version(name)));
        }
        for (IconSet set : IconSet.values()) {
            assertThat(Json.text(icons, set.npmPackage())).isEqualTo(NpmPackages.version(set.npmPackage()));
        }
        assertThat(icons).hasSize(28).hasSize(IconSet.values().length);
    }

    @Test
    void creditsNameAuthorAndPermissiveLicence() {
        for (Credit credit : EmojiShift.credits()) {
            assertThat(credit.author()).as(credit.name()).isNotBlank();
            if (!credit.origin().equals("system font")) {
                assertThat(PERMISSIVE).as(credit.name()).contains(credit.license());
                assertThat(credit.origin()).matches(".+ \\d+\\.\\d+\\.\\d+");
            }
        }
    }

    @Test
    void saysInOneSentenceWhatWentWrong() {
        assertThat(NpmPackages.failure(1, "npm error code EINTEGRITY\nnpm error sha512-x"))
                .hasMessageContaining("not the one pinned");
        assertThat(NpmPackages.failure(1, "npm error code ENOTFOUND\nnpm error network"))
                .hasMessageContaining("cannot be reached");
        assertThat(NpmPackages.failure(3, "something else")).hasMessageContaining("status 3");
    }

    private static Map<String, Object> resource(String name) throws IOException {
        try (InputStream in = NpmPackages.class.getResourceAsStream(name)) {
            assertThat(in).isNotNull();
            return Json.parse(in.readAllBytes());
        }
    }
}
