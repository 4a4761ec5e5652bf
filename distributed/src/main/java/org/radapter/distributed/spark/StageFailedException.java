package org.radapter.distributed.spark;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A barrier stage has failed; the message is what its first failed task said, without Spark's own words and stacks. */
final class StageFailedException extends Exception {
    private static final long serialVersionUID = 1;

    /** Spark puts an exception of a task into its own message as text, after the name of its class. */
    private static final Pattern OF_A_TASK = Pattern.compile("[A-Za-z0-9_.$]+(?:Exception|Error): ([^\\n]+)");

    StageFailedException(Exception cause) {
        super(reason(String.valueOf(cause.getMessage())), cause);
    }

    private static String reason(String message) {
        Matcher matcher = OF_A_TASK.matcher(message);
        if (matcher.find()) {
            return matcher.group(1);
        }
        int end = message.indexOf('\n');
        return end < 0 ? message : message.substring(0, end);
    }
}
