/* SPDX-License-Identifier: BSD-2-Clause */
/* Arguments of run. Every complaint names the argument it is about. */
#include "firmware/run_options.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/prefix.h"

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
	"Exit status: 0 ended by a signal, 1 an interface or the set was refused, 2 wrong "
	"arguments.\n";

const char detach_usage[] =
	"usage: portreeve detach --inside IF --outside IF [--state DIR]\n"
	"\n"
	"Ends the bridge between two interfaces that the kernel keeps when 'portreeve run' has ended,\n"
	"and gives the interfaces back to the host as they were.\n"
	"\n"
	"Exit status: 0 done, 1 there is none or it cannot be ended, 2 wrong arguments.\n";

/* What stands next on the line. */
struct arguments {
	int count;
	char **vector;
	int next;
};

/* Where the value of an option goes. */
struct option {
	const char *name;
	const char **value;
};

static enum run_request wrong(struct run_options *options, const char *sentence, ...)
	__attribute__((format(printf, 2, 3)));

static enum run_request wrong(struct run_options *options, const char *sentence, ...)
{
	va_list values;

	va_start(values, sentence);
	vsnprintf(options->error, sizeof(options->error), sentence, values);
	va_end(values);
	return RUN_WRONG;
}

static enum run_request add_inside(struct run_options *options, const char *text)
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
	return RUN_RUN;
}

static bool is_named(const char *name, const char *argument, size_t length)
{
	return strlen(name) == length && memcmp(name, argument, length) == 0;
}

static const char *value_after(struct arguments *arguments, const char *argument, size_t length)
{
	if (argument[length] == '=') {
		return argument + length + 1;
	}
	return arguments->next < arguments->count ? arguments->vector[arguments->next++] : "";
}

/* `known` ends with a name of NULL; one without a place may be repeated, it is --inside-net. */
static enum run_request take_value(struct run_options *options, const struct option *known,
				   struct arguments *arguments, const char *argument)
{
	size_t length = strcspn(argument, "=");

	while (known->name != NULL && !is_named(known->name, argument, length)) {
		known++;
	}
	if (known->name == NULL) {
		return wrong(options, "unknown argument %s", argument);
	}
	const char *text = value_after(arguments, argument, length);

	if (*text == '\0') {
		return wrong(options, "%s needs a value", known->name);
	}
	if (known->value == NULL) {
		return add_inside(options, text);
	}
	if (*known->value != NULL) {
		return wrong(options, "%s is given twice", known->name);
	}
	*known->value = text;
	return RUN_RUN;
}

/* Two or three `values`, which end with NULL; the first is the default. Its number, or −1. */
static int choose(struct run_options *options, const char *name, const char *text,
		  const char *const *values)
{
	if (text == NULL) {
		return 0;
	}
	for (int i = 0; values[i] != NULL; i++) {
		if (strcmp(text, values[i]) == 0) {
			return i;
		}
	}
	bool three = values[2] != NULL;

	wrong(options, "%s %s: there is only %s%s%s and %s", name, text, values[0],
	      three ? ", " : "", three ? values[1] : "", values[three ? 2 : 1]);
	return -1;
}

static enum run_request check(struct run_options *options)
{
	static const char *const names[] = { "--inside", "--outside" };

	for (unsigned side = 0; side < SCANNER_PORTS; side++) {
		if (options->interface[side] == NULL) {
			return wrong(options, "%s is missing: it names a network interface",
				     names[side]);
		}
	}
	if (options->hash_key != NULL && options->signatures == NULL) {
		return wrong(options, "--hash-key is the key of a set: --signatures is missing");
	}
	if (options->state == NULL) {
		options->state = RUN_STATE_FOLDER;
	}
	return RUN_RUN;
}

/* Milliseconds; without a text what is usual. */
static bool take_heartbeat(struct run_options *options, const char *text)
{
	char *end = NULL;

	options->heartbeat_ms = RUN_HEARTBEAT_MS;
	if (text == NULL) {
		return true;
	}
	unsigned long value = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end != '\0' || value == 0 ||
	    value > RUN_HEARTBEAT_MS_MAX) {
		wrong(options, "--heartbeat %s: milliseconds, 1 to %u", text, RUN_HEARTBEAT_MS_MAX);
		return false;
	}
	options->heartbeat_ms = (uint32_t)value;
	return true;
}

