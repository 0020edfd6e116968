/* SPDX-License-Identifier: BSD-2-Clause */
/* Values of an SMTP session, matched and described: see smtp_match.h. */
#include "scanner/smtp_match.h"

#include <string.h>

#include "scanner/address.h"
#include "scanner/behaviour.h"
#include "scanner/canonical.h"
#include "scanner/mail.h"
#include "scanner/uninitialized.h"

static_assert(SHAPE_SMTP_END_OF_DATA_LOOKALIKE - SHAPE_SMTP_CLIENT_FIRST_HTTP < 8,
	      "the shapes of a transaction fit its bits");

/* ---- greeting and name ------------------------------------------------------ */

bool smtp_keep_greeting(struct smtp *smtp, struct pool *pool, bool name, const uint8_t *bytes,
			size_t length)
{
	size_t max = name ? SMTP_HELO_MAX : SMTP_BANNER_MAX;
	struct smtp_span *span = name ? &smtp->helo : &smtp->banner;
	const struct smtp_span *other = name ? &smtp->banner : &smtp->helo;
	uint8_t kept[SMTP_GREETING_MAX] UNINITIALIZED;
	size_t stays = text_copy(pool, &smtp->greeting, other->at, kept, other->length);

	if (length > max) {
		smtp->truncated = true;
		length = max;
	}
	if (span->length == length) {
		uint8_t old[SMTP_GREETING_MAX] UNINITIALIZED;

		text_copy(pool, &smtp->greeting, span->at, old, length);
		if (length != 0 && memcmp(old, bytes, length) == 0) {
			return false;
		}
	}
	/* the other one and then this, in place of both */
	memcpy(kept + stays, bytes, length);
	text_clear(pool, &smtp->greeting);
	smtp->banner = smtp->helo = (struct smtp_span){ 0 };
	if (!text_append(pool, &smtp->greeting, kept, stays + length)) {
		smtp->truncated = true;
		return true;
	}
	*(name ? &smtp->banner : &smtp->helo) = (struct smtp_span){ 0, (uint16_t)stays };
	*span = (struct smtp_span){ (uint16_t)stays, (uint16_t)length };
	return true;
}

static size_t copy(const struct smtp *smtp, const struct pool *pool, const struct smtp_span *span,
		   uint8_t out[static SMTP_GREETING_MAX])
{
	return text_copy(pool, &smtp->greeting, span->at, out, span->length);
}

void smtp_match_banner(const struct smtp *smtp, struct inspection *inspection, const uint8_t *line,
		       size_t length)
{
	uint8_t banner[4 + SMTP_GREETING_MAX] UNINITIALIZED;
	size_t text = copy(smtp, inspection->pool, &smtp->banner, banner + 4);

	if (inspection->behaviour != NULL) {
		if (line == NULL) {
			banner[0] = (uint8_t)('0' + smtp->banner_code / 100);
			banner[1] = (uint8_t)('0' + smtp->banner_code / 10 % 10);
			banner[2] = (uint8_t)('0' + smtp->banner_code % 10);
			banner[3] = ' ';
			line = banner;
			length = 4 + text;
		}
		behaviour_smtp_reply(inspection, smtp_from_client(smtp), BEHAVIOUR_BANNER, line,
				     length < SMTP_BANNER_MAX ? length : SMTP_BANNER_MAX);
	}
	inspect_value(inspection, FIELD_SMTP_BANNER, smtp_from_server(smtp), banner + 4, text);
}

static bool ends_in(const uint8_t *name, size_t length, const char *suffix)
{
	size_t n = strlen(suffix);

	return length >= n && memcmp(name + length - n, suffix, n) == 0;
}

static bool is_address(const uint8_t *name, size_t length)
{
	struct canonical_prefix address;

	return memchr(name, '/', length) == NULL && address_read(name, length, &address) == 0 &&
	       address.port == 0;
}

/* The shape of a canonical name; SHAPE_COUNT: it has none. */
static enum shape helo_shape(const uint8_t *name, size_t length)
{
	static const char localhost[] = "localhost";
	const size_t n = sizeof(localhost) - 1;

	if (name[0] == '[' && name[length - 1] == ']') {
		return SHAPE_HELO_ADDRESS_LITERAL;
	}
	if (is_address(name, length)) {
		return SHAPE_HELO_BARE_ADDRESS;
	}
	if (length >= n && memcmp(name, localhost, n) == 0 && (length == n || name[n] == '.')) {
		return SHAPE_HELO_LOCALHOST;
	}
	if (ends_in(name, length, ".lan") || ends_in(name, length, ".local") ||
	    ends_in(name, length, ".home")) {
		return SHAPE_HELO_LOCAL_SUFFIX;
	}
	return memchr(name, '.', length) == NULL ? SHAPE_HELO_NO_DOT : SHAPE_COUNT;
}

