package org.radapter.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.radapter.data.DataException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParseResult;

/** Tells on standard error, in a sentence, why a command failed; status 1. The stack trace is for {@code --debug}. */
final class ErrorMessages implements IExecutionExceptionHandler {
    private static final int FAILED = 1;

    @Override
    public int handleExecutionException(Exception exception, CommandLine command, ParseResult result) {
        boolean debug = command.getCommandSpec().root().userObject() instanceof Main main && main.debug();
        if (debug) {
            exception.printStackTrace(command.getErr());
        }
        command.getErr().println("radapter: " + sentence(exception, debug));
        command.getErr().flush();
        return FAILED;
    }

    static String sentence(Throwable exception, boolean debug) {
        if (exception instanceof UncheckedIOException && exception.getCause() != null) {
            return sentence(exception.getCause(), debug);
        }
        if (exception instanceof FileSystemException file) {
            return file(file);
        }
        String message = exception.getMessage();
        boolean expected = exception instanceof IOException
                || exception instanceof DataException
                || exception instanceof IllegalArgumentException
                || exception instanceof IllegalStateException
                || exception instanceof UnsupportedOperationException;
        if (expected && message != null && !message.isBlank()) {
            return message;
        }
        return exception + (debug ? "" : "; this was not expected, --debug shows where it happened");
    }

    private static String file(FileSystemException exception) {
        String reason = exception.getReason();
        if (reason == null || reason.isBlank()) {
            reason = exception instanceof NoSuchFileException
                    ? "there is no such file or directory; check the path"
                    : exception instanceof AccessDeniedException
                            ? "you may not read or write it"
                            : exception instanceof FileAlreadyExistsException
                                    ? "it is there already"
                                    : exception.getClass().getSimpleName();
        }
        return exception.getFile() + ": " + reason;
    }
}
