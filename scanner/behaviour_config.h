/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of a server's behaviour is counted, and from how much on it is reported: part
 * of the scanner's configuration (scanner.h), filled by the firmware from Kconfig,
 * whose help texts say what each is good for. behaviour.h has the rest.
 */
#ifndef SCANNER_BEHAVIOUR_CONFIG_H
#define SCANNER_BEHAVIOUR_CONFIG_H

#include <stdint.h>

/* (identifier, anomaly, u16s of memory for what has been seen already). First what is told apart
 * (distinct.h): the memory says how many are counted exactly, and with 16 bits a u16 how many can
 * be estimated. Then what is only counted. */
#define BEHAVIOUR_DISTINCT_LIST(X)                                \
	X(BEHAVIOUR_SENDERS, ANOMALY_SMTP_SENDERS, 16)            \
	X(BEHAVIOUR_RECIPIENTS, ANOMALY_SMTP_RECIPIENTS, 64)      \
	X(BEHAVIOUR_DOMAINS, ANOMALY_SMTP_DOMAINS, 32)            \
	X(BEHAVIOUR_MAIL_SERVERS, ANOMALY_SMTP_SERVERS, 16)       \
	X(BEHAVIOUR_HELOS, ANOMALY_SMTP_HELO_CHANGES, 8)          \
	X(BEHAVIOUR_SSH_TARGETS, ANOMALY_SSH_OUTBOUND_TARGETS, 8) \
	X(BEHAVIOUR_SSH_SCAN, ANOMALY_SSH_OUTBOUND_SCAN, 32)
#define BEHAVIOUR_COUNTED_LIST(X)                                 \
	X(BEHAVIOUR_MAILS, ANOMALY_SMTP_MAILS, 0)                 \
	X(BEHAVIOUR_REFUSALS, ANOMALY_SMTP_REFUSALS, 0)           \
	X(BEHAVIOUR_UNKNOWN_USERS, ANOMALY_SMTP_UNKNOWN_USERS, 0) \
	X(BEHAVIOUR_BLOCKLISTED, ANOMALY_SMTP_BLOCKLISTED, 0)     \
	X(BEHAVIOUR_ERROR_MAILS, ANOMALY_SMTP_ERROR_FLOOD, 0)     \
	X(BEHAVIOUR_MX_QUERIES, ANOMALY_DNS_MX_QUERIES, 0)

#define BEHAVIOUR_ENUM(id, anomaly, memory) id,
enum behaviour_kind {
	BEHAVIOUR_DISTINCT_LIST(BEHAVIOUR_ENUM) BEHAVIOUR_COUNTED_LIST(BEHAVIOUR_ENUM)
		BEHAVIOUR_KIND_COUNT
};
#undef BEHAVIOUR_ENUM
#define BEHAVIOUR_DISTINCT_COUNT ((unsigned)BEHAVIOUR_MAILS)

#define BEHAVIOUR_ERROR_RECIPIENTS_MAX 7u

/* `more_than` in one window is reported. A window begins with the first of what it counts and lasts
 * `window_s` seconds, 1 to 604,800: so a rate of twice the threshold is never missed. */
struct behaviour_limit {
	uint32_t more_than;
	uint32_t window_s;
};

struct behaviour_config {
	uint32_t servers; /* places, ≤ 2^20; 0: nothing is watched */
	uint32_t learn_s; /* after the start, in which the first mail or SSH is no news */
	uint32_t mail_host_s; /* how long who takes mail for others counts as a mail host */
	uint32_t mail_host_factor; /* on thresholds of volume, ≤ 1000; 0: they do not apply */
	uint32_t refusal_percent; /* more than that of what was asked for is refused; 1 to 100 */
	uint32_t error_recipients; /* an error flood goes to no more, 1 to …_RECIPIENTS_MAX */
	struct behaviour_limit limit[BEHAVIOUR_KIND_COUNT];
	uint8_t key[16]; /* entropy; scanner_init() takes it from the salt */
};

#endif
