/* SPDX-License-Identifier: BSD-2-Clause */
/* The distance of nearest.h: a table of which one row at a time is kept. */
#include "firmware/nearest.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned ab = a < b ? a : b;

	return ab < c ? ab : c;
}

unsigned nearest_distance(const char *typed, const char *command)
{
	unsigned row[NEAREST_MAX + 1]; /* from what was typed so far to each beginning of command */
	size_t columns = strlen(command);

	assert(columns <= NEAREST_MAX);
	if (strncmp(typed, command, strlen(typed)) == 0) {
		return 0;
	}
	for (unsigned i = 0; i <= columns; i++) {
		row[i] = i;
	}
	for (; *typed != '\0'; typed++) {
		unsigned diagonal = row[0]++;

		for (size_t i = 1; i <= columns; i++) {
			unsigned above = row[i];
			unsigned changed = diagonal + (*typed != command[i - 1]);

			row[i] = least(above + 1, row[i - 1] + 1, changed);
			diagonal = above;
		}
	}
	return row[columns];
}
