/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * NOR flash: read in place, programmed from 1 to 0, erased a block at a time. What is
 * read by address stays valid for good; programming and erasing wait, and are
 * management's. Offsets are from the start of the flash, in bytes.
 */
#ifndef HAL_FLASH_H
#define HAL_FLASH_H

#include <stddef.h>
#include <stdint.h>

struct flash;

struct flash_ops {
	/* 0; −EINVAL: beyond the end, or a bit would have to become 1 (erase first); −EROFS: the
	 * block is locked; −EIO: the device reports another failure; −ETIMEDOUT: it is not done
	 * after the longest that it may take. After a failure what was to be changed is unknown. */
	int (*program)(struct flash *flash, size_t offset, const void *bytes, size_t length);
	/* One block, at a multiple of block_bytes: all bits become 1. Errors as above. */
	int (*erase)(struct flash *flash, size_t offset);
};

struct flash {
	const struct flash_ops *ops;
	const uint8_t *bytes; /* the content, in place; aligned to 64 at least */
	size_t size_bytes;
	size_t block_bytes;
};

#endif
