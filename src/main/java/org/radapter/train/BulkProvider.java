package org.radapter.train;

/**
 * Lets a command do its work on a cluster. It is looked for on the class path, by {@link java.util.ServiceLoader}.
 */
public interface BulkProvider {
    /**
     * Starts or joins a cluster.
     *
     * @param master how the engine names it; empty: as the engine was told otherwise
     */
    BulkWork connect(String master);
}
