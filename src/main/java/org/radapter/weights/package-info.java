/**
 * Files of weights: safetensors, CLIP models in OpenCLIP's, Hugging Face's and OpenAI's naming, and adapters. Models are
 * seen through canonical names, which are those of OpenCLIP's state dict; files are written atomically.
 */
@NullMarked
package org.radapter.weights;

import org.jspecify.annotations.NullMarked;
