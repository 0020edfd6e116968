/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Resets for action reject: one to each end, made from the packet that is being
 * dropped. Its sender gets one from the sequence number it acknowledged last, its
 * receiver one from where the dropped packet begins: both lie exactly where the
 * receiver of the reset expects the next byte, so both are accepted (RFC 5961).
 */
#include "scanner/engine.h"

#include <string.h>

#define HOP_LIMIT 64
#define ETHERTYPE_PPPOE 0x8864
#define PPPOE_END 22 /* Ethernet and PPPoE headers */

static void put_be16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put_be32(uint8_t *at, uint32_t value)
{
	put_be16(at, value >> 16);
	put_be16(at + 2, value);
}

static uint16_t checksum(uint32_t sum, const uint8_t *at, size_t length)
{
	for (size_t i = 0; i + 1 < length; i += 2) {
		sum += load_be16(at + i);
	}
	while (sum >> 16 != 0) {
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)~sum;
}

/* The IP header of a reset. Returns where its addresses begin. */
static uint8_t *write_ip(uint8_t *ip, const struct packet *packet, bool back)
{
	size_t size = packet->family == 4 ? 4 : 16;
	const uint8_t *addresses = packet->ip + (packet->family == 4 ? 12 : 8);
	uint8_t *to = ip + (packet->family == 4 ? 12 : 8);

	if (packet->family == 4) {
		ip[0] = 0x45;
		put_be16(ip + 2, 40);
		ip[6] = 0x40; /* don't fragment */
		ip[8] = HOP_LIMIT;
		ip[9] = PROTOCOL_TCP;
	} else {
		ip[0] = 0x60;
		put_be16(ip + 4, 20);
		ip[6] = PROTOCOL_TCP;
		ip[7] = HOP_LIMIT;
	}
	memcpy(to, addresses + (back ? size : 0), size);
	memcpy(to + size, addresses + (back ? 0 : size), size);
	if (packet->family == 4) {
		put_be16(ip + 10, checksum(0, ip, 20));
	}
	return to;
}

static void write_tcp(uint8_t *tcp, const struct packet *packet, bool back)
{
	const uint8_t *from = packet->l4;
	uint32_t sequence = load_be32(from + 4);
	uint32_t acknowledgement = load_be32(from + 8);
	uint32_t length = packet->l4_length - packet->payload_offset +
			  ((packet->tcp_flags & TCP_SYN) != 0) +
			  ((packet->tcp_flags & TCP_FIN) != 0);
	bool acknowledges = (packet->tcp_flags & TCP_ACK) != 0;

	memcpy(tcp, from + (back ? 2 : 0), 2);
	memcpy(tcp + 2, from + (back ? 0 : 2), 2);
	put_be32(tcp + 4, back ? (acknowledges ? acknowledgement : 0) : sequence);
	put_be32(tcp + 8, back ? sequence + length : acknowledgement);
	tcp[12] = 5 << 4;
	tcp[13] = back || acknowledges ? TCP_RST | TCP_ACK : TCP_RST;
}

/* `back`: to the packet's sender, in its receiver's name. */
static void inject(struct scanner *scanner, const struct passage *passage, bool back)
{
	const struct packet *packet = passage->packet;
	const struct frame *frame = passage->frame;
	size_t link = packet->outer_length;
	size_t ip_bytes = packet->family == 4 ? 20 : 40;

	if (scanner->injections == INJECTIONS_MAX) {
		return;
	}
	struct injection *injection = &scanner->injection[scanner->injections++];
	uint8_t *ip = injection->data + link;

	memset(injection, 0, sizeof(*injection));
	injection->time = frame->time;
	injection->port = frame->port == PORT_ANY    ? PORT_ANY :
			  back			     ? frame->port :
			  frame->port == PORT_INSIDE ? PORT_OUTSIDE :
						       PORT_INSIDE;
	injection->length = (uint8_t)(link + ip_bytes + 20);
	memcpy(injection->data, frame->data, link);
	if (back) {
		memcpy(injection->data, frame->data + 6, 6);
		memcpy(injection->data + 6, frame->data, 6);
	}
	if (link >= PPPOE_END && load_be16(frame->data + link - 10) == ETHERTYPE_PPPOE) {
		put_be16(ip - 4, (uint32_t)ip_bytes + 20 + 2); /* its payload: PPP protocol, IP */
	}
	const uint8_t *addresses = write_ip(ip, packet, back);
	uint8_t *tcp = ip + ip_bytes;
	uint32_t sum = PROTOCOL_TCP + 20;

	write_tcp(tcp, packet, back);
	for (const uint8_t *at = addresses; at < tcp; at += 2) {
		sum += load_be16(at);
	}
	put_be16(tcp + 16, checksum(sum, tcp, 20));
	scanner->counters.injected++;
}

void reset_inject(struct scanner *scanner, const struct passage *passage)
{
	const struct packet *packet = passage->packet;

	/* inside a tunnel the frame cannot be built from what was decoded; the drop holds alone */
	if (packet->protocol != PROTOCOL_TCP || packet->tunnelled || packet->reassembled ||
	    packet->outer_length > sizeof(scanner->injection[0].data) - 60) {
		return;
	}
	inject(scanner, passage, true);
	inject(scanner, passage, false);
}