/* What needs no value. `enforce` and `force` are NULL where they are not known. */
struct flags {
	bool *enforce;
	bool *force;
};

static enum run_request take_flag(const struct flags *flags, const char *argument, bool *taken)
{
	*taken = true;
	if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0) {
		return RUN_HELP;
	}
	if (strcmp(argument, "--version") == 0) {
		return RUN_VERSION;
	}
	if (flags->enforce != NULL && strcmp(argument, "--enforce") == 0) {
		*flags->enforce = true;
	} else if (flags->force != NULL && strcmp(argument, "--force") == 0) {
		*flags->force = true;
	} else {
		*taken = false;
	}
	return RUN_RUN;
}

static enum run_request parse(struct run_options *options, const struct option *known,
			      const struct flags *flags, struct arguments *arguments)
{
	while (arguments->next < arguments->count) {
		const char *argument = arguments->vector[arguments->next++];
		bool taken;
		enum run_request request = take_flag(flags, argument, &taken);

		if (!taken) {
			request = take_value(options, known, arguments, argument);
		}
		if (request != RUN_RUN) {
			return request;
		}
	}
	return RUN_RUN;
}

enum run_request run_options_parse(struct run_options *options, int count, char **vector)
{
	/* as enum live_driver */
	static const char *const drivers[] = { "auto", "xdp", "packet", NULL };
	static const char *const polls[] = { "adaptive", "busy", NULL };
	static const char *const switches[] = { "on", "off", NULL };
	static const char *const fails[] = { "open", "closed", NULL };
	const char *driver = NULL, *poll = NULL, *fail = NULL, *heartbeat = NULL;
	const char *carry = NULL, *handover = NULL;
	const struct option known[] = {
		{ "--inside", &options->interface[PORT_INSIDE] },
		{ "--outside", &options->interface[PORT_OUTSIDE] },
		{ "--inside-net", NULL },
		{ "--signatures", &options->signatures },
		{ "--hash-key", &options->hash_key },
		{ "--eve", &options->eve },
		{ "--state", &options->state },
		{ "--fail", &fail },
		{ "--heartbeat", &heartbeat },
		{ "--link-carry", &carry },
		{ "--handover", &handover },
		{ "--driver", &driver },
		{ "--poll", &poll },
		{ NULL, NULL },
	};
	const struct flags flags = { &options->enforce, &options->force };
	struct arguments arguments = { .count = count, .vector = vector };

	memset(options, 0, sizeof(*options));
	enum run_request request = parse(options, known, &flags, &arguments);

	if (request != RUN_RUN) {
		return request;
	}
	int polling = choose(options, "--poll", poll, polls);
	int failing = choose(options, "--fail", fail, fails);
	int carrying = choose(options, "--link-carry", carry, switches);
	int handing = choose(options, "--handover", handover, switches);
	int driving = choose(options, "--driver", driver, drivers);

	if (polling < 0 || failing < 0 || carrying < 0 || handing < 0 || driving < 0 ||
	    !take_heartbeat(options, heartbeat)) {
		return RUN_WRONG;
	}
	options->driver = (enum live_driver)driving;
	options->busy = polling == 1;
	options->closed = failing == 1;
	options->link_carry = carrying == 0;
	options->handover = handing == 0;
	return check(options);
}

enum run_request detach_options_parse(struct run_options *options, int count, char **vector)
{
	const struct option known[] = {
		{ "--inside", &options->interface[PORT_INSIDE] },
		{ "--outside", &options->interface[PORT_OUTSIDE] },
		{ "--state", &options->state },
		{ NULL, NULL },
	};
	const struct flags flags = { NULL, NULL };
	struct arguments arguments = { .count = count, .vector = vector };

	memset(options, 0, sizeof(*options));
	enum run_request request = parse(options, known, &flags, &arguments);

	return request == RUN_RUN ? check(options) : request;
}
