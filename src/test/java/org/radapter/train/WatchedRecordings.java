package org.radapter.train;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import org.radapter.kernels.Kernels;
import org.radapter.kernels.Recording;

/** Kernels that count what is recorded and repeated, or that record nothing: then work is called anew at each replay. */
final class WatchedRecordings {
    private final Kernels backend;
    private final boolean called;
    private int recordings;
    private int replays;

    WatchedRecordings(Kernels backend, boolean called) {
        this.backend = backend;
        this.called = called;
    }

    Kernels kernels() {
        return (Kernels) Proxy.newProxyInstance(
                Kernels.class.getClassLoader(),
                new Class<?>[] {Kernels.class},
                (proxy, method, arguments) -> method.getName().equals("record")
                        ? record((Runnable) arguments[0])
                        : backend(method, arguments));
    }

    private Object backend(Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(backend, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private Recording record(Runnable work) {
        recordings++;
        Recording recording = called ? null : backend.record(work);
        return new Recording() {
            @Override
            public void replay() {
                replays++;
                if (recording == null) {
                    work.run();
                } else {
                    recording.replay();
                }
            }

            @Override
            public void close() {
                if (recording != null) {
                    recording.close();
                }
            }
        };
    }

    int recordings() {
        return recordings;
    }

    int replays() {
        return replays;
    }
}
