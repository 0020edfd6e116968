/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Local variables so large that to clear them takes longer than what is done with them.
 * The build clears every other one (-ftrivial-auto-var-init); of these only what was
 * written may be read.
 */
#ifndef SCANNER_UNINITIALIZED_H
#define SCANNER_UNINITIALIZED_H

#define UNINITIALIZED __attribute__((uninitialized))

#endif
