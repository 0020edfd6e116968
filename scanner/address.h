/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IP addresses in text, as signatures write them. Any core may call; no state.
 */
#ifndef SCANNER_ADDRESS_H
#define SCANNER_ADDRESS_H

#include "scanner/canonical.h"

/* Reads ADDR, ADDR/LEN, ADDR:PORT or [ADDR6]:PORT, after a port optionally /tcp or /udp. IPv4 in
 * four decimal parts without leading zeroes, IPv6 as RFC 4291 section 2.2 writes it. Returns 0
 * or CANONICAL_ADDRESS, CANONICAL_PREFIX, CANONICAL_HOST_BITS, CANONICAL_PORT. */
int address_read(const uint8_t *in, size_t length, struct canonical_prefix *out);

#endif
