/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets without a connection: DNS over UDP is read wherever it is spoken, other
 * flows are left alone after their first few packets. The port of DNS is always
 * read: what is not DNS there is worth knowing.
 */
#include "scanner/engine.h"

#define DNS_PORT 53
#define DATAGRAM_TRIES 4 /* packets of a flow that are looked at before it counts as other */

static void read_udp(struct scanner *scanner, struct passage *passage)
{
	struct inspection *inspection = &scanner->inspection;
	const struct packet *packet = passage->packet;
	bool port = packet->source_port == DNS_PORT || packet->destination_port == DNS_PORT;

	if (!decode_checksums_right(packet, scanner->checksum_partial)) {
		passage->seen = SEEN_BAD_CHECKSUM;
		return;
	}
	struct flow *flow = passage->flow;
	bool counting = flow->state != UINT16_MAX;

	/* A UDP flow needs no handshake record: its place counts the queries. Once it is full, the
	 * number of the packet names one: larger than any before, as each had a packet. */
	inspection->tx_id = counting ? flow->state : (uint64_t)flow->packets[0] + flow->packets[1];
	bool read = dns_datagram(inspection, passage->direction, port,
				 packet->l4 + packet->payload_offset,
				 packet->l4_length - packet->payload_offset);

	flow->state = counting ? (uint16_t)inspection->tx_id : UINT16_MAX;
	inspection->tx_id = 0;
	if (!read && !port && flow_app(flow) == APP_UNKNOWN) {
		passage->seen = SEEN_FINISHED;
	}
}

void datagram_packet(struct scanner *scanner, struct passage *passage)
{
	struct flow *flow = passage->flow;

	passage->seen = (uint8_t)flow_seen(flow);
	/* the first one went to the responder, as that is who it makes one */
	if ((flow->flags & FLOW_REPLIED) == 0 && passage->direction == TO_ORIGINATOR &&
	    !passage->astray) {
		lifecycle_proven(scanner, passage->table, flow);
	}
	if (passage->seen != SEEN_INSPECTED) {
		return;
	}
	if (flow->protocol == PROTOCOL_UDP) {
		read_udp(scanner, passage);
	} else {
		passage->seen = SEEN_FINISHED;
	}
	if (passage->seen == SEEN_FINISHED &&
	    flow->packets[0] + flow->packets[1] >= DATAGRAM_TRIES) {
		scanner->inspection.app = APP_OTHER;
		lifecycle_finish(scanner, passage->table, flow, SEEN_FINISHED);
	}
}
