package org.radapter.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line of radapter. */
@Command(
        name = "radapter",
        mixinStandardHelpOptions = true,
        description = "Robust fine-tuning of CLIP.",
        subcommands = {DemoCommand.class, PretrainCommand.class})
public final class Main {
    private Main() {}

    /** Runs one command and ends the process with its status. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Main()).execute(arguments));
    }
}
