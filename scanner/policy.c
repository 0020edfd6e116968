/* SPDX-License-Identifier: BSD-2-Clause */
/* The policy of policy.h. */
#include "scanner/policy.h"

#include <string.h>

size_t policy_size(const struct scanner_config *config)
{
	return sizeof(uint64_t[ALERTED_BUCKETS][ALERTED_WAYS]) +
	       config->quarantine_max * sizeof(struct quarantined);
}

void policy_init(struct policy *policy, void *memory, const struct scanner_config *config,
		 struct scanner_counters *counters, struct event_ring *events)
{
	memset(memory, 0, policy_size(config));
	*policy = (struct policy){
		.counters = counters,
		.events = events,
		.generation = 1,
		.alerted = memory,
		.quarantine_max = config->quarantine_max,
		.quarantine_next_ns = UINT64_MAX,
	};
	policy->quarantined = (void *)(policy->alerted + ALERTED_BUCKETS);
}

void policy_next_generation(struct policy *policy)
{
	policy->generation = (uint16_t)(policy->generation + 1);
}

void policy_publish(struct policy *policy, const struct scanner_policy *next)
{
	policy->now = *next;
	if (next->set != NULL) {
		policy->set = *next->set;
		policy->now.set = &policy->set;
	}
	policy_next_generation(policy);
	policy->published = policy->generation;
}

/* Mixing of Murmur3's finalizer: fingerprints need spreading, not secrecy. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 33) * 0xff51afd7ed558ccdu;
	x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53u;
	return x ^ x >> 33;
}

bool policy_is_first(struct policy *policy, const struct inspection *inspection, uint64_t tx_id,
		     uint64_t what)
{
	/* never 0, which is a free place */
	uint64_t print = mix(inspection->flow_id ^ mix(what) ^ mix(tx_id + 0x9e3779b97f4a7c15u)) |
			 1;
	uint64_t *bucket = policy->alerted[print >> 32 & (ALERTED_BUCKETS - 1)];

	for (unsigned way = 0; way < ALERTED_WAYS; way++) {
		if (bucket[way] == print) {
			return false;
		}
	}
	memmove(bucket + 1, bucket, (ALERTED_WAYS - 1) * sizeof(bucket[0]));
	bucket[0] = print;
	return true;
}

static bool is_inside(uint8_t inside, enum direction sender)
{
	return (inside >> (sender == TO_RESPONDER ? 0 : 1) & 1) != 0;
}

static bool applies(const struct policy *policy, const struct inspection *inspection,
		    const struct set_rule *rule, enum direction sender)
{
	if (rule->from != SET_FROM_ANY &&
	    (rule->from == SET_FROM_INSIDE) != is_inside(inspection->inside, sender)) {
		return false;
	}
	return !policy->now.clock_trusted ||
	       !set_rule_expired(rule, inspection->time.ns / NS_PER_S);
}

static struct quarantined *find(const struct policy *policy, uint8_t family,
				const uint8_t address[16])
{
	for (uint32_t i = 0; i < policy->quarantine_max; i++) {
		struct quarantined *server = &policy->quarantined[i];

		if (server->family == family && memcmp(server->address, address, 16) == 0) {
			return server;
		}
	}
	return NULL;
}

static const uint8_t *sender_address(const struct event_tuple *tuple, enum direction sender)
{
	return sender == TO_RESPONDER ? tuple->source : tuple->destination;
}

/* Puts the sender in quarantine, or prolongs it. guard() has seen that there is a place. */
static void quarantine(struct policy *policy, const struct inspection *inspection,
		       enum direction sender, uint32_t seconds)
{
	const uint8_t *address = sender_address(&inspection->tuple, sender);
	struct quarantined *server = find(policy, inspection->tuple.family, address);
	uint64_t until = inspection->now.ns + seconds * NS_PER_S;

	if (server == NULL) {
		static const uint8_t none[16];

		server = find(policy, 0, none);
		if (server == NULL) {
			return;
		}
		server->family = inspection->tuple.family;
		memcpy(server->address, address, 16);
		server->until_ns = 0;
		policy->quarantine_count++;
		/* its other flows are judged again, also those that are finished */
		policy_next_generation(policy);
	}
	server->until_ns = until > server->until_ns ? until : server->until_ns;
	policy->quarantine_next_ns =
		until < policy->quarantine_next_ns ? until : policy->quarantine_next_ns;
}

/* What keeps a rule's action from being taken on this match. */
static enum alert_guard guard(const struct policy *policy, const struct inspection *inspection,
			      const struct set_rule *rule, enum direction sender)
{
	const struct event_tuple *tuple = &inspection->tuple;

	if (rule->action == SET_ACTION_REJECT) {
		return tuple->protocol == PROTOCOL_TCP ? GUARD_NONE : GUARD_NO_RESET;
	}
	if (rule->action != SET_ACTION_QUARANTINE) {
		return GUARD_NONE;
	}
	if (!is_inside(inspection->inside, sender) || inspection->strayed) {
		return GUARD_NOT_INSIDE;
	}
	if (!inspection->handshake) {
		return GUARD_HANDSHAKE;
	}
	if (policy->quarantine_count == policy->quarantine_max &&
	    find(policy, tuple->family, sender_address(tuple, sender)) == NULL) {
		return GUARD_FULL;
	}
	return GUARD_NONE;
}

static enum taken action_taken(uint8_t action, enum alert_guard held)
{
	switch ((enum set_action)action) {
	case SET_ACTION_DROP:
		return TAKEN_DROPPED;
	case SET_ACTION_REJECT:
		return held == GUARD_NONE ? TAKEN_REJECTED : TAKEN_DROPPED;
	case SET_ACTION_QUARANTINE:
		return held == GUARD_NONE ? TAKEN_QUARANTINED : TAKEN_DROPPED;
	case SET_ACTION_ALERT:
	default:
		return TAKEN_ALLOWED;
	}
}

