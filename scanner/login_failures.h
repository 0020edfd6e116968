/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Failed logins per (server, peer): says once per window that a peer crossed the
 * threshold (30 in 30 minutes unless configured otherwise). A window begins with a
 * pair's first failure. Fed by ssh.c with what ssh_login.c concluded.
 *
 * Bounded: the memory is handed in once, pairs live in small sets chosen by a keyed
 * hash, and a pair that finds no place takes that of the set's longest silent one.
 * Only peers that completed a handshake and a key exchange get here, so a flood of
 * forged addresses cannot push pairs out. Data core only.
 */
#ifndef SCANNER_LOGIN_FAILURES_H
#define SCANNER_LOGIN_FAILURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scanner/timestamp.h"

struct login_failures_config {
	uint32_t pairs; /* at least so many can be watched, ≥ 1 */
	uint32_t threshold; /* failures, ≥ 1 */
	uint32_t window_s;
	uint8_t key[16]; /* entropy, for the choice of places */
};

/* Addresses as in struct event_tuple: network order, IPv4 in the first four bytes. */
struct login_pair {
	uint8_t server[16];
	uint8_t peer[16];
	uint8_t family; /* 4 or 6 */
};

struct login_failures;

size_t login_failures_size(uint32_t pairs);
/* `memory`: login_failures_size() bytes, aligned to 8; belongs to the table from now on. */
struct login_failures *login_failures_init(void *memory,
					   const struct login_failures_config *config);

/* Adds failures of a pair. True when they make it cross the threshold, at most once per window;
 * `*count` is then the number in the window so far. */
bool login_failures_add(struct login_failures *table, const struct login_pair *pair,
			struct timestamp now, uint32_t failures, uint32_t *count);

#endif
