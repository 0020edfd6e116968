/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The loop of replay.h: capture → burst → scanner → forward file; ring → EVE.
 * The ring is emptied after each burst, and bursts are no longer than the ring is
 * sure to hold the events of, so none is lost.
 */
#include "firmware/replay.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/capture.h"
#include "firmware/capture_write.h"
#include "firmware/community_memory.h"
#include "firmware/eve.h"
#include "firmware/progress.h"
#include "firmware/replay_summary.h"
#include "firmware/scanner_config.h"
#include "firmware/set_file.h"
#include "hal/clock.h"
#include "hal/cpu.h"
#include "hal/stop.h"
#include "scanner/hash/sha256.h"
#include "scanner/scan.h"

enum { EXIT_DONE = 0, EXIT_INPUT = 1, EXIT_SIGNAL = 128 };

/* Room in the ring for what one frame may give rise to: many alerts, flows that end to make room.
 */
#define FRAME_EVENT_BYTES (8 * EVENT_MAX_BYTES)

#define SCANNER_ALIGNMENT 64

struct replay {
	struct replay_options options;
	struct scanner_config config;
	struct scanner *scanner;
	struct event_ring *ring;
	struct set_file signatures;
	struct replay_result result;
	struct replay_tally tally;
	struct progress progress;
	uint64_t total_bytes; /* of all captures; 0 when a pipe is among them */
	uint64_t done_bytes; /* of the captures before this one */
	unsigned burst; /* frames at once */
	bool failed; /* something of the input is missing */
	uint64_t own_time_ns[SCANNER_BURST_MAX]; /* of frames, before it was made monotonic */
	struct frame frames[SCANNER_BURST_MAX];
	struct verdict verdicts[SCANNER_BURST_MAX];
	struct capture capture;
	struct community_memory communities;
	struct output eve;
	struct output forward;
};

static void say(struct replay *replay, const char *subject, const char *text)
{
	progress_clear(&replay->progress);
	fprintf(stderr, "portreeve: %s %s\n", subject, text);
}

static const char *shown_name(const char *path)
{
	return strcmp(path, "-") == 0 ? "standard input" : path;
}

/* ---- files ---- */

/* Looks at all captures before anything is written: a mistyped name stops a long replay at once. */
static bool find_captures(struct replay *replay)
{
	bool sizes_known = true;

	for (unsigned i = 0; i < replay->options.capture_count; i++) {
		const char *path = replay->options.captures[i];
		struct file_identity identity;
		int error = file_identify(path, &identity);

		if (error != 0) {
			fprintf(stderr, "portreeve: %s cannot be read: %s\n", shown_name(path),
				strerror(-error));
			return false;
		}
		sizes_known = sizes_known && identity.regular;
		replay->total_bytes += identity.size_bytes;
	}
	if (!sizes_known) {
		replay->total_bytes = 0;
	}
	return true;
}

static bool same_file(const char *path, const struct file_identity *other)
{
	struct file_identity identity;

	return path != NULL && file_identify(path, &identity) == 0 && identity.regular &&
	       other->regular && identity.device == other->device &&
	       identity.number == other->number;
}

/* What would be lost if `path` were made anew: the name of an input that it is, or NULL. */
static const char *overwritten(const struct replay_options *options, const char *path)
{
	struct file_identity identity;

	if (path == NULL || strcmp(path, "-") == 0 || file_identify(path, &identity) != 0) {
		return NULL;
	}
	for (unsigned i = 0; i < options->capture_count; i++) {
		if (same_file(options->captures[i], &identity)) {
			return options->captures[i];
		}
	}
	if (same_file(options->signatures, &identity)) {
		return options->signatures;
	}
	return same_file(options->hash_key, &identity) ? options->hash_key : NULL;
}

static bool check_outputs(const struct replay_options *options)
{
	const struct {
		const char *option;
		const char *path;
	} outputs[] = { { "--eve", options->eve }, { "--forward", options->forward } };

	for (size_t i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++) {
		const char *input = overwritten(options, outputs[i].path);

		if (input != NULL) {
			fprintf(stderr, "portreeve: %s %s would overwrite the input %s\n",
				outputs[i].option, outputs[i].path, shown_name(input));
			return false;
		}
	}
	if (options->forward != NULL && strcmp(options->forward, options->eve) == 0) {
		fprintf(stderr, "portreeve: --eve and --forward both name %s\n", options->eve);
		return false;
	}
	return true;
}

static bool open_output(struct output *output, const char *path)
{
	int error = output_open(output, path);

	if (error != 0) {
		fprintf(stderr, "portreeve: cannot write %s: %s\n", path, strerror(-error));
	}
	return error == 0;
}

