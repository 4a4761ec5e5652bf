package org.radapter.cli;

import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import org.radapter.train.BulkWork;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** What commands share. */
final class Commands {
    private Commands() {}

    /** Where results are printed. */
    static PrintWriter out(@Nullable CommandSpec spec) {
        return required(spec).commandLine().getOut();
    }

    /** A mistake in how a command was called; ends with status 2 and the command's usage. */
    static ParameterException usage(@Nullable CommandSpec spec, String sentence) {
        return new ParameterException(required(spec).commandLine(), sentence);
    }

    /** Says what a cluster left. */
    static void tell(PrintWriter out, BulkWork.Outcome outcome, String output) {
        out.println(outcome.images() + " images"
                + (outcome.found() == 0 ? "" : ", " + outcome.found() + " of them before")
                + (outcome.unreadable() == 0 ? "" : ", " + outcome.unreadable() + " not readable"));
        out.println("wrote " + output);
        out.flush();
    }

    private static CommandSpec required(@Nullable CommandSpec spec) {
        if (spec == null) {
            throw new IllegalStateException("this command runs from the command line alone");
        }
        return spec;
    }
}
