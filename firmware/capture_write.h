/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames into a capture file: pcap, little endian, nanoseconds, Ethernet. What
 * tcpdump, Wireshark and capture.h read. Errors stay with the output.
 */
#ifndef FIRMWARE_CAPTURE_WRITE_H
#define FIRMWARE_CAPTURE_WRITE_H

#include "firmware/output.h"
#include "scanner/scanner.h"

/* The file header, once before the first frame. */
void capture_write_header(struct output *output);
/* One frame with its time and its length on the wire; `frame->length` ≤ CAPTURE_FRAME_MAX. */
void capture_write_frame(struct output *output, const struct frame *frame);

#endif