static bool open_outputs(struct replay *replay)
{
	if (!open_output(&replay->eve, replay->options.eve)) {
		return false;
	}
	if (replay->options.forward == NULL) {
		return true;
	}
	if (!open_output(&replay->forward, replay->options.forward)) {
		output_close(&replay->eve);
		return false;
	}
	capture_write_header(&replay->forward);
	return true;
}

static bool outputs_good(const struct replay *replay)
{
	return replay->eve.error == 0 && replay->forward.error == 0;
}

static bool goes_on(const struct replay *replay)
{
	return outputs_good(replay) && stop_signal() == 0;
}

static bool complain_output(struct replay *replay, const char *what, const char *path, int error)
{
	char text[OPTIONS_ERROR_BYTES];

	snprintf(text, sizeof(text),
		 "cannot be written to %s: %s; replay stopped after %" PRIu64 " packets",
		 strcmp(path, "-") == 0 ? "standard output" : path, strerror(-error),
		 replay->result.packets);
	say(replay, what, text);
	return false;
}

static bool close_outputs(struct replay *replay)
{
	bool good = true;
	int error = output_close(&replay->eve);

	if (error != 0) {
		good = complain_output(replay, "events", replay->options.eve, error);
	}
	if (replay->options.forward != NULL) {
		error = output_close(&replay->forward);
		if (error != 0) {
			good = complain_output(replay, "frames", replay->options.forward, error);
		}
	}
	return good;
}

/* ---- the scanner ---- */

static bool start_scanner(struct replay *replay)
{
	struct scanner_config *config = &replay->config;
	int error = scanner_config_build(config);

	if (error != 0) {
		fprintf(stderr, "portreeve: no entropy: %s\n", strerror(-error));
		return false;
	}
	config->accept_partial_checksum = true;
	config->inside_count = replay->options.inside.count;
	memcpy(config->inside, replay->options.inside.prefix, sizeof(config->inside));
	if (config->inside_count == 0) {
		scanner_config_private_inside(config);
	}
	size_t size = scanner_size(config);

	if (size == 0) {
		fputs("portreeve: built with a table size out of range: see 'make menuconfig'\n",
		      stderr);
		return false;
	}
	void *memory = aligned_alloc(SCANNER_ALIGNMENT, size);

	if (memory == NULL) {
		fprintf(stderr, "portreeve: no memory for the scanner's tables (%zu bytes)\n",
			size);
		return false;
	}
	const struct cpu_features cpu = cpu_features_detect();

	sha256_select(cpu.sha256);
	scan_select(cpu.avx2);
	replay->scanner = scanner_init(memory, config);
	replay->ring = scanner_events(replay->scanner);
	replay->burst = config->event_ring_bytes / FRAME_EVENT_BYTES;
	if (replay->burst > SCANNER_BURST_MAX) {
		replay->burst = SCANNER_BURST_MAX;
	}
	if (replay->burst == 0) {
		replay->burst = 1;
	}
	return true;
}

static bool load_signatures(struct replay *replay)
{
	const struct replay_options *options = &replay->options;

	if (options->signatures == NULL) {
		return true;
	}
	if (!set_file_load(&replay->signatures, options->signatures, options->hash_key)) {
		fprintf(stderr, "portreeve: %s\n", replay->signatures.error);
		return false;
	}
	replay->result.set = &replay->signatures.set;
	return true;
}

static void publish_policy(struct replay *replay)
{
	const struct scanner_policy policy = {
		.set = replay->result.set,
		.enforcing = replay->options.enforce,
		.clock_trusted = true,
	};

	scanner_publish(replay->scanner, &policy);
}

/* ---- the loop ---- */

static void drain_events(struct replay *replay)
{
	/* a capture tells neither interface nor host */
	const struct eve_options options = { .communities = &replay->communities };
	const struct event *event;

	while ((event = event_peek(replay->ring)) != NULL) {
		uint8_t *line = output_room(&replay->eve, EVE_LINE_MAX);

		output_advance(&replay->eve,
			       eve_encode(event, &options, (char *)line, EVE_LINE_MAX));
		replay_tally_event(&replay->tally, event);
		event_release(replay->ring, event);
	}
}

/* Notes the times as they are, and makes them such that none lies before the one before. */
static void order_times(struct replay *replay, unsigned count)
{
	struct replay_result *result = &replay->result;
	uint64_t bytes = 0;

	if (result->packets == 0) {
		result->first = replay->frames[0].time;
		result->last = result->first;
	}
	struct timestamp last = result->last;

	for (unsigned i = 0; i < count; i++) {
		struct frame *frame = &replay->frames[i];

		replay->own_time_ns[i] = frame->time.ns;
		bytes += frame->length;
		if (frame->time.ns < last.ns) {
			frame->time = last;
			result->early++;
		}
		last = frame->time;
	}
	result->last = last;
	result->bytes += bytes;
	result->packets += count;
}

