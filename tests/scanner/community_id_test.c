/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Community IDs: vectors published with the specification, and others computed
 * apart with Python's hashlib and base64 (marked so).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>

#include <cmocka.h>

#include "scanner/community_id.h"

static const struct {
	uint8_t protocol;
	const char *source, *destination;
	uint16_t source_port, destination_port;
	const char *id;
} vectors[] = {
	/* published */
	{ 6, "128.232.110.120", "66.35.250.204", 34855, 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=" },
	{ 17, "192.168.1.52", "8.8.8.8", 54585, 53, "1:d/FP5EW3wiY1vCndhwleRRKHowQ=" },
	{ 132, "192.168.170.8", "192.168.170.56", 7, 80, "1:jQgCxbku+pNGw8WPbEc/TS/uTpQ=" },
	{ 1, "192.168.0.89", "192.168.0.1", 8, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=" },
	{ 58, "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 135, 0,
	  "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=" },
	/* computed */
	{ 1, "192.168.0.1", "192.168.0.89", 0, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=" },
	{ 1, "192.168.0.89", "192.168.0.1", 3, 1, "1:LXCfhMUFbYXe+CEMrQuZCbiLY3o=" },
	{ 1, "192.168.0.1", "192.168.0.89", 20, 0, "1:xka8imJTHE0ZCHTDqMsnK5QKoh8=" },
	{ 58, "3ffe:507:0:1:260:97ff:fe07:69ea", "3ffe:507:0:1:200:86ff:fe05:80da", 3, 0,
	  "1:NdobDX8PQNJbAyfkWxhtL2Pqp5w=" },
	{ 58, "3ffe:507:0:1:200:86ff:fe05:80da", "3ffe:507:0:1:260:97ff:fe07:69ea", 146, 0,
	  "1:Gzy/d3SAkRhCly96LyreSMtqc1U=" },
	{ 6, "2001:db8::1", "2001:db8::2", 50000, 22, "1:aUOeQPSeMVBzrAA6FouROQPBXVo=" },
	{ 17, "2001:db8::2", "2001:db8::1", 5353, 53, "1:tajKKCYPX5Fr60+44RSdKtpFb4s=" },
	{ 6, "10.0.0.1", "10.0.0.1", 2000, 1000, "1:nxwYq30oipX1dGVDLt7tz75Hofc=" },
	{ 47, "10.0.0.2", "10.0.0.1", 9, 9, "1:+KlEHDT0vJgzs/eNmzHq0aSpRYw=" },
	{ 6, "255.0.0.1", "1.0.0.1", 1, 65535, "1:gP1mLtk3ukzU3rtsfBxEI4sM7Ko=" },
	{ 132, "fd00::8", "fd00::7", 9, 9, "1:PT85+X3PhNOqXYGQlU0xToXI++4=" },
};

static struct event_tuple tuple_of(size_t i)
{
	struct event_tuple tuple = {
		.family = strchr(vectors[i].source, ':') != NULL ? 6 : 4,
		.protocol = vectors[i].protocol,
		.source_port = vectors[i].source_port,
		.destination_port = vectors[i].destination_port,
	};
	int family = tuple.family == 6 ? AF_INET6 : AF_INET;

	assert_int_equal(inet_pton(family, vectors[i].source, tuple.source), 1);
	assert_int_equal(inet_pton(family, vectors[i].destination, tuple.destination), 1);
	return tuple;
}

static void assert_id(const struct event_tuple *tuple, const char *expected)
{
	char id[COMMUNITY_ID_LENGTH + 1] = { 0 };

	community_id(tuple, id);
	assert_string_equal(id, expected);
}

static void community_id_published_vectors_agree(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct event_tuple tuple = tuple_of(i);

		assert_id(&tuple, vectors[i].id);
	}
}

static void community_id_other_direction_is_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct event_tuple tuple = tuple_of(i), turned = tuple;

		if (tuple.protocol == 1 || tuple.protocol == 58) {
			continue; /* an answer has another type */
		}
		memcpy(turned.source, tuple.destination, 16);
		memcpy(turned.destination, tuple.source, 16);
		turned.source_port = tuple.destination_port;
		turned.destination_port = tuple.source_port;
		assert_id(&turned, vectors[i].id);
	}
}

static void community_id_vlan_and_seed_do_not_matter(void **state)
{
	struct event_tuple tuple = tuple_of(0);

	(void)state;
	tuple.vlan[0] = 7;
	tuple.vlan[1] = VLAN_NONE;
	assert_id(&tuple, vectors[0].id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(community_id_published_vectors_agree),
		cmocka_unit_test(community_id_other_direction_is_the_same),
		cmocka_unit_test(community_id_vlan_and_seed_do_not_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
