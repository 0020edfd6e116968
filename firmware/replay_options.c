/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arguments of replay. Every complaint names the argument it is about, so that
 * a long line from a script can be put right at once.
 */
#include "firmware/replay_options.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "firmware/prefix.h"

const char replay_usage[] =
	"usage: portreeve replay [OPTION]... CAPTURE...\n"
	"\n"
	"Scans captured traffic (pcap or pcapng, Ethernet; \"-\": standard input) as the "
	"appliance\n"
	"would have. Events go to standard output as EVE JSON, a summary to standard error.\n"
	"Several captures are one stream: give them in order of time.\n"
	"\n"
	"  --inside-net CIDR  a network of the protected servers; may be repeated\n"
	"                     (without: RFC 1918 addresses and fc00::/7)\n"
	"  --signatures SET   the compiled signature set to match with (without: none)\n"
	"  --hash-key FILE    the key of a set that was compiled with --key-outside\n"
	"  --eve FILE         write events to FILE (\"-\": standard output)\n"
	"  --forward OUT      write the frames as they would leave to the capture OUT\n"
	"  --enforce          take what the signatures' actions say (without: monitor, take "
	"nothing)\n"
	"  --help, --version\n"
	"\n"
	"Exit status: 0 done, 1 an input could not be read to its end or an output not written,\n"
	"2 wrong arguments.\n";

/* What stands next on the line. */
struct arguments {
	int count;
	char **vector;
	int next;
};

static enum replay_request wrong(struct replay_options *options, const char *sentence, ...)
	__attribute__((format(printf, 2, 3)));

static enum replay_request wrong(struct replay_options *options, const char *sentence, ...)
{
	va_list values;

	va_start(values, sentence);
	vsnprintf(options->error, sizeof(options->error), sentence, values);
	va_end(values);
	return REPLAY_WRONG;
}

static enum replay_request add_inside(struct replay_options *options, const char *text)
{
	if (options->inside_count == SCANNER_INSIDE_MAX) {
		return wrong(options, "--inside-net %s: at most %d networks", text,
			     SCANNER_INSIDE_MAX);
	}
	const char *complaint = prefix_parse(text, &options->inside[options->inside_count]);

	if (complaint != NULL) {
		return wrong(options, "--inside-net %s: %s", text, complaint);
	}
	options->inside_count++;
	return REPLAY_RUN;
}

/* The option that takes a value and is named by the first `length` bytes of `argument`. */
static const char **value_of(struct replay_options *options, const char *argument, size_t length)
{
	const struct {
		const char *name;
		const char **value;
	} known[] = {
		{ "--signatures", &options->signatures },
		{ "--hash-key", &options->hash_key },
		{ "--eve", &options->eve },
		{ "--forward", &options->forward },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strlen(known[i].name) == length &&
		    memcmp(known[i].name, argument, length) == 0) {
			return known[i].value;
		}
	}
	return NULL;
}

static enum replay_request take_value(struct replay_options *options, struct arguments *arguments,
				      const char *argument)
{
	size_t length = strcspn(argument, "=");
	const char **value = value_of(options, argument, length);
	bool inside = length == strlen("--inside-net") &&
		      memcmp(argument, "--inside-net", length) == 0;
	const char *text = argument[length] == '=' ? argument + length + 1 : NULL;

	if (value == NULL && !inside) {
		return wrong(options, "unknown option %s", argument);
	}
	if (text == NULL && arguments->next < arguments->count) {
		text = arguments->vector[arguments->next++];
	}
	if (text == NULL || *text == '\0') {
		return wrong(options, "%.*s needs a value", (int)length, argument);
	}
	if (inside) {
		return add_inside(options, text);
	}
	if (*value != NULL) {
		return wrong(options, "%.*s is given twice", (int)length, argument);
	}
	*value = text;
	return REPLAY_RUN;
}

static enum replay_request take_option(struct replay_options *options, struct arguments *arguments,
				       const char *argument)
{
	if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0) {
		return REPLAY_HELP;
	}
	if (strcmp(argument, "--version") == 0) {
		return REPLAY_VERSION;
	}
	if (strcmp(argument, "--enforce") == 0) {
		options->enforce = true;
		return REPLAY_RUN;
	}
	return take_value(options, arguments, argument);
}

static enum replay_request check(struct replay_options *options)
{
	unsigned inputs = 0;

	for (unsigned i = 0; i < options->capture_count; i++) {
		inputs += strcmp(options->captures[i], "-") == 0;
	}
	if (options->capture_count == 0) {
		return wrong(options, "no capture is given");
	}
	if (inputs > 1) {
		return wrong(options, "standard input (-) is given twice");
	}
	if (options->hash_key != NULL && options->signatures == NULL) {
		return wrong(options, "--hash-key is the key of a set: --signatures is missing");
	}
	if (options->forward != NULL && strcmp(options->forward, "-") == 0) {
		return wrong(options, "--forward needs the name of a file, not -");
	}
	if (options->eve == NULL) {
		options->eve = "-";
	}
	return REPLAY_RUN;
}

enum replay_request replay_options_parse(struct replay_options *options, int count, char **vector)
{
	struct arguments arguments = { .count = count, .vector = vector };
	bool options_end = false;

	memset(options, 0, sizeof(*options));
	options->captures = vector;
	while (arguments.next < count) {
		char *argument = vector[arguments.next++];

		if (options_end || argument[0] != '-' || argument[1] == '\0') {
			vector[options->capture_count++] = argument;
		} else if (strcmp(argument, "--") == 0) {
			options_end = true;
		} else {
			enum replay_request request = take_option(options, &arguments, argument);

			if (request != REPLAY_RUN) {
				return request;
			}
		}
	}
	return check(options);
}
