/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Errors and warnings about signature files; see report.h.
 */
#include "tools/sig/report.h"

#include <stdarg.h>
#include <string.h>

static void print(struct report *report, const struct place *place, const char *kind,
		  const char *format, va_list arguments)
{
	fprintf(report->to, "%s:", place->file);
	if (place->line > 0) {
		fprintf(report->to, "%u:", place->line);
	}
	if (place->column > 0) {
		fprintf(report->to, "%u:", place->column);
	}
	fprintf(report->to, " %s: ", kind);
	vfprintf(report->to, format, arguments);
	fputc('\n', report->to);
}

void report_error(struct report *report, const struct place *place, const char *format, ...)
{
	va_list arguments;

	if (report_full(report)) {
		return;
	}
	va_start(arguments, format);
	print(report, place, "error", format, arguments);
	va_end(arguments);
	report->errors++;
	if (report_full(report)) {
		fprintf(report->to, "%s: giving up after %d errors\n", place->file, REPORT_MAX);
	}
}

void report_warning(struct report *report, const struct place *place, const char *format, ...)
{
	va_list arguments;

	if (report->warnings++ >= REPORT_MAX) {
		return;
	}
	va_start(arguments, format);
	print(report, place, "warning", format, arguments);
	va_end(arguments);
}

bool report_full(const struct report *report)
{
	return report->errors >= REPORT_MAX;
}

struct report_text report_quote(const void *bytes, size_t length)
{
	const uint8_t *at = bytes;
	const size_t room = sizeof(((struct report_text *)0)->text) - sizeof("\\xff\"...");
	struct report_text quoted;
	size_t used = 0;

	quoted.text[used++] = '"';
	for (; length > 0 && used < room; at++, length--) {
		if (*at < 0x20 || *at == 0x7f) {
			used += (size_t)snprintf(quoted.text + used, 5, "\\x%02x", *at);
		} else {
			quoted.text[used++] = (char)*at;
		}
	}
	/* Cut between characters of UTF-8. */
	while (length > 0 && (*at & 0xc0) == 0x80) {
		at--;
		used--;
	}
	strcpy(quoted.text + used, length > 0 ? "\"..." : "\"");
	return quoted;
}
