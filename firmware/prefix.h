/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside networks as operators write them: ADDR/LEN or one ADDR, IPv4 or IPv6.
 */
#ifndef FIRMWARE_PREFIX_H
#define FIRMWARE_PREFIX_H

#include "scanner/scanner.h"

/* NULL, or what is wrong with `text` as one clause: "bits are set beyond the prefix length". */
const char *prefix_parse(const char *text, struct scanner_prefix *prefix);

#endif
