/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a core says before it stops, on the serial line, lines that begin with "portreeve:".
 * Needs no lock, no memory and no working C library.
 */
#ifndef HAL_AARCH64_REPORT_H
#define HAL_AARCH64_REPORT_H

#include "hal/aarch64/exception.h"

void report_fault(const struct exception_frame *frame, enum exception_way way);
void report_abort(const struct exception_frame *frame, const char *why);
/* The core made no progress and is stopped by another. */
void report_park(const struct exception_frame *frame);

#endif
