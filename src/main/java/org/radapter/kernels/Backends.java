package org.radapter.kernels;

import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.radapter.kernels.jni.CudaPlugin;
import org.radapter.kernels.jni.NativeKernels;
import org.radapter.kernels.jni.NativeLibrary;
import org.radapter.kernels.reference.ReferenceKernels;

/**
 * Finds and opens backends.
 *
 * <p>{@code cpu} is native code on the processor, {@code cuda} native code on an NVIDIA GPU ({@code cuda:1} on the
 * second), {@code reference} plain Java. {@code auto} is what the system property {@code radapter.backend} or else the environment variable {@code
 * RADAPTER_BACKEND} names, and without either the first available of cuda, cpu, reference.
 */
public final class Backends {
    /** The name that chooses for you. */
    public static final String AUTO = "auto";

    private static final String CUDA = "cuda";
    private static final String CPU = "cpu";
    private static final String REFERENCE = "reference";
    private static final List<String> NAMES = List.of(CUDA, CPU, REFERENCE);

    private static final Pattern GPU = Pattern.compile("cuda(:[0-9]{1,4})?");

    private Backends() {}

    /** Every backend this version knows, best first; not all need be available. */
    public static List<String> names() {
        return NAMES;
    }

    /**
     * Whether {@link #open} can open it.
     *
     * @throws IllegalArgumentException if there is no backend of this name
     */
    public static boolean isAvailable(String name) {
        return unavailabilityCause(name) == null;
    }

    /**
     * Why {@link #open} cannot open it; null if it can.
     *
     * @throws IllegalArgumentException if there is no backend of this name
     */
    public static @Nullable String unavailabilityCause(String name) {
        String backend = resolve(name);
        if (isCuda(backend)) {
            return CudaPlugin.unavailabilityCause(gpu(backend));
        }
        return backend.equals(CPU) ? NativeLibrary.unavailabilityCause() : null;
    }

    private static boolean isCuda(String name) {
        return GPU.matcher(name).matches();
    }

    /** Number of the GPU that {@code cuda} or {@code cuda:N} names. */
    private static int gpu(String name) {
        return name.equals(CUDA) ? 0 : Integer.parseInt(name.substring(CUDA.length() + 1));
    }

    /**
     * The backend that {@code name} means here: {@code name} itself, or the choice of {@code auto}.
     *
     * @throws IllegalArgumentException if there is no backend of this name
     */
    public static String resolve(String name) {
        if (NAMES.contains(name) || isCuda(name)) {
            return name;
        }
        if (!name.equals(AUTO)) {
            throw new IllegalArgumentException(
                    "no backend '" + name + "'; there are " + AUTO + ", cuda:N and " + NAMES);
        }
        String wanted = System.getProperty("radapter.backend", System.getenv("RADAPTER_BACKEND"));
        if (wanted != null && !wanted.isBlank() && !wanted.equals(AUTO)) {
            if (!NAMES.contains(wanted) && !isCuda(wanted)) {
                throw new IllegalArgumentException(
                        "RADAPTER_BACKEND, or the property radapter.backend, names no backend:" + " '" + wanted
                                + "'; there are " + AUTO + ", cuda:N and " + NAMES);
            }
            return wanted;
        }
        return NAMES.stream().filter(Backends::isAvailable).findFirst().orElse(REFERENCE);
    }

    /** Opens a backend with {@link BackendOptions#DEFAULT}; see {@link #open(String, BackendOptions)}. */
    public static Kernels open(String name) {
        return open(name, BackendOptions.DEFAULT);
    }

    /**
     * Opens a backend; its operators check their arguments.
     *
     * @param name one of {@link #names}, {@code cuda:N} or {@code auto}
     * @throws IllegalArgumentException if there is no backend of this name
     * @throws UnsupportedOperationException if it is not available here; the message says why
     */
    public static Kernels open(String name, BackendOptions options) {
        String backend = resolve(name);
        String cause = unavailabilityCause(backend);
        if (cause != null) {
            throw new UnsupportedOperationException("the backend '" + backend + "' is not available: " + cause);
        }
        return CheckedKernels.of(unchecked(backend, options));
    }

    private static Kernels unchecked(String backend, BackendOptions options) {
        if (isCuda(backend)) {
            return NativeKernels.cuda(gpu(backend), options.stream(), options.cublas());
        }
        return backend.equals(CPU)
                ? NativeKernels.cpu(options.threads(), options.isa(), options.scoreBytes())
                : new ReferenceKernels(options.precision());
    }
}
