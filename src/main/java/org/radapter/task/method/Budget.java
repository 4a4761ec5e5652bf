package org.radapter.task.method;

import java.util.List;

/**
 * What every method may spend on learning, and how closely it is looked at.
 *
 * @param steps optimiser steps of one run
 * @param batch images in a step
 * @param curve the α at which models are made where there is a line of them; 1 is one of them
 */
public record Budget(int steps, int batch, List<Double> curve) {
    /** That of a full comparison: 150 steps of 128 images, as in the demo. */
    public static final Budget FULL = new Budget(150, 128, List.of(.1, .2, .3, .4, .5, .6, .7, .8, .9, 1.0));

    /** That of a smoke run, whose figures say that everything works and no more. */
    public static final Budget QUICK = new Budget(6, 32, List.of(.5, 1.0));

    /** Checks the numbers. */
    public Budget {
        curve = List.copyOf(curve);
        if (steps < 1 || batch < 1) {
            throw new IllegalArgumentException(
                    "a budget is at least one step of one image, not " + steps + " of " + batch);
        }
    }
}
