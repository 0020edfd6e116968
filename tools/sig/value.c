/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Field names and values of signatures; see value.h.
 */
#include "tools/sig/value.h"

#include <stdio.h>
#include <string.h>

#include "scanner/set_format.h"

static const char header_prefix[] = "smtp.header.";

/* What stands after "expected" when a value has no canonical form. */
static const char *expected_value(enum field field)
{
	switch (field) {
	case FIELD_IP_SRC:
	case FIELD_IP_DST:
		return "ADDR, ADDR/LEN, ADDR:PORT or [ADDR6]:PORT, after a port also /tcp or /udp";
	case FIELD_SSH_HOSTKEY_SHA256:
		return "43 base64 characters as ssh-keygen -l prints them";
	case FIELD_SMTP_ATTACHMENT_SHA256:
		return "64 hexadecimal digits";
	case FIELD_TLS_JA4:
		return "36 characters such as t13d1516h2_8daaf6152771_e5627efa2ab1";
	case FIELD_SMTP_MAIL_FROM:
	case FIELD_SMTP_RCPT_TO:
		return "LOCAL@DOMAIN, or <> for the null sender";
	case FIELD_SMTP_AUTH_MECHANISM:
		return "a SASL mechanism such as PLAIN";
	case FIELD_SMTP_HEADER:
		return "smtp.header.NAME with a name of printable ASCII";
	case FIELD_SMTP_HEADER_ORDER:
		return "header names joined by commas";
	case FIELD_SMTP_BOUNDARY_SHAPE:
		return "runs written as 9, A, a and their length, such as ----=_A1a3_93";
	case FIELD_SSH_CLIENT_HASSH:
	case FIELD_SSH_CLIENT_HASSH_CORE:
	case FIELD_SSH_SERVER_HASSH:
	case FIELD_SSH_SERVER_HASSH_CORE:
	case FIELD_TLS_JA3:
		return "32 hexadecimal digits";
	default:
		return "1 to 1024 bytes";
	}
}

void value_join(char *out, size_t room, const char *const *names, size_t count)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < count && used < room; i++) {
		used += (size_t)snprintf(out + used, room - used, "%s%s", i > 0 ? ", " : "",
					 names[i]);
	}
}

/* Edits (one character more, less or another) that make b of a; names are short. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	size_t row[64];

	if (a_length >= 64 || b_length >= 64) {
		return 64;
	}
	for (size_t j = 0; j <= b_length; j++) {
		row[j] = j;
	}
	for (size_t i = 1; i <= a_length; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			size_t change = diagonal + (a[i - 1] != b[j - 1]);
			size_t least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;

			diagonal = row[j];
			row[j] = change < least ? change : least;
		}
	}
	return row[b_length];
}

static void unknown_field(const struct lex_word *word, const struct place *at,
			  struct report *report)
{
	const char *names[FIELD_COUNT];
	char all[1024];
	size_t best = 0, least = 64;

	for (size_t i = 0; i < FIELD_COUNT; i++) {
		size_t edits;

		names[i] = i == FIELD_SMTP_HEADER ? "smtp.header.NAME" : field_name((enum field)i);
		edits = distance(word->text, word->length, names[i], strlen(names[i]));
		if (edits < least) {
			least = edits;
			best = i;
		}
	}
	if (least <= 3) {
		report_error(report, at, "unknown field %s, expected perhaps %s",
			     report_quote(word->text, word->length).text, names[best]);
		return;
	}
	value_join(all, sizeof(all), names, FIELD_COUNT);
	report_error(report, at, "unknown field %s, expected one of %s",
		     report_quote(word->text, word->length).text, all);
}

static bool read_field(struct value *value, const struct lex_word *word, const struct place *at,
		       struct report *report)
{
	const size_t prefix = sizeof(header_prefix) - 1;

	for (int i = 0; i < FIELD_COUNT; i++) {
		const char *name = field_name((enum field)i);

		if (i != FIELD_SMTP_HEADER && strlen(name) == word->length &&
		    memcmp(name, word->text, word->length) == 0) {
			value->field = (enum field)i;
			return true;
		}
	}
	if (word->length > prefix && memcmp(word->text, header_prefix, prefix) == 0) {
		value->field = FIELD_SMTP_HEADER;
		return true;
	}
	unknown_field(word, at, report);
	return false;
}

static void unknown_shape(enum field field, const struct lex_word *word, const struct place *at,
			  struct report *report)
{
	const char *names[SHAPE_COUNT];
	char all[512];
	size_t count = 0;

	for (int i = 0; i < SHAPE_COUNT; i++) {
		if (shape_of(field, (enum shape)i)) {
			names[count++] = shape_name((enum shape)i);
		}
	}
	value_join(all, sizeof(all), names, count);
	report_error(report, at, "unknown shape %s, expected one of %s",
		     report_quote(word->text, word->length).text, all);
}

size_t value_label_count(const uint8_t *domain, size_t length)
{
	size_t count = 1;

	for (size_t i = 0; i < length; i++) {
		count += domain[i] == '.';
	}
	return count;
}

static bool is_host_byte(uint8_t byte)
{
	return (uint8_t)(byte - 'a') < 26 || (uint8_t)(byte - '0') < 10 || byte == '-' ||
	       byte == '_';
}

/* Labels of 1 to 63 letters, digits, '-' and '_', in names of at most 253. What a HELO says need
 * not be a name: there any printable character will do. Returns what is wrong, or NULL. */
