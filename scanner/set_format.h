/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The signature set's bytes: written by tools/sig/build.c, checked and read in
 * place by set.c. All numbers little-endian. No offsets are stored: the sections
 * follow the header in the order below, each padded with zeroes to SET_ALIGNMENT, so
 * their places follow from the header's counts.
 *
 *   filter     filter_words × u64: of every value four bits in one word are set
 *   buckets    bucket_count × 64 bytes: four entries of 16, each the first 12 bytes of the
 *              value's hash and a reference; a value is in one of its two buckets
 *   lists      list_words × u32: a count and that many rule numbers, again and again
 *   prefixes   prefix_count × 4 bytes: field, family, prefix length, port selector that occur
 *              among the addresses, in the order they are looked up
 *   rules      rule_count × 24 bytes, ascending by SID
 *   text index (text_count + 1) × u32: where each text starts, and the end
 *   texts      text_bytes: message '\0' reference '\0' class '\0', again and again
 *
 * A value's hash is SipHash-2-4-128, under the set's key, of its canonical form and one byte, the
 * field's number. Of its four 32-bit words w0 w1 w2 w3 w0 chooses the second bucket, w1 the filter
 * word, w2 the bits in it, w3 the first bucket; w0 to w2 are kept in the entry.
 */
#ifndef SCANNER_SET_FORMAT_H
#define SCANNER_SET_FORMAT_H

#include <stdint.h>

#include "scanner/hash/siphash.h"
#include "scanner/set.h"

#define SET_MAGIC "PORTRSET"
#define SET_VERSION 1

/* The header: where its parts stand. */
enum {
	SET_AT_MAGIC = 0, /* 8 bytes */
	SET_AT_VERSION = 8,
	SET_AT_FLAGS = 12,
	SET_AT_SIZE = 16, /* u64: of the whole blob */
	SET_AT_DIGEST = 24, /* SHA-256 over all bytes before and after it */
	SET_AT_KEY = 56, /* zero when it is outside */
	SET_AT_KEY_CHECK = 72, /* the hash of SET_KEY_CHECK with suffix SET_KEY_CHECK_SUFFIX */
	SET_AT_VALUE_COUNT = 88,
	SET_AT_FILTER_WORDS = 92,
	SET_AT_BUCKET_COUNT = 96,
	SET_AT_LIST_WORDS = 100,
	SET_AT_PREFIX_COUNT = 104,
	SET_AT_RULE_COUNT = 108,
	SET_AT_TEXT_COUNT = 112,
	SET_AT_TEXT_BYTES = 116,
	SET_AT_RESERVED = 120, /* 8 bytes of zero */
	SET_AT_FIELD_COUNTS = 128, /* SET_FIELD_SLOTS × u32: values of each field */
	SET_AT_LABELS = 384, /* SET_LABEL_SLOTS × u64: bit n: a value of n labels */
	SET_HEADER_SIZE = 448
};
#define SET_FIELD_SLOTS 64
#define SET_LABEL_SLOTS 8 /* the domain fields in order of enum field; the rest zero */
#define SET_LABELS_MAX 63 /* the most labels a signature's domain can have */

#define SET_FLAG_KEY_INSIDE 1u
#define SET_KEY_CHECK "portreeve signature set"
#define SET_KEY_CHECK_SUFFIX 0xff

#define SET_BUCKET_SIZE 64
#define SET_BUCKET_ENTRIES 4
#define SET_ENTRY_SIZE 16
enum { SET_ENTRY_HASH = 0, SET_ENTRY_REFERENCE = 12 };
/* A reference: a rule's number, or with the top bit the place of a list, or an empty entry. */
#define SET_REFERENCE_LIST 0x80000000u
#define SET_REFERENCE_EMPTY 0xffffffffu

#define SET_PREFIX_SIZE 4
/* Port selectors besides the protocols 6 and 17. */
#define SET_PORT_NONE 0 /* the address alone */
#define SET_PORT_ANY_PROTOCOL 1

#define SET_RULE_SIZE 24
enum {
	SET_RULE_SID = 0,
	SET_RULE_REV = 4,
	SET_RULE_TEXT = 8, /* number of its text */
	SET_RULE_QUARANTINE = 12,
	SET_RULE_EXPIRES = 16,
	SET_RULE_SEVERITY = 20,
	SET_RULE_ACTION = 21,
	SET_RULE_FROM = 22,
	SET_RULE_RESERVED = 23
};
#define SET_SID_MAX 0x7fffffffu
#define SET_QUARANTINE_MAX (30u * 24 * 60 * 60)
/* Bytes of a message, reference or class, without the '\0'. */
#define SET_TEXT_MAX 255

static inline uint32_t set_scale(uint32_t word, uint32_t count)
{
	return (uint32_t)((uint64_t)word * count >> 32);
}

static inline uint32_t set_filter_index(const struct siphash_128 *hash, uint32_t words)
{
	return set_scale((uint32_t)(hash->word[0] >> 32), words);
}

static inline uint64_t set_filter_bits(const struct siphash_128 *hash)
{
	uint64_t w = hash->word[1];

	return (uint64_t)1 << (w & 63) | (uint64_t)1 << (w >> 6 & 63) |
	       (uint64_t)1 << (w >> 12 & 63) | (uint64_t)1 << (w >> 18 & 63);
}

static inline uint32_t set_first_bucket(const struct siphash_128 *hash, uint32_t count)
{
	return set_scale((uint32_t)(hash->word[1] >> 32), count);
}

static inline uint32_t set_second_bucket(const struct siphash_128 *hash, uint32_t count)
{
	return set_scale((uint32_t)hash->word[0], count);
}

/* The slot of SET_AT_LABELS that belongs to a field, or -1 when it holds no domains. */
static inline int set_label_slot(enum field field)
{
	switch (field) {
	case FIELD_SMTP_HELO:
		return 0;
	case FIELD_SMTP_MAIL_FROM_DOMAIN:
		return 1;
	case FIELD_SMTP_RCPT_TO_DOMAIN:
		return 2;
	case FIELD_DNS_QUERY:
		return 3;
	case FIELD_TLS_SNI:
		return 4;
	default:
		return -1;
	}
}

/* The order of prefixes, ascending: fields, families, then longer ones first, among equals those
 * with a port first. */
static inline uint32_t set_prefix_rank(const uint8_t prefix[SET_PREFIX_SIZE])
{
	return (uint32_t)prefix[0] << 24 | (uint32_t)prefix[1] << 16 |
	       (uint32_t)(0xff - prefix[2]) << 8 | (uint32_t)(0xff - prefix[3]);
}

/* The counts of a header, and where the sections that follow from them begin. */
struct set_layout {
	uint32_t filter_words, bucket_count, list_words, prefix_count, rule_count, text_count;
	uint32_t text_bytes;
	uint64_t filter, buckets, lists, prefixes, rules, text_index, texts;
	uint64_t size; /* of the whole blob */
};
void set_layout_place(struct set_layout *layout);

/* SHA-256 over the blob without its digest field. */
void set_compute_digest(const uint8_t *blob, uint64_t size, uint8_t out[static SET_DIGEST_SIZE]);
struct siphash_128 set_key_check(const struct siphash_key *key);

/* set_open() without its last step, the key: enough to list rules and counts, not to match. On an
 * error `set` must not be used. */
enum set_error set_check(struct set *set, const void *blob, size_t size);

#endif