void smtp_match_helo(struct smtp *smtp, struct inspection *inspection)
{
	enum direction client = smtp_from_client(smtp);
	uint8_t helo[SMTP_GREETING_MAX] UNINITIALIZED, name[CANONICAL_MAX] UNINITIALIZED;
	int length = canonical(FIELD_SMTP_HELO, helo,
			       copy(smtp, inspection->pool, &smtp->helo, helo), name);

	smtp->helo_shape = SHAPE_COUNT;
	if (length <= 0) {
		return;
	}
	enum shape shape = helo_shape(name, (size_t)length);

	smtp->helo_shape = (uint8_t)shape;
	if (inspection->behaviour != NULL) {
		behaviour_smtp_helo(inspection, client, name, (size_t)length);
	}
	inspect_canonical(inspection, FIELD_SMTP_HELO, client, name, (size_t)length);
	if (shape != SHAPE_COUNT) {
		inspect_shape(inspection, FIELD_SMTP_HELO_SHAPE, client, shape);
	}
}

void smtp_match_mechanism(const struct smtp *smtp, struct inspection *inspection)
{
	inspect_value(inspection, FIELD_SMTP_AUTH_MECHANISM, smtp_from_client(smtp),
		      smtp->mechanism, smtp->mechanism_length);
}

/* ---- the transaction -------------------------------------------------------- */

void smtp_match_shape(struct smtp *smtp, struct inspection *inspection, enum shape shape)
{
	unsigned bit = 1u << (shape - SHAPE_SMTP_CLIENT_FIRST_HTTP);

	if ((smtp->shapes & bit) == 0) {
		smtp->shapes = (uint8_t)(smtp->shapes | bit);
		inspect_shape(inspection, FIELD_SMTP_SHAPE, smtp_from_client(smtp), shape);
	}
}

/* The accounts that web servers run under. */
static bool is_web_user(const uint8_t *local, size_t length)
{
	switch (length) {
	case 5:
		return memcmp(local, "nginx", 5) == 0;
	case 6:
		return memcmp(local, "apache", 6) == 0 || memcmp(local, "nobody", 6) == 0;
	case 8:
		return memcmp(local, "www-data", 8) == 0;
	default:
		return false;
	}
}

void smtp_match_sender(struct smtp *smtp, struct inspection *inspection, const uint8_t *path,
		       size_t length)
{
	enum direction client = smtp_from_client(smtp);
	uint8_t address[CANONICAL_MAX] UNINITIALIZED;
	int n = canonical(FIELD_SMTP_MAIL_FROM, path, length, address);

	if (n < 0) {
		return;
	}
	size_t all = (size_t)n, local = canonical_mail_local(address, all);

	if (inspection->behaviour != NULL) {
		behaviour_smtp_mail(inspection, client, address, all);
	}
	inspect_canonical(inspection, FIELD_SMTP_MAIL_FROM, client, address, all);
	if (local + 1 < all) {
		inspect_canonical(inspection, FIELD_SMTP_MAIL_FROM_DOMAIN, client,
				  address + local + 1, all - local - 1);
	}
	if (local != 0) {
		inspect_canonical(inspection, FIELD_SMTP_MAIL_FROM_LOCAL, client, address, local);
	}
	if (is_web_user(address, local)) {
		smtp_match_shape(smtp, inspection, SHAPE_SMTP_WEB_USER_SENDER);
	}
}

void smtp_match_recipient(const struct smtp *smtp, struct inspection *inspection,
			  const uint8_t *path, size_t length)
{
	enum direction client = smtp_from_client(smtp);
	uint8_t address[CANONICAL_MAX] UNINITIALIZED;

	if (inspection->behaviour == NULL && !inspect_wants(inspection, FIELD_SMTP_RCPT_TO) &&
	    !inspect_wants(inspection, FIELD_SMTP_RCPT_TO_DOMAIN)) {
		return;
	}
	int n = canonical(FIELD_SMTP_RCPT_TO, path, length, address);

	if (n < 0) {
		return;
	}
	size_t all = (size_t)n, local = canonical_mail_local(address, all);

	if (inspection->behaviour != NULL) {
		behaviour_smtp_rcpt(inspection, client, address, all);
	}
	inspect_canonical(inspection, FIELD_SMTP_RCPT_TO, client, address, all);
	if (local + 1 < all) {
		inspect_canonical(inspection, FIELD_SMTP_RCPT_TO_DOMAIN, client,
				  address + local + 1, all - local - 1);
	}
}

