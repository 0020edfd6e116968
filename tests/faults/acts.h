/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The faults themselves, each a function of its own on the core that is to fail, so that
 * its name is what the report's addresses must be found to be. AArch64, EL1.
 */
#ifndef TESTS_FAULTS_ACTS_H
#define TESTS_FAULTS_ACTS_H

#include "firmware/dataplane.h"

typedef void fault_act(const struct dataplane *plane);

/* By its name without `act_` and with dashes; NULL: there is none. */
fault_act *act_named(const char *name);
/* Waits for good, for something that does not come. */
fault_act act_hang_asleep;

#endif
