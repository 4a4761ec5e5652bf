/** Several processes that train one model: collectives, and what a trainer needs of them. */
@NullMarked
package org.radapter.distributed;

import org.jspecify.annotations.NullMarked;
