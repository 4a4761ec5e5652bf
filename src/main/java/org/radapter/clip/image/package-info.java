/** Images on their way into CLIP: decoding, Pillow's resampling, cropping, normalisation, augmentation. */
@NullMarked
package org.radapter.clip.image;

import org.jspecify.annotations.NullMarked;
