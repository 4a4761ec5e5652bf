/** The report of a run: one HTML file with its pictures drawn as SVG, that asks nobody for anything. */
@NullMarked
package org.radapter.cli.report.html;

import org.jspecify.annotations.NullMarked;
