/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For the tests of handshake.c and tcp.c: a connection from an outside client to an
 * inside SSH server. What is to be read of it is an ident that a signature knows; the
 * alert says that it was. Included by one program each.
 */
#ifndef TESTS_SCANNER_TCP_STAGE_H
#define TESTS_SCANNER_TCP_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/scanner/rig.h"

#define HOSTILE "SSH-2.0-b479ec723a2ba590d6c4a0bf40f4ba\r\n"
#define DECOY "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u1\r\n" /* as long */
#define SERVER "SSH-2.0-OpenSSH_8.4p1\r\n"
#define SIGNATURES "1 critical alert ssh.client.ident.shape ebury-hex\n"

static struct rig rig;
static struct connection connection;

static inline int open_rig(bool enforcing)
{
	rig_open(&rig, NULL);
	rig_publish(&rig, SIGNATURES, enforcing);
	connection_init(&connection, 4, 1, 21, 40000);
	return 0;
}

static inline int setup(void **state)
{
	(void)state;
	return open_rig(false);
}

static inline int setup_enforcing(void **state)
{
	(void)state;
	return open_rig(true);
}

static inline int teardown(void **state)
{
	(void)state;
	rig_close(&rig);
	return 0;
}

static inline struct verdict client(uint8_t flags, const char *text)
{
	return rig_send(&rig, &connection, TO_RESPONDER, flags, text);
}

static inline struct verdict server(uint8_t flags, const char *text)
{
	return rig_send(&rig, &connection, TO_ORIGINATOR, flags, text);
}

/* A segment that says more than it should. */
static inline struct verdict lie(enum direction direction, uint8_t flags, int32_t offset,
				 const char *text)
{
	const struct odd odd = {
		.direction = direction,
		.flags = flags,
		.offset = offset,
		.bytes = text,
		.length = text != NULL ? (uint32_t)strlen(text) : 0,
	};

	return rig_odd(&rig, &connection, &odd);
}

static inline void talk(void)
{
	server(TCP_ACK, SERVER);
	client(TCP_ACK, HOSTILE);
	server(TCP_ACK, NULL);
}

/* Without a key exchange the client is known for certain only when the flow ends. */
static inline void assert_read(void)
{
	rig_flush(&rig);
	assert_non_null(rig_alert(&rig, 1, 0));
	assert_null(rig_alert(&rig, 1, 1));
}

static inline void assert_anomaly(enum anomaly anomaly, uint32_t times)
{
	if (rig.anomalies[anomaly] != times) {
		fail_msg("%s: %u times", anomaly_info(anomaly)->event, rig.anomalies[anomaly]);
	}
}

static inline void assert_no_anomaly(void)
{
	for (enum anomaly anomaly = 0; anomaly < ANOMALY_COUNT; anomaly++) {
		assert_anomaly(anomaly, 0);
	}
}

static inline void assert_class(enum flow_class class)
{
	const struct flow *flow = rig_flow(&rig, &connection);

	assert_non_null(flow);
	assert_int_equal(flow_class(flow), class);
}

#endif
