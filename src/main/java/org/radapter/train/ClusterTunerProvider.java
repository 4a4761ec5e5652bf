package org.radapter.train;

/**
 * Lets a command fine-tune on a cluster. It is looked for on the class path, by {@link java.util.ServiceLoader}.
 */
public interface ClusterTunerProvider {
    /**
     * Starts or joins a cluster.
     *
     * @param master how the engine names it; empty: as the engine was told otherwise
     */
    ClusterTuner connect(String master);
}
