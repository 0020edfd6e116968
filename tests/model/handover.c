/* SPDX-License-Identifier: BSD-2-Clause */
/* The programs and frames of handover.h. */
#include "tests/model/handover.h"

#include <stdlib.h>
#include <string.h>

#include "scanner/decode.h"
#include "scanner/event.h"

#define ETHERNET_BYTES 14u
#define ADDRESSES_BYTES 12u
#define TAG_BYTES 4u
#define VXLAN_PORT 4789u /* the scanner alone knows whether it wraps a frame */
#define SHORTEST 8u /* of what is behind IP */
#define KEY_AT (MODEL_BPF_STACK_BYTES - 72) /* handover_program.c's place for it */

enum { R_CONTEXT = 6, R_CONTROL = 8 };
enum { MAP_BUCKETS, MAP_CONTROL, MAPS };

static uint32_t write_program(const struct model_handover *model, enum handover_context context,
			      uint8_t port, struct bpf_instruction *out)
{
	const struct handover_program program = {
		.map = MAP_BUCKETS,
		.bucket_bits = MODEL_HANDOVER_BITS,
		.multiplier = model->area.multiplier,
		.port = port,
		.context = context,
		.r_context = R_CONTEXT,
		.r_control = R_CONTROL,
		.generation = 8,
		.until_ns = 16,
	};
	struct bpf_code code;

	bpf_begin(&code, out, MODEL_HANDOVER_INSTRUCTIONS);
	unsigned hit = bpf_new_label(&code), miss = bpf_new_label(&code);

	bpf_do_register(&code, BPF_MOVE, R_CONTEXT, 1);
	bpf_set_address(&code, R_CONTROL, MAP_CONTROL, 0);
	handover_program(&code, &program, hit, miss);
	bpf_label(&code, hit);
	handover_program_count(&code);
	bpf_return(&code, 1);
	bpf_label(&code, miss);
	bpf_return(&code, 0);
	return bpf_end(&code);
}

void model_handover_init(struct model_handover *model, uint8_t port)
{
	memset(model, 0, sizeof(*model));
	model->area = (struct handover_area){
		.buckets = model->buckets,
		.bucket_bits = MODEL_HANDOVER_BITS,
		.multiplier = 0x9e3779b97f4a7c15u,
		.generation = &model->control.generation,
		.until_ns = &model->control.until_ns,
	};
	for (unsigned context = 0; context < 2; context++) {
		model->count[context] = write_program(model, (enum handover_context)context, port,
						      model->program[context]);
	}
}

static bool has_tag(const uint8_t *frame, uint32_t length)
{
	return length >= ADDRESSES_BYTES + TAG_BYTES + 2 &&
	       (memcmp(frame + ADDRESSES_BYTES, "\x81\x00", 2) == 0 ||
		memcmp(frame + ADDRESSES_BYTES, "\x88\xa8", 2) == 0);
}

/* The kernel takes the outer tag out of a frame before a socket buffer's program sees it. */
static void take_tag_out(struct model_bpf *bpf, uint8_t *frame, uint32_t *length)
{
	bpf->buffer.tagged = 1;
	bpf->buffer.tag = (uint32_t)frame[14] << 8 | frame[15];
	*length -= TAG_BYTES;
	memmove(frame + ADDRESSES_BYTES, frame + ADDRESSES_BYTES + TAG_BYTES,
		*length - ADDRESSES_BYTES);
}

bool model_handover_frame(struct model_handover *model, enum handover_context context,
			  const uint8_t *frame, uint32_t length)
{
	const struct model_bpf_map maps[MAPS] = {
		[MAP_BUCKETS] = { model->buckets, sizeof(model->buckets[0]),
				  1u << MODEL_HANDOVER_BITS },
		[MAP_CONTROL] = { &model->control, sizeof(model->control), 1 },
	};
	struct model_bpf bpf = { .maps = maps,
				 .map_count = MAPS,
				 .watched = model->watched,
				 .meanwhile = model->meanwhile,
				 .time_ns = model->now_ns };
	uint8_t *copy = malloc(length != 0 ? length : 1);

	if (copy == NULL) {
		abort();
	}
	memcpy(copy, frame, length);
	if (context == HANDOVER_SOCKET_BUFFER && has_tag(copy, length)) {
		take_tag_out(&bpf, copy, &length);
	}
	bpf.frame = copy;
	bpf.buffer.length = length;
	bool passed = model_bpf_run(&bpf, model->program[context], model->count[context]) != 0;

	free(copy);
	model->looked_up = bpf.lookups != 0;
	memcpy(&model->key, bpf.stack + KEY_AT, sizeof(model->key));
	return passed;
}

static bool is_known(uint8_t protocol)
{
	return protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP || protocol == 1 ||
	       protocol == 58 || protocol == 50;
}

/* Nothing but two tags before the header of IP, which says how long it is, and nothing between that
 * and the transport's. */
static bool is_plain(const struct packet *packet, const uint8_t *frame)
{
	size_t before = ETHERNET_BYTES;

	for (unsigned i = 0; i < 2; i++) {
		before += packet->vlan[i] != VLAN_NONE ? TAG_BYTES : 0;
	}
	return packet->seen == SEEN_INSPECTED && !packet->tunnelled && is_known(packet->protocol) &&
	       packet->ip == frame + before &&
	       packet->l4 == packet->ip + (packet->family == 4 ? 20 : 40) &&
	       load_be16(packet->ip + (packet->family == 4 ? 2 : 4)) != 0 &&
	       (packet->tcp_flags & (TCP_FIN | TCP_RST)) == 0 &&
	       !(packet->protocol == PROTOCOL_UDP && packet->destination_port == VXLAN_PORT);
}

static void put_port(uint8_t out[static 2], uint16_t port)
{
	out[0] = (uint8_t)(port >> 8);
	out[1] = (uint8_t)port;
}

static struct handover_key key_of(const struct packet *packet, uint8_t port)
{
	size_t bytes = packet->family == 4 ? 4 : 16;
	const uint8_t *addresses = packet->ip + (packet->family == 4 ? 12 : 8);
	struct handover_key key = {
		.vlan = { packet->vlan[0], packet->vlan[1] },
		.family = packet->family,
		.protocol = packet->protocol,
		.port = port,
	};

	memcpy(key.source, addresses, bytes);
	memcpy(key.destination, addresses + bytes, bytes);
	put_port(key.source_port, packet->source_port);
	put_port(key.destination_port, packet->destination_port);
	return key;
}

void model_handover_agree(struct model_handover *model, const uint8_t *frame, uint32_t length)
{
	struct packet packet;

	decode(&packet, frame, length, length);
	bool plain = is_plain(&packet, frame);

	for (unsigned context = 0; context < 2; context++) {
		model_handover_frame(model, (enum handover_context)context, frame, length);
		if (model->looked_up) {
			const struct handover_key key = key_of(&packet, model->key.port);

			if (!plain || memcmp(&key, &model->key, sizeof(key)) != 0) {
				abort();
			}
		} else if (plain && packet.l4_length >= SHORTEST) {
			abort();
		}
	}
}
