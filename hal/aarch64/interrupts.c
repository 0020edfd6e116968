/* SPDX-License-Identifier: BSD-2-Clause */
/* The GICv3 of interrupts.h, by system registers; every interrupt is in group 1. */
#include "hal/aarch64/interrupts.h"

#include "hal/aarch64/board.h"
#include "hal/aarch64/sysreg.h"
#include "hal/register.h"

#define GICD_CTLR 0x0000u
#define GICD_CTLR_GROUP1 (1u << 1)
#define GICD_CTLR_ARE (1u << 4)
#define GICD_CTLR_WRITE_PENDING (1u << 31)
#define GICD_IGROUPR 0x0080u
#define GICD_ISENABLER 0x0100u
#define GICD_ICENABLER 0x0180u
#define GICD_IPRIORITYR 0x0400u
#define GICD_IROUTER 0x6000u
#define GICR_STRIDE 0x20000u /* RD_base and SGI_base */
#define GICR_WAKER 0x0014u
#define GICR_WAKER_SLEEP (1u << 1)
#define GICR_WAKER_ASLEEP (1u << 2)
#define GICR_SGI_BASE 0x10000u
#define PRIORITY_ALL 0xa0a0a0a0u
#define SPURIOUS_FIRST 1020u

void interrupts_init(void)
{
	uintptr_t distributor = board_gic_distributor();

	register_write32(distributor + GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_GROUP1);
	while ((register_read32(distributor + GICD_CTLR) & GICD_CTLR_WRITE_PENDING) != 0) {
	}
}

void interrupts_init_core(enum core core)
{
	uintptr_t redistributor = board_gic_redistributors() + (uintptr_t)core * GICR_STRIDE;
	uintptr_t own = redistributor + GICR_SGI_BASE;
	uint32_t waker = register_read32(redistributor + GICR_WAKER);

	register_write32(redistributor + GICR_WAKER, waker & ~GICR_WAKER_SLEEP);
	while ((register_read32(redistributor + GICR_WAKER) & GICR_WAKER_ASLEEP) != 0) {
	}
	register_write32(own + GICD_IGROUPR, 0xffffffffu);
	for (uint32_t i = 0; i < 32; i += 4) {
		register_write32(own + GICD_IPRIORITYR + i, PRIORITY_ALL);
	}
	register_write32(own + GICD_ISENABLER, 1u << INTERRUPT_WAKE | 1u << INTERRUPT_PARK |
						       1u << INTERRUPT_SILENCE |
						       1u << INTERRUPT_TIMER);
	sysreg_write(s3_0_c12_c12_5, sysreg_read(s3_0_c12_c12_5) | 1); /* ICC_SRE_EL1 */
	__asm__ volatile("isb");
	sysreg_write(s3_0_c4_c6_0, 0xff); /* ICC_PMR_EL1: all priorities */
	sysreg_write(s3_0_c12_c12_7, 1); /* ICC_IGRPEN1_EL1 */
	__asm__ volatile("isb");
}

void interrupts_route(uint32_t number, enum core core)
{
	uintptr_t distributor = board_gic_distributor();
	uint32_t word = number / 32 * 4, bit = 1u << number % 32;
	uintptr_t group = distributor + GICD_IGROUPR + word;
	uintptr_t priority = distributor + GICD_IPRIORITYR + (number & ~3u);

	register_write32(distributor + GICD_ICENABLER + word, bit);
	register_write32(group, register_read32(group) | bit);
	register_write32(priority, PRIORITY_ALL);
	/* affinity 0 of cores 0 and 1 is their number on every board so far */
	register_write64(distributor + GICD_IROUTER + 8ull * number, (uint64_t)core);
	register_write32(distributor + GICD_ISENABLER + word, bit);
}

uint32_t interrupts_take(void)
{
	uint32_t number = (uint32_t)sysreg_read(s3_0_c12_c12_0); /* ICC_IAR1_EL1 */

	if (number >= SPURIOUS_FIRST) {
		return INTERRUPT_NONE;
	}
	__asm__ volatile("dsb sy" ::: "memory");
	sysreg_write(s3_0_c12_c12_1, number); /* ICC_EOIR1_EL1 */
	__asm__ volatile("isb");
	return number;
}

static uint32_t masked[32]; /* bit per number */

void interrupts_mask(uint32_t number)
{
	masked[number / 32 % 32] |= 1u << number % 32;
	register_write32(board_gic_distributor() + GICD_ICENABLER + number / 32 * 4,
			 1u << number % 32);
}

void interrupts_unmask(void)
{
	for (uint32_t word = 1; word < 32; word++) {
		if (masked[word] != 0) {
			register_write32(board_gic_distributor() + GICD_ISENABLER + word * 4,
					 masked[word]);
			masked[word] = 0;
		}
	}
}

void interrupts_send(uint32_t sgi, enum core core)
{
	/* what was written before is seen by the core that wakes */
	__asm__ volatile("dsb ish" ::: "memory");
	sysreg_write(s3_0_c12_c11_5, (uint64_t)sgi << 24 | 1u << core); /* ICC_SGI1R_EL1 */
	__asm__ volatile("isb");
}
