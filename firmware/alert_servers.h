/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which servers alerts were about: since when, until when, how many of each severity.
 * What a person asks first. Bounded; alerts about servers that find no room are counted.
 * Management core.
 */
#ifndef FIRMWARE_ALERT_SERVERS_H
#define FIRMWARE_ALERT_SERVERS_H

#include "scanner/event.h"

#define ALERT_SERVERS_MAX 64

struct alert_server {
	uint8_t family; /* 4 or 6 */
	uint8_t address[16]; /* of IPv4 the first 4 */
	struct timestamp first;
	struct timestamp latest;
	uint64_t alerts[5]; /* by severity: 1 critical … 4 low */
};

struct alert_servers {
	struct alert_server server[ALERT_SERVERS_MAX]; /* in the order of their first alerts */
	uint32_t count;
	uint64_t elsewhere; /* alerts about others */
};

/* Of an event of type EVENT_ALERT: the inside end, or the originator where both or neither are. */
const uint8_t *alert_server_address(const struct event *event);
/* Counts an event of type EVENT_ALERT. */
void alert_servers_count(struct alert_servers *servers, const struct event *event);

#endif
