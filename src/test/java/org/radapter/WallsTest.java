package org.radapter;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.conditions.ArchConditions.callMethod;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The walls between the rooms of the house: who may import whom. */
class WallsTest {
    private static final List<Set<String>> FLOORS = List.of(
            Set.of("tensor"),
            Set.of("kernels"),
            Set.of("nn", "adapter", "loss", "optim"),
            Set.of("clip", "weights"),
            Set.of("data", "task", "train"),
            Set.of("cli"));

    private static final JavaClasses HOUSE = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("org.radapter");

    @Test
    void everyRoomHasAFloor() {
        Set<String> known = FLOORS.stream().flatMap(Set::stream).collect(Collectors.toSet());
        Set<String> rooms = HOUSE.stream()
                .map(JavaClass::getPackageName)
                .filter(name -> name.startsWith("org.radapter."))
                .map(name -> name.split("\\.")[2])
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(rooms).isSubsetOf(known);
        assertThat(rooms).contains("tensor", "kernels");
    }

    @Test
    void aRoomImportsItsOwnFloorAndLowerOnes() {
        for (int floor = 0; floor < FLOORS.size() - 1; floor++) {
            ArchRule rule = noClasses()
                    .that(resideInAnyPackage(packages(FLOORS.subList(floor, floor + 1))))
                    .should()
                    .dependOnClassesThat(resideInAnyPackage(packages(FLOORS.subList(floor + 1, FLOORS.size()))))
                    .allowEmptyShould(true);
            rule.check(HOUSE);
        }
    }

    @Test
    void roomsDoNotGoRoundInCircles() {
        slices().matching("org.radapter.(*)..").should().beFreeOfCycles().check(HOUSE);
    }

    @Test
    void onlyCommandsPrint() {
        noClasses()
                .that()
                .resideOutsideOfPackage("org.radapter.cli..")
                .should(ACCESS_STANDARD_STREAMS)
                .orShould(callMethod(Throwable.class, "printStackTrace"))
                .check(HOUSE);
    }

    @Test
    void onlyCommandsAndTheEmojiRendererUseTheOptionalLibraries() {
        noClasses()
                .that()
                .resideOutsideOfPackages("org.radapter.cli..", "org.radapter.data.emoji..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("picocli..", "me.tongfei..", "com.github.weisj..")
                .check(HOUSE);
    }

    @Test
    void whoLinksTheLibraryNeedsThreeOthersAlone() {
        classes()
                .that()
                .resideOutsideOfPackages("org.radapter.cli..", "org.radapter.data.emoji..")
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage(
                        "org.radapter..",
                        "java..",
                        "javax.imageio..",
                        "org.bytedeco.javacpp..",
                        "org.slf4j..",
                        "com.fasterxml.jackson.core..",
                        "org.jspecify.annotations.."))
                .check(HOUSE);
    }

    @Test
    void onlyTheBindingKnowsJavaCpp() {
        noClasses()
                .that()
                .resideOutsideOfPackages("org.radapter.kernels.jni..", "org.radapter.kernels.cuda..")
                .should()
                .dependOnClassesThat(resideInAPackage("org.bytedeco.."))
                .check(HOUSE);
    }

    @Test
    void theGraphKnowsNothingOfFiles() {
        noClasses()
                .that(resideInAnyPackage(packages(FLOORS.subList(0, 1))))
                .or(resideInAnyPackage(packages(FLOORS.subList(2, 3))))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.nio.file..")
                .allowEmptyShould(true)
                .check(HOUSE);
    }

    private static String[] packages(List<Set<String>> floors) {
        List<String> packages = new ArrayList<>();
        floors.forEach(floor -> floor.forEach(room -> packages.add("org.radapter." + room + "..")));
        return packages.toArray(new String[0]);
    }
}
