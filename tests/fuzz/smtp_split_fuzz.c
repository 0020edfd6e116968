/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SMTP parser against itself: the same bytes of client and server in pieces and in an
 * order of the two directions that the input chooses give the same events, byte for
 * byte. The input is a number (four bytes) that pieces and order are drawn from, a length
 * (two bytes, little-endian), so many bytes of the client, and those of the server. Both
 * stay within what is held; a session has begun before, because who speaks first is part of
 * what is recognised.
 */
#include "tests/fuzz/smtp_run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct run runs[2];

struct side {
	const uint8_t *bytes;
	size_t length;
};

static const uint8_t greeting[] = "220 mx ESMTP\r\n";
static const uint8_t hello[] = "EHLO a.example\r\n";
static const uint8_t offers[] = "250-mx\r\n250 CHUNKING\r\n";

static void begin(struct run *run, bool chunking)
{
	run_begin(run);
	run_feed(run, TO_ORIGINATOR, greeting, sizeof(greeting) - 1);
	run_feed(run, TO_RESPONDER, hello, sizeof(hello) - 1);
	if (chunking) {
		run_feed(run, TO_ORIGINATOR, offers, sizeof(offers) - 1);
	} else {
		run_feed(run, TO_ORIGINATOR, offers + 8, 4);
		run_feed(run, TO_ORIGINATOR, (const uint8_t *)"mx\r\n", 4);
	}
}

static uint32_t draw(uint32_t *random)
{
	*random = *random * 1664525 + 1013904223;
	return *random >> 16;
}

static void play_drawn(struct run *run, const struct side sides[static 2], uint32_t random)
{
	size_t at[2] = { 0, 0 };

	while (at[0] < sides[0].length || at[1] < sides[1].length) {
		enum direction turn = (draw(&random) & 1) != 0 ? TO_ORIGINATOR : TO_RESPONDER;
		size_t left = sides[turn].length - at[turn];
		size_t most = (draw(&random) & 3) == 0 ? 512 : 16;
		size_t part = 1 + draw(&random) % most;

		part = part < left ? part : left;
		run_feed(run, turn, sides[turn].bytes + at[turn], part);
		at[turn] += part;
	}
	run_end(run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct side sides[2];
	uint32_t random;

	if (size < 6) {
		return 0;
	}
	memcpy(&random, data, sizeof(random));
	sides[TO_RESPONDER].bytes = data + 6;
	sides[TO_RESPONDER].length = (size_t)data[4] | (size_t)data[5] << 8;
	size -= 6;
	if (sides[TO_RESPONDER].length > size) {
		sides[TO_RESPONDER].length = size;
	}
	sides[TO_ORIGINATOR].bytes = sides[TO_RESPONDER].bytes + sides[TO_RESPONDER].length;
	sides[TO_ORIGINATOR].length = size - sides[TO_RESPONDER].length;
	for (unsigned i = 0; i < 2; i++) {
		if (sides[i].length >= SMTP_HELD_MAX) {
			sides[i].length = SMTP_HELD_MAX - 1;
		}
	}
	begin(&runs[0], (random & 1) != 0);
	run_feed(&runs[0], TO_RESPONDER, sides[TO_RESPONDER].bytes, sides[TO_RESPONDER].length);
	run_feed(&runs[0], TO_ORIGINATOR, sides[TO_ORIGINATOR].bytes, sides[TO_ORIGINATOR].length);
	run_end(&runs[0]);
	begin(&runs[1], (random & 1) != 0);
	play_drawn(&runs[1], sides, random);
	/* what follows the reply to STARTTLS is not read any more; whether it was there before is
	 * all that this one says */
	runs[0].anomalies &= ~(1ull << ANOMALY_SMTP_STARTTLS_INJECTION);
	runs[1].anomalies &= ~(1ull << ANOMALY_SMTP_STARTTLS_INJECTION);
	assert_same_run(&runs[0], &runs[1]);
	return 0;
}
