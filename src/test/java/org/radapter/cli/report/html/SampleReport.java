package org.radapter.cli.report.html;

import java.io.IOException;
import java.nio.file.Path;
import org.radapter.cli.report.SampleRun;

/** Writes the sample's report to the file named, to be looked at. */
public final class SampleReport {
    private SampleReport() {}

    /** Writes the page. */
    public static void main(String[] arguments) throws IOException {
        ReportPage.write(Path.of(arguments[0]), SampleRun.results());
    }
}
