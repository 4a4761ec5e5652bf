/** ONNX Runtime on radapter's memory. */
@NullMarked
package org.radapter.interop.onnx;

import org.jspecify.annotations.NullMarked;
