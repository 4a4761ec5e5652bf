package org.radapter.distributed.gloo;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * A socket that listens at one address alone, as a file descriptor for native code. PyTorch's store would listen at every
 * address of the machine unless it is given one.
 *
 * <p>Java does not tell a socket's descriptor, but Linux does: {@code /proc/self/net} names the inode that listens at an
 * address, and {@code /proc/self/fd} the descriptor of an inode.
 */
final class ListeningSocket {
    private static final int WAITING = 128;
    /** Column of the state in /proc/net/tcp, and its value for a socket that listens. */
    private static final int STATE = 3;

    private static final String LISTENS = "0A";
    private static final int LOCAL_ADDRESS = 1;
    private static final int INODE = 9;

    /** Sockets whose descriptors native code owns: Java must neither close nor collect them. */
    private static final List<ServerSocketChannel> GIVEN_AWAY = new ArrayList<>();

    private ListeningSocket() {}

    /**
     * Listens, and gives the descriptor away: who takes it closes it.
     *
     * @param port from 1
     * @throws IOException if the address is not this machine's, or the port is taken
     */
    static int open(InetAddress address, int port) throws IOException {
        StandardProtocolFamily family =
                address instanceof Inet6Address ? StandardProtocolFamily.INET6 : StandardProtocolFamily.INET;
        ServerSocketChannel channel = ServerSocketChannel.open(family);
        try {
            channel.bind(new InetSocketAddress(address, port), WAITING);
            int descriptor = descriptor(inode(address, port));
            synchronized (GIVEN_AWAY) {
                GIVEN_AWAY.add(channel);
            }
            return descriptor;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static String inode(InetAddress address, int port) throws IOException {
        String table = address instanceof Inet6Address ? "tcp6" : "tcp";
        String local = String.format(Locale.ROOT, "%s:%04X", hexadecimal(address), port);
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/net", table), StandardCharsets.US_ASCII)) {
            return lines.map(line -> line.trim().split(" +"))
                    .filter(columns -> columns.length > INODE
                            && columns[LOCAL_ADDRESS].equals(local)
                            && columns[STATE].equals(LISTENS))
                    .map(columns -> columns[INODE])
                    .findFirst()
                    .orElseThrow(() -> new IOException("/proc/self/net/" + table + " does not show " + local));
        }
    }

    /** As the kernel prints it: words of four bytes, each in the machine's order. */
    private static String hexadecimal(InetAddress address) {
        ByteBuffer bytes = ByteBuffer.wrap(address.getAddress()).order(ByteOrder.nativeOrder());
        StringBuilder digits = new StringBuilder();
        while (bytes.hasRemaining()) {
            digits.append(String.format(Locale.ROOT, "%08X", bytes.getInt()));
        }
        return digits.toString();
    }

    private static int descriptor(String inode) throws IOException {
        Path wanted = Path.of("socket:[" + inode + "]");
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path descriptor : descriptors) {
                if (wanted.equals(target(descriptor))) {
                    return Integer.parseInt(descriptor.getFileName().toString());
                }
            }
        }
        throw new IOException("/proc/self/fd does not show " + wanted);
    }

    private static Path target(Path descriptor) throws IOException {
        try {
            return Files.readSymbolicLink(descriptor);
        } catch (NoSuchFileException closedMeanwhile) {
            return descriptor;
        }
    }
}
