/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The servers that behaviour.c keeps, and their windows. Sets of eight places chosen
 * by a keyed hash, as in login_failures.h: a server that finds its set full takes the
 * place of the longest silent one, and is new when it comes back. Only who completed
 * a TCP handshake gets a place, so a flood of made-up addresses pushes nobody out.
 *
 * BEHAVIOUR_SERVER_BYTES a place, whatever a server does. Internal to behaviour*.c;
 * data core only.
 */
#ifndef SCANNER_BEHAVIOUR_SERVER_H
#define SCANNER_BEHAVIOUR_SERVER_H

#include "scanner/behaviour.h"
#include "scanner/behaviour_errors.h"
#include "scanner/distinct.h"

#define BEHAVIOUR_SERVER_BYTES 640u
#define BEHAVIOUR_WAYS 8u
#define BEHAVIOUR_TICK_SHIFT 24 /* of nanoseconds: 17 ms; 32 bits of it are two years */

#define BEHAVIOUR_MEMORY(id, anomaly, slots) uint16_t id##_memory[slots];
/* What a server was seen doing, ever since it has its place. */
enum behaviour_habit { HABIT_SMTP = 1, HABIT_SSH = 2, HABIT_MAIL_HOST = 4 };

/* Everything about one server. Index: enum behaviour_kind. */
struct behaviour_server {
	_Alignas(16) uint32_t begin[BEHAVIOUR_KIND_COUNT]; /* tick when the window began */
	uint32_t count[BEHAVIOUR_KIND_COUNT - BEHAVIOUR_DISTINCT_COUNT];
	uint32_t asked; /* recipients, in the window of BEHAVIOUR_REFUSALS */
	uint32_t took_mail; /* tick when it last did; with HABIT_MAIL_HOST */
	uint16_t open; /* bit per kind: a window has begun */
	uint16_t reported; /* bit per kind: in this window */
	uint8_t habits; /* enum behaviour_habit bits */
	struct distinct distinct[BEHAVIOUR_DISTINCT_COUNT];
	BEHAVIOUR_DISTINCT_LIST(BEHAVIOUR_MEMORY)
	struct error_mails errors;
};

/* Who has it. family 0: nobody. */
struct behaviour_place {
	uint8_t address[16];
	uint32_t used; /* tick of the last use */
	uint8_t family;
};

struct behaviour_set {
	_Alignas(64) struct behaviour_place places[BEHAVIOUR_WAYS];
	struct behaviour_server servers[BEHAVIOUR_WAYS];
};

static_assert(sizeof(struct behaviour_set) <= (size_t)BEHAVIOUR_WAYS * BEHAVIOUR_SERVER_BYTES,
	      "the memory of a server is what the manual says");

struct behaviour {
	struct behaviour_config config;
	uint64_t secret[6]; /* of the places' hash, and of values */
	uint32_t window_ticks[BEHAVIOUR_KIND_COUNT];
	uint32_t mail_host_ticks;
	uint32_t set_mask;
	struct behaviour_set sets[];
};

static inline uint32_t behaviour_tick(const struct inspection *inspection)
{
	return (uint32_t)(inspection->now.ns >> BEHAVIOUR_TICK_SHIFT);
}

/* The server that sends in direction `acting`, or NULL when it has no place: unless it is inside,
 * certainly, it never gets one. `take`: it gets one now, if its handshake is complete. */
struct behaviour_server *behaviour_server(const struct inspection *inspection,
					  enum direction acting, bool take);

/* A keyed hash of a value, for what is remembered of it. */
uint64_t behaviour_hash(const struct inspection *inspection, const void *value, size_t length);
/* True when the kind was reported in the window that still lasts. */
bool behaviour_is_reported(const struct inspection *inspection,
			   const struct behaviour_server *server, enum behaviour_kind kind);
/* Begins the kind's window, if need be. False while there is nothing to count: it was reported. */
bool behaviour_window(const struct inspection *inspection, struct behaviour_server *server,
		      enum behaviour_kind kind);
/* Counts one, and reports when that crosses the threshold. */
void behaviour_count(struct inspection *inspection, struct behaviour_server *server,
		     enum behaviour_kind kind);
/* The same for what may have been seen in this window before. */
void behaviour_count_distinct(struct inspection *inspection, struct behaviour_server *server,
			      enum behaviour_kind kind, const void *value, size_t length);
/* Reports a crossing that the caller found, for this window. */
void behaviour_crossed(struct inspection *inspection, struct behaviour_server *server,
		       enum behaviour_kind kind, uint32_t count);
/* Writes an anomaly; `window_s` 0: there is none. */
void behaviour_report(struct inspection *inspection, enum anomaly anomaly, uint32_t count,
		      uint32_t window_s);

#endif
