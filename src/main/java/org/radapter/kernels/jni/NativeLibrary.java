package org.radapter.kernels.jni;

import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import org.bytedeco.javacpp.Loader;
import org.jspecify.annotations.Nullable;
import org.radapter.kernels.jni.abi.Abi;

/**
 * Loads {@code libradapter.so} and its binding, once.
 *
 * <p>The libraries are unpacked into JavaCPP's cache unless a directory that holds both is named by the system property
 * {@code radapter.library.path} or the environment variable {@code RADAPTER_LIBRARY_PATH}. Two processes that unpack into
 * one empty cache at once crash each other, so a file lock is held around the whole load.
 */
public final class NativeLibrary {
    /** The one platform a library is built for. */
    static final String PLATFORM = "linux-x86_64";

    private static final Object LOCK = new Object();
    private static boolean loaded;
    private static @Nullable String failure;

    private NativeLibrary() {}

    /** Whether native kernels can be used here; loads the library. */
    public static boolean isAvailable() {
        return unavailabilityCause() == null;
    }

    /** Why native kernels cannot be used here, null if they can. */
    public static @Nullable String unavailabilityCause() {
        String foreign = foreignPlatform();
        if (foreign != null) {
            return foreign;
        }
        synchronized (LOCK) {
            if (!loaded && failure == null) {
                failure = load();
                loaded = failure == null;
            }
            return failure;
        }
    }

    /**
     * Loads the library.
     *
     * @throws UnsupportedOperationException if it cannot be; the message says why
     */
    static void require() {
        String cause = unavailabilityCause();
        if (cause != null) {
            throw new UnsupportedOperationException("the native backend is not available: " + cause);
        }
    }

    private static @Nullable String foreignPlatform() {
        String system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
        String processor = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
        boolean known = system.startsWith("linux") && (processor.equals("amd64") || processor.equals("x86_64"));
        return known ? null : "no native library for " + system + " on " + processor + ", only for " + PLATFORM;
    }

    private static @Nullable String load() {
        try {
            preferDirectory(directory());
            try (FileChannel channel = lockFile();
                    FileLock lock = lock(channel)) {
                return lock.isValid() ? loadLocked() : "the lock of the library cache was lost";
            }
        } catch (IOException e) {
            return "the library cache cannot be used: " + e
                    + "; name a writable directory with -Dorg.bytedeco.javacpp.cachedir=DIR";
        } catch (LinkageError e) {
            return describe(e);
        }
    }

    private static @Nullable String loadLocked() {
        int version = Abi.radapter_abi_version();
        return version == Abi.RADAPTER_ABI_VERSION
                ? null
                : "the library speaks ABI " + version + ", this is made for ABI " + Abi.RADAPTER_ABI_VERSION;
    }

    /** Unpacks a file into the cache, where no other process unpacks at the same time; gives its path. */
    static String unpack(URL resource) throws IOException {
        try (FileChannel channel = lockFile();
                FileLock lock = lock(channel)) {
            if (!lock.isValid()) {
                throw new IOException("the lock of the library cache was lost");
            }
            return Loader.cacheResource(resource).getAbsolutePath();
        }
    }

    /**
     * Loads another library of JavaCPP's, which may unpack into the same cache, while no other process of radapter's does.
     *
     * @throws IOException if the cache cannot be locked
     */
    public static void whileNobodyUnpacks(Runnable load) throws IOException {
        try (FileChannel channel = lockFile();
                FileLock lock = lock(channel)) {
            if (!lock.isValid()) {
                throw new IOException("the lock of the library cache was lost");
            }
            load.run();
        }
    }

    static @Nullable String directory() {
        String property = System.getProperty("radapter.library.path");
        return property != null ? property : System.getenv("RADAPTER_LIBRARY_PATH");
    }

    /** JavaCPP reads both properties when it looks for a library, {@code pathsFirst} when its class is initialised. */
    private static void preferDirectory(@Nullable String directory) {
        if (directory != null) {
            String path = System.getProperty("java.library.path", "");
            System.setProperty("java.library.path", path.isEmpty() ? directory : directory + File.pathSeparator + path);
            System.setProperty("org.bytedeco.javacpp.pathsFirst", "true");
        }
    }

    private static FileChannel lockFile() throws IOException {
        Path cache = Loader.getCacheDir().toPath();
        return FileChannel.open(cache.resolve("radapter.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }

    /** Waits for other processes, and for other class loaders of this one. */
    private static FileLock lock(FileChannel channel) throws IOException {
        while (true) {
            try {
                return channel.lock();
            } catch (OverlappingFileLockException e) {
                Thread.onSpinWait();
            }
        }
    }

    private static String describe(Throwable error) {
        Throwable cause = error;
        while (cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        return cause.getClass().getSimpleName() + ": " + cause.getMessage();
    }
}
