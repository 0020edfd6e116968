/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of anomaly.h. */
#include "scanner/anomaly.h"

#include <assert.h>

#define ANOMALY_ROW(id, event, type, layer, text) [id] = { event, type, layer, text },
static const struct anomaly_info infos[ANOMALY_COUNT] = { ANOMALY_LIST(ANOMALY_ROW) };

const struct anomaly_info *anomaly_info(enum anomaly anomaly)
{
	assert(anomaly < ANOMALY_COUNT);
	return &infos[anomaly];
}
