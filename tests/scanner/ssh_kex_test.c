/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * KEXINIT: HASSH against tshark's for a recorded session and against md5sum's for
 * lists made by hand, the core variant, claims, negotiation, and broken lists.
 */
#include "tests/scanner/ssh_recording.h"
#include "tests/scanner/ssh_stage.h"

#define HEX (2 * MD5_SIZE + 1)

static struct script payload[2];
static struct text text[2];
static struct ssh_lists found[2];

static const struct lists different = { "a,b",	 "to-server", "to-client", "mac-s",
					"mac-c", "none,s",    "none,c",	   false };

/* Puts a KEXINIT into the pool; `of` is a place to keep it. */
static struct ssh_kexinit load(int of)
{
	const struct ssh_payload in = { &stage.pool, &text[of] };

	text[of] = (struct text){ 0 };
	assert_true(text_append(&stage.pool, &text[of], payload[of].bytes, payload[of].length));
	assert_true(ssh_lists_read(&in, &found[of]));
	return (struct ssh_kexinit){ .payload = in, .list = found[of].list };
}

static struct ssh_kexinit make(int of, const struct lists *lists)
{
	payload[of].length = 0;
	add_kexinit_payload(&payload[of], lists);
	return load(of);
}

static void to_hex(const uint8_t digest[static MD5_SIZE], char out[static HEX])
{
	for (int i = 0; i < MD5_SIZE; i++) {
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
	}
}

static void assert_hassh(const struct ssh_kexinit *kexinit, enum ssh_role role, const char *hash,
			 const char *core)
{
	struct ssh_hassh hassh;
	char hex[HEX];

	ssh_hassh(kexinit, role, &hassh);
	to_hex(hassh.hash, hex);
	assert_string_equal(hex, hash);
	assert_int_equal(hassh.has_core, core != NULL);
	if (core != NULL) {
		to_hex(hassh.core, hex);
		assert_string_equal(hex, core);
	}
}

/* The KEXINIT of a recorded direction: the packet behind the identification. */
static struct ssh_kexinit load_recorded(int of, const uint8_t *bytes)
{
	const uint8_t *packet = (const uint8_t *)strchr((const char *)bytes, '\n') + 1;
	size_t length = (size_t)packet[2] << 8 | packet[3];

	assert_int_equal(packet[5], 20);
	payload[of].length = 0;
	add_bytes(&payload[of], packet + 6, length - 2 - packet[4]);
	return load(of);
}

static void hassh_of_recorded_session_is_tsharks(void **state)
{
	(void)state;
	stage_begin();
	struct ssh_kexinit client = load_recorded(0, recorded_client);
	struct ssh_kexinit server = load_recorded(1, recorded_server);
	struct ssh_hassh hassh;
	char hex[HEX];

	ssh_hassh(&client, SSH_CLIENT, &hassh);
	to_hex(hassh.hash, hex);
	assert_string_equal(hex, RECORDED_HASSH);
	assert_memory_not_equal(hassh.core, hassh.hash, MD5_SIZE);
	ssh_hassh(&server, SSH_SERVER, &hassh);
	to_hex(hassh.hash, hex);
	assert_string_equal(hex, RECORDED_HASSH_SERVER);
	assert_int_equal(ssh_kexinit_claims(&client), 1u << SSH_CLIENT);
	assert_int_equal(ssh_kexinit_claims(&server), 1u << SSH_SERVER);
}

static void hassh_takes_the_lists_of_its_role(void **state)
{
	(void)state;
	stage_begin();
	struct ssh_kexinit kexinit = make(0, &different);
	uint8_t string[SSH_HASSH_STRING_MAX];

	/* printf 'a,b;to-server;mac-s;none,s' | md5sum */
	assert_hassh(&kexinit, SSH_CLIENT, "41e7a5e28e9925189c389d8613f7c302",
		     "41e7a5e28e9925189c389d8613f7c302");
	assert_hassh(&kexinit, SSH_SERVER, "236319d53d2ff070b399f88efa6bbfcd",
		     "236319d53d2ff070b399f88efa6bbfcd");
	assert_int_equal(ssh_hassh_length(&kexinit, SSH_SERVER), 26);
	ssh_hassh_string(&kexinit, SSH_SERVER, string);
	assert_memory_equal(string, "a,b;to-client;mac-c;none,c", 26);
}

