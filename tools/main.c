/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * portreeve-tool: what is done on a host before an appliance gets to see it. Each
 * family of commands has a folder of its own.
 */
#include <stdio.h>
#include <string.h>

#include "tools/flash/flash.h"
#include "tools/sig/sig.h"

int main(int count, char **arguments)
{
	if (count > 1 && strcmp(arguments[1], "sig") == 0) {
		return sig(count - 2, arguments + 2);
	}
	if (count > 1 && strcmp(arguments[1], "flash") == 0) {
		return flash(count - 2, arguments + 2);
	}
	if (count == 2 && strcmp(arguments[1], "--help") == 0) {
		fputs("usage:\n" SIG_USAGE FLASH_USAGE, stdout);
		return 0;
	}
	fputs("usage:\n" SIG_USAGE FLASH_USAGE, stderr);
	return 2;
}
