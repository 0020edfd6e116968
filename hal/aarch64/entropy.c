/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hal/entropy.h: bytes of the board's source, exclusive-or those of RNDR (Arm ARM
 * FEAT_RNG) where there is one. Either alone is enough, so one that is bad or hostile
 * does no harm.
 */
#include "hal/entropy.h"

#include <errno.h>
#include <stdint.h>

#include "hal/aarch64/board.h"
#include "hal/aarch64/clock.h"
#include "hal/aarch64/entropy.h"
#include "hal/aarch64/sysreg.h"

#define RNDR_TRIES 100
#define RNDR_SHIFT 60 /* ID_AA64ISAR0_EL1.RNDR */

static bool rndr(uint64_t *out)
{
	for (unsigned i = 0; i < RNDR_TRIES; i++) {
		uint64_t value, failed;

		__asm__ volatile("mrs %0, s3_3_c2_c4_0\n\tcset %1, eq"
				 : "=r"(value), "=r"(failed)
				 :
				 : "cc");
		if (failed == 0) {
			*out = value;
			return true;
		}
	}
	return false;
}

static bool mix_rndr(uint8_t *out, size_t length)
{
	if (sysreg_read(id_aa64isar0_el1) >> RNDR_SHIFT == 0) {
		return false;
	}
	for (size_t i = 0; i < length; i += sizeof(uint64_t)) {
		uint64_t value;

		if (!rndr(&value)) {
			return false;
		}
		for (size_t j = i; j < length && j < i + sizeof(value); j++) {
			out[j] ^= (uint8_t)(value >> 8 * (j - i));
		}
	}
	return true;
}

int entropy_fill(void *out, size_t length_bytes)
{
	size_t filled = board_entropy(out, length_bytes);
	uint8_t *bytes = out;

	for (size_t i = filled; i < length_bytes; i++) {
		bytes[i] = 0;
	}
	return mix_rndr(bytes, length_bytes) || filled == length_bytes ? 0 : -EIO;
}

bool entropy_early(void *out, size_t length)
{
	uint8_t *bytes = out;

	if (entropy_fill(out, length) == 0) {
		return true;
	}
	uint64_t count = clock_count() * 0x9e3779b97f4a7c15ull;

	for (size_t i = 0; i < length; i++) {
		bytes[i] ^= (uint8_t)(count >> 8 * (i % 8));
	}
	return false;
}
