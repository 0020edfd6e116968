/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Field names and values of signatures. The canonical form is scanner/canonical.c's;
 * on top of it stands what only a person can get wrong: what could never match, or
 * would match far more than was meant, is refused or warned about.
 */
#ifndef TOOLS_SIG_VALUE_H
#define TOOLS_SIG_VALUE_H

#include "scanner/canonical.h"
#include "tools/sig/lex.h"
#include "tools/sig/report.h"

struct value {
	enum field field;
	uint8_t bytes[CANONICAL_MAX];
	size_t length;
};

/* Reads field and value of a signature. `place` is the line. False when something was wrong,
 * which is reported. */
bool value_read(struct value *value, const struct lex_word words[static 2],
		const struct place *place, struct report *report);

/* Labels of a canonical domain. */
size_t value_label_count(const uint8_t *domain, size_t length);

/* `count` names joined by ", " into `out`; cut when there is no room. */
void value_join(char *out, size_t room, const char *const *names, size_t count);

#endif
