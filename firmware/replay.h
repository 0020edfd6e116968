/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `portreeve replay`: captured frames through the scanner as if they came in now,
 * events out as EVE JSON. The whole journey of a packet and of an alert, without
 * ports: what the appliance would have said, and, with --forward, let through.
 *
 * Time is the captures' own. Several captures are one stream of it: they are read
 * in the order given, flows go on from one to the next and end after the last. Time
 * never goes back: a packet stamped earlier than one before it is scanned with that
 * one's time (and written by --forward with its own), and such packets are counted
 * in the summary.
 *
 * flow_id, and so the whole output, is the same in each run over the same input;
 * the flow table's hash is keyed with fresh entropy nevertheless, so that nobody
 * can make a capture that is slow to replay.
 *
 * Exit status 0: all was read and written. 1: a capture could not be read to its
 * end (what was readable is replayed; but one that does not exist stops replay
 * before anything is written), a set or key could not be loaded, an output not
 * written, or events were lost. 2: wrong arguments, an output that would overwrite
 * an input among them.
 */
#ifndef FIRMWARE_REPLAY_H
#define FIRMWARE_REPLAY_H

/* `arguments`: what follows the word "replay". Returns the exit status. */
int replay_main(int count, char **arguments);

#endif
