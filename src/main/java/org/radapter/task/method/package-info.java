/** Ways to fine-tune a CLIP, each with its settings under the name it has in tables, behind one interface. */
@NullMarked
package org.radapter.task.method;

import org.jspecify.annotations.NullMarked;
