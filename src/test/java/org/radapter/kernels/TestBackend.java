package org.radapter.kernels;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.radapter.kernels.reference.Precision;
import org.radapter.kernels.reference.ReferenceKernels;

/**
 * A backend with the types of tensors it is tested with.
 *
 * @param precision types of tensors, and how a reference of the same precision computes
 * @param open gives new kernels, behind their checks
 */
record TestBackend(String name, Precision precision, Supplier<Kernels> open) {
    /** The oracle. */
    static TestBackend oracle() {
        return reference(Precision.F64);
    }

    /** The plain Java backend in one precision. */
    static TestBackend reference(Precision precision) {
        return new TestBackend(
                "reference " + precision, precision, () -> CheckedKernels.of(new ReferenceKernels(precision)));
    }

    /** The native CPU backend; {@code threads} ≤ 0: as many as there are. */
    static TestBackend cpu(Precision precision, int threads, String isa) {
        BackendOptions options = BackendOptions.DEFAULT.withThreads(threads).withIsa(isa);
        String name = "cpu " + isa + " " + precision + (threads > 0 ? " " + threads : "");
        return new TestBackend(name, precision, () -> Backends.open("cpu", options));
    }

    /** Kernels that are open already and stay so when this backend's are closed: opening a GPU takes its time. */
    static TestBackend opened(Kernels kernels, Precision precision) {
        Kernels staying = (Kernels) Proxy.newProxyInstance(
                Kernels.class.getClassLoader(), new Class<?>[] {Kernels.class}, (proxy, method, arguments) -> {
                    try {
                        return method.getName().equals("close") ? null : method.invoke(kernels, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
        return new TestBackend(kernels.device().name() + " " + precision, precision, () -> staying);
    }

    /** Whether the native CPU backend is tested, too: it is here, and {@code RADAPTER_BACKEND} is not the reference. */
    static boolean hasCpu() {
        return Backends.isAvailable("cpu") && !Backends.resolve(Backends.AUTO).equals("reference");
    }

    /** The reference in its three precisions and every other backend of this machine in F32 and BF16. */
    static List<TestBackend> all() {
        List<TestBackend> backends = new ArrayList<>();
        Stream.of(Precision.values()).map(TestBackend::reference).forEach(backends::add);
        if (hasCpu()) {
            for (Precision precision : List.of(Precision.F32, Precision.BF16)) {
                backends.add(cpu(precision, 0, "auto"));
                backends.add(cpu(precision, 0, "baseline"));
            }
        }
        return backends;
    }

    @Override
    public String toString() {
        return name;
    }
}
