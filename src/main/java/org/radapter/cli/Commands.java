package org.radapter.cli;

import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
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

    private static CommandSpec required(@Nullable CommandSpec spec) {
        if (spec == null) {
            throw new IllegalStateException("this command runs from the command line alone");
        }
        return spec;
    }
}
