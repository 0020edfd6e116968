/* SPDX-License-Identifier: BSD-2-Clause */
/* The line of alert_text.h. */
#include "firmware/alert_text.h"

#include <assert.h>
#include <string.h>

#include "firmware/line.h"
#include "scanner/field.h"
#include "scanner/hex.h"
#include "scanner/letter.h"

static const char *const severities[] = { "", "CRITICAL", "HIGH", "MEDIUM", "LOW" };

/* Fields whose value an alert's event holds, and as what; other values are not shown. */
static const struct {
	enum field field;
	enum event_attribute_kind kind;
} values[] = {
	{ FIELD_SSH_CLIENT_SOFTWARE, ATTRIBUTE_SSH_CLIENT_SOFTWARE },
	{ FIELD_SSH_CLIENT_HASSH, ATTRIBUTE_SSH_CLIENT_HASSH },
	{ FIELD_SSH_CLIENT_HASSH_CORE, ATTRIBUTE_SSH_CLIENT_HASSH_CORE },
	{ FIELD_SSH_CLIENT_IDENT_SHAPE, ATTRIBUTE_SSH_CLIENT_IDENT_SHAPE },
	{ FIELD_SSH_SERVER_SOFTWARE, ATTRIBUTE_SSH_SERVER_SOFTWARE },
	{ FIELD_SSH_SERVER_HASSH, ATTRIBUTE_SSH_SERVER_HASSH },
	{ FIELD_SSH_SERVER_HASSH_CORE, ATTRIBUTE_SSH_SERVER_HASSH_CORE },
	{ FIELD_SSH_SERVER_IDENT_SHAPE, ATTRIBUTE_SSH_SERVER_IDENT_SHAPE },
	{ FIELD_SSH_HOSTKEY_SHA256, ATTRIBUTE_SSH_HOSTKEY_SHA256 },
	{ FIELD_SMTP_HELO, ATTRIBUTE_SMTP_HELO },
	{ FIELD_SMTP_HELO_SHAPE, ATTRIBUTE_SMTP_HELO_SHAPE },
	{ FIELD_SMTP_MAIL_FROM, ATTRIBUTE_SMTP_MAIL_FROM },
	{ FIELD_SMTP_MAIL_FROM_DOMAIN, ATTRIBUTE_SMTP_MAIL_FROM },
	{ FIELD_SMTP_MAIL_FROM_LOCAL, ATTRIBUTE_SMTP_MAIL_FROM },
	{ FIELD_SMTP_AUTH_MECHANISM, ATTRIBUTE_SMTP_AUTH_MECHANISM },
	{ FIELD_SMTP_BANNER, ATTRIBUTE_SMTP_BANNER },
	{ FIELD_SMTP_HEADER_ORDER, ATTRIBUTE_MAIL_HEADER_ORDER },
	{ FIELD_SMTP_BOUNDARY_SHAPE, ATTRIBUTE_MAIL_BOUNDARY_SHAPE },
	{ FIELD_SMTP_SHAPE, ATTRIBUTE_SMTP_SHAPE },
	{ FIELD_DNS_QUERY, ATTRIBUTE_DNS_NAME },
	{ FIELD_DNS_SHAPE, ATTRIBUTE_DNS_SHAPE },
	{ FIELD_TLS_SNI, ATTRIBUTE_TLS_SNI },
	{ FIELD_TLS_JA3, ATTRIBUTE_TLS_JA3 },
	{ FIELD_TLS_JA4, ATTRIBUTE_TLS_JA4 },
};

/* Bytes off the wire: printable ASCII as it is, others as \xHH. */
static void put_wire(struct line *line, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		uint8_t escaped[4] = { '\\', 'x' };

		hex_write(escaped + 2, &bytes[i], 1);
		if (bytes[i] >= 0x20 && bytes[i] < 0x7f) {
			line_bytes(line, &bytes[i], 1);
		} else {
			line_bytes(line, escaped, sizeof(escaped));
		}
	}
}

/* A signature's text: UTF-8 without controls by contract; what is not becomes '?'. */
static void put_message(struct line *line, const uint8_t *bytes, size_t length)
{
	while (length != 0) {
		uint32_t letter;
		size_t taken = letter_decode(bytes, length, &letter);

		if (taken == 0 || letter < 0x20 || (letter >= 0x7f && letter < 0xa0)) {
			line_string(line, "?");
			taken = taken == 0 ? 1 : taken;
		} else {
			line_bytes(line, bytes, taken);
		}
		bytes += taken;
		length -= taken;
	}
}

