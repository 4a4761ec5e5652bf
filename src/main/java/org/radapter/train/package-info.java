/** The trainer, its batches, checkpoints and runs. */
@NullMarked
package org.radapter.train;

import org.jspecify.annotations.NullMarked;
