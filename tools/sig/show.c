/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Printing a compiled set: a line a fact, then a line a rule, as the rule's options
 * were written; see show.h.
 */
#include "tools/sig/show.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tools/sig/file.h"

static void show_header(const struct set *set, const struct blob *blob, uint64_t now)
{
	const uint8_t *digest = set_digest(set);

	printf("version %d\nbytes %zu\ndigest ", SET_VERSION, blob->size);
	for (size_t i = 0; i < SET_DIGEST_SIZE; i++) {
		printf("%02x", digest[i]);
	}
	printf("\nkey %s\nlookup-bytes %" PRIu64 "\nvalues %" PRIu64 "\nrules %" PRIu32
	       "\nexpired %" PRIu32 "\n",
	       set_key_inside(set) ? "inside" : "outside", set_lookup_bytes(set),
	       set_value_count(set), set_rule_count(set), set_count_expired(set, now));
	for (int i = 0; i < FIELD_COUNT; i++) {
		if (set_has(set, (enum field)i)) {
			printf("field %s %" PRIu32 "\n", field_name((enum field)i),
			       set_field_value_count(set, (enum field)i));
		}
	}
}

static void show_text(const char *name, const char *text)
{
	if (*text == '\0') {
		return;
	}
	printf(" %s=\"", name);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\') {
			putchar('\\');
		}
		putchar(*text);
	}
	putchar('"');
}

static void show_rule(const struct set_rule *rule, uint64_t now)
{
	printf("rule %" PRIu32 " %s %s", rule->sid, parse_severity_name(rule->severity),
	       parse_action_name(rule->action));
	if (rule->action == SET_ACTION_QUARANTINE) {
		printf("=%" PRIu32 "s", rule->quarantine_s);
	}
	show_text("msg", rule->message);
	show_text("ref", rule->reference);
	show_text("class", rule->class_name);
	printf(" rev=%" PRIu32, rule->rev);
	if (rule->from != SET_FROM_ANY) {
		printf(" from=%s", parse_from_name(rule->from));
	}
	if (rule->expires_day != 0) {
		struct parse_date date = parse_date_of(rule->expires_day);

		printf(" expires=%04" PRIu32 "-%02" PRIu32 "-%02" PRIu32 "%s", date.year,
		       date.month, date.day, set_rule_expired(rule, now) ? " # expired" : "");
	}
	putchar('\n');
}

int show(const char *path)
{
	struct blob blob = blob_read(path);
	uint64_t now = (uint64_t)time(NULL);
	struct set set;
	enum set_error error;

	if (blob.bytes == NULL) {
		return 1;
	}
	error = set_check(&set, blob.bytes, blob.size);
	if (error != SET_OK) {
		fprintf(stderr, "portreeve-tool: %s: %s\n", path, set_error_text(error));
	} else {
		show_header(&set, &blob, now);
		for (uint32_t i = 0; i < set_rule_count(&set); i++) {
			struct set_rule rule;

			set_rule(&set, i, &rule);
			show_rule(&rule, now);
		}
	}
	free(blob.bytes);
	return error == SET_OK && fflush(stdout) == 0 ? 0 : 1;
}
