/* SPDX-License-Identifier: BSD-2-Clause */
/* The counts of replay_tally.h: signatures in a hash table by SID, probed linearly. */
#include "firmware/replay_tally.h"

#include <stdlib.h>
#include <string.h>

#include "firmware/alert_text.h"

static_assert((TALLY_SIGNATURES_MAX & (TALLY_SIGNATURES_MAX - 1)) == 0, "indices are masked");

/* Where `sid` is or may be put; NULL when the table is full of others. A place stays free, so that
 * every search ends. */
static struct tally_signature *place_of(struct replay_tally *tally, uint32_t sid)
{
	uint32_t at = sid * 0x9e3779b1u >> 20; /* 2^32 over the golden ratio */

	for (;; at++) {
		struct tally_signature *place = &tally->signatures[at % TALLY_SIGNATURES_MAX];

		if (place->sid == sid) {
			return place;
		}
		if (place->sid == 0) {
			return tally->signature_count < TALLY_SIGNATURES_MAX - 1 ? place : NULL;
		}
	}
}

static void count_alert(struct replay_tally *tally, const struct event *event)
{
	const struct event_attribute *attribute = event_find(event, ATTRIBUTE_ALERT);
	struct event_alert alert;

	memcpy(&alert, attribute->data, sizeof(alert));
	struct tally_signature *signature = place_of(tally, alert.sid);

	if (signature == NULL) {
		tally->alerts_elsewhere++;
		return;
	}
	if (signature->sid == 0) {
		signature->sid = alert.sid;
		signature->severity = alert.severity;
		signature->length =
			(uint16_t)alert_text(event, signature->text, sizeof(signature->text));
		tally->signature_count++;
	}
	signature->alerts++;
}

void replay_tally_event(struct replay_tally *tally, const struct event *event)
{
	tally->events[event->type]++;
	if (event->type == EVENT_ALERT) {
		count_alert(tally, event);
	}
}

static int compare(const void *left, const void *right)
{
	const struct tally_signature *a = left;
	const struct tally_signature *b = right;

	if ((a->sid == 0) != (b->sid == 0)) {
		return a->sid == 0 ? 1 : -1;
	}
	if (a->severity != b->severity) {
		return a->severity < b->severity ? -1 : 1;
	}
	if (a->alerts != b->alerts) {
		return a->alerts > b->alerts ? -1 : 1;
	}
	return a->sid < b->sid ? -1 : a->sid > b->sid;
}

void replay_tally_sort(struct replay_tally *tally)
{
	qsort(tally->signatures, TALLY_SIGNATURES_MAX, sizeof(tally->signatures[0]), compare);
}
