/** EmojiShift: emoji and icons fetched from npm, rendered once, split by (concept, vendor). */
@NullMarked
package org.radapter.data.emoji;

import org.jspecify.annotations.NullMarked;