static void forward_injection(struct replay *replay, const struct injection *injection)
{
	const struct frame frame = {
		.data = injection->data,
		.length = injection->length,
		.wire_length = injection->length,
		.time = injection->time,
	};

	capture_write_frame(&replay->forward, &frame);
}

/* The frames as they leave, resets behind the frame that they answer. */
static void forward_burst(struct replay *replay, unsigned count)
{
	const struct injection *injection = scanner_take_injection(replay->scanner);

	for (unsigned i = 0; i < count; i++) {
		struct frame *frame = &replay->frames[i];

		while (injection != NULL && injection->time.ns < frame->time.ns) {
			forward_injection(replay, injection);
			injection = scanner_take_injection(replay->scanner);
		}
		if (replay->verdicts[i].fate == FATE_FORWARDED) {
			frame->time.ns = replay->own_time_ns[i];
			capture_write_frame(&replay->forward, frame);
		}
	}
	for (; injection != NULL; injection = scanner_take_injection(replay->scanner)) {
		forward_injection(replay, injection);
	}
}

static void scan_burst(struct replay *replay, unsigned count)
{
	order_times(replay, count);
	scanner_burst(replay->scanner, replay->frames, replay->verdicts, count);
	drain_events(replay);
	if (replay->options.forward != NULL) {
		forward_burst(replay, count);
	}
}

static void replay_frames(struct replay *replay, const char *path)
{
	struct capture *capture = &replay->capture;

	while (goes_on(replay) && capture->status == CAPTURE_READING) {
		unsigned count = capture_burst(capture, replay->frames, replay->burst);

		if (count > 0) {
			scan_burst(replay, count);
		} else {
			output_flush(&replay->eve); /* who feeds a pipe waits for what it says */
		}
		if (count < replay->burst) { /* the buffer is used up: rare enough for a clock */
			progress_show(&replay->progress, shown_name(path),
				      replay->done_bytes + capture_position(capture),
				      replay->result.packets);
		}
	}
}

static void replay_capture(struct replay *replay, const char *path)
{
	struct capture *capture = &replay->capture;

	if (capture_open(capture, path)) {
		replay->result.captures++;
		replay_frames(replay, path);
		replay->done_bytes += capture_position(capture);
		capture_close(capture);
	}
	if (capture->status > CAPTURE_END && stop_signal() == 0) {
		say(replay, shown_name(path), capture->error);
		replay->failed = true;
	}
}

static void replay_all(struct replay *replay)
{
	struct clock_monotonic start = clock_monotonic_now();

	progress_start(&replay->progress, replay->total_bytes);
	for (unsigned i = 0; i < replay->options.capture_count && goes_on(replay); i++) {
		replay_capture(replay, replay->options.captures[i]);
	}
	bool more = true;

	while (more && outputs_good(replay)) {
		more = scanner_flush(replay->scanner);
		drain_events(replay);
	}
	output_flush(&replay->eve);
	progress_clear(&replay->progress);
	replay->result.elapsed_ns = clock_monotonic_now().ns - start.ns;
}

static int finish(struct replay *replay)
{
	struct replay_result *result = &replay->result;

	result->options = &replay->options;
	result->counters = scanner_counters(replay->scanner);
	result->tally = &replay->tally;
	result->lost_events = atomic_load_explicit(&replay->ring->lost, memory_order_relaxed);

	if (stop_signal() != 0) {
		fprintf(stderr, "portreeve: interrupted after %" PRIu64 " packets\n",
			result->packets);
	}
	bool good = close_outputs(replay) && !replay->failed && result->lost_events == 0;

	if (result->captures > 0) {
		good = replay_summary_print(result) && good;
	}
	if (good && stop_signal() != 0) {
		return EXIT_SIGNAL + stop_signal();
	}
	return good ? EXIT_DONE : EXIT_INPUT;
}

static int run(struct replay *replay)
{
	if (!check_outputs(&replay->options)) {
		return OPTIONS_EXIT_USAGE;
	}
	if (!find_captures(replay) || !load_signatures(replay) || !start_scanner(replay)) {
		return EXIT_INPUT;
	}
	publish_policy(replay);
	file_keep_broken_pipes();
	stop_on_signals();
	if (!open_outputs(replay)) {
		return EXIT_INPUT;
	}
	replay_all(replay);
	return finish(replay);
}

int replay_main(int count, char **arguments)
{
	static struct replay replay; /* too large for a stack; everything in it starts as zero */

	enum options_result result = replay_options_parse(&replay.options, count, arguments);

	if (result != OPTIONS_READ) {
		return options_answer(result, "replay", replay_usage, replay.options.error);
	}
	return run(&replay);
}
