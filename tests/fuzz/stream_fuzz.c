/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A whole small scanner on frames of any kind, ([u16][frame])… as seed.py writes them.
 * Of the u16, little-endian, the low 11 bits are the length; the others, zero in a
 * seed, say where the frame comes in, that its checksums stay as they are (else they
 * are made right, or hardly a changed frame would get as far as a stream), that time
 * passes, and in the first frame that the policy is enforced. The rig checks the books
 * after each frame, and that no block, session or record is left after the last.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>

#include "tests/scanner/rig.h"
#include "tests/tools/compile_text.h"

#define LENGTH_MASK 0x07ffu
#define ENFORCE 0x0800u
#define KEEP_CHECKSUMS 0x1000u
#define LATER 0x2000u
#define PORT_SHIFT 14

static const char signatures[] = "1 critical alert ssh.client.ident.shape ebury-hex\n"
				 "2 high drop ssh.server.ident.shape bare-lf\n"
				 "3 high reject dns.query example.net\n"
				 "4 critical quarantine dns.query qimpj6kkofzf.biz\n"
				 "5 critical quarantine ip.dst 135.181.148.230\n"
				 "6 high quarantine=1s ip.src 10.77.0.0/24\n"
				 "7 high quarantine ssh.server.software OpenSSH_8.4p1\n"
				 "8 high reject ssh.client.software OpenSSH_9.2p1\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rig rig;
static struct set set;

static void open_rig(void)
{
	struct scanner_config config = rig_config();

	if (set.blob == NULL) { /* once, it takes longer than the rest */
		struct blob blob = compile_text(signatures, sizeof(signatures) - 1, false, stderr);

		if (set_open(&set, blob.bytes, blob.size, NULL) != SET_OK) {
			abort();
		}
	}
	config.flows_ipv4 = config.flows_ipv6 = 64;
	config.flows_half_open = 8;
	config.flows_inspected = 4;
	config.stream_blocks = 40;
	config.reorder_segments = 4;
	config.event_ring_bytes = 4 * EVENT_MAX_BYTES;
	rig_open(&rig, &config);
}

static void publish(bool enforcing)
{
	const struct scanner_policy policy = {
		.set = &set,
		.enforcing = enforcing,
		.clock_trusted = true,
	};

	scanner_publish(rig.scanner, &policy);
}

static void send(const uint8_t *bytes, uint32_t length, uint32_t options)
{
	static const uint8_t ports[] = { PORT_ANY, PORT_INSIDE, PORT_OUTSIDE, PORT_ANY };
	static uint8_t frame[LENGTH_MASK];

	memcpy(frame, bytes, length);
	if ((options & KEEP_CHECKSUMS) == 0) {
		wire_fix_checksums(frame, length);
	}
	if ((options & LATER) != 0) {
		rig.now.ns += 31 * NS_PER_S;
	}
	rig_frame(&rig, frame, length, ports[options >> PORT_SHIFT & 3]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	open_rig();
	for (unsigned frames = 0; size >= 2; frames++) {
		uint32_t options = data[0] | (uint32_t)data[1] << 8;
		uint32_t length = options & LENGTH_MASK;

		if (frames == 0) {
			publish((options & ENFORCE) != 0);
		}
		data += 2;
		size -= 2;
		length = length < size ? length : (uint32_t)size;
		send(data, length, options);
		if (frames % 8 == 0) {
			rig_audit(&rig);
		}
		data += length;
		size -= length;
	}
	rig_close(&rig);
	return 0;
}
