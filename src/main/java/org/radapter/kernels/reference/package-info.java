/**
 * The reference backend: every operator in plain Java, slow and obvious, the oracle the other backends are held against.
 */
@NullMarked
package org.radapter.kernels.reference;

import org.jspecify.annotations.NullMarked;
