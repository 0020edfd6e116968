/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For the tests of policy.c: connections of inside servers and queries in them,
 * which match the moment they pass. Included by one program each.
 */
#ifndef TESTS_SCANNER_POLICY_STAGE_H
#define TESTS_SCANNER_POLICY_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/scanner/rig.h"

#define MESSAGE_MAX 600u

static struct rig rig;
static struct wire wire;

static inline int setup(void **state)
{
	(void)state;
	rig_open(&rig, NULL);
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	rig_close(&rig);
	return 0;
}

/* A query as DNS over TCP carries it. Returns its length. */
static inline uint32_t write_query(uint8_t out[static MESSAGE_MAX], const char *name)
{
	static const uint8_t header[12] = { 0x12, 0x34, 1, 0, 0, 1 };
	uint32_t at = 2 + sizeof(header);

	memcpy(out + 2, header, sizeof(header));
	while (*name != '\0') {
		size_t label = strcspn(name, ".");

		out[at] = (uint8_t)label;
		memcpy(out + at + 1, name, label);
		at += (uint32_t)label + 1;
		name += label + (name[label] == '.');
	}
	memcpy(out + at, (const uint8_t[]){ 0, 0, 1, 0, 1 }, 5);
	at += 5;
	out[0] = (uint8_t)((at - 2) >> 8);
	out[1] = (uint8_t)(at - 2);
	return at;
}

/* From server 10.0.0.`server` to 198.51.100.`peer`, port `port`. */
static inline struct connection outbound(uint8_t server, uint8_t peer, uint16_t port)
{
	struct connection connection;

	connection_init(&connection, 4, peer, server, 30000);
	struct ends ends = connection.ends;

	memcpy(connection.ends.source, ends.destination, 16);
	memcpy(connection.ends.destination, ends.source, 16);
	connection.destination_port = port;
	return connection;
}

static inline struct connection inbound(uint8_t peer, uint8_t server, uint16_t port)
{
	struct connection connection;

	connection_init(&connection, 4, peer, server, 30000);
	connection.destination_port = port;
	return connection;
}

/* Queries for the names, in one segment. */
static inline struct verdict ask(struct connection *connection, enum direction direction,
				 const char *const *names)
{
	uint8_t bytes[8 * MESSAGE_MAX];
	struct odd odd = { .direction = direction, .flags = TCP_ACK, .bytes = bytes };

	for (; *names != NULL; names++) {
		odd.length += write_query(bytes + odd.length, *names);
	}
	struct verdict verdict = rig_odd(&rig, connection, &odd);

	connection->next[direction] += odd.length;
	return verdict;
}

static inline struct verdict ask_one(struct connection *connection, const char *name)
{
	return ask(connection, TO_RESPONDER, (const char *const[]){ name, NULL });
}

static inline struct verdict ask_udp(uint8_t server, const char *name)
{
	uint8_t bytes[MESSAGE_MAX];
	uint32_t length = write_query(bytes, name);
	const struct ends ends = { .family = 4,
				   .source = { 10, 0, 0, server },
				   .destination = { 198, 51, 100, 53 } };

	wire_begin(&wire, bytes + 2, length - 2);
	wire_udp(&wire, 5353, 53);
	wire_ip(&wire, &ends, PROTOCOL_UDP);
	wire_ethernet(&wire, WIRE_IPV4);
	return rig_wire(&rig, &wire, PORT_INSIDE);
}

static inline void assert_alert(uint32_t sid, enum taken taken, enum taken would,
				enum alert_guard guard)
{
	const struct note *note = rig_alert(&rig, sid, 0);

	assert_non_null(note);
	assert_int_equal(note->alert.taken, taken);
	assert_int_equal(note->alert.would, would);
	assert_int_equal(note->alert.guard, guard);
}

static inline uint32_t alerts(void)
{
	return rig.events[EVENT_ALERT];
}

/* A fresh connection of the server: whether it may do SSH. */
static inline enum fate ssh_of(uint8_t server)
{
	static uint8_t peer = 100;
	struct connection connection = inbound(++peer, server, 22);

	return rig_send(&rig, &connection, TO_RESPONDER, TCP_SYN, NULL).fate;
}

static const char quarantine_bad[] = "5 critical quarantine=1h dns.query bad.example\n";

static inline void put_in_quarantine(uint8_t server)
{
	struct connection connection = outbound(server, 1, 53);

	rig_handshake(&rig, &connection);
	ask_one(&connection, "bad.example");
}

#endif
