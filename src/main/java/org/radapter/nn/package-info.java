/** Layers with explicit forward and backward passes; each says what it keeps. */
@NullMarked
package org.radapter.nn;

import org.jspecify.annotations.NullMarked;
