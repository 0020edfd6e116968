/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of behaviour_server.h, its windows and the reports. */
#include "scanner/behaviour_server.h"

#include <string.h>

#include "scanner/flow_lookup.h"
#include "scanner/hash/siphash.h"

#define SERVERS_MAX (1u << 20)
#define WINDOW_MAX_S 604800u
#define MAIL_HOST_MAX_S 2592000u
#define FACTOR_MAX 1000u
/* Estimates are good up to here; DISTINCT counts of a mail host are held against no more. */
#define DISTINCT_PER_SLOT 40u

#define DISTINCT_ROW(id, anomaly, slots) \
	[id] = { anomaly, slots, offsetof(struct behaviour_server, id##_memory) },
#define COUNTED_ROW(id, anomaly, none) [id] = { anomaly, none, 0 },
static const struct {
	uint16_t anomaly;
	uint16_t slots;
	uint16_t memory; /* where it begins in a server */
} kinds[BEHAVIOUR_KIND_COUNT] = { BEHAVIOUR_DISTINCT_LIST(DISTINCT_ROW)
					  BEHAVIOUR_COUNTED_LIST(COUNTED_ROW) };

/* ---- the memory -------------------------------------------------- */

static uint32_t sets_for(uint32_t servers)
{
	uint32_t sets = 1;

	while (sets * BEHAVIOUR_WAYS < servers) {
		sets *= 2;
	}
	return sets;
}

static bool is_valid(const struct behaviour_config *config)
{
	for (unsigned kind = 0; kind < BEHAVIOUR_KIND_COUNT; kind++) {
		const struct behaviour_limit *limit = &config->limit[kind];

		if (limit->window_s < 1 || limit->window_s > WINDOW_MAX_S ||
		    (kind < BEHAVIOUR_DISTINCT_COUNT &&
		     limit->more_than > kinds[kind].slots * DISTINCT_PER_SLOT)) {
			return false;
		}
	}
	return config->servers >= 1 && config->servers <= SERVERS_MAX &&
	       config->mail_host_s <= MAIL_HOST_MAX_S && config->mail_host_factor <= FACTOR_MAX &&
	       config->refusal_percent >= 1 && config->refusal_percent <= 100 &&
	       config->error_recipients >= 1 &&
	       config->error_recipients <= BEHAVIOUR_ERROR_RECIPIENTS_MAX;
}

size_t behaviour_size(const struct behaviour_config *config)
{
	return is_valid(config) ? sizeof(struct behaviour) + (size_t)sets_for(config->servers) *
								     sizeof(struct behaviour_set) :
				  0;
}

static uint32_t ticks(uint32_t seconds)
{
	return (uint32_t)(seconds * NS_PER_S >> BEHAVIOUR_TICK_SHIFT);
}

struct behaviour *behaviour_init(void *memory, const struct behaviour_config *config)
{
	const struct siphash_key key = siphash_key(config->key);
	struct behaviour *behaviour = memory;

	memset(behaviour, 0, behaviour_size(config));
	behaviour->config = *config;
	for (uint8_t i = 0; i < 6; i++) {
		behaviour->secret[i] = siphash(&key, &i, 1);
	}
	for (unsigned kind = 0; kind < BEHAVIOUR_KIND_COUNT; kind++) {
		behaviour->window_ticks[kind] = ticks(config->limit[kind].window_s);
	}
	behaviour->mail_host_ticks = ticks(config->mail_host_s);
	behaviour->set_mask = sets_for(config->servers) - 1;
	return behaviour;
}

/* ---- places -------------------------------------------------- */

/* The hash of flow_lookup.h: cheap, and nobody can choose where he lands. */
static struct behaviour_set *set_of(struct behaviour *behaviour, uint8_t family,
				    const uint8_t address[static 16])
{
	const uint64_t *secret = behaviour->secret;
	uint64_t hash = flow_hash_pair(flow_load64(address), secret) +
			flow_hash_pair(flow_load64(address + 8), secret + 2) +
			flow_hash_pair(family, secret + 4);

	return &behaviour->sets[hash >> 32 & behaviour->set_mask];
}

static struct behaviour_place *find_place(struct behaviour_set *set, uint8_t family,
					  const uint8_t address[static 16])
{
	uint64_t high = flow_load64(address), low = flow_load64(address + 8);

	for (unsigned i = 0; i < BEHAVIOUR_WAYS; i++) {
		struct behaviour_place *place = &set->places[i];

		if (flow_load64(place->address) == high && flow_load64(place->address + 8) == low &&
		    place->family == family) {
			return place;
		}
	}
	return NULL;
}

/* A free place, or that of the longest silent server. */
static struct behaviour_place *clear_place(struct behaviour_set *set, uint32_t tick)
{
	struct behaviour_place *oldest = &set->places[0];

	for (unsigned i = 0; i < BEHAVIOUR_WAYS; i++) {
		struct behaviour_place *place = &set->places[i];

		if (place->family == 0) {
			return place;
		}
		if (tick - place->used > tick - oldest->used) {
			oldest = place;
		}
	}
	memset(&set->servers[oldest - set->places], 0, sizeof(set->servers[0]));
	return oldest;
}

struct behaviour_server *behaviour_server(const struct inspection *inspection,
					  enum direction acting, bool take)
{
	const struct event_tuple *tuple = &inspection->tuple;
	bool originates = acting == TO_RESPONDER;
	const uint8_t *address = originates ? tuple->source : tuple->destination;

	if (inspection->behaviour == NULL || (inspection->inside & (originates ? 1 : 2)) == 0 ||
	    inspection->strayed) {
		return NULL;
	}
	struct behaviour_set *set = set_of(inspection->behaviour, tuple->family, address);
	struct behaviour_place *place = find_place(set, tuple->family, address);

	if (place == NULL) {
		if (!take || !inspection->handshake) {
			return NULL;
		}
		place = clear_place(set, behaviour_tick(inspection));
		place->family = tuple->family;
		memcpy(place->address, address, sizeof(place->address));
	}
	place->used = behaviour_tick(inspection);
	return &set->servers[place - set->places];
}

/* ---- windows -------------------------------------------------- */

/* The two halves of a product of secrets and words, after Wang Yi's MUM construction (wyhash):
 * several times as fast as SipHash, and good enough where all that can be won is a wrong count. */
static uint64_t fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t behaviour_hash(const struct inspection *inspection, const void *value, size_t length)
{
	const uint64_t *secret = inspection->behaviour->secret;
	const uint8_t *bytes = value;
	uint64_t hash = fold(secret[0] ^ length, secret[1]);
	uint64_t rest = 0;

	if (length < 8) {
		memcpy(&rest, bytes, length);
	} else {
		rest = flow_load64(bytes + length - 8); /* some of it for the second time */
		for (const uint8_t *last = bytes + length - 8; bytes < last; bytes += 8) {
			hash = fold(hash ^ flow_load64(bytes), secret[2]);
		}
	}
	return fold(fold(hash ^ rest, secret[3]), secret[4]);
}

static uint16_t *memory_of(struct behaviour_server *server, enum behaviour_kind kind)
{
	return (void *)((uint8_t *)server + kinds[kind].memory);
}

static void reset(struct behaviour_server *server, enum behaviour_kind kind)
{
	if ((unsigned)kind < BEHAVIOUR_DISTINCT_COUNT) {
		server->distinct[kind] = (struct distinct){ 0 };
		memset(memory_of(server, kind), 0, kinds[kind].slots * sizeof(uint16_t));
		return;
	}
	server->count[kind - BEHAVIOUR_DISTINCT_COUNT] = 0;
	if (kind == BEHAVIOUR_REFUSALS) {
		server->asked = 0;
	} else if (kind == BEHAVIOUR_ERROR_MAILS) {
		memset(&server->errors, 0, sizeof(server->errors));
	}
}

bool behaviour_window(const struct inspection *inspection, struct behaviour_server *server,
		      enum behaviour_kind kind)
{
	const struct behaviour *behaviour = inspection->behaviour;
	uint32_t tick = behaviour_tick(inspection);
	uint16_t bit = (uint16_t)(1u << kind);

	if ((server->open & bit) == 0 ||
	    tick - server->begin[kind] > behaviour->window_ticks[kind]) {
		server->open |= bit;
		server->reported &= (uint16_t)~bit;
		server->begin[kind] = tick;
		reset(server, kind);
	}
	return (server->reported & bit) == 0;
}

bool behaviour_is_reported(const struct inspection *inspection,
			   const struct behaviour_server *server, enum behaviour_kind kind)
{
	return (server->reported >> kind & 1) != 0 &&
	       behaviour_tick(inspection) - server->begin[kind] <=
		       inspection->behaviour->window_ticks[kind];
}

/* A mail host writes to many people and servers by its nature. */
static uint32_t more_than(const struct inspection *inspection,
			  const struct behaviour_server *server, enum behaviour_kind kind)
{
	const struct behaviour *behaviour = inspection->behaviour;
	uint64_t limit = behaviour->config.limit[kind].more_than;
	bool volume = kind == BEHAVIOUR_MAILS || kind <= BEHAVIOUR_MAIL_SERVERS;

	if (!volume || (server->habits & HABIT_MAIL_HOST) == 0 ||
	    behaviour_tick(inspection) - server->took_mail > behaviour->mail_host_ticks) {
		return (uint32_t)limit;
	}
	if (behaviour->config.mail_host_factor == 0) {
		return UINT32_MAX;
	}
	limit *= behaviour->config.mail_host_factor;
	if (kind != BEHAVIOUR_MAILS && limit > kinds[kind].slots * DISTINCT_PER_SLOT) {
		return kinds[kind].slots * DISTINCT_PER_SLOT;
	}
	return limit < UINT32_MAX ? (uint32_t)limit : UINT32_MAX;
}

void behaviour_count(struct inspection *inspection, struct behaviour_server *server,
		     enum behaviour_kind kind)
{
	uint32_t *count = &server->count[kind - BEHAVIOUR_DISTINCT_COUNT];

	if (!behaviour_window(inspection, server, kind)) {
		return;
	}
	*count += *count < UINT32_MAX;
	if (*count > more_than(inspection, server, kind)) {
		behaviour_crossed(inspection, server, kind, *count);
	}
}

void behaviour_count_distinct(struct inspection *inspection, struct behaviour_server *server,
			      enum behaviour_kind kind, const void *value, size_t length)
{
	struct distinct *distinct = &server->distinct[kind];

	if (behaviour_window(inspection, server, kind) &&
	    distinct_add(distinct, memory_of(server, kind), kinds[kind].slots,
			 behaviour_hash(inspection, value, length)) &&
	    distinct_count(distinct) > more_than(inspection, server, kind)) {
		behaviour_crossed(inspection, server, kind, distinct_count(distinct));
	}
}

/* ---- reports -------------------------------------------------- */

void behaviour_report(struct inspection *inspection, enum anomaly anomaly, uint32_t count,
		      uint32_t window_s)
{
	const struct event_anomaly data = {
		.anomaly = (uint16_t)anomaly,
		.count = count,
		.window_s = window_s,
	};
	struct event *event = inspect_begin(inspection, EVENT_ANOMALY);

	if (event != NULL) {
		event_put(event, ATTRIBUTE_ANOMALY, &data, sizeof(data));
		event_commit(inspection->events, event);
	}
}

void behaviour_crossed(struct inspection *inspection, struct behaviour_server *server,
		       enum behaviour_kind kind, uint32_t count)
{
	server->reported |= (uint16_t)(1u << kind);
	behaviour_report(inspection, kinds[kind].anomaly, count,
			 inspection->behaviour->config.limit[kind].window_s);
}
