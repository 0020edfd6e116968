/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SHA-256 (FIPS 180-4): attachments, host keys, JA4, a set's digest. Incremental:
 * init, any number of updates, final; the state belongs to the caller and any core
 * may call. Two bodies: portable C, and the processor's own instructions in
 * sha256_x86.c or sha256_arm.c; sha256_select() chooses once for all.
 */
#ifndef SCANNER_HASH_SHA256_H
#define SCANNER_HASH_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scanner/hash/merkle.h"

#define SHA256_SIZE 32

struct sha256 {
	struct merkle merkle;
};

/* Call at start, before other cores run, with what the processor said of itself: x86 SHA with
 * SSE4.1 (CPUID 7 EBX bit 29, 1 ECX bit 19), AArch64 SHA2 (ID_AA64ISAR0_EL1.SHA2, HWCAP_SHA2).
 * Without a call, or with false, the portable body is used. */
void sha256_select(bool cpu_has_sha);

void sha256_init(struct sha256 *hash);
void sha256_update(struct sha256 *hash, const void *in, size_t length);
/* Writes the digest; `hash` must be initialised again before further use. */
void sha256_final(struct sha256 *hash, uint8_t digest[static SHA256_SIZE]);

/* The compression function's body in the processor's instructions, one file an architecture;
 * called only after sha256_select(true). */
void sha256_blocks_cpu(uint32_t state[static 8], const uint8_t *blocks, size_t count);

#endif
