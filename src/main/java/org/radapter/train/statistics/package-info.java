/** Accuracies of methods, their differences on the same images, and how sure both are. */
@NullMarked
package org.radapter.train.statistics;

import org.jspecify.annotations.NullMarked;
