/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands of cfi.h. Each goes to both chips at once, in the low bytes of their halves. */
#include "drivers/flash/cfi.h"

#include <errno.h>
#include <stdbool.h>

#include "hal/clock.h"
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
#define STATUS_LOCKED BOTH(0x02)
#define STATUS_FAILED BOTH(0x38) /* erase, program, voltage */
#define QUERY_STEP 4u /* of bus addresses per query byte */
#define QUERY_SIGNATURE 0x10u /* "QRY" */
#define QUERY_COMMANDS 0x13u /* 16 bits: which set of commands */
#define COMMANDS_INTEL_EXTENDED 1
#define COMMANDS_INTEL 3
#define QUERY_SIZE 0x27u /* log2 of one chip's bytes */
#define QUERY_REGIONS 0x2cu
#define QUERY_BLOCKS 0x2du /* of the first region, less one, 16 bits */
#define QUERY_BLOCK_SIZE 0x2fu /* of the first region, 16 bits in units of 256 bytes */
#define CHIPS 2u
#define SIZE_MAX_LOG2 30
/* The longest that such chips take, with room: below what management may go without progress. */
#define PROGRAM_LIMIT_NS 10000000ull
#define ERASE_LIMIT_NS 4000000000ull

static struct cfi *cfi_of(struct flash *flash)
{
	return (struct cfi *)(void *)flash;
}

static void command(const struct cfi *cfi, size_t offset, uint32_t value)
{
	register_write32(cfi->base + offset, value);
}

/* Failures of before are not those of what follows; blocks are locked after power-up. */
static void prepare(const struct cfi *cfi, size_t offset)
{
	command(cfi, offset, COMMAND_CLEAR_STATUS);
	command(cfi, offset, COMMAND_UNLOCK);
	command(cfi, offset, COMMAND_CONFIRM);
}

/* Waits for the end of an operation and goes back to reading. */
static int finish(const struct cfi *cfi, size_t offset, uint64_t limit_ns)
{
	uint64_t end_ns = clock_monotonic_now().ns + limit_ns;
	uint32_t status = register_read32(cfi->base + offset);

	while ((status & STATUS_READY) != STATUS_READY && clock_monotonic_now().ns < end_ns) {
		status = register_read32(cfi->base + offset);
	}
	command(cfi, offset, COMMAND_CLEAR_STATUS);
	command(cfi, offset, COMMAND_READ);
	if ((status & STATUS_READY) != STATUS_READY) {
		return -ETIMEDOUT;
	}
	if ((status & STATUS_LOCKED) != 0) {
		return -EROFS;
	}
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
		prepare(cfi, word);
		command(cfi, word, COMMAND_PROGRAM);
		command(cfi, word, value);
		int result = finish(cfi, word, PROGRAM_LIMIT_NS);

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
	prepare(cfi, offset);
	command(cfi, offset, COMMAND_ERASE);
	command(cfi, offset, COMMAND_CONFIRM);
	return finish(cfi, offset, ERASE_LIMIT_NS);
}

static const struct flash_ops ops = { .program = cfi_program, .erase = cfi_erase };

/* What both chips say at an index; −1 if they differ. */
static int query(const struct cfi *cfi, uint32_t index)
{
	uint32_t both = register_read32(cfi->base + (uintptr_t)index * QUERY_STEP);
	uint8_t one = (uint8_t)both;

	return both == BOTH(one) ? one : -1;
}

static int query16(const struct cfi *cfi, uint32_t index)
{
	int low = query(cfi, index), high = query(cfi, index + 1);

	return low < 0 || high < 0 ? -1 : high << 8 | low;
}

/* Two like chips with Intel's commands, of blocks of one size: nothing else is on the machines
 * there are, and the driver says no rather than guess. */
static bool identify(struct cfi *cfi)
{
	int commands = query16(cfi, QUERY_COMMANDS), size = query(cfi, QUERY_SIZE);
	int blocks = query16(cfi, QUERY_BLOCKS), block = query16(cfi, QUERY_BLOCK_SIZE);

	if (query(cfi, QUERY_SIGNATURE) != 'Q' || query(cfi, QUERY_SIGNATURE + 1) != 'R' ||
	    query(cfi, QUERY_SIGNATURE + 2) != 'Y' || query(cfi, QUERY_REGIONS) != 1) {
		return false;
	}
	if ((commands != COMMANDS_INTEL_EXTENDED && commands != COMMANDS_INTEL) || size < 0 ||
	    size > SIZE_MAX_LOG2 || blocks < 0 || block <= 0 ||
	    ((uint64_t)blocks + 1) * (uint64_t)block * 256 != 1ull << size) {
		return false;
	}
	cfi->flash.size_bytes = CHIPS * ((size_t)1 << size);
	cfi->flash.block_bytes = CHIPS * 256u * (size_t)block;
	return true;
}

int cfi_init(struct cfi *cfi, uintptr_t base)
{
	*cfi = (struct cfi){ .base = base };
	command(cfi, 0x55 * QUERY_STEP, COMMAND_QUERY);
	bool there = identify(cfi);

	command(cfi, 0, COMMAND_READ);
	if (!there) {
		return -ENODEV;
	}
	cfi->flash.ops = &ops;
	cfi->flash.bytes = (const uint8_t *)base;
	return 0;
}
