/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A wish from outside that the program end: Ctrl-C, or a request to terminate. It is
 * only noted, so that what is buffered can be written and summed up before; a second
 * one ends the program at once. For programs on boards that have signals.
 */
#ifndef HAL_STOP_H
#define HAL_STOP_H

/* Notes them from now on. One that the program was started to ignore stays ignored. */
void stop_on_signals(void);
/* Notes one from within, as if SIGTERM had come. */
void stop_ask(void);
/* 0, or the number of the signal that came: the exit status is 128 more. */
int stop_signal(void);

#endif
