/**
 * R-Adapter fine-tuning of CLIP: operators with native and Java backends, CLIP's towers, the adapter, its loss and
 * optimizer, training, and the files all of that is kept in.
 *
 * <p>The native libraries are modules of their own, one for each platform. A program that computes by them requires
 * {@code org.radapter.linux.x86_64}, and with it gets this one; without it Java's own backend is there.
 */
module org.radapter {
    requires transitive java.desktop;
    requires org.bytedeco.javacpp;
    requires com.fasterxml.jackson.core;
    requires org.slf4j;
    // what only the commands and the emoji renderer need
    requires static com.github.weisj.jsvg;
    requires static info.picocli;
    requires static me.tongfei.progressbar;
    // annotations for compilers
    requires static org.jspecify;

    exports org.radapter.adapter;
    exports org.radapter.clip;
    exports org.radapter.clip.image;
    exports org.radapter.clip.tokenizer;
    exports org.radapter.data;
    exports org.radapter.data.emoji;
    exports org.radapter.kernels;
    exports org.radapter.kernels.jni;
    exports org.radapter.kernels.reference;
    exports org.radapter.loss;
    exports org.radapter.nn;
    exports org.radapter.optim;
    exports org.radapter.task;
    exports org.radapter.task.method;
    exports org.radapter.task.segmentation;
    exports org.radapter.tensor;
    exports org.radapter.train;
    exports org.radapter.train.statistics;
    exports org.radapter.weights;
    exports org.radapter.weights.onnx;

    // JavaCPP reads what it is to load from annotations, picocli fills in options
    opens org.radapter.kernels.jni.abi to
            org.bytedeco.javacpp;
    opens org.radapter.kernels.jni.presets to
            org.bytedeco.javacpp;
    opens org.radapter.cli to
            info.picocli;

    uses org.radapter.train.BulkProvider;
    uses org.radapter.train.ClusterTunerProvider;
    uses org.radapter.train.PeersProvider;
}
