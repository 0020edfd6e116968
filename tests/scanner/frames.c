/* SPDX-License-Identifier: BSD-2-Clause */
/* The frames of frames.h. */
#include "tests/scanner/frames.h"

#include <assert.h>
#include <string.h>

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

/* The sum of RFC 1071 the plain way, so that it is not the scanner's own. */
static uint32_t add_words(uint32_t sum, const uint8_t *at, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		sum += i % 2 == 0 ? (uint32_t)at[i] << 8 : at[i];
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

void wire_begin(struct wire *wire, const void *payload, size_t length)
{
	assert(length <= WIRE_PAYLOAD_MAX);
	wire->start = WIRE_HEADERS_MAX;
	wire->end = wire->start + (uint32_t)length;
	if (length != 0) {
		memcpy(wire_data(wire), payload, length);
	}
}

uint8_t *wire_grow(struct wire *wire, uint32_t length)
{
	assert(length <= wire->start);
	wire->start -= length;
	memset(wire_data(wire), 0, length);
	return wire_data(wire);
}

void wire_tcp(struct wire *wire, const struct tcp_header *header)
{
	uint8_t *at = wire_grow(wire, 20u + header->options_length);

	put16(at, header->source_port);
	put16(at + 2, header->destination_port);
	put32(at + 4, header->sequence);
	put32(at + 8, header->acknowledgement);
	at[12] = (uint8_t)((5 + header->options_length / 4) << 4);
	at[13] = header->flags;
	put16(at + 14, header->window);
	if (header->options_length != 0) {
		memcpy(at + 20, header->options, header->options_length);
	}
}

void wire_udp(struct wire *wire, uint16_t source_port, uint16_t destination_port)
{
	uint8_t *at = wire_grow(wire, 8);

	put16(at, source_port);
	put16(at + 2, destination_port);
	put16(at + 4, wire_length(wire));
}

/* Of a TCP or UDP header and what is behind it. `addresses`: source and destination. */
static void fix_transport(uint8_t *transport, uint32_t length, uint8_t protocol,
			  const uint8_t *const addresses[2], size_t size)
{
	uint8_t *field = transport + (protocol == PROTOCOL_TCP ? 16 : 6);
	uint32_t sum = length + protocol;

	put16(field, 0);
	sum = add_words(sum, addresses[0], size);
	sum = add_words(sum, addresses[1], size);
	sum = ~add_words(sum, transport, length) & 0xffff;
	put16(field, sum == 0 && protocol == PROTOCOL_UDP ? 0xffff : sum);
}

void wire_checksum(struct wire *wire, const struct ends *ends, uint8_t protocol)
{
	const uint8_t *const addresses[2] = { ends->source, ends->destination };

	if (protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP) {
		fix_transport(wire_data(wire), wire_length(wire), protocol, addresses,
			      ends->family == 4 ? 4 : 16);
	}
}

void wire_fix_checksums(uint8_t *frame, uint32_t length)
{
	struct packet packet;

	decode(&packet, frame, length, length);
	if (packet.ip == NULL) {
		return;
	}
	size_t size = packet.family == 4 ? 4 : 16;
	const uint8_t *source = packet.ip + (packet.family == 4 ? 12 : 8);
	const uint8_t *const addresses[2] = { source, source + size };

	if (packet.seen == SEEN_INSPECTED &&
	    (packet.protocol == PROTOCOL_TCP || packet.protocol == PROTOCOL_UDP)) {
		fix_transport(frame + (packet.l4 - frame), packet.l4_length, packet.protocol,
			      addresses, size);
	}
	if (packet.family == 4) {
		wire_fix_ipv4(frame + (packet.ip - frame));
	}
}

void wire_fix_ipv4(uint8_t *ip)
{
	put16(ip + 10, 0);
	put16(ip + 10, ~add_words(0, ip, (ip[0] & 15u) * 4));
}

void wire_ip_header(struct wire *wire, const struct ends *ends, uint8_t protocol)
{
	uint32_t length = wire_length(wire);

	if (ends->family == 4) {
		uint8_t *ip = wire_grow(wire, 20);

		ip[0] = 0x45;
		put16(ip + 2, length + 20);
		ip[8] = 64;
		ip[9] = protocol;
		memcpy(ip + 12, ends->source, 4);
		memcpy(ip + 16, ends->destination, 4);
		wire_fix_ipv4(ip);
	} else {
		uint8_t *ip = wire_grow(wire, 40);

		ip[0] = 0x60;
		put16(ip + 4, length);
		ip[6] = protocol;
		ip[7] = 64;
		memcpy(ip + 8, ends->source, 16);
		memcpy(ip + 24, ends->destination, 16);
	}
}

void wire_ip(struct wire *wire, const struct ends *ends, uint8_t protocol)
{
	wire_checksum(wire, ends, protocol);
	wire_ip_header(wire, ends, protocol);
}

void wire_tag(struct wire *wire, uint16_t id, uint16_t type_inside)
{
	uint8_t *at = wire_grow(wire, 4);

	put16(at, id);
	put16(at + 2, type_inside);
}

void wire_pppoe(struct wire *wire, uint8_t family)
{
	uint32_t length = wire_length(wire) + 2;
	uint8_t *at = wire_grow(wire, 8);

	at[0] = 0x11;
	put16(at + 2, 0x1234); /* session */
	put16(at + 4, length);
	put16(at + 6, family == 4 ? 0x0021 : 0x0057);
}

void wire_ethernet(struct wire *wire, uint16_t type)
{
	static const uint8_t addresses[12] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2 };
	uint8_t *at = wire_grow(wire, 14);

	memcpy(at, addresses, 12);
	put16(at + 12, type);
}

