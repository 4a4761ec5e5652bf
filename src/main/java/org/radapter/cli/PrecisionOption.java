package org.radapter.cli;

import org.radapter.tensor.DType;
import picocli.CommandLine.Option;

/** {@code --precision} of commands that train. */
final class PrecisionOption {
    @Option(
            names = "--precision",
            paramLabel = "TYPE",
            defaultValue = "f32",
            description = "Of activations: f32 (default) or bf16, which needs less memory.")
    private String precision = "f32";

    /**
     * What it names.
     *
     * @throws IllegalArgumentException if it is no such type
     */
    DType activations() {
        return switch (precision) {
            case "f32" -> DType.F32;
            case "bf16" -> DType.BF16;
            default -> throw new IllegalArgumentException("--precision is f32 or bf16, not \"" + precision + "\"");
        };
    }
}
