/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands of cfi.h. Each goes to both chips at once, in the low bytes of their halves. */
#include "drivers/flash/cfi.h"

#include <errno.h>
#include <stdbool.h>

#include "hal/register.h"

#define BOTH(byte) ((uint32_t)(byte) << 16 | (byte))
#define COMMAND_QUERY BOTH(0x98)
#define COMMAND_READ BOTH(0xff)
#define COMMAND_PROGRAM BOTH(0x40)
#define COMMAND_ERASE BOTH(0x20)
#define COMMAND_CONFIRM BOTH(0xd0)
#define COMMAND_UNLOCK BOTH(0x60)
#define COMMAND_CLEAR_STATUS BOTH(0x50)
#define STATUS_READY BOTH(0x80)
#define STATUS_FAILED BOTH(0x3a) /* erase, program, voltage, locked */
#define QUERY_STEP 4u /* of bus addresses per query byte */
#define QUERY_SIGNATURE 0x10u /* "QRY" */
#define QUERY_SIZE 0x27u /* log2 of one chip's bytes */
#define QUERY_REGIONS 0x2cu
#define QUERY_BLOCK_SIZE 0x2fu /* of the first region, 16 bits in units of 256 bytes */
#define CHIPS 2u

static struct cfi *cfi_of(struct flash *flash)
{
	return (struct cfi *)(void *)flash;
}

static void command(const struct cfi *cfi, size_t offset, uint32_t value)
{
	register_write32(cfi->base + offset, value);
}

/* Waits for the end of an operation and goes back to reading. */
static int finish(const struct cfi *cfi, size_t offset)
{
	uint32_t status;

	do {
		status = register_read32(cfi->base + offset);
	} while ((status & STATUS_READY) != STATUS_READY);
	command(cfi, offset, COMMAND_CLEAR_STATUS);
	command(cfi, offset, COMMAND_READ);
	return (status & STATUS_FAILED) != 0 ? -EIO : 0;
}

static bool can_become(const uint8_t *old, const uint8_t *new, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if ((~old[i] & new[i]) != 0) {
			return false;
		}
	}
	return true;
}

static int cfi_program(struct flash *flash, size_t offset, const void *bytes, size_t length)
{
	const struct cfi *cfi = cfi_of(flash);
	const uint8_t *next = bytes;

	if (offset > flash->size_bytes || length > flash->size_bytes - offset ||
	    !can_become(flash->bytes + offset, next, length)) {
		return -EINVAL;
	}
	for (size_t i = 0; i < length;) {
		size_t at = offset + i;
		size_t word = at & ~(size_t)3;
		uint32_t value = register_read32(cfi->base + word);

		for (size_t lane = at % 4; lane < 4 && i < length; lane++, i++) {
			value = (value & ~(0xffu << 8 * lane)) | (uint32_t)next[i] << 8 * lane;
		}
		command(cfi, word, COMMAND_PROGRAM);
		command(cfi, word, value);
		int result = finish(cfi, word);

		if (result != 0) {
			return result;
		}
	}
	return 0;
}

static int cfi_erase(struct flash *flash, size_t offset)
{
	const struct cfi *cfi = cfi_of(flash);

	if (offset >= flash->size_bytes || offset % flash->block_bytes != 0) {
		return -EINVAL;
	}
	command(cfi, offset, COMMAND_UNLOCK);
	command(cfi, offset, COMMAND_CONFIRM);
	command(cfi, offset, COMMAND_ERASE);
	command(cfi, offset, COMMAND_CONFIRM);
	return finish(cfi, offset);
}

static const struct flash_ops ops = { .program = cfi_program, .erase = cfi_erase };

static uint8_t query(const struct cfi *cfi, uint32_t index)
{
	return (uint8_t)register_read32(cfi->base + (uintptr_t)index * QUERY_STEP);
}

int cfi_init(struct cfi *cfi, uintptr_t base)
{
	*cfi = (struct cfi){ .base = base };
	command(cfi, 0x55 * QUERY_STEP, COMMAND_QUERY);
	bool there = query(cfi, QUERY_SIGNATURE) == 'Q' && query(cfi, QUERY_SIGNATURE + 1) == 'R' &&
		     query(cfi, QUERY_SIGNATURE + 2) == 'Y';
	uint8_t size = query(cfi, QUERY_SIZE);
	size_t block =
		(size_t)(query(cfi, QUERY_BLOCK_SIZE) | query(cfi, QUERY_BLOCK_SIZE + 1) << 8);

	/* regions of unlike blocks are not on this machine: the driver says no rather than guess */
	there = there && query(cfi, QUERY_REGIONS) == 1 && size < 31 && block != 0;
	command(cfi, 0, COMMAND_READ);
	if (!there) {
		return -ENODEV;
	}
	cfi->flash = (struct flash){
		.ops = &ops,
		.bytes = (const uint8_t *)base,
		.size_bytes = CHIPS * ((size_t)1 << size),
		.block_bytes = CHIPS * 256u * block,
	};
	return 0;
}
