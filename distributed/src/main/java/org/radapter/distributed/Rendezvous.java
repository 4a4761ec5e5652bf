package org.radapter.distributed;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where and how ranks meet. Rank 0 listens at {@code host:port}, and nowhere else.
 *
 * <p>The token keeps jobs apart that meet at one address by mistake; its hash alone is sent. It is no protection against
 * an attacker: who can reach the ports can read and change what is exchanged, so the network must be trusted.
 *
 * @param host an address of rank 0's machine, as the others reach it
 * @param port from 1 to 65535
 * @param token what this job's ranks share and no other job's
 * @param epoch number of the attempt, from 0: a group that failed is followed by one with another epoch
 * @param timeout longest wait for another rank, when meeting and in any collective
 * @param bind the address this rank exchanges data at; null: the one from which it reaches {@code host}
 */
public record Rendezvous(
        String host,
        int port,
        String token,
        int epoch,
        Duration timeout,
        @Nullable String bind) {
    /** Checks the settings. */
    public Rendezvous {
        Objects.requireNonNull(host);
        Objects.requireNonNull(token);
        if (host.isBlank()) {
            throw new IllegalArgumentException("the rendezvous has no host; give HOST:PORT");
        }
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("a port lies between 1 and 65535, not " + port);
        }
        if (epoch < 0) {
            throw new IllegalArgumentException("epochs are numbered from 0, not " + epoch);
        }
        if (timeout.toMillis() < 1) {
            throw new IllegalArgumentException("the timeout must be at least a millisecond, not " + timeout);
        }
    }

    /**
     * The first attempt of a job.
     *
     * @param address {@code HOST:PORT}, or {@code [HOST]:PORT} for IPv6
     * @throws IllegalArgumentException if it is not of this form
     */
    public static Rendezvous of(String address, String token, Duration timeout) {
        int colon = address.lastIndexOf(':');
        if (colon < 1) {
            throw new IllegalArgumentException("the rendezvous is HOST:PORT, not \"" + address + "\"");
        }
        String host = address.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        try {
            return new Rendezvous(host, Integer.parseInt(address.substring(colon + 1)), token, 0, timeout, null);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("the rendezvous is HOST:PORT, not \"" + address + "\"", e);
        }
    }

    /** The same job's next attempt. */
    public Rendezvous withEpoch(int next) {
        return new Rendezvous(host, port, token, next, timeout, bind);
    }

    /** Where: {@code HOST:PORT}. */
    public String address() {
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
    }

    /** Without the token. */
    @Override
    public String toString() {
        return address() + ", epoch " + epoch + ", timeout " + timeout.toMillis() + " ms";
    }
}