/* "ssh.client.ident.shape" as "SSH client ident shape" */
static void put_field(struct line *line, enum field field)
{
	const char *name = field_name(field);
	bool protocol = true;

	for (; *name != '\0'; name++) {
		char letter = *name == '.' || *name == '_' ? ' ' : *name;

		protocol = protocol && letter != ' ';
		if (protocol && letter >= 'a' && letter <= 'z') {
			letter = (char)(letter - 'a' + 'A');
		}
		line_bytes(line, &letter, 1);
	}
}

/* What the field held; of shapes all there were, as it is not known which one matched. */
static void put_value(struct line *line, const struct event *event, enum field field)
{
	const struct event_attribute *attribute = NULL;
	enum event_attribute_kind kind = ATTRIBUTE_KIND_COUNT;
	const char *separator = " ";

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (values[i].field == field) {
			kind = values[i].kind;
		}
	}
	while ((attribute = event_next_attribute(event, attribute)) != NULL) {
		if (attribute->kind != kind) {
			continue;
		}
		line_string(line, separator);
		if (field_kind(field) == FIELD_KIND_SHAPE) {
			line_string(line, shape_name(attribute->data[0]));
		} else {
			put_wire(line, attribute->data, attribute->length);
		}
		separator = ",";
	}
}

/* The server is the inside end; when both or neither are, the originator. */
static void put_ends(struct line *line, const struct event *event)
{
	bool turn = event->inside == 2;

	line_end(line, &event->tuple, !turn);
	line_string(line, turn ? " <- " : " -> ");
	line_end(line, &event->tuple, turn);
}

/* A duration in the largest unit that leaves nothing over. */
static void put_duration(struct line *line, uint32_t seconds)
{
	static const struct {
		uint32_t seconds;
		const char *name;
	} units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "m" }, { 1, "s" } };
	size_t unit = 0;

	while (seconds % units[unit].seconds != 0) {
		unit++;
	}
	line_decimal(line, seconds / units[unit].seconds, 1);
	line_string(line, units[unit].name);
}

/* What happened to the frame, and what this signature asks for where that is something else. */
static void put_outcome(struct line *line, const struct event_alert *alert)
{
	static const char *const asked[] = { "nothing", "drop", "reject", "quarantine" };
	static const char *const done[] = { "passed", "dropped", "rejected", "quarantined" };
	static const char *const guards[] = {
		[GUARD_NOT_INSIDE] = "no quarantine: not sent by an inside server",
		[GUARD_HANDSHAKE] = "no quarantine: no complete handshake",
		[GUARD_FULL] = "no quarantine: no place left",
		[GUARD_NO_RESET] = "no reset: not TCP",
	};

	line_string(line, done[alert->taken]);
	if (alert->would != alert->taken) {
		line_string(line, alert->enforcing ? ", asked to " : ", would ");
		line_string(line, asked[alert->would]);
	}
	if (alert->would == TAKEN_QUARANTINED && alert->quarantine_s != 0) {
		line_string(line, " for ");
		put_duration(line, alert->quarantine_s);
	}
	if (alert->guard != GUARD_NONE) {
		line_string(line, " (");
		line_string(line, guards[alert->guard]);
		line_string(line, ")");
	}
}

size_t alert_text(const struct event *event, char *out, size_t size)
{
	const struct event_attribute *attribute = event_find(event, ATTRIBUTE_ALERT);
	const struct event_attribute *message = event_find(event, ATTRIBUTE_ALERT_MESSAGE);
	struct event_alert alert;
	struct line line;

	assert(attribute != NULL);
	memcpy(&alert, attribute->data, sizeof(alert));
	line_init(&line, out, size);
	line_second(&line, event->time);
	line_string(&line, " ");
	line_string(&line, severities[alert.severity]);
	line_string(&line, " ");
	put_ends(&line, event);
	line_string(&line, "  ");
	if (message != NULL && message->length != 0) {
		put_message(&line, message->data, message->length);
		line_string(&line, " ");
	}
	line_string(&line, "[");
	line_decimal(&line, alert.sid, 1);
	line_string(&line, "]: ");
	put_field(&line, alert.field);
	put_value(&line, event, alert.field);
	line_string(&line, "; ");
	put_outcome(&line, &alert);
	return line_length(&line);
}
