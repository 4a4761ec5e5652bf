/** CLIP's towers as ONNX graphs, for runtimes that know nothing of radapter. */
@NullMarked
package org.radapter.weights.onnx;

import org.jspecify.annotations.NullMarked;
