/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Community ID version 1 (Corelight's community-id-spec), seed 0: a hash of a
 * flow's two ends that is the same in both directions and in every tool, so that
 * an alert can be found again in flow logs and captures. Any core may call.
 */
#ifndef SCANNER_COMMUNITY_ID_H
#define SCANNER_COMMUNITY_ID_H

#include <stddef.h>

#include "scanner/event.h"

/* "1:" and 28 base64 characters; no terminator */
#define COMMUNITY_ID_LENGTH 30

/* For ICMP and ICMPv6 the specification puts type and code in the place of the ports: then
 * source_port is the type and destination_port the code of the originator's message. Other
 * protocols than these, TCP, UDP and SCTP have no ports. */
void community_id(const struct event_tuple *tuple, char out[static COMMUNITY_ID_LENGTH]);

#endif