static void hassh_core_leaves_pseudo_algorithms_out(void **state)
{
	static const struct {
		const char *kex, *core; /* md5sum of "…;c;m;z" */
	} rows[] = {
		{ "a,b", "6ad0fc6bca6e3be077b71b69d18d81e3" },
		{ "a,b,ext-info-c", "6ad0fc6bca6e3be077b71b69d18d81e3" },
		{ "a,b,ext-info-c,kex-strict-c-v00@openssh.com",
		  "6ad0fc6bca6e3be077b71b69d18d81e3" },
		{ "ext-info-s,a,b", "6ad0fc6bca6e3be077b71b69d18d81e3" },
		{ "a,kex-strict-s-v00@openssh.com,b", "6ad0fc6bca6e3be077b71b69d18d81e3" },
		{ "ext-info-c,a,kex-strict-c,b,ext-info-future",
		  "6ad0fc6bca6e3be077b71b69d18d81e3" },
		{ "ext-info-", "b27721e6bf2a2dc4e036fe83e166b405" },
		{ "", "b27721e6bf2a2dc4e036fe83e166b405" },
		{ "a,ext-inf,b", "57a84e40109c69947e7362acb33c8864" }, /* none of them */
		{ "a,xext-info-c,b", "281a0337c1b7935adbe3c257221e3516" },
	};
	struct lists lists = { "", "c", "c", "m", "m", "z", "z", false };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ssh_hassh hassh;
		char hex[HEX];

		stage_begin();
		lists.kex = rows[i].kex;
		struct ssh_kexinit kexinit = make(0, &lists);

		ssh_hassh(&kexinit, SSH_CLIENT, &hassh);
		to_hex(hassh.core, hex);
		assert_string_equal(hex, rows[i].core);
	}
}

/* `length` characters: "abc…zabc…", no two blocks alike. */
static const char *long_name(size_t length)
{
	static char name[SSH_PAYLOAD_MAX + 1];

	for (size_t i = 0; i < length; i++) {
		name[i] = (char)('a' + i % 26);
	}
	name[length] = '\0';
	return name;
}

static void hassh_of_long_lists_has_no_core_and_no_string(void **state)
{
	struct lists lists = { "", "c", "c", "m", "m", "z", "z", false };

	(void)state;
	stage_begin();
	/* 4096 in all: python3 -c 'import string; print((string.ascii_lowercase * 200)[:4090] +
	 * ";c;m;z", end="")' | md5sum */
	lists.kex = long_name(4090);
	struct ssh_kexinit kexinit = make(0, &lists);

	assert_hassh(&kexinit, SSH_CLIENT, "fc2e003a77e59c85022e5924adc610a6",
		     "fc2e003a77e59c85022e5924adc610a6");
	assert_int_equal(ssh_hassh_length(&kexinit, SSH_CLIENT), 4096);

	stage_begin();
	lists.kex = long_name(4091);
	kexinit = make(0, &lists);
	assert_hassh(&kexinit, SSH_CLIENT, "d08f6b556f973cc474205878be74807e", NULL);
	assert_int_equal(ssh_hassh_length(&kexinit, SSH_CLIENT), 0);

	stage_begin();
	lists.kex = long_name(16000);
	kexinit = make(0, &lists);
	assert_hassh(&kexinit, SSH_SERVER, "fff1a49716e8cb4b7dce3512017b5481", NULL);
	assert_int_equal(ssh_kexinit_claims(&kexinit), 0);
}

static void claims_come_from_pseudo_algorithms_only(void **state)
{
	static const struct {
		const char *kex;
		unsigned claims;
	} rows[] = {
		{ "a,b", 0 },
		{ "a,ext-info-c", 1u << SSH_CLIENT },
		{ "kex-strict-s-v00@openssh.com", 1u << SSH_SERVER },
		{ "ext-info-c,kex-strict-s-v00@openssh.com", 3 },
		{ "kex-strict,ext-info", 0 },
	};
	struct lists lists = { "", "ext-info-c", "c", "m", "m", "z", "z", false };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		stage_begin();
		lists.kex = rows[i].kex;
		struct ssh_kexinit kexinit = make(0, &lists);

		assert_int_equal(ssh_kexinit_claims(&kexinit), rows[i].claims);
	}
}

