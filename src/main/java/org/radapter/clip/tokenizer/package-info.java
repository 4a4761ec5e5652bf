/** CLIP's byte-level byte-pair tokenizer: reading a vocabulary in each of its formats, learning one, encoding text. */
@NullMarked
package org.radapter.clip.tokenizer;

import org.jspecify.annotations.NullMarked;
