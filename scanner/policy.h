/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From "these rules match" to "this is done": monitor or enforce, the four
 * actions and the guards of quarantine, at most one alert per (flow, transaction,
 * SID, revision), and the servers in quarantine. Called by inspect.c with matches
 * and by scanner.c with flows.
 *
 * Quarantine takes all mail and SSH of an inside server. So that no stranger can
 * have a server cut off, it acts only on bytes the server itself sent (or on where
 * it connected to) over a connection whose handshake was complete in both
 * directions; otherwise it acts as drop and the alert says why.
 *
 * Data core only.
 */
#ifndef SCANNER_POLICY_H
#define SCANNER_POLICY_H

#include "scanner/decode.h"
#include "scanner/inspect.h"
#include "scanner/scanner.h"

/* One server in quarantine. family 0: a free place. */
struct quarantined {
	uint8_t family;
	uint8_t address[16];
	uint64_t until_ns;
};

/* Alerts written, as 64-bit fingerprints in buckets of eight: the oldest of a bucket is forgotten
 * first, when its alert could repeat. */
#define ALERTED_BUCKETS 4096u
#define ALERTED_WAYS 8u

struct policy {
	struct scanner_policy now;
	struct set set; /* a copy of the view: now.set points here or is NULL */
	uint16_t generation;
	uint16_t published; /* the generation of the last policy_publish() */
	struct scanner_counters *counters;
	struct quarantined *quarantined; /* quarantine_max entries */
	uint32_t quarantine_max;
	uint32_t quarantine_count;
	uint64_t quarantine_next_ns; /* when the next one ends; UINT64_MAX: none */
	uint64_t (*alerted)[ALERTED_WAYS]; /* ALERTED_BUCKETS of them */
	struct event_ring *events;
	/* alerts of the frame at hand, not yet published: they are told what became of it */
	uint32_t pending_count;
};

size_t policy_size(const struct scanner_config *config);
void policy_init(struct policy *policy, void *memory, const struct scanner_config *config,
		 struct scanner_counters *counters, struct event_ring *events);
void policy_publish(struct policy *policy, const struct scanner_policy *next);

/* Rules that match the frame at hand: writes their alerts, raises inspection->taken. */
void policy_hits(struct inspection *inspection, enum field field, enum direction sender,
		 const uint32_t *rules, size_t count);
/* Remembers that `what` (a rule, an anomaly) was reported for the transaction of a flow; false when
 * it was before. */
bool policy_is_first(struct policy *policy, const struct inspection *inspection, uint64_t tx_id,
		     uint64_t what);
/* Tells the pending alerts from `first` on what was done with the frame in the end. */
void policy_settle(struct policy *policy, uint32_t first, enum taken taken);
/* True when one of the rules would quarantine: then the decision waits for the handshake. */
bool policy_waits_for_handshake(const struct policy *policy, const uint32_t *rules, size_t count);

/* True when an inside end of the flow is in quarantine. */
bool policy_is_quarantined(const struct policy *policy, const struct event_tuple *tuple,
			   uint8_t inside);
/* Ends quarantines whose time has come. */
void policy_expire(struct policy *policy, struct timestamp now);
/* Whether the set has the signature, and it takes more than an alert. */
bool policy_still_takes(const struct policy *policy, uint32_t sid, struct timestamp now);
/* A generation that no flow was judged under yet. */
void policy_next_generation(struct policy *policy);

#endif
