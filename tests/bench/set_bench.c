/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What tests/bench/bench.py measures of the signature set: under callgrind with
 * --toggle-collect='measured*' only look-ups are counted. Values come from a fixed
 * generator, so that two runs count the same.
 *
 *   build VALUES FILE      makes a set of so many mail addresses and domains, half each
 *   miss FILE COUNT        look-ups of mail addresses that are not in it
 *   hit FILE COUNT         of some that are
 *   domain FILE COUNT      of names of five labels, none in it, where it has names of two
 *   none FILE COUNT        the loop around them alone
 *
 * Prints lines of "name value". Ends with 1 when something is found, or not, against expectation.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scanner/set.h"
#include "tools/sig/build.h"
#include "tools/sig/file.h"

#define VALUE_BYTES 32u
#define VALUES_KEPT 1024u /* prepared ones, asked for again and again; a power of two */

static const uint8_t key[SET_KEY_SIZE] = "set_bench";

struct text {
	size_t length;
	uint8_t bytes[VALUE_BYTES];
};

enum kind { KIND_MAIL, KIND_DOMAIN, KIND_FIVE_LABELS };

/* Number `number` of a kind; numbers from 2^31 on are in no set. */
static struct text value(enum kind kind, uint32_t number)
{
	static const struct siphash_key generator = { { 1, 2 } };
	static const char *const formats[] = { "%012" PRIx64 "@example.com", "%012" PRIx64 ".com",
					       "a.b.c.%012" PRIx64 ".com" };
	uint64_t random = siphash(&generator, &number, sizeof(number)) >> 16;
	struct text text;
	char line[VALUE_BYTES + 1];

	text.length = (size_t)snprintf(line, sizeof(line), formats[kind], random);
	memcpy(text.bytes, line, VALUE_BYTES);
	return text;
}

static _Noreturn void fail(const char *why)
{
	fprintf(stderr, "set_bench: %s\n", why);
	exit(1);
}

static void print(const char *name, uint64_t number)
{
	printf("%s %" PRIu64 "\n", name, number);
}

static void add(struct collection *collection, enum kind kind, uint32_t number,
		struct report *report)
{
	static struct signature signature = { .rule = { .rev = 1, .severity = 4 } };
	struct place place = { "generated", number, 0 };
	struct text text = value(kind, number);

	signature.rule.sid = 1 + number % 1000;
	signature.value.field = kind == KIND_MAIL ? FIELD_SMTP_RCPT_TO : FIELD_DNS_QUERY;
	signature.value.length = text.length;
	memcpy(signature.value.bytes, text.bytes, text.length);
	collect_add(collection, &signature, &place, report);
}

static void print_set(const struct set *set, size_t size)
{
	print("values", set_value_count(set));
	print("rules", set_rule_count(set));
	print("bytes", size);
	print("lookup_bytes", set_lookup_bytes(set));
	print("filter_bytes", 8 * (uint64_t)set->filter_words);
}

static int build(uint32_t values, const char *path)
{
	struct siphash_key hash_key = siphash_key(key);
	struct report report = { .to = stderr };
	struct collection collection;
	struct blob blob;
	struct set set;

	collect_init(&collection, &hash_key);
	for (uint32_t i = 0; i < values; i++) {
		add(&collection, i % 2 == 0 ? KIND_MAIL : KIND_DOMAIN, i, &report);
	}
	collect_sort(&collection, &report);
	blob = build_set(&collection, key, &report);
	if (blob.bytes == NULL || !blob_write(path, &blob) ||
	    set_open(&set, blob.bytes, blob.size, NULL) != SET_OK) {
		fail("no set");
	}
	print_set(&set, blob.size);
	free(blob.bytes);
	collect_free(&collection);
	return 0;
}

static __attribute__((noinline)) uint64_t measured(const struct set *set, enum field field,
						   const struct text *texts, uint32_t count)
{
	uint32_t rules[SET_MATCH_MAX];
	uint64_t found = 0;

	for (uint32_t i = 0; i < count; i++) {
		const struct text *text = &texts[i % VALUES_KEPT];

		found += set_match(set, field, text->bytes, text->length, rules);
	}
	return found;
}

static __attribute__((noinline)) uint64_t measured_none(const struct text *texts, uint32_t count)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < count; i++) {
		/* As much as the other loop does besides the call. */
		__asm__ volatile("" : : "r"(texts[i % VALUES_KEPT].length) : "memory");
		sum += i & 1;
	}
	return sum;
}

static int look_up(const char *mode, const char *path, uint32_t count)
{
	static struct text texts[VALUES_KEPT];
	struct blob blob = blob_read(path);
	bool hit = strcmp(mode, "hit") == 0, domain = strcmp(mode, "domain") == 0;
	struct set set;
	uint64_t found = 0;

	if (blob.bytes == NULL || set_open(&set, blob.bytes, blob.size, NULL) != SET_OK) {
		fail("no set");
	}
	for (uint32_t i = 0; i < VALUES_KEPT; i++) {
		uint32_t number = 2 * (uint32_t)(i * (set_value_count(&set) / 2 - 1) / VALUES_KEPT);

		texts[i] = value(domain ? KIND_FIVE_LABELS : KIND_MAIL,
				 hit ? number : 0x80000000u + i);
	}
	if (strcmp(mode, "none") == 0) {
		measured_none(texts, count);
	} else {
		found = measured(&set, domain ? FIELD_DNS_QUERY : FIELD_SMTP_RCPT_TO, texts, count);
	}
	if (found != (hit ? count : 0)) {
		fail("found what is not there, or not what is");
	}
	print("lookups", count);
	free(blob.bytes);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "build") == 0) {
		return build((uint32_t)strtoul(argv[2], NULL, 10), argv[3]);
	}
	if (argc == 4 && (strcmp(argv[1], "miss") == 0 || strcmp(argv[1], "hit") == 0 ||
			  strcmp(argv[1], "domain") == 0 || strcmp(argv[1], "none") == 0)) {
		return look_up(argv[1], argv[2], (uint32_t)strtoul(argv[3], NULL, 10));
	}
	fputs("usage: set_bench build VALUES FILE | miss|hit|domain|none FILE COUNT\n", stderr);
	return 2;
}
