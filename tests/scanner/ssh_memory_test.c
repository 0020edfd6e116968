/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is remembered of KEXINITs and host keys is what reading them anew gives, is known again by
 * all bytes and by nothing less, and is forgotten whole.
 */
#include "tests/scanner/ssh_recording.h"
#include "tests/scanner/ssh_stage.h"

static struct ssh_memory memory;
static struct script payload;
static struct text text;

static const struct lists some = { "a,ext-info-c", "b", "c", "d", "e", "f", "g", false };

static struct ssh_payload load(void)
{
	text_clear(&stage.pool, &text);
	assert_true(text_append(&stage.pool, &text, payload.bytes, payload.length));
	return (struct ssh_payload){ &stage.pool, &text };
}

static const struct ssh_known_kexinit *find(void)
{
	const struct ssh_payload in = load();

	return ssh_memory_kexinit(&memory, &in);
}

static const char *long_name(size_t length)
{
	static char name[SSH_MEMORY_KEXINIT_MAX + 1];

	memset(name, 'x', length);
	name[length] = '\0';
	return name;
}

static void begin(void)
{
	stage_begin();
	text = (struct text){ 0 };
	memset(&memory, 0, sizeof(memory));
	payload.length = 0;
	add_kexinit_payload(&payload, &some);
}

static void kexinit_again_is_known_whatever_its_cookie(void **state)
{
	(void)state;
	begin();
	const struct ssh_known_kexinit *first = find();
	uint64_t serial = first->serial;

	assert_int_not_equal(serial, 0);
	assert_int_equal(first->claims, 1u << SSH_CLIENT);
	assert_int_equal(first->lists.list[SSH_LIST_CIPHER_TO_SERVER].length, 1);
	memset(payload.bytes, 0x5a, SSH_COOKIE_LENGTH);
	assert_ptr_equal(find(), first);
	assert_int_equal(first->serial, serial);
	assert_ptr_equal(ssh_memory_again(&memory, serial), first);
	assert_memory_equal(first->bytes, payload.bytes + SSH_COOKIE_LENGTH,
			    payload.length - SSH_COOKIE_LENGTH);
}

static void kexinit_differing_anywhere_is_another(void **state)
{
	(void)state;
	begin();
	payload.length = 0;
	add_kexinit_payload(&payload, &(const struct lists){ long_name(300), "b", "c", "d", "e",
							     long_name(300) + 83, "g", false });
	for (size_t at = SSH_COOKIE_LENGTH; at < payload.length; at++) {
		uint64_t serial = find()->serial;

		payload.bytes[at] ^= 1;
		const struct ssh_known_kexinit *other = find();

		/* NULL where the lengths of lists stand */
		assert_true(other == NULL || other->serial != serial);
		payload.bytes[at] ^= 1;
	}
	uint64_t serial = find()->serial;

	payload.bytes[payload.length++] = 0; /* longer by what means nothing */
	assert_int_not_equal(find()->serial, serial);
}

static void kexinit_pushed_out_is_forgotten(void **state)
{
	static const char digits[] =
		"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	uint64_t serials[16 * SSH_MEMORY_PLACES];
	size_t count = 0, left = 0;

	(void)state;
	begin();
	assert_null(ssh_memory_again(&memory, 0));
	for (; count < sizeof(serials) / sizeof(serials[0]); count++) {
		char kex[] = "x??";

		kex[1] = digits[count % 62];
		kex[2] = digits[count / 62];
		payload.length = 0;
		add_kexinit_payload(&payload, &(const struct lists){ kex, "b", "c", "d", "e", "f",
								     "g", false });
		const struct ssh_known_kexinit *known = find();

		serials[count] = known->serial;
		assert_memory_equal(known->bytes + 4, kex, 3);
		for (size_t i = 0; i < count; i++) {
			assert_int_not_equal(serials[i], serials[count]);
		}
	}
	for (size_t i = 0; i < count; i++) {
		const struct ssh_known_kexinit *known = ssh_memory_again(&memory, serials[i]);

		assert_true(known == NULL || known->bytes[5] == digits[i % 62]);
		left += known != NULL;
	}
	assert_int_equal(left, SSH_MEMORY_PLACES);
	assert_non_null(ssh_memory_again(&memory, serials[count - 1]));
}

