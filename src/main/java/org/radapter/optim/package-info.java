/** Trained parameters, their gradients, and the optimiser that moves them. */
@NullMarked
package org.radapter.optim;

import org.jspecify.annotations.NullMarked;