static void write_alert(struct policy *policy, struct inspection *inspection,
			const struct set_rule *rule, const struct event_alert *alert)
{
	struct event *event = inspect_begin(inspection, EVENT_ALERT);

	policy->counters->alerts[rule->severity]++;
	inspection->alerted = 1;
	if (event == NULL) {
		return;
	}
	event_put(event, ATTRIBUTE_ALERT, alert, sizeof(*alert));
	event_put(event, ATTRIBUTE_ALERT_MESSAGE, rule->message, rule->message_length);
	if (rule->reference_length != 0) {
		event_put(event, ATTRIBUTE_ALERT_REFERENCE, rule->reference,
			  rule->reference_length);
	}
	if (rule->class_length != 0) {
		event_put(event, ATTRIBUTE_ALERT_CLASS, rule->class_name, rule->class_length);
	}
	if (inspection->describe != NULL) {
		inspection->describe(inspection->state, inspection, event);
	}
	event_commit(inspection->events, event);
	policy->pending_count++;
}

static void hit(struct policy *policy, struct inspection *inspection, enum field field,
		enum direction sender, uint32_t index)
{
	struct set_rule rule;

	set_rule(policy->now.set, index, &rule);
	if (!applies(policy, inspection, &rule, sender)) {
		return;
	}
	enum alert_guard held = guard(policy, inspection, &rule, sender);
	enum taken would = action_taken(rule.action, held);

	if (policy->now.enforcing && would == TAKEN_QUARANTINED) {
		quarantine(policy, inspection, sender, rule.quarantine_s);
	}
	if (policy->now.enforcing && would > inspection->taken) {
		inspection->taken = (uint8_t)would;
		inspection->content_sid = field == FIELD_IP_SRC || field == FIELD_IP_DST ? 0 :
											   rule.sid;
	}
	if (!policy_is_first(policy, inspection, inspection->tx_id,
			     (uint64_t)rule.sid << 32 | rule.rev)) {
		return;
	}
	const struct event_alert alert = {
		.sid = rule.sid,
		.revision = rule.rev,
		.severity = rule.severity,
		.taken = inspection->taken, /* corrected when the frame's fate is known */
		.would = (uint8_t)would,
		.guard = (uint8_t)held,
		.field = (uint8_t)field,
		.enforcing = policy->now.enforcing,
		.quarantine_s = rule.quarantine_s,
	};

	write_alert(policy, inspection, &rule, &alert);
	if (held == GUARD_FULL) {
		inspect_anomaly(inspection, ANOMALY_QUARANTINE_FULL, policy->quarantine_max);
	}
}

void policy_hits(struct inspection *inspection, enum field field, enum direction sender,
		 const uint32_t *rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		hit(inspection->policy, inspection, field, sender, rules[i]);
	}
}

/* write_alert() puts it first. */
static struct event_alert *alert_of(struct event *event)
{
	return (void *)((uint8_t *)(event + 1) + sizeof(struct event_attribute));
}

void policy_settle(struct policy *policy, uint32_t first, enum taken taken)
{
	uint32_t at = event_held(policy->events);
	uint32_t unsettled = 0;

	while (unsettled < policy->pending_count) {
		struct event *event = event_next_held(policy->events, &at);
		struct event_alert *alert;

		if (event->type != EVENT_ALERT) {
			continue;
		}
		alert = alert_of(event);
		if (alert->settled == 0 && unsettled++ >= first) {
			alert->taken = (uint8_t)taken;
			alert->settled = 1;
		}
	}
	policy->pending_count = first;
}

bool policy_waits_for_handshake(const struct policy *policy, const uint32_t *rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct set_rule rule;

		set_rule(policy->now.set, rules[i], &rule);
		if (rule.action == SET_ACTION_QUARANTINE) {
			return true;
		}
	}
	return false;
}

bool policy_still_takes(const struct policy *policy, uint32_t sid, struct timestamp now)
{
	uint32_t low = 0, high = policy->now.set != NULL ? set_rule_count(policy->now.set) : 0;

	while (low < high) { /* rules ascend by SID */
		uint32_t middle = low + (high - low) / 2;
		struct set_rule rule;

		set_rule(policy->now.set, middle, &rule);
		if (rule.sid == sid) {
			return rule.action != SET_ACTION_ALERT &&
			       !(policy->now.clock_trusted &&
				 set_rule_expired(&rule, now.ns / NS_PER_S));
		}
		low = rule.sid < sid ? middle + 1 : low;
		high = rule.sid < sid ? high : middle;
	}
	return false;
}

bool policy_is_quarantined(const struct policy *policy, const struct event_tuple *tuple,
			   uint8_t inside)
{
	if (policy->quarantine_count == 0 || !policy->now.enforcing) {
		return false;
	}
	return ((inside & 1) != 0 && find(policy, tuple->family, tuple->source) != NULL) ||
	       ((inside & 2) != 0 && find(policy, tuple->family, tuple->destination) != NULL);
}

void policy_expire(struct policy *policy, struct timestamp now)
{
	if (now.ns < policy->quarantine_next_ns) {
		return;
	}
	policy->quarantine_next_ns = UINT64_MAX;
	for (uint32_t i = 0; i < policy->quarantine_max; i++) {
		struct quarantined *server = &policy->quarantined[i];

		if (server->family == 0) {
			continue;
		}
		if (server->until_ns <= now.ns) {
			*server = (struct quarantined){ 0 };
			policy->quarantine_count--;
			policy_next_generation(policy);
		} else if (server->until_ns < policy->quarantine_next_ns) {
			policy->quarantine_next_ns = server->until_ns;
		}
	}
}
