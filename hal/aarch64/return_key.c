/* SPDX-License-Identifier: BSD-2-Clause */
/* The key of return_key.h: 128 bits of the entropy that the canary comes from. */
#include "hal/aarch64/return_key.h"

#include "hal/aarch64/entropy.h"
#include "hal/aarch64/sysreg.h"

#define ISAR1_PAUTH 0xff0ull /* ID_AA64ISAR1_EL1.APA and API: which algorithm */
#define ISAR2_PAUTH 0xf000ull /* ID_AA64ISAR2_EL1.APA3 */
#define SCTLR_ENIA (1ull << 31)

uint64_t return_key_make(uint64_t key[static 2])
{
	/* ID_AA64ISAR2_EL1, by its number: assemblers lack the name */
	if ((sysreg_read(id_aa64isar1_el1) & ISAR1_PAUTH) == 0 &&
	    (sysreg_read(s3_0_c0_c6_2) & ISAR2_PAUTH) == 0) {
		key[0] = key[1] = 0;
		return 0;
	}
	entropy_early(key, 2 * sizeof(key[0]));
	return SCTLR_ENIA;
}

void return_key_use(void)
{
	uint64_t key[2];
	uint64_t enable = return_key_make(key);

	if (enable != 0) {
		sysreg_write(s3_0_c2_c1_0, key[0]); /* APIAKEYLO_EL1 */
		sysreg_write(s3_0_c2_c1_1, key[1]); /* APIAKEYHI_EL1 */
		__asm__ volatile("isb");
		sysreg_write(sctlr_el1, sysreg_read(sctlr_el1) | enable);
		__asm__ volatile("isb");
	}
}
