/** ND4J on radapter's memory, and radapter on its. */
@NullMarked
package org.radapter.interop.nd4j;

import org.jspecify.annotations.NullMarked;
