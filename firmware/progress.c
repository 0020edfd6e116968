/* SPDX-License-Identifier: BSD-2-Clause */
/* The line of progress.h. */
#include "firmware/progress.h"

#include <inttypes.h>
#include <stdio.h>

#include "hal/file.h"

#define PERIOD_NS 200000000ull
#define NS_PER_MS 1000000u
#define BYTES_PER_MB 1000000u

void progress_start(struct progress *progress, uint64_t total_bytes)
{
	*progress = (struct progress){
		.watched = file_error_is_terminal(),
		.total_bytes = total_bytes,
		.start = clock_monotonic_now(),
	};
	progress->drawn_at = progress->start;
}

static uint64_t per_second(uint64_t count, uint64_t elapsed_ns)
{
	uint64_t elapsed_ms = elapsed_ns / NS_PER_MS;

	return elapsed_ms == 0 ? 0 : count * 1000 / elapsed_ms;
}

void progress_show(struct progress *progress, const char *name, uint64_t bytes, uint64_t packets)
{
	if (!progress->watched) {
		return;
	}
	struct clock_monotonic now = clock_monotonic_now();

	if (now.ns - progress->drawn_at.ns < PERIOD_NS) {
		return;
	}
	uint64_t rate = per_second(packets, now.ns - progress->start.ns);

	/* return to the line's start, and clear what is left of the one before */
	fputc('\r', stderr);
	if (progress->total_bytes > 0) {
		/* a file that grows while it is read may have more bytes than it had */
		uint64_t percent = bytes / (progress->total_bytes / 100 + 1);

		fprintf(stderr, "%3" PRIu64 " %%  ", percent > 100 ? 100 : percent);
	}
	fprintf(stderr, "%" PRIu64 " MB  %" PRIu64 " packets/s  %.40s\033[K", bytes / BYTES_PER_MB,
		rate, name);
	fflush(stderr);
	progress->drawn_at = now;
	progress->drawn = true;
}

void progress_clear(struct progress *progress)
{
	if (progress->drawn) {
		fputs("\r\033[K", stderr);
		progress->drawn = false;
	}
}
