/** CLIP's two towers and what belongs to them. */
@NullMarked
package org.radapter.clip;

import org.jspecify.annotations.NullMarked;
