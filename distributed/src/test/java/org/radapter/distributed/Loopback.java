package org.radapter.distributed;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;

/** Meetings of tests, on this machine alone. */
public final class Loopback {
    private Loopback() {}

    /** A port that was free a moment ago. */
    public static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** A rendezvous of 127.0.0.1. */
    public static Rendezvous at(int port, String token, int milliseconds) {
        return new Rendezvous("127.0.0.1", port, token, 0, Duration.ofMillis(milliseconds), null);
    }
}
