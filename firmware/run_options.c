/* SPDX-License-Identifier: BSD-2-Clause */
/* The arguments of run and detach, and what --help says of them. */
#include "firmware/run_options.h"

const char run_usage[] =
	"usage: portreeve run --inside IF --outside IF [OPTION]...\n"
	"\n"
	"Bridges two network interfaces, unseen, and scans what passes, until it is told to end.\n"
	"\n"
	"  --inside IF        the interface that leads to the protected servers\n"
	"  --outside IF       the interface that leads to everybody else\n"
	"  --inside-net CIDR  a network of the protected servers; may be repeated\n"
	"                     (without: who is inside is told by the interface)\n"
	"  --signatures SET   the compiled signature set to match with (without: none)\n"
	"  --hash-key FILE    the key of a set that was compiled with --key-outside\n"
	"  --eve FILE         append events to FILE as EVE JSON (\"-\": standard output)\n"
	"  --enforce          take what the signatures' actions say (without: monitor, take "
	"nothing)\n"
	"  --fail open|closed    what happens when no scanner answers: the kernel bridges on by\n"
	"                     itself, or nothing passes (open)\n"
	"  --heartbeat MS     how long a scanner may take frames without getting on (10)\n"
	"  --driver auto|xdp|packet  how frames are moved: by AF_XDP, by packet sockets, or by the\n"
	"                     first of them that can carry all frames of the two (auto)\n"
	"  --poll adaptive|busy  sleep when nothing comes, or never (adaptive)\n"
	"  --handover on|off  flows that need no more inspection are forwarded by the kernel (on)\n"
	"  --link-carry on|off  a link lost on one side is shown to the other side (on)\n"
	"  --force            take interfaces that are in use otherwise, too\n"
	"  --state DIR        where the console and the interfaces' own settings are kept\n"
	"                     (" RUN_STATE_FOLDER ")\n"
	"  --help, --version\n"
	"\n"
	"SIGHUP loads the set anew and opens the events' file anew; SIGTERM or Ctrl-C ends it, and\n"
	"the kernel goes on bridging, uninspected, until 'portreeve detach'.\n"
	"Exit status: 0 ended by a signal, 1 an interface or the set was refused or events could not\n"
	"be written, 2 wrong arguments.\n";

const char detach_usage[] =
	"usage: portreeve detach --inside IF --outside IF [--state DIR]\n"
	"\n"
	"Ends the bridge between two interfaces that the kernel keeps when 'portreeve run' has ended,\n"
	"and gives the interfaces back to the host as they were.\n"
	"\n"
	"Exit status: 0 done, 1 there is none or it cannot be ended, 2 wrong arguments.\n";

static enum options_result check(struct run_options *options)
{
	static const char *const names[] = { "--inside", "--outside" };

	for (unsigned side = 0; side < SCANNER_PORTS; side++) {
		if (options->interface[side] == NULL) {
			return options_wrong(options->error,
					     "%s is missing: it names a network interface",
					     names[side]);
		}
	}
	if (options->hash_key != NULL && options->signatures == NULL) {
		return options_wrong(options->error,
				     "--hash-key is the key of a set: --signatures is missing");
	}
	return OPTIONS_READ;
}

enum options_result run_options_parse(struct run_options *options, int count, char **vector)
{
	/* as enum live_driver */
	static const char *const drivers[] = { "auto", "xdp", "packet", NULL };
	static const char *const polls[] = { "adaptive", "busy", NULL };
	static const char *const switches[] = { "on", "off", NULL };
	static const char *const fails[] = { "open", "closed", NULL };
	unsigned driver = LIVE_AUTO, poll = 0, carry = 0, handover = 0, fail = 0;
	const struct option known[] = {
		{ "--inside", .text = &options->interface[PORT_INSIDE] },
		{ "--outside", .text = &options->interface[PORT_OUTSIDE] },
		{ "--inside-net", .networks = &options->inside },
		{ "--signatures", .text = &options->signatures },
		{ "--hash-key", .text = &options->hash_key },
		{ "--eve", .text = &options->eve },
		{ "--enforce", .flag = &options->enforce },
		{ "--fail", .word = &fail, .words = fails },
		{ "--heartbeat", .milliseconds = &options->bypass.heartbeat_ms,
		  .most = RUN_HEARTBEAT_MS_MAX },
		{ "--driver", .word = &driver, .words = drivers },
		{ "--poll", .word = &poll, .words = polls },
		{ "--link-carry", .word = &carry, .words = switches },
		{ "--handover", .word = &handover, .words = switches },
		{ "--force", .flag = &options->force },
		{ "--state", .text = &options->state },
		{ .name = NULL },
	};
	const struct arguments arguments = { .count = count, .vector = vector };

	*options = (struct run_options){ .state = RUN_STATE_FOLDER,
					 .bypass.heartbeat_ms = RUN_HEARTBEAT_MS };
	enum options_result result = options_read(known, &arguments, options->error);

	options->busy = poll == 1;
	options->bypass.closed = fail == 1;
	options->link_carry = carry == 0;
	options->handover = handover == 0;
	options->driver = (enum live_driver)driver;
	return result == OPTIONS_READ ? check(options) : result;
}

enum options_result detach_options_parse(struct run_options *options, int count, char **vector)
{
	const struct option known[] = {
		{ "--inside", .text = &options->interface[PORT_INSIDE] },
		{ "--outside", .text = &options->interface[PORT_OUTSIDE] },
		{ "--state", .text = &options->state },
		{ .name = NULL },
	};
	const struct arguments arguments = { .count = count, .vector = vector };

	*options = (struct run_options){ .state = RUN_STATE_FOLDER };
	enum options_result result = options_read(known, &arguments, options->error);

	return result == OPTIONS_READ ? check(options) : result;
}
