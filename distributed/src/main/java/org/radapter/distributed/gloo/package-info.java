/** Collectives between CPUs by Gloo, through bytedeco's PyTorch. */
@NullMarked
package org.radapter.distributed.gloo;

import org.jspecify.annotations.NullMarked;
