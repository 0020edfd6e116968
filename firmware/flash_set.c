/* SPDX-License-Identifier: BSD-2-Clause */
/* The set of flash_set.h. Its own header says how long it is. */
#include "firmware/flash_set.h"

#include <stdlib.h>
#include <string.h>

#include "scanner/hash/words.h"
#include "scanner/set_format.h"

#define PROGRESS_WORDS 65536u

/* Word by word: flash is a device, where a wide or unaligned read may fault. */
static void copy_out(void *to, const struct flash *flash, size_t offset, size_t length,
		     _Atomic uint32_t *progress)
{
	const volatile uint32_t *from =
		(const volatile uint32_t *)(const void *)(flash->bytes + offset);
	uint32_t *words = to;

	for (size_t i = 0; i < length / sizeof(*words); i++) {
		words[i] = from[i];
		if (i % PROGRESS_WORDS == 0) {
			atomic_fetch_add_explicit(progress, 1, memory_order_relaxed);
		}
	}
}

static bool fail(struct loaded_set *signatures, const char *why)
{
	free(signatures->blob);
	*signatures = (struct loaded_set){ .error = why };
	return false;
}

static bool is_erased(const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (bytes[i] != 0xff) {
			return false;
		}
	}
	return true;
}

bool flash_set_load(struct loaded_set *signatures, const struct flash *flash,
		    _Atomic uint32_t *progress)
{
	_Alignas(8) uint8_t header[SET_HEADER_SIZE];

	*signatures = (struct loaded_set){ .error = NULL };
	if (flash == NULL || flash->size_bytes - FLASH_SET_OFFSET < sizeof(header)) {
		return fail(signatures, "the board has no flash");
	}
	copy_out(header, flash, FLASH_SET_OFFSET, sizeof(header), progress);
	if (is_erased(header, sizeof(header))) {
		return fail(signatures, "the flash holds none");
	}
	uint64_t size = load_le64(header + SET_AT_SIZE);

	if (size < sizeof(header) || size > flash->size_bytes - FLASH_SET_OFFSET) {
		return fail(signatures, "what the flash holds is no signature set");
	}
	size_t rounded = ((size_t)size + SET_ALIGNMENT - 1) & ~(size_t)(SET_ALIGNMENT - 1);

	signatures->blob = aligned_alloc(SET_ALIGNMENT, rounded);
	if (signatures->blob == NULL) {
		return fail(signatures, "no memory for it");
	}
	copy_out(signatures->blob, flash, FLASH_SET_OFFSET, rounded, progress);
	enum set_error error = set_open(&signatures->set, signatures->blob, (size_t)size, NULL);

	return error == SET_OK || fail(signatures, set_error_text(error));
}
