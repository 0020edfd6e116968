/* SPDX-License-Identifier: BSD-2-Clause */
/* The scanner's configuration as the build's Kconfig has it; what a user may change is left zero.
 */
#ifndef FIRMWARE_SCANNER_CONFIG_H
#define FIRMWARE_SCANNER_CONFIG_H

#include "scanner/scanner.h"

/* Draws the salt too: 0 or −errno from entropy_fill(). Inside networks are left empty. */
int scanner_config_build(struct scanner_config *config);

/* The part of one of `scanners` ≥ 1, the one of that number, of tables that they share: together
 * they hold no more than one would, but at least one each of what there is at all, and take no more
 * memory but for 1.5 MiB each. Of the servers in quarantine there are never more. */
void scanner_config_share(struct scanner_config *config, unsigned scanners, unsigned number);

/* Fills `inside` with what is private by standard (RFC 1918, RFC 4193): who is inside when nothing
 * else says so. */
void scanner_config_private_inside(struct scanner_config *config);

#endif
