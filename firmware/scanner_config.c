/* SPDX-License-Identifier: BSD-2-Clause */
/* Kconfig's symbols into scanner_config.h's structure: the only place where they meet. */
#include "firmware/scanner_config.h"

#include <string.h>

#include "config.h"
#include "hal/entropy.h"

/* 64 KiB of pairs: a guesser who comes from more addresses than this is noticed by other means. */
#define LOGIN_PAIRS 4096

int scanner_config_build(struct scanner_config *config)
{
	*config = (struct scanner_config){
		.flows_ipv4 = CONFIG_FLOWS_IPV4,
		.flows_ipv6 = CONFIG_FLOWS_IPV6,
		.flows_half_open = CONFIG_FLOWS_HALF_OPEN,
		.flows_inspected = CONFIG_FLOWS_INSPECTED,
		.stream_blocks = CONFIG_STREAM_BLOCKS,
		.reorder_segments = CONFIG_STREAM_REORDER_SEGMENTS,
		.reorder_bytes = CONFIG_STREAM_REORDER_BYTES,
		.retain_bytes = CONFIG_STREAM_RETAIN_BYTES,
		.event_ring_bytes = CONFIG_EVENT_RING_BYTES,
		.quarantine_max = CONFIG_QUARANTINE_MAX,
		.login_pairs = LOGIN_PAIRS,
		.login_failures = CONFIG_SSH_FAILURES,
		.login_window_s = CONFIG_SSH_FAILURE_WINDOW_S,
		.timeout_half_open_s = CONFIG_TIMEOUT_HALF_OPEN,
		.timeout_closed_s = CONFIG_TIMEOUT_CLOSED,
		.timeout_established_s = CONFIG_TIMEOUT_ESTABLISHED_IDLE,
		.timeout_udp_s = CONFIG_TIMEOUT_UDP,
	};
	return entropy_fill(config->salt, sizeof(config->salt));
}

void scanner_config_private_inside(struct scanner_config *config)
{
	static const struct scanner_prefix inside[] = {
		{ .family = 4, .bits = 8, .address = { 10 } },
		{ .family = 4, .bits = 12, .address = { 172, 16 } },
		{ .family = 4, .bits = 16, .address = { 192, 168 } },
		{ .family = 6, .bits = 7, .address = { 0xfc } },
	};

	memcpy(config->inside, inside, sizeof(inside));
	config->inside_count = sizeof(inside) / sizeof(inside[0]);
}
