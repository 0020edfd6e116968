/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events as the console prints them, a line each: alerts as alert_text.h writes them,
 * anomalies with what they mean. Protocol and flow events are for exporters, not for a
 * serial line. Any core may call; no state.
 */
#ifndef FIRMWARE_EVENT_LINE_H
#define FIRMWARE_EVENT_LINE_H

#include <stddef.h>

#include "scanner/event.h"

#define EVENT_LINE_MAX 640

/* The line without its end, its length; 0: this kind of event is not printed. */
size_t event_line(const struct event *event, char *out, size_t size);

#endif