static const char *domain_fault(const uint8_t *domain, size_t length, bool helo)
{
	size_t label = 0;

	for (size_t i = 0; i < length; i++) {
		if (domain[i] >= 0x80) {
			return "a label with letters that have no A-label";
		}
		if (domain[i] == '.' && label == 0) {
			return "an empty label";
		}
		if (domain[i] == '.') {
			label = 0;
			continue;
		}
		if (helo ? domain[i] <= ' ' || domain[i] == 0x7f : !is_host_byte(domain[i])) {
			return "a character that no domain name has";
		}
		if (++label > 63) {
			return "a label of more than 63 characters";
		}
	}
	if (label == 0) {
		return "an empty label";
	}
	return length > 253					  ? "more than 253 characters" :
	       value_label_count(domain, length) > SET_LABELS_MAX ? "more than 63 labels" :
								    NULL;
}

static bool check_domain(const struct value *value, const struct lex_word *word,
			 const struct place *at, struct report *report)
{
	bool helo = value->field == FIELD_SMTP_HELO;
	const char *fault;

	if (word->length > 0 && (word->text[0] == '*' || word->text[0] == '.')) {
		report_error(
			report, at,
			"no wildcards, expected the name alone: it matches everything below it");
		return false;
	}
	fault = domain_fault(value->bytes, value->length, helo);
	if (fault != NULL) {
		report_error(report, at, "%s has %s, expected a domain name",
			     report_quote(word->text, word->length).text, fault);
		return false;
	}
	if (!helo && value_label_count(value->bytes, value->length) == 1) {
		report_warning(report, at, "matches every name that ends in .%.*s",
			       (int)value->length, (const char *)value->bytes);
	}
	return true;
}

static bool check_mail(const struct value *value, const struct place *at, struct report *report)
{
	size_t local = canonical_mail_local(value->bytes, value->length);
	const uint8_t *domain = value->bytes + local + 1;
	size_t length = local < value->length ? value->length - local - 1 : 0;
	const char *fault;

	if (local == 1 && value->bytes[0] == '*') {
		report_error(report, at, "no wildcards, expected field %s.domain",
			     field_name(value->field));
		return false;
	}
	if (length == 0 || domain[0] == '[') { /* none, or an address literal */
		return true;
	}
	fault = domain_fault(domain, length, false);
	if (fault != NULL) {
		report_error(report, at, "the domain %s has %s, expected %s",
			     report_quote(domain, length).text, fault,
			     expected_value(value->field));
		return false;
	}
	return true;
}

/* Header values are hashed with their header's name. */
static int header_value(const struct lex_word words[static 2], uint8_t out[static CANONICAL_MAX])
{
	const size_t prefix = sizeof(header_prefix) - 1;
	uint8_t in[2 * CANONICAL_MAX];
	size_t name = words[0].length - prefix;

	if (name >= CANONICAL_MAX || words[1].length > sizeof(in) - CANONICAL_MAX) {
		return CANONICAL_TOO_LONG;
	}
	memcpy(in, words[0].text + prefix, name);
	in[name] = '\0';
	memcpy(in + name + 1, words[1].text, words[1].length);
	return canonical(FIELD_SMTP_HEADER, in, name + 1 + words[1].length, out);
}

static bool report_canonical(int error, const struct value *value, const struct lex_word *word,
			     const struct place *at, struct report *report)
{
	if (error == CANONICAL_SHAPE) {
		unknown_shape(value->field, word, at, report);
	} else if (field_kind(value->field) == FIELD_KIND_DOMAIN) {
		report_error(report, at, "%s, expected a domain name", canonical_error_text(error));
	} else {
		report_error(report, at, "%s: %s, expected %s", canonical_error_text(error),
			     report_quote(word->text, word->length).text,
			     expected_value(value->field));
	}
	return false;
}

bool value_read(struct value *value, const struct lex_word words[static 2],
		const struct place *place, struct report *report)
{
	struct place at = *place;
	int length;

	at.column = words[0].column;
	if (!read_field(value, &words[0], &at, report)) {
		return false;
	}
	at.column = words[1].column;
	length = value->field == FIELD_SMTP_HEADER ?
			 header_value(words, value->bytes) :
			 canonical(value->field, (const uint8_t *)words[1].text, words[1].length,
				   value->bytes);
	if (length == CANONICAL_HEADER && value->field == FIELD_SMTP_HEADER) {
		at.column = words[0].column;
		return report_canonical(length, value, &words[0], &at, report);
	}
	if (length < 0) {
		return report_canonical(length, value, &words[1], &at, report);
	}
	value->length = (size_t)length;
	if (field_kind(value->field) == FIELD_KIND_DOMAIN) {
		return check_domain(value, &words[1], &at, report);
	}
	if (value->field == FIELD_SMTP_MAIL_FROM || value->field == FIELD_SMTP_RCPT_TO) {
		return check_mail(value, &at, report);
	}
	return true;
}
