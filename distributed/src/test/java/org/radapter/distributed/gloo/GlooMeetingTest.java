package org.radapter.distributed.gloo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.radapter.distributed.CollectiveException;
import org.radapter.distributed.Collectives;
import org.radapter.distributed.Loopback;
import org.radapter.distributed.Rendezvous;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/** Meetings that come to nothing, with each rank a thread. */
@Timeout(120)
class GlooMeetingTest {
    private static final int SHORT = 1500;
    /** For ranks that must first meet, on a machine that does much else. */
    private static final int LONG = 6000;

    /** Lets every rank try, and gives what each was told: "joined", or its exception's message. */
    private static List<String> told(List<Callable<Collectives>> ranks) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(ranks.size());
        CountDownLatch done = new CountDownLatch(ranks.size());
        try {
            List<Future<String>> futures = ranks.stream()
                    .map(rank -> threads.submit(() -> {
                        try (Collectives joined = rank.call()) {
                            done.countDown();
                            done.await();
                            return "joined";
                        } catch (CollectiveException e) {
                            done.countDown();
                            return e.getMessage();
                        }
                    }))
                    .toList();
            String[] all = new String[ranks.size()];
            for (int i = 0; i < all.length; i++) {
                all[i] = futures.get(i).get();
            }
            return List.of(all);
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void aRankThatNeverComesIsNamed() throws Exception {
        Rendezvous at = Loopback.at(Loopback.freePort(), "job", SHORT);
        List<String> told = told(List.of(() -> GlooCollectives.join(at, 0, 4), () -> GlooCollectives.join(at, 2, 4)));
        assertThat(told.get(0))
                .startsWith("rank 0 of 4, epoch 0, joining: rank 1, rank 3 did not come to 127.0.0.1:" + at.port()
                        + " within 1500 ms");
        assertThat(told.get(1)).startsWith("rank 2 of 4, epoch 0, joining: ");
    }

    @Test
    void withoutRankZeroTheAddressIsNamed() throws Exception {
        Rendezvous at = Loopback.at(Loopback.freePort(), "job", SHORT);
        assertThatThrownBy(() -> GlooCollectives.join(at, 1, 2))
                .isInstanceOf(CollectiveException.class)
                .hasMessageContaining("rank 1 of 2, epoch 0, reaching the store at " + at.address())
                .hasMessageContaining("no rank 0 answers");
    }

    @Test
    void ranksOfAnotherTokenDoNotMeet() throws Exception {
        int port = Loopback.freePort();
        List<String> told = told(List.of(
                () -> GlooCollectives.join(Loopback.at(port, "this job", SHORT), 0, 2),
                () -> GlooCollectives.join(Loopback.at(port, "that job", SHORT), 1, 2)));
        assertThat(told.get(0)).contains("joining: rank 1 did not come").contains("token");
        assertThat(told.get(1)).contains("joining: rank 0").doesNotContain("job\"");
        assertThat(String.join("", told)).doesNotContain("this job", "that job");
    }

    @Test
    void aTakenPortIsNamed() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            Rendezvous at = Loopback.at(taken.getLocalPort(), "job", SHORT);
            assertThatThrownBy(() -> GlooCollectives.join(at, 0, 2))
                    .isInstanceOf(CollectiveException.class)
                    .hasMessageContaining("rank 0 of 2, epoch 0, listening at " + at.address())
                    .hasMessageContaining("take a free port");
        }
    }

    @Test
    void anAddressOfAnotherMachineIsRefused() throws Exception {
        Rendezvous at = Rendezvous.of(
                "192.0.2.1:" + Loopback.freePort(),
                "job",
                Loopback.at(1, "", SHORT).timeout());
        assertThatThrownBy(() -> GlooCollectives.join(at, 0, 2))
                .isInstanceOf(CollectiveException.class)
                .hasMessageContaining("at an address of this machine");
    }

    @Test
    void ranksThatCountDifferentlySaySo() throws Exception {
        Rendezvous at = Loopback.at(Loopback.freePort(), "job", LONG);
        List<String> told = told(List.of(() -> GlooCollectives.join(at, 0, 2), () -> GlooCollectives.join(at, 1, 4)));
        assertThat(told).anyMatch(message -> message.contains("another rank was told that there are"));
    }

    @Test
    void twoProcessesOfOneRankSaySo() throws Exception {
        Rendezvous at = Loopback.at(Loopback.freePort(), "job", LONG);
        List<String> told = told(List.of(
                () -> GlooCollectives.join(at, 0, 3),
                () -> GlooCollectives.join(at, 1, 3),
                () -> GlooCollectives.join(at, 1, 3)));
        assertThat(told).anyMatch(message -> message.contains("there is a rank 1 already"));
    }

    @Test
    void aRankThatHangsIsReportedWhenTheTimeIsUp() throws Exception {
        Rendezvous at = Loopback.at(Loopback.freePort(), "job", LONG);
        CountDownLatch reported = new CountDownLatch(1);
        try (Kernels kernels = Backends.open("cpu");
                Arena arena = kernels.device().arena("test")) {
            CompletableFuture<Void> hangs = CompletableFuture.runAsync(() -> hang(at, reported));
            try (Collectives collectives = GlooCollectives.join(at, 0, 2)) {
                Tensor values = arena.allocate(DType.F32, 8).copyFrom(new float[8]);
                assertThatThrownBy(() -> collectives.allReduceSum(values))
                        .isInstanceOf(CollectiveException.class)
                        .hasMessageContaining("rank 0 of 2, epoch 0, all-reduce (collective 0)")
                        .hasMessageContaining("did not answer within 6000 ms");
                assertThatThrownBy(collectives::barrier).hasMessageContaining("has failed before");
            } finally {
                reported.countDown();
                hangs.join();
            }
        }
    }

    /** Joins as rank 1 and takes part in nothing. */
    private static void hang(Rendezvous at, CountDownLatch until) {
        try (Collectives collectives = GlooCollectives.join(at, 1, 2)) {
            until.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void tensorsThatDoNotFitAreNamed() throws Exception {
        Rendezvous at = Loopback.at(Loopback.freePort(), "job", SHORT);
        try (Kernels kernels = Backends.open("cpu");
                Arena arena = kernels.device().arena("test");
                Collectives collectives = GlooCollectives.join(at, 0, 1)) {
            Tensor three = arena.allocate(DType.F32, 3);
            Tensor wide = arena.allocate(DType.F32, 4, 4);
            assertThatThrownBy(() -> collectives.allGather(three, wide))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("F32[3]");
            assertThatThrownBy(() -> collectives.broadcast(wide.columns(0, 2), 0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("gaps");
            assertThatThrownBy(() -> collectives.allReduceSum(Tensor.onHost(DType.F32, 2)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("native memory");
            assertThatThrownBy(() -> collectives.allToAll(three, three)).hasMessageContaining("share memory");
            assertThatThrownBy(() -> collectives.broadcast(three, 1)).hasMessageContaining("rank 1 of 1");
        }
        assertThat(Stream.of("127.0.0.1", "[::1]:x", ":1"))
                .allSatisfy(address -> assertThatThrownBy(() -> Rendezvous.of(address, "", at.timeout()))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("HOST:PORT"));
    }
}
