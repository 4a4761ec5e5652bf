/** Training objectives over unit vectors: MPM-NCE, InfoNCE, cross-entropy against a text head. */
@NullMarked
package org.radapter.loss;

import org.jspecify.annotations.NullMarked;
