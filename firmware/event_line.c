/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines of event_line.h. */
#include "firmware/event_line.h"

#include <string.h>

#include "firmware/alert_text.h"
#include "firmware/line.h"
#include "scanner/anomaly.h"

static size_t anomaly_line(const struct event *event, char *out, size_t size)
{
	const struct event_attribute *attribute = event_find(event, ATTRIBUTE_ANOMALY);
	struct event_anomaly anomaly;
	struct line line;

	if (attribute == NULL) {
		return 0;
	}
	memcpy(&anomaly, attribute->data, sizeof(anomaly));
	line_init(&line, out, size);
	line_second(&line, event->time);
	line_string(&line, " anomaly ");
	line_end(&line, &event->tuple, true);
	line_string(&line, " -> ");
	line_end(&line, &event->tuple, false);
	line_string(&line, "  ");
	line_string(&line, anomaly_info(anomaly.anomaly)->event);
	line_string(&line, ": ");
	line_string(&line, anomaly_info(anomaly.anomaly)->text);
	if (anomaly.count != 0) {
		line_string(&line, " (");
		line_decimal(&line, anomaly.count, 1);
		line_string(&line, ")");
	}
	return line_length(&line);
}

size_t event_line(const struct event *event, char *out, size_t size)
{
	switch (event->type) {
	case EVENT_ALERT:
		return alert_text(event, out, size);
	case EVENT_ANOMALY:
		return anomaly_line(event, out, size);
	default:
		return 0;
	}
}
