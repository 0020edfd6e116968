/* SPDX-License-Identifier: BSD-2-Clause */
/* Names and texts of reason.h. */
#include "scanner/reason.h"

#include <assert.h>

struct reason {
	const char *name;
	const char *text;
};

#define REASON_ROW(id, name, text) [id] = { name, text },
static const struct reason fates[FATE_COUNT] = { FATE_LIST(REASON_ROW) };
static const struct reason seens[SEEN_COUNT] = { SEEN_LIST(REASON_ROW) };

const char *fate_name(enum fate fate)
{
	assert(fate < FATE_COUNT);
	return fates[fate].name;
}

const char *fate_text(enum fate fate)
{
	assert(fate < FATE_COUNT);
	return fates[fate].text;
}

const char *seen_name(enum seen seen)
{
	assert(seen < SEEN_COUNT);
	return seens[seen].name;
}

const char *seen_text(enum seen seen)
{
	assert(seen < SEEN_COUNT);
	return seens[seen].text;
}