static void kexinit_broken_or_long_is_not_remembered(void **state)
{
	(void)state;
	begin();
	uint64_t serial = find()->serial;

	const size_t whole = payload.length;

	for (payload.length = 1; payload.length < whole - 4; payload.length++) {
		assert_null(find());
	}
	payload.length = whole;
	assert_int_equal(find()->serial, serial);
	payload.length = 0;
	add_kexinit_payload(&payload, &(const struct lists){ long_name(SSH_MEMORY_KEXINIT_MAX), "b",
							     "c", "d", "e", "f", "g", false });
	assert_null(find());
	payload.length = 0;
	add_kexinit_payload(&payload, &some);
	const struct ssh_payload in = load();

	assert_null(ssh_memory_kexinit(NULL, &in));
	assert_null(ssh_memory_again(NULL, serial));
}

/* A key exchange reply with a host key of some length. */
static void make_reply(const uint8_t *blob, size_t length)
{
	payload.length = 0;
	add_number(&payload, length);
	add_bytes(&payload, blob, length);
	add_string(&payload, "f");
}

static void hostkey_is_what_reading_it_gives(void **state)
{
	uint8_t blob[1024];

	(void)state;
	begin();
	for (size_t round = 0; round < 2; round++) {
		for (size_t length = 11; length <= 700; length++) {
			struct ssh_hostkey read, known;

			memcpy(blob, "\0\0\0\7ssh-rsa", 11);
			memset(blob + 11, 7, length - 11);
			blob[length - 1] ^= (uint8_t)(length & 1);
			make_reply(blob, length);
			const struct ssh_payload in = load();

			assert_true(ssh_hostkey_read(&in, &read));
			assert_true(ssh_memory_hostkey(&memory, &in, &known));
			assert_memory_equal(known.fingerprint, read.fingerprint,
					    sizeof(read.fingerprint));
			assert_int_equal(known.type_length, read.type_length);
			assert_memory_equal(known.type, read.type, read.type_length);
			assert_true(ssh_memory_hostkey(NULL, &in, &known));
		}
	}
	assert_int_equal(memory.hostkeys.serials, 2 * (640 - 10));
}

static void hostkey_again_is_not_hashed_again(void **state)
{
	struct ssh_hostkey key;

	(void)state;
	begin();
	make_reply((const uint8_t *)"\0\0\0\7ssh-rsa", 11);
	const struct ssh_payload in = load();

	for (int i = 0; i < 3; i++) {
		assert_true(ssh_memory_hostkey(&memory, &in, &key));
		assert_int_equal(memory.hostkeys.serials, 1);
	}
}

static void hostkey_that_is_none_is_none_again(void **state)
{
	struct ssh_hostkey key;

	(void)state;
	begin();
	make_reply((const uint8_t *)"\0\0\0\7ssh,rsa", 11);
	for (int i = 0; i < 3; i++) {
		const struct ssh_payload in = load();

		assert_false(ssh_memory_hostkey(&memory, &in, &key));
	}
	payload.length = 3;
	const struct ssh_payload in = load();

	assert_false(ssh_memory_hostkey(&memory, &in, &key));
	assert_int_equal(memory.hostkeys.serials, 0);
}

/* The recorded session, with and without a memory. */
static void feed_with_and_without_memory_gives_the_same(void **state)
{
	static char without[sizeof(stage.seen.text)];

	(void)state;
	begin();
	for (int round = 0; round < 4; round++) {
		stage_begin();
		stage.inspection.ssh_memory = round == 0 ? NULL : &memory;
		play(TO_RESPONDER, recorded_client, sizeof(recorded_client) - 16);
		if (round == 3) {
			memset(&memory, 0, sizeof(memory)); /* forgotten meanwhile */
		}
		play(TO_ORIGINATOR, recorded_server, sizeof(recorded_server));
		play(TO_RESPONDER, recorded_client + sizeof(recorded_client) - 16, 16);
		stage_end();
		if (round == 0) {
			memcpy(without, stage.seen.text, sizeof(without));
		}
		assert_string_equal(stage.seen.text, without);
		assert_true(was_seen("ssh.client.hassh"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kexinit_again_is_known_whatever_its_cookie),
		cmocka_unit_test(kexinit_differing_anywhere_is_another),
		cmocka_unit_test(kexinit_pushed_out_is_forgotten),
		cmocka_unit_test(kexinit_broken_or_long_is_not_remembered),
		cmocka_unit_test(hostkey_is_what_reading_it_gives),
		cmocka_unit_test(hostkey_again_is_not_hashed_again),
		cmocka_unit_test(hostkey_that_is_none_is_none_again),
		cmocka_unit_test(feed_with_and_without_memory_gives_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
