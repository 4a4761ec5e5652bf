package org.radapter.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The command line of radapter. */
@Command(
        name = "radapter",
        mixinStandardHelpOptions = true,
        versionProvider = BuildInfo.class,
        description = "Robust fine-tuning of CLIP.",
        footer = {"", "radapter COMMAND --help tells more of a command, with examples."},
        subcommands = {
            DemoCommand.class,
            FineTuneCommand.class,
            TuneCommand.class,
            PretrainCommand.class,
            EvaluateCommand.class,
            ClassifyCommand.class,
            EmbedCommand.class,
            MergeCommand.class,
            DataCommand.class,
            InfoCommand.class,
        })
public final class Main {
    @Option(names = "--debug", scope = ScopeType.INHERIT, description = "Show where an error happened.")
    private boolean debug;

    Main() {}

    /** Runs one command and ends the process with its status: 0, 1 after an error, 2 if it was called wrongly. */
    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    /** All commands, with their messages for errors. */
    static CommandLine commandLine() {
        return new CommandLine(new Main())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler(new ErrorMessages());
    }

    /** Whether errors are shown with a stack trace. */
    boolean debug() {
        return debug;
    }
}
