package org.radapter.interop;

import org.bytedeco.javacpp.Pointer;
import org.radapter.kernels.jni.DlpackExport;
import org.radapter.kernels.jni.DlpackImport;
import org.radapter.tensor.Tensor;

/** A tensor of ours that came back through DLPack with leave to read it alone. */
public final class LentForReading implements AutoCloseable {
    private static final int FLAGS = 24;
    private static final byte READ_ONLY = 1;

    private final DlpackExport export;
    private final DlpackImport borrowed;

    /** Lends and borrows. */
    public LentForReading(Tensor ours) {
        export = DlpackExport.versioned(ours);
        long structure = export.lend();
        new At(structure).limit(FLAGS + Long.BYTES).asByteBuffer().put(FLAGS, READ_ONLY);
        borrowed = DlpackImport.ofVersioned(structure);
    }

    private static final class At extends Pointer {
        At(long where) {
            address = where;
        }
    }

    /** What may be read. */
    public Tensor tensor() {
        return borrowed.tensor();
    }

    @Override
    public void close() {
        borrowed.close();
        export.close();
    }
}
