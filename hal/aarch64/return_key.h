/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signed return addresses (Arm ARM D8.8, FEAT_PAuth): compiled code signs the address it
 * is to return to with key A for instructions, and an address that was overwritten leads
 * nowhere. Each core has a key of its own, made at its start. On a core without the
 * feature the instructions do nothing, and so do these.
 */
#ifndef HAL_AARCH64_RETURN_KEY_H
#define HAL_AARCH64_RETURN_KEY_H

#include <stdint.h>

/* Makes a key for another core: the bits of SCTLR_EL1 to set there, 0 when it cannot sign. */
uint64_t return_key_make(uint64_t key[static 2]);
/* Makes this core's key and signs from here on: whoever is on the stack returns unsigned, and must
 * be compiled so. */
void return_key_use(void);

#endif
