/** Data sets of images with captions, the folder of a user's own images, and the tools that look after them. */
@NullMarked
package org.radapter.data;

import org.jspecify.annotations.NullMarked;
