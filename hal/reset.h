/* SPDX-License-Identifier: BSD-2-Clause */
/* The whole board, from any core. Neither returns. */
#ifndef HAL_RESET_H
#define HAL_RESET_H

_Noreturn void reset_board(void);
_Noreturn void power_off(void);

#endif
