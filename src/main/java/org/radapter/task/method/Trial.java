package org.radapter.task.method;

import java.io.IOException;

/**
 * One setting of a method, among those that a search tries for it.
 *
 * @param method name of the method
 * @param number of the setting, from 1
 * @param setting in words, such as {@code learning rate 0.0003}
 * @param recipe the method with this setting
 */
public record Trial(String method, int number, String setting, Recipe recipe) implements Recipe {
    @Override
    public String name() {
        return method + "-trial-" + number;
    }

    @Override
    public Learned learn(Bench bench, Lesson lesson, long seed) throws IOException {
        return recipe.learn(bench, lesson, seed);
    }
}
