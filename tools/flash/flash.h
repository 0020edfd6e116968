/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `portreeve-tool flash …`: the file that stands for an appliance's flash (qemu-virt:
 * QEMU's second pflash unit). The set lies where firmware/flash_set.h looks for it.
 */
#ifndef TOOLS_FLASH_FLASH_H
#define TOOLS_FLASH_FLASH_H

#define FLASH_USAGE "portreeve-tool flash write FLASH --signatures SET\n"

/* `arguments`: those behind "flash". Returns the exit status: 0, 1 refused, 2 usage. */
int flash(int count, char **arguments);

#endif
