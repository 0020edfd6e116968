/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Collecting signatures; see collect.h.
 */
#include "tools/sig/collect.h"

#include <stdlib.h>
#include <string.h>

#include "tools/sig/memory.h"

void collect_init(struct collection *collection, const struct siphash_key *key)
{
	memset(collection, 0, sizeof(*collection));
	collection->key = *key;
}

void collect_free(struct collection *collection)
{
	free(collection->rules);
	free(collection->values);
	free(collection->bytes);
	intern_free(&collection->sids);
	intern_free(&collection->texts);
}

static size_t append(uint8_t *out, size_t at, const uint8_t *text)
{
	size_t length = strlen((const char *)text) + 1;

	memcpy(out + at, text, length);
	return at + length;
}

static uint32_t intern_texts(struct collection *collection, const struct rule *rule)
{
	uint8_t text[3 * (SET_TEXT_MAX + 1)];
	size_t length = append(text, 0, rule->message);

	length = append(text, length, rule->reference);
	length = append(text, length, rule->class_name);
	return intern(&collection->texts, text, length);
}

/* What two lines of a SID disagree in, or NULL. */
static const char *difference(const struct collected_rule *a, const struct collected_rule *b)
{
	return a->severity != b->severity	  ? "severity" :
	       a->action != b->action		  ? "action" :
	       a->quarantine_s != b->quarantine_s ? "the quarantine's duration" :
	       a->rev != b->rev			  ? "rev" :
	       a->from != b->from		  ? "from" :
	       a->expires_day != b->expires_day	  ? "expires" :
	       a->text != b->text		  ? "msg, ref or class" :
						    NULL;
}

static uint32_t add_rule(struct collection *collection, const struct rule *rule,
			 const struct place *place, struct report *report)
{
	uint32_t number = intern(&collection->sids, &rule->sid, sizeof(rule->sid));
	struct collected_rule collected = {
		.sid = rule->sid,
		.rev = rule->rev,
		.quarantine_s = rule->quarantine_s,
		.expires_day = rule->expires_day,
		.text = intern_texts(collection, rule),
		.severity = rule->severity,
		.action = rule->action,
		.from = rule->from,
		.number = number,
		.place = *place,
	};
	const struct collected_rule *first;
	const char *what;

	if (number == collection->rule_count) {
		collection->rules = memory_grow(collection->rules, collection->rule_count,
						&collection->rule_capacity,
						sizeof(*collection->rules));
		collection->rules[collection->rule_count++] = collected;
		return number;
	}
	first = &collection->rules[number];
	what = difference(first, &collected);
	if (what != NULL) {
		report_error(report, place,
			     "SID %u differs from %s:%u in %s, expected that all lines of a SID "
			     "agree in everything but field and value",
			     rule->sid, first->place.file, first->place.line, what);
	}
	return number;
}

void collect_add(struct collection *collection, const struct signature *signature,
		 const struct place *place, struct report *report)
{
	const struct value *value = &signature->value;
	struct collected_value *added;

	collection->values = memory_grow(collection->values, collection->value_count,
					 &collection->value_capacity, sizeof(*collection->values));
	added = &collection->values[collection->value_count++];
	*added = (struct collected_value){
		.hash = siphash_128_suffix(&collection->key, value->bytes, value->length,
					   (uint8_t)value->field),
		.at = collection->bytes_used,
		.file = place->file,
		.line = place->line,
		.rule = add_rule(collection, &signature->rule, place, report),
		.length = (uint16_t)value->length,
		.field = (uint8_t)value->field,
	};
	while (collection->bytes_capacity - collection->bytes_used < value->length) {
		collection->bytes = memory_grow(collection->bytes, collection->bytes_capacity,
						&collection->bytes_capacity, 1);
	}
	if (value->length > 0) {
		memcpy(collection->bytes + collection->bytes_used, value->bytes, value->length);
	}
	collection->bytes_used += value->length;
}

static int compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int by_sid(const void *a, const void *b)
{
	const struct collected_rule *x = a, *y = b;

	return compare(x->sid, y->sid);
}

static int by_hash(const void *a, const void *b)
{
	const struct collected_value *x = a, *y = b;
	int order = compare(x->hash.word[0], y->hash.word[0]);

	order = order != 0 ? order : compare(x->hash.word[1], y->hash.word[1]);
	order = order != 0 ? order : compare(x->rule, y->rule);
	return order != 0 ? order : compare(x->at, y->at); /* the first line first */
}

static int by_appearance(const void *a, const void *b)
{
	const struct collected_value *x = a, *y = b;

	return compare(x->at, y->at);
}

static void sort_rules(struct collection *collection)
{
	uint32_t *place_of = memory_zeroed(collection->rule_count, sizeof(*place_of));

	qsort(collection->rules, collection->rule_count, sizeof(*collection->rules), by_sid);
	for (size_t i = 0; i < collection->rule_count; i++) {
		place_of[collection->rules[i].number] = (uint32_t)i;
	}
	for (size_t i = 0; i < collection->value_count; i++) {
		collection->values[i].rule = place_of[collection->values[i].rule];
	}
	free(place_of);
}

static bool same(const struct collected_value *a, const struct collected_value *b)
{
	return a->hash.word[0] == b->hash.word[0] && a->hash.word[1] == b->hash.word[1] &&
	       a->rule == b->rule;
}

/* Moves repeated values behind the others and returns how many there are. */
static size_t set_repeated_apart(struct collection *collection)
{
	struct collected_value *values = collection->values, *repeated;
	size_t kept = 0, count = 0;

	repeated = memory_zeroed(collection->value_count, sizeof(*repeated));
	for (size_t i = 0; i < collection->value_count; i++) {
		if (kept > 0 && same(&values[kept - 1], &values[i])) {
			repeated[count++] = values[i];
		} else {
			values[kept++] = values[i];
		}
	}
	memcpy(values + kept, repeated, count * sizeof(*values));
	free(repeated);
	collection->value_count = kept;
	return count;
}

void collect_sort(struct collection *collection, struct report *report)
{
	size_t repeated;

	if (collection->value_count == 0) {
		return;
	}
	sort_rules(collection);
	qsort(collection->values, collection->value_count, sizeof(*collection->values), by_hash);
	repeated = set_repeated_apart(collection);
	qsort(collection->values + collection->value_count, repeated, sizeof(*collection->values),
	      by_appearance);
	for (size_t i = 0; i < repeated; i++) {
		const struct collected_value *value =
			&collection->values[collection->value_count + i];
		struct place place = { value->file, value->line, 0 };

		report_warning(report, &place, "SID %u has this value already, the line is ignored",
			       collection->rules[value->rule].sid);
	}
}
