/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls to the firmware below (Arm DEN 0022, PSCI 1.0): cores, reset, off. */
#ifndef HAL_AARCH64_PSCI_H
#define HAL_AARCH64_PSCI_H

#include <stdint.h>

/* Chooses the conduit by the exception level that the image was entered at: smc from EL2, hvc from
 * EL1; from EL3 there is nobody to call. Core 0, once. */
void psci_init(uint64_t entry_level);
/* 0, or a negative PSCI error (−2 invalid parameters, −4 already on …). */
int64_t psci_core_on(uint64_t mpidr, uintptr_t entry, uintptr_t context);
_Noreturn void psci_core_off(void);
_Noreturn void psci_system_reset(void);
_Noreturn void psci_system_off(void);

#endif
