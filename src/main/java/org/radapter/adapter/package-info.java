/** R-Adapter itself: where adapters sit, how they start, when they are dropped, and how they are folded away. */
@NullMarked
package org.radapter.adapter;

import org.jspecify.annotations.NullMarked;
