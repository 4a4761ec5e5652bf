/** DJL on radapter's memory, and radapter on its. */
@NullMarked
package org.radapter.interop.djl;

import org.jspecify.annotations.NullMarked;
