/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages for the C library's allocator (mmap of memory without a file), zeroed. Not locked. */
#ifndef HAL_AARCH64_PAGES_H
#define HAL_AARCH64_PAGES_H

#include <stddef.h>
#include <stdint.h>

/* The address, or 0 when there is no run of so many bytes. */
uintptr_t pages_map(size_t bytes);
/* 0 or −EINVAL. Any pages of the heap, also parts of what was mapped at once. */
int pages_unmap(uintptr_t address, size_t bytes);

#endif
