/* SPDX-License-Identifier: BSD-2-Clause */
/* Kconfig's symbols into scanner_config.h's structure: the only place where they meet. */
#include "firmware/scanner_config.h"

#include <string.h>

#include "config.h"
#include "hal/entropy.h"

#define LIMIT(symbol) CONFIG_##symbol, CONFIG_##symbol##_WINDOW_S

static const struct behaviour_config behaviour = {
	.servers = CONFIG_BEHAVIOUR_SERVERS,
	.learn_s = CONFIG_BEHAVIOUR_LEARN_S,
	.mail_host_s = CONFIG_SMTP_MAIL_HOST_S,
	.mail_host_factor = CONFIG_SMTP_MAIL_HOST_FACTOR,
	.refusal_percent = CONFIG_SMTP_REFUSAL_PERCENT,
	.error_recipients = CONFIG_SMTP_ERROR_RECIPIENTS,
	.limit = {
		[BEHAVIOUR_SENDERS] = { LIMIT(SMTP_SENDERS) },
		[BEHAVIOUR_RECIPIENTS] = { LIMIT(SMTP_RECIPIENTS) },
		[BEHAVIOUR_DOMAINS] = { LIMIT(SMTP_DOMAINS) },
		[BEHAVIOUR_MAIL_SERVERS] = { LIMIT(SMTP_SERVERS) },
		[BEHAVIOUR_HELOS] = { LIMIT(SMTP_HELO_NAMES) },
		[BEHAVIOUR_SSH_TARGETS] = { LIMIT(SSH_TARGETS) },
		[BEHAVIOUR_SSH_SCAN] = { LIMIT(SSH_SCAN_TARGETS) },
		[BEHAVIOUR_MAILS] = { LIMIT(SMTP_MAILS) },
		[BEHAVIOUR_REFUSALS] = { LIMIT(SMTP_REFUSALS) },
		[BEHAVIOUR_UNKNOWN_USERS] = { LIMIT(SMTP_UNKNOWN_USERS) },
		[BEHAVIOUR_BLOCKLISTED] = { LIMIT(SMTP_BLOCKLISTED) },
		[BEHAVIOUR_ERROR_MAILS] = { LIMIT(SMTP_ERROR_MAILS) },
		[BEHAVIOUR_MX_QUERIES] = { LIMIT(DNS_MX_QUERIES) },
	},
};

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
		.login_pairs = CONFIG_SSH_FAILURE_PAIRS,
		.login_failures = CONFIG_SSH_FAILURES,
		.login_window_s = CONFIG_SSH_FAILURE_WINDOW_S,
		.behaviour = behaviour,
		.hash_budget = CONFIG_MAIL_HASH_BUDGET_KIB * 1024ull,
		.timeout_half_open_s = CONFIG_TIMEOUT_HALF_OPEN,
		.timeout_closed_s = CONFIG_TIMEOUT_CLOSED,
		.timeout_established_s = CONFIG_TIMEOUT_ESTABLISHED_IDLE,
		.timeout_udp_s = CONFIG_TIMEOUT_UDP,
	};
	return entropy_fill(config->salt, sizeof(config->salt));
}

void scanner_config_share(struct scanner_config *config, unsigned scanners, unsigned number)
{
	uint32_t *const shared[] = {
		&config->flows_ipv4,	    &config->flows_ipv6,    &config->flows_half_open,
		&config->flows_inspected,   &config->stream_blocks, &config->login_pairs,
		&config->behaviour.servers,
	};
	uint32_t servers = config->quarantine_max;

	for (unsigned i = 0; i < sizeof(shared) / sizeof(shared[0]); i++) {
		bool few = *shared[i] != 0 && *shared[i] < scanners;

		*shared[i] = few ? 1 : *shared[i] / scanners; /* 0 would switch it off */
	}
	/* a bound on what signatures can cut off: it holds for all together */
	config->quarantine_max = servers / scanners + (number < servers % scanners);
	for (uint32_t bytes = config->event_ring_bytes;
	     config->event_ring_bytes > bytes / scanners;) {
		config->event_ring_bytes /= 2; /* a power of two */
	}
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
