/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's programs that forward flows by themselves, on one frame of any bytes: they must not
 * take it for a frame of another flow than the scanner would, or leave out what the scanner reads
 * otherwise. They run on tests/model/bpf.h, which also holds them to their memory.
 */
#include "tests/model/handover.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct model_handover model;

	if (model.count[0] == 0) {
		model_handover_init(&model, 1);
	}
	model_handover_agree(&model, data, (uint32_t)size);
	return 0;
}
