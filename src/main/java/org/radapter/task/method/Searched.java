package org.radapter.task.method;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;

/**
 * A method whose settings are searched: what is tried, and what the comparison uses.
 *
 * @param trials as many for every method; of equals on validation the earlier is chosen, so the gentler comes first
 * @param chosen the method with the setting it is compared at, which is one of those tried
 */
record Searched(List<Trial> trials, Recipe chosen) {
    /** How many settings are tried for each method. */
    static final int TRIALS = 4;

    /** A method of two constants. */
    @FunctionalInterface
    interface OfTwo {
        /** The method with these. */
        Recipe of(double first, double second);
    }

    /**
     * Checks that no method is searched more than another.
     *
     * @throws IllegalArgumentException if it is
     */
    Searched {
        trials = List.copyOf(trials);
        if (trials.size() != TRIALS) {
            throw new IllegalArgumentException(
                    chosen.name() + " has " + trials.size() + " settings to try where every method has " + TRIALS);
        }
    }

    /** Learning rates, from the gentlest on. */
    static Searched rates(double chosen, DoubleFunction<Recipe> method, double... rates) {
        return values("learning rate", chosen, method, rates);
    }

    /** Values of one constant, from the gentlest on. */
    static Searched values(String name, double chosen, DoubleFunction<Recipe> method, double... values) {
        List<Trial> trials = new ArrayList<>();
        for (double value : values) {
            add(trials, name + " " + number(value), method.apply(value));
        }
        requireTried(chosen, values);
        return new Searched(trials, method.apply(chosen));
    }

    /** Every pair of two constants. */
    static Searched pairs(
            String firstName, double[] firsts, String secondName, double[] seconds, double[] chosen, OfTwo method) {
        List<Trial> trials = new ArrayList<>();
        for (double first : firsts) {
            for (double second : seconds) {
                add(
                        trials,
                        firstName + " " + number(first) + ", " + secondName + " " + number(second),
                        method.of(first, second));
            }
        }
        requireTried(chosen[0], firsts);
        requireTried(chosen[1], seconds);
        return new Searched(trials, method.of(chosen[0], chosen[1]));
    }

    private static void add(List<Trial> trials, String setting, Recipe recipe) {
        trials.add(new Trial(recipe.name(), trials.size() + 1, setting, recipe));
    }

    private static void requireTried(double chosen, double... tried) {
        for (double each : tried) {
            if (each == chosen) {
                return;
            }
        }
        throw new IllegalArgumentException("the setting " + number(chosen) + " was chosen but never tried");
    }

    /** Without exponents or zeros at the end, as people write it. */
    private static String number(double value) {
        return String.format(Locale.ROOT, "%.6f", value).replaceFirst("\\.?0+$", "");
    }
}
