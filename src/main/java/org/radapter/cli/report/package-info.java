/** Results of a run: the model of them, their files, their tables and the progress of a run on a console. */
@NullMarked
package org.radapter.cli.report;

import org.jspecify.annotations.NullMarked;
