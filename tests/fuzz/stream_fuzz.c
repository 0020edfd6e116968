/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A whole scanner on frames of any kind, monitoring or enforcing: the books add up
 * after every frame, no list breaks, and no block, session or record is left when
 * all flows have ended (rig.h checks and aborts). Checksums are made right first, or
 * hardly a changed frame would get as far as a stream.
 *
 * Input: ([u16 length, little-endian][frame])…; its size's lowest bit says whether to
 * enforce.
 */
#include <string.h>

#include "tests/scanner/rig.h"

#define FRAMES_MAX 256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char signatures[] = "1 critical drop ssh.client.ident.shape ebury-hex\n"
				 "2 high quarantine ssh.server.software OpenSSH_8.4p1\n"
				 "3 high reject ssh.client.software OpenSSH_9.2p1\n"
				 "4 high quarantine ip.dst 135.181.148.230\n"
				 "5 low alert dns.query example.net\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rig rig;
	static uint8_t frame[UINT16_MAX];
	const uint8_t *end = data + size;

	rig_open(&rig, NULL);
	rig_publish(&rig, signatures, (size & 1) != 0);
	for (unsigned i = 0; i < FRAMES_MAX && end - data > 2; i++) {
		uint32_t length = data[0] | (uint32_t)data[1] << 8;

		data += 2;
		length = length < (uint32_t)(end - data) ? length : (uint32_t)(end - data);
		memcpy(frame, data, length);
		data += length;
		wire_fix_checksums(frame, length);
		rig_frame(&rig, frame, length, (enum port_side)(i % 3 == 2 ? PORT_ANY : i % 3));
		/* minutes pass now and then, so that timeouts come into it */
		rig.now.ns += i % 16 == 15 ? 40 * NS_PER_S : 0;
	}
	rig_close(&rig);
	return 0;
}
