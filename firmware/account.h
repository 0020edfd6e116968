/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What all data cores count together, for those who show it. `first` is the first one's plane.
 * Management core.
 */
#ifndef FIRMWARE_ACCOUNT_H
#define FIRMWARE_ACCOUNT_H

#include "firmware/dataplane.h"

/* As they stand now: each number by itself is right. */
struct scanner_counters account_counters(const struct dataplane *first);
struct scanner_gauges account_gauges(const struct dataplane *first);
uint64_t account_held_back(const struct dataplane *first, unsigned side);
uint64_t account_fault(const struct dataplane *first, unsigned side, enum port_fault fault);
uint64_t account_events_lost(const struct dataplane *first);

/* As each data core has them between two rounds: the numbers of one are of the same instant. They
 * answer within a round. False: one makes none. */
bool account_ask(const struct dataplane *first, struct dataplane_account *sum);

#endif
