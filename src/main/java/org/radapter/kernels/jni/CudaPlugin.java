package org.radapter.kernels.jni;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import org.bytedeco.javacpp.IntPointer;
import org.jspecify.annotations.Nullable;
import org.radapter.kernels.jni.abi.Abi;

/**
 * Finds {@code libradapter_cuda.so}, which {@code libradapter.so} opens to work on a GPU: in the directory that {@link
 * NativeLibrary} was told of, or else in a jar of its own, out of which it is unpacked into JavaCPP's cache.
 */
public final class CudaPlugin {
    private static final String FILE = "libradapter_cuda.so";
    private static final String RESOURCE = NativeLibrary.PLATFORM + "-cuda/" + FILE;

    private CudaPlugin() {}

    /** Whether the plug-in is here; it may still find neither driver nor GPU. */
    public static boolean isPresent() {
        return inDirectory() != null || CudaPlugin.class.getResource(RESOURCE) != null;
    }

    /**
     * Why a GPU cannot be used, null if it can.
     *
     * @param index of the GPU, from 0
     */
    public static @Nullable String unavailabilityCause(int index) {
        String cause = NativeLibrary.unavailabilityCause();
        if (cause != null) {
            return cause;
        }
        try {
            int count = count(path());
            if (count == 0) {
                return "the CUDA driver knows no GPU";
            }
            return index < count ? null : "there is no cuda:" + index + ", only cuda:0 to cuda:" + (count - 1);
        } catch (UnsupportedOperationException | IllegalStateException | IllegalArgumentException e) {
            return e.getMessage();
        }
    }

    /**
     * Path of the plug-in, once it is known that the GPU is there.
     *
     * @throws UnsupportedOperationException if it is not; the message says why
     */
    static String require(int index) {
        String cause = unavailabilityCause(index);
        if (cause != null) {
            throw new UnsupportedOperationException("cuda:" + index + " is not available: " + cause);
        }
        return path();
    }

    private static int count(String plugin) {
        try (IntPointer count = new IntPointer(1)) {
            Status.check(Abi.radapter_cuda_device_count(plugin, count));
            return count.get();
        }
    }

    private static synchronized String path() {
        File given = inDirectory();
        if (given != null) {
            return given.getAbsolutePath();
        }
        URL resource = CudaPlugin.class.getResource(RESOURCE);
        if (resource == null) {
            throw new UnsupportedOperationException("the plug-in " + FILE
                    + " is not on the class path; add the jar radapter-…-" + NativeLibrary.PLATFORM
                    + "-cuda13.jar, or build with nvcc on the PATH (-Dradapter.cuda=auto)");
        }
        try {
            return resource.getProtocol().equals("file")
                    ? Path.of(resource.toURI()).toString()
                    : NativeLibrary.unpack(resource);
        } catch (IOException | URISyntaxException e) {
            throw new UnsupportedOperationException("the plug-in " + FILE + " cannot be unpacked: " + e, e);
        }
    }

    private static @Nullable File inDirectory() {
        String directory = NativeLibrary.directory();
        File file = directory == null ? null : new File(directory, FILE);
        return file != null && file.exists() ? file : null;
    }
}