static void negotiate_takes_the_clients_first_that_the_server_has(void **state)
{
	static const struct {
		const char *client, *server, *result;
	} rows[] = {
		{ "a,b,c", "c,b", "b" },
		{ "a", "a", "a" },
		{ "a,b", "aa,ab", NULL },
		{ "aa", "a", NULL },
		{ "", "a", NULL },
		{ "a", "", NULL },
		{ "none,zlib", "zlib,none", "none" },
	};
	struct lists lists = { "k", "c", "", "m", "m", "z", "z", false };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ssh_algorithm algorithm;

		stage_begin();
		lists.cipher_to_client = rows[i].client;
		struct ssh_kexinit client = make(0, &lists);
		lists.cipher_to_client = rows[i].server;
		struct ssh_kexinit server = make(1, &lists);
		bool agreed = ssh_kexinit_negotiate(&client, &server, SSH_LIST_CIPHER_TO_CLIENT,
						    &algorithm);

		assert_int_equal(agreed, rows[i].result != NULL);
		if (agreed) {
			assert_string_equal(algorithm.name, rows[i].result);
		}
	}
}

static void negotiate_beyond_bounds_is_false(void **state)
{
	struct lists lists = { "k", "c", "", "m", "m", "z", "z", false };
	struct ssh_algorithm algorithm;
	static char names[2 * SSH_NEGOTIATE_NAMES + 2];

	(void)state;
	for (size_t length = SSH_NEGOTIATE_MAX - 1; length <= SSH_NEGOTIATE_MAX + 1; length++) {
		static char list[SSH_NEGOTIATE_MAX + 2];

		stage_begin();
		memset(list, 'x', length);
		memcpy(list, "aes,", 4);
		list[length] = '\0';
		lists.cipher_to_client = list;
		struct ssh_kexinit both = make(0, &lists);

		assert_int_equal(ssh_kexinit_negotiate(&both, &both, SSH_LIST_CIPHER_TO_CLIENT,
						       &algorithm),
				 length <= SSH_NEGOTIATE_MAX);
	}
	for (size_t i = 0; i < SSH_NEGOTIATE_NAMES; i++) {
		memcpy(names + 2 * i, "x,", 2);
	}
	names[2 * SSH_NEGOTIATE_NAMES] = 'y';
	stage_begin();
	lists.cipher_to_client = "y";
	struct ssh_kexinit client = make(0, &lists);
	lists.cipher_to_client = names;
	struct ssh_kexinit server = make(1, &lists);

	assert_false(
		ssh_kexinit_negotiate(&client, &server, SSH_LIST_CIPHER_TO_CLIENT, &algorithm));
	assert_false(
		ssh_kexinit_negotiate(&server, &client, SSH_LIST_CIPHER_TO_CLIENT, &algorithm));
}

static void read_cut_kexinit_is_false(void **state)
{
	const struct ssh_payload in = { &stage.pool, &text[0] };
	struct ssh_lists lists;

	(void)state;
	payload[0].length = 0;
	add_kexinit_payload(&payload[0], &different);
	for (size_t cut = 0; cut <= payload[0].length; cut++) {
		stage_begin();
		text[0] = (struct text){ 0 };
		assert_true(text_append(&stage.pool, &text[0], payload[0].bytes, cut));
		/* the reserved number at the end is not read */
		assert_int_equal(ssh_lists_read(&in, &lists), cut >= payload[0].length - 4);
	}
}

static void read_wrong_lengths_is_false(void **state)
{
	const struct ssh_payload in = { &stage.pool, &text[0] };
	struct ssh_lists lists;

	(void)state;
	for (int bit = 0; bit < 32; bit++) {
		payload[0].length = 0;
		add_kexinit_payload(&payload[0], &different);
		payload[0].bytes[16 + bit / 8] ^= (uint8_t)(1u << bit % 8);
		stage_begin();
		text[0] = (struct text){ 0 };
		assert_true(
			text_append(&stage.pool, &text[0], payload[0].bytes, payload[0].length));
		/* whatever comes out lies within */
		if (ssh_lists_read(&in, &lists)) {
			for (int i = 0; i < SSH_LIST_COUNT; i++) {
				assert_true(lists.list[i].at + lists.list[i].length <=
					    payload[0].length);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hassh_of_recorded_session_is_tsharks),
		cmocka_unit_test(hassh_takes_the_lists_of_its_role),
		cmocka_unit_test(hassh_core_leaves_pseudo_algorithms_out),
		cmocka_unit_test(hassh_of_long_lists_has_no_core_and_no_string),
		cmocka_unit_test(claims_come_from_pseudo_algorithms_only),
		cmocka_unit_test(negotiate_takes_the_clients_first_that_the_server_has),
		cmocka_unit_test(negotiate_beyond_bounds_is_false),
		cmocka_unit_test(read_cut_kexinit_is_false),
		cmocka_unit_test(read_wrong_lengths_is_false),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
