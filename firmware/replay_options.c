/* SPDX-License-Identifier: BSD-2-Clause */
/* The arguments of replay, and what --help says of them. */
#include "firmware/replay_options.h"

#include <string.h>

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

static enum options_result check(struct replay_options *options)
{
	unsigned inputs = 0;

	for (unsigned i = 0; i < options->capture_count; i++) {
		inputs += strcmp(options->captures[i], "-") == 0;
	}
	if (options->capture_count == 0) {
		return options_wrong(options->error, "no capture is given");
	}
	if (inputs > 1) {
		return options_wrong(options->error, "standard input (-) is given twice");
	}
	if (options->hash_key != NULL && options->signatures == NULL) {
		return options_wrong(options->error,
				     "--hash-key is the key of a set: --signatures is missing");
	}
	if (options->forward != NULL && strcmp(options->forward, "-") == 0) {
		return options_wrong(options->error, "--forward needs the name of a file, not -");
	}
	return OPTIONS_READ;
}

enum options_result replay_options_parse(struct replay_options *options, int count, char **vector)
{
	const struct option known[] = {
		{ "--inside-net", .networks = &options->inside },
		{ "--signatures", .text = &options->signatures },
		{ "--hash-key", .text = &options->hash_key },
		{ "--eve", .text = &options->eve },
		{ "--forward", .text = &options->forward },
		{ "--enforce", .flag = &options->enforce },
		{ .name = NULL },
	};
	const struct arguments arguments = { .count = count,
					     .vector = vector,
					     .operands = &options->capture_count };

	*options = (struct replay_options){ .eve = "-", .captures = vector };
	enum options_result result = options_read(known, &arguments, options->error);

	return result == OPTIONS_READ ? check(options) : result;
}
