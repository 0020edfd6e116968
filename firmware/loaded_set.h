/* SPDX-License-Identifier: BSD-2-Clause */
/* A signature set in memory of its own, wherever it came from. */
#ifndef FIRMWARE_LOADED_SET_H
#define FIRMWARE_LOADED_SET_H

#include "scanner/set.h"

struct loaded_set {
	struct set set; /* a view of blob */
	void *blob; /* owned: from malloc's family; NULL: there is none */
	const char *error; /* why there is none, until the next one is loaded */
};

#endif
