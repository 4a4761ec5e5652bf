package org.radapter.cli.report;

/**
 * A method as people speak of it.
 *
 * @param name in rows and files, such as {@code r-adapter}
 * @param label in tables and pictures, such as {@code R-Adapter}
 * @param description half a sentence, or an empty string
 */
public record MethodInfo(String name, String label, String description) {}
