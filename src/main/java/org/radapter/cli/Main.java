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
            ReproduceCommand.class,
            SearchCommand.class,
            EvaluateCommand.class,
            ClassifyCommand.class,
            EmbedCommand.class,
            MergeCommand.class,
            ExportCommand.class,
            DataCommand.class,
            InfoCommand.class,
        })
public final class Main {
    @Option(names = "--debug", scope = ScopeType.INHERIT, description = "Show where an error happened.")
    private boolean debug;

    Main() {}

    /** Runs one command and ends the process with its status: 0, 1 after an error, 2 if it was called wrongly. */
    public static void main(String[] arguments) {
        System.exit(execute(commandLine(), arguments));
    }

    /** Runs one command; memory that was refused is an error like others. */
    static int execute(CommandLine line, String... arguments) {
        try {
            return line.execute(arguments);
        } catch (OutOfMemoryError e) {
            line.getErr().println("radapter: out of memory: " + e.getMessage());
            line.getErr().flush();
            return CommandLine.ExitCode.SOFTWARE;
        }
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
