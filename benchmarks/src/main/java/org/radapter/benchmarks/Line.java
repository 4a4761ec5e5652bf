package org.radapter.benchmarks;

import java.util.List;

/**
 * One line of the table: a work of ours beside one peer.
 *
 * @param work name of the work
 * @param ours what is timed of ours
 * @param peers what is timed of the peer; the fastest counts
 * @param floor least ratio that is asked for; 0 for none
 * @param mark best time in ms of the peer's own Python front end, 0 if there is none
 */
record Line(String work, Trial ours, List<Trial> peers, double floor, double mark) {
    /** Name of the peer. */
    String peer() {
        return peers.get(0).backend();
    }
}
