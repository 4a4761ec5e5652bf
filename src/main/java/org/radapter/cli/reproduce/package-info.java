/** The comparison of methods on tasks: which cells there are, how one is computed, and the files that hold them. */
@NullMarked
package org.radapter.cli.reproduce;

import org.jspecify.annotations.NullMarked;
