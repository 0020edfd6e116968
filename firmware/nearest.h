/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How far what was typed is from a command, to name the one that may have been meant.
 */
#ifndef FIRMWARE_NEAREST_H
#define FIRMWARE_NEAREST_H

#define NEAREST_MAX 64 /* letters of a command */

/* How many letters have to be put in, taken out or changed (Levenshtein); 0 also for a command that
 * `typed` begins. Commands are no longer than NEAREST_MAX. */
unsigned nearest_distance(const char *typed, const char *command);

#endif
