/** What a model is measured by: the paper's tasks. */
@NullMarked
package org.radapter.task;

import org.jspecify.annotations.NullMarked;