/* Returns the length of the path's canonical form, 0 when it has none. */
static size_t canonical_path(const struct smtp_path *path, uint8_t out[static CANONICAL_MAX])
{
	int n = canonical(FIELD_SMTP_MAIL_FROM, path->bytes, path->length, out);

	return n > 0 ? (size_t)n : 0;
}

void smtp_match_message(const struct smtp *smtp, struct inspection *inspection)
{
	const struct smtp_envelope *envelope = &smtp->envelope;
	uint8_t recipient[CANONICAL_MAX] UNINITIALIZED;
	struct behaviour_message message = {
		.recipients = envelope->accepted,
		.recipient = recipient,
	};
	struct mail_facts facts UNINITIALIZED;
	struct smtp_path path UNINITIALIZED;
	uint32_t at = 0;

	if (inspection->behaviour == NULL) {
		return;
	}
	if (envelope->has_sender && smtp_envelope_next(envelope, inspection->pool, &at, &path)) {
		message.null_sender = path.length == 2 && memcmp(path.bytes, "<>", 2) == 0;
	}
	while (message.recipient_length == 0 &&
	       smtp_envelope_next(envelope, inspection->pool, &at, &path)) {
		if (path.code / 100 == 2) {
			message.recipient_length = canonical_path(&path, recipient);
		}
	}
	mail_facts(smtp->mail, inspection, &facts);
	message.facts = &facts;
	behaviour_smtp_message(inspection, smtp_from_client(smtp), &message);
}

/* ---- description ------------------------------------------------------------ */

static void describe_session(const struct smtp *smtp, const struct inspection *inspection,
			     struct event *event)
{
	uint8_t text[SMTP_GREETING_MAX] UNINITIALIZED;

	if (smtp->banner.length != 0) {
		event_put(event, ATTRIBUTE_SMTP_BANNER, text,
			  copy(smtp, inspection->pool, &smtp->banner, text));
	}
	if (smtp->helo.length != 0) {
		event_put(event, ATTRIBUTE_SMTP_HELO, text,
			  copy(smtp, inspection->pool, &smtp->helo, text));
		if (smtp->helo_shape != SHAPE_COUNT) {
			event_put(event, ATTRIBUTE_SMTP_HELO_SHAPE, &smtp->helo_shape,
				  sizeof(smtp->helo_shape));
		}
	}
	if (smtp->mechanism_length != 0) {
		event_put(event, ATTRIBUTE_SMTP_AUTH_MECHANISM, smtp->mechanism,
			  smtp->mechanism_length);
	}
}

static void describe_envelope(const struct smtp *smtp, const struct inspection *inspection,
			      struct event *event)
{
	struct {
		struct event_smtp_rcpt head;
		uint8_t path[SMTP_PATH_MAX];
	} recipient UNINITIALIZED;
	struct smtp_path path UNINITIALIZED;
	uint32_t at = 0;
	bool sender = smtp->envelope.has_sender;

	while (smtp_envelope_next(&smtp->envelope, inspection->pool, &at, &path)) {
		if (sender) {
			event_put(event, ATTRIBUTE_SMTP_MAIL_FROM, path.bytes, path.length);
			sender = false;
			continue;
		}
		recipient.head.code = path.code;
		memcpy(recipient.path, path.bytes, path.length);
		event_put(event, ATTRIBUTE_SMTP_RCPT_TO, &recipient,
			  sizeof(recipient.head) + path.length);
	}
}

void smtp_describe(const void *state, const struct inspection *inspection, struct event *event)
{
	const struct smtp *smtp = state;
	const struct event_smtp data = {
		.data_code = smtp->data_code,
		.refused_code = smtp->refused_code,
		.starttls = smtp->starttls,
		.complete = smtp->complete,
		/* an alert within a message would tell how the stream was cut */
		.size = smtp->complete || event->type != EVENT_ALERT ? smtp->size : 0,
	};
	uint32_t truncated = event->truncated + smtp->truncated + smtp->envelope.left_out;

	event->truncated = (uint8_t)(truncated < UINT8_MAX ? truncated : UINT8_MAX);
	describe_session(smtp, inspection, event);
	describe_envelope(smtp, inspection, event);
	event_put(event, ATTRIBUTE_SMTP, &data, sizeof(data));
	for (uint8_t shape = SHAPE_SMTP_CLIENT_FIRST_HTTP;
	     shape <= SHAPE_SMTP_END_OF_DATA_LOOKALIKE; shape++) {
		if ((smtp->shapes >> (shape - SHAPE_SMTP_CLIENT_FIRST_HTTP) & 1) != 0) {
			event_put(event, ATTRIBUTE_SMTP_SHAPE, &shape, sizeof(shape));
		}
	}
	if (smtp->in_mail) {
		mail_describe(smtp->mail, inspection, event);
	}
}
