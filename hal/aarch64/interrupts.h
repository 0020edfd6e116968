/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interrupt controller, a GICv3 (Arm IHI 0069). Interrupts wake cores, nothing
 * else: a core keeps them masked, sleeps by WFI, which a pending one ends, and then
 * takes what is pending with interrupts_take(). Only management's core is ever
 * interrupted, by core_park() and core_silence(), also within a system call.
 */
#ifndef HAL_AARCH64_INTERRUPTS_H
#define HAL_AARCH64_INTERRUPTS_H

#include <stdint.h>

#include "hal/cores.h"

#define INTERRUPT_WAKE 0u /* SGIs */
#define INTERRUPT_PARK 1u
#define INTERRUPT_SILENCE 2u
#define INTERRUPT_TIMER 27u /* EL1 virtual timer */
#define INTERRUPT_SHARED 32u /* the first of devices */
#define INTERRUPT_NONE 1023u

/* The distributor; then each core its own part. */
void interrupts_init(void);
void interrupts_init_core(enum core core);
/* Has a device's interrupt (an SPI, edge-triggered or level) wake `core`. */
void interrupts_route(uint32_t number, enum core core);
/* Acknowledges and ends the most urgent pending one: its number or INTERRUPT_NONE. */
uint32_t interrupts_take(void);
/* A device's interrupt that is taken while its driver does not run: off until interrupts_unmask().
 * Management's core. */
void interrupts_mask(uint32_t number);
void interrupts_unmask(void);
void interrupts_send(uint32_t sgi, enum core core);

#endif
