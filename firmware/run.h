/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `portreeve run`: the appliance as a program, live and inline between two network interfaces. The
 * data plane, the event ring, the supervisor and management are those of the appliance on bare
 * metal; its cores are threads.
 *
 * When it has ended the kernel goes on bridging, and the interfaces stay as they are for that.
 *
 * Exit status 0: ended by SIGTERM or SIGINT. 1: an interface or the set was refused, or the events
 * could not be written. 2: wrong arguments.
 */
#ifndef FIRMWARE_RUN_H
#define FIRMWARE_RUN_H

/* `arguments`: those after "run". Returns the exit status. */
int run_main(int count, char **arguments);

/* `portreeve detach`: takes away what run leaves at the interfaces. Exit status 0, 1 or 2. */
int detach_main(int count, char **arguments);

#endif
