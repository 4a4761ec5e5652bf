/** radapter's operators on tensors of bytedeco's PyTorch: views without copies, and pieces for a training loop. */
@NullMarked
package org.radapter.interop.pytorch;

import org.jspecify.annotations.NullMarked;
