package org.radapter.kernels.jni;

import java.util.function.Consumer;
import org.radapter.kernels.Recording;

/** A graph of a GPU, with the scratch memory its kernels were noted with. */
final class NativeRecording implements Recording {
    private final NativeContext context;
    private final Workspace workspace;
    private final LeakReport leakReport;
    private long graph;

    private NativeRecording(NativeContext context, Workspace workspace, long graph) {
        this.context = context;
        this.workspace = workspace;
        this.graph = graph;
        this.leakReport = LeakReport.watch(this, "a recording");
    }

    /**
     * Notes {@code work} twice: first to learn how much scratch memory it takes, for nothing may be allocated while work
     * is noted, and then with that memory.
     *
     * @param scratch takes the scratch memory that the operators of {@code work} are to use from then on
     */
    static NativeRecording of(NativeContext context, Consumer<Workspace> scratch, Runnable work) {
        Workspace workspace = Workspace.planned(context);
        scratch.accept(workspace);
        context.discard(context.graph(work));
        workspace.fix();
        try {
            return new NativeRecording(context, workspace, context.graph(work));
        } catch (RuntimeException | Error e) {
            workspace.close();
            throw e;
        }
    }

    @Override
    public synchronized void replay() {
        if (graph == 0) {
            throw new IllegalStateException("this recording is closed");
        }
        context.launch(graph);
    }

    @Override
    public synchronized void close() {
        if (graph != 0) {
            context.discard(graph);
            graph = 0;
            workspace.close();
            leakReport.closed();
        }
    }
}
