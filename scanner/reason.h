/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The names of everything that can happen to a frame, each written once as an
 * X-macro of (identifier, name, text): counters, metrics, logs and the manual
 * all come from here. Two questions are answered for every frame, so that per
 * port and at every instant
 *   rx = forwarded + sum(dropped) + held            (enum fate)
 *   rx = inspected + finished + not-inspectable + kernel + sum(uninspected)  (enum seen)
 */
#ifndef SCANNER_REASON_H
#define SCANNER_REASON_H

/* Where the frame went. The first entry is the only one that leaves the box. */
#define FATE_LIST(X)                                                                              \
	X(FATE_FORWARDED, "forwarded", "left through the other port unchanged")                   \
	X(FATE_SIGNATURE_DROP, "signature-drop", "a signature with action drop matched the flow") \
	X(FATE_SIGNATURE_REJECT, "signature-reject",                                              \
	  "a signature with action reject matched the flow; both ends were reset")                \
	X(FATE_QUARANTINE, "quarantine", "mail or SSH of a quarantined inside server")            \
	X(FATE_STREAM_CONFLICT, "stream-conflict",                                                \
	  "a retransmission carried other bytes than those forwarded first")                      \
	X(FATE_STREAM_REORDER, "stream-reorder",                                                  \
	  "an out-of-order segment beyond the reordering bound of an inspected flow")             \
	X(FATE_STREAM_RETAIN, "stream-retain",                                                    \
	  "a segment beyond the bytes that an inspected direction may leave unacknowledged")      \
	X(FATE_STREAM_WINDOW, "stream-window", "a segment outside the receiver's window")         \
	X(FATE_STREAM_MEMORY, "stream-memory", "no block left to inspect a segment with")         \
	X(FATE_CHECKSUM, "bad-checksum", "an inspected flow's segment with a wrong checksum")     \
	X(FATE_FRAGMENT_OVERLAP, "fragment-overlap", "overlapping fragments of one datagram")

/* What the scanner made of the frame. */
#define SEEN_LIST(X)                                                                               \
	X(SEEN_INSPECTED, "inspected", "its payload was read, or it belongs to a flow being read") \
	X(SEEN_FINISHED, "finished", "its flow needs no more inspection")                          \
	X(SEEN_NOT_INSPECTABLE, "not-inspectable", "not IP: passed as it is")                      \
	X(SEEN_KERNEL, "kernel", "its flow needs no more inspection and was handed to the kernel") \
	X(SEEN_MALFORMED, "malformed", "its headers contradict each other or its length")          \
	X(SEEN_TRUNCATED, "truncated", "the capture holds only a part of the frame")               \
	X(SEEN_FRAGMENT, "fragment", "a fragment that cannot be read with its datagram")           \
	X(SEEN_BAD_CHECKSUM, "bad-checksum", "a wrong checksum: the receiver discards it")         \
	X(SEEN_ENCAPSULATION, "encapsulation", "wrapped deeper than the decoder follows")          \
	X(SEEN_EXTENSION_HEADERS, "extension-headers",                                             \
	  "more IPv6 extension headers than the bound")                                            \
	X(SEEN_FLOW_TABLE_FULL, "flow-table-full", "no flow entry could be freed for it")          \
	X(SEEN_SESSIONS_FULL, "sessions-full",                                                     \
	  "every inspection state was taken when its flow began")                                  \
	X(SEEN_STREAM_MEMORY, "stream-memory", "no block left to keep an out-of-order segment")    \
	X(SEEN_STREAM_REORDER, "stream-reorder",                                                   \
	  "an out-of-order segment beyond the reordering bound")                                   \
	X(SEEN_STREAM_WINDOW, "stream-window", "a segment outside the receiver's window")          \
	X(SEEN_STREAM_GAP, "stream-gap", "the receiver has bytes that were never seen here")       \
	X(SEEN_ENCRYPTED, "encrypted", "encrypted beyond what can be read")                        \
	X(SEEN_MIDSTREAM, "midstream",                                                             \
	  "its flow began before it could be seen and has no readable start")

#define REASON_ENUM(id, name, text) id,
enum fate { FATE_LIST(REASON_ENUM) FATE_COUNT };
enum seen { SEEN_LIST(REASON_ENUM) SEEN_COUNT };
#undef REASON_ENUM

/* The first of SEEN_LIST that counts as "uninspected". */
#define SEEN_UNINSPECTED_FIRST SEEN_MALFORMED

const char *fate_name(enum fate fate);
const char *fate_text(enum fate fate);
const char *seen_name(enum seen seen);
const char *seen_text(enum seen seen);

#endif
