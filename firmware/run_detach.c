/* SPDX-License-Identifier: BSD-2-Clause */
/* `portreeve detach`: what `portreeve run` leaves at the interfaces when it ends is taken away. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "firmware/run.h"
#include "firmware/run_options.h"
#include "firmware/run_ports.h"
#include "hal/live.h"
#include "hal/state.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1 };

static int fail(const char *why)
{
	fprintf(stderr, "portreeve: %s\n", why);
	return EXIT_FAILED;
}

static int detach(const struct run_options *options)
{
	struct run_ports ports;
	char why[OPTIONS_ERROR_BYTES];

	if (!run_ports_recall(&ports, options, why, sizeof(why))) {
		return fail(why);
	}
	int error =
		live_bridge_remove(&ports.interface[PORT_INSIDE], &ports.interface[PORT_OUTSIDE]);

	if (error != 0 && error != -ENOENT) {
		snprintf(why, sizeof(why), "the bridge cannot be taken out of the kernel: %s",
			 strerror(-error));
		return fail(why);
	}
	run_ports_give_back(&ports);
	if (error == -ENOENT) {
		snprintf(why, sizeof(why), "there is no bridge between %s and %s",
			 options->interface[PORT_INSIDE], options->interface[PORT_OUTSIDE]);
		return fail(why);
	}
	return EXIT_DONE;
}

int detach_main(int count, char **arguments)
{
	struct run_options options;
	char why[OPTIONS_ERROR_BYTES];

	enum options_result result = detach_options_parse(&options, count, arguments);

	if (result != OPTIONS_READ) {
		return options_answer(result, "detach", detach_usage, options.error);
	}
	if (!run_state_open(options.state, why, sizeof(why))) {
		return fail(why);
	}
	int status = detach(&options);

	state_close();
	return status;
}