void wire_pad(struct wire *wire)
{
	while (wire_length(wire) < 60) {
		wire->bytes[wire->end++] = 0;
	}
}

void wire_fragment(struct wire *wire, const struct ends *ends, const struct piece *piece)
{
	wire_begin(wire, piece->datagram + piece->offset, piece->length);
	if (ends->family == 4) {
		wire_ip_header(wire, ends, piece->protocol);
		uint8_t *ip = wire_data(wire);

		put16(ip + 4, piece->id);
		put16(ip + 6, piece->offset / 8 | (piece->more ? 0x2000u : 0));
		wire_fix_ipv4(ip);
	} else {
		uint8_t *header = wire_grow(wire, 8);

		header[0] = piece->protocol;
		put16(header + 2, piece->offset | piece->more);
		put32(header + 4, piece->id);
		wire_ip_header(wire, ends, PROTOCOL_FRAGMENT);
	}
	wire_ethernet(wire, wire_type(ends->family));
}

void connection_init(struct connection *connection, uint8_t family, uint32_t client, uint8_t server,
		     uint16_t port)
{
	*connection = (struct connection){
		.ends = { .family = family },
		.source_port = port,
		.destination_port = 22,
		.next = { 1000000, 2000000 },
		.window = 65535,
		.vlan = VLAN_NONE,
	};
	struct ends *ends = &connection->ends;

	if (family == 4) {
		put32(ends->source, 198u << 24 | 51u << 16 | 100u << 8);
		put32(ends->source, load_be32(ends->source) + client);
		memcpy(ends->destination, (const uint8_t[]){ 10, 0, 0, server }, 4);
	} else {
		memcpy(ends->source, (const uint8_t[]){ 0x20, 1, 0xd, 0xb8 }, 4);
		put32(ends->source + 12, client);
		ends->destination[0] = 0xfd;
		ends->destination[15] = server;
	}
}

void connection_odd(const struct connection *connection, struct wire *wire, const struct odd *odd)
{
	static const uint8_t scale_none[4] = { 2, 4, 5, 0xb4 }; /* maximum segment size 1460 */
	bool back = odd->direction == TO_ORIGINATOR;
	bool acknowledges = (odd->flags & TCP_ACK) != 0;
	bool opens = (odd->flags & TCP_SYN) != 0;
	const struct tcp_header header = {
		.source_port = back ? connection->destination_port : connection->source_port,
		.destination_port = back ? connection->source_port : connection->destination_port,
		.sequence = connection->next[odd->direction] + (uint32_t)odd->offset,
		.acknowledgement = acknowledges ? connection->next[!odd->direction] +
							  (uint32_t)odd->acknowledge :
						  0,
		.flags = odd->flags,
		.window = connection->window,
		.options = scale_none,
		.options_length = opens ? 4 : 0,
	};
	struct ends ends = connection->ends;

	if (back) {
		memcpy(ends.source, connection->ends.destination, 16);
		memcpy(ends.destination, connection->ends.source, 16);
	}
	wire_begin(wire, odd->bytes, odd->length);
	wire_tcp(wire, &header);
	wire_ip(wire, &ends, PROTOCOL_TCP);
	uint16_t type = wire_type(ends.family);

	if (connection->vlan != VLAN_NONE) {
		wire_tag(wire, connection->vlan, type);
		type = WIRE_VLAN;
	}
	wire_ethernet(wire, type);
}

void connection_send(struct connection *connection, struct wire *wire, enum direction direction,
		     uint8_t flags, const char *text)
{
	const struct odd odd = {
		.direction = direction,
		.flags = flags,
		.bytes = text,
		.length = text != NULL ? (uint32_t)strlen(text) : 0,
	};

	connection_odd(connection, wire, &odd);
	connection->next[direction] +=
		odd.length + ((flags & TCP_SYN) != 0) + ((flags & TCP_FIN) != 0);
}
