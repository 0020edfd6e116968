/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commands `portreeve-tool sig …`.
 */
#ifndef TOOLS_SIG_SIG_H
#define TOOLS_SIG_SIG_H

/* How each command is written, for the tool's usage. */
#define SIG_USAGE                                                                       \
	"portreeve-tool sig compile FILE... -o SET [--hash-key FILE] [--key-outside]\n" \
	"portreeve-tool sig show SET\n"

/* `arguments`: those behind "sig". Returns the exit status: 0, 1 refused, 2 usage. */
int sig(int count, char **arguments);

#endif
