/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a board's program takes of RAM when it starts, beside what it is linked with: for
 * `make size` (tools/build/size.py), compiled for the machine that builds, with the
 * board's configuration, RAM_FRAMES: what its port drivers' frames take, and RAM_HANDOVER:
 * whether it hands flows over (module.mk).
 * Prints lines of bytes and what they are for. Nothing is taken later on.
 */
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "firmware/dataplane.h"
#include "firmware/scanner_config.h"
#include "hal/entropy.h"

/* A key of the flow hash, which takes the same room whatever it is. */
int entropy_fill(void *out, size_t length)
{
	memset(out, 0, length);
	return 0;
}

int main(void)
{
	struct scanner_config config;

	if (scanner_config_build(&config) != 0 || scanner_size(&config) == 0) {
		fputs("the scanner refuses this configuration\n", stderr);
		return 1;
	}
	printf("%zu the scanner's tables\n", scanner_size(&config));
	printf("%zu frames\n", (size_t)(RAM_FRAMES));
	if (RAM_HANDOVER) {
		printf("%zu flows handed over\n", handover_memory(CONFIG_HANDOVER_BITS));
	}
	return 0;
}
