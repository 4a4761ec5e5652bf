/** Open-vocabulary segmentation on scenes made of drawings: scenes, proposals of masks, and mean IoU. */
@NullMarked
package org.radapter.task.segmentation;

import org.jspecify.annotations.NullMarked;
