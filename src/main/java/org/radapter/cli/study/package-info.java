/** Fine-tuning with its measurements: what a run learns from, what it is measured with, and the folder it leaves. */
@NullMarked
package org.radapter.cli.study;

import org.jspecify.annotations.NullMarked;
