/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The flow table against a plain model over random operations, chains that are
 * made to grow until the key changes, the lists, and who goes when it is full.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "scanner/flow_lookup.h"

#define FLOWS 1024u
#define TUPLES 4096u /* of which the model keeps some in the table */
#define TICKS_10_S 9537u

static struct flow_table table;
static void *memory;
static uint8_t family;
static uint8_t salt[32];
static uint64_t random_state;

static struct packet packet;
static uint8_t header[40];

static uint32_t random_below(uint32_t n)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((random_state >> 33) % n);
}

static void open_table(uint8_t new_family, uint32_t count)
{
	size_t size = flow_table_size(count, new_family);

	family = new_family;
	random_state = 42;
	for (unsigned i = 0; i < sizeof(salt); i++) {
		salt[i] = (uint8_t)random_below(256);
	}
	memory = aligned_alloc(64, (size + 63) & ~(size_t)63);
	memset(memory, 0xa5, size);
	flow_table_init(&table, memory, count, new_family, salt);
}

static int teardown(void **state)
{
	(void)state;
	free(memory);
	memory = NULL;
	return 0;
}

/* Tuple `n` as a packet of its originator, or back. */
static struct flow_lookup lookup_of(uint32_t n, bool back)
{
	struct flow_lookup lookup;
	uint8_t *source = header + (family == 4 ? 12 : 8);
	uint8_t *destination = header + (family == 4 ? 16 : 24);

	memset(header, 0, sizeof(header));
	packet = (struct packet){
		.ip = header,
		.family = family,
		.protocol = n % 3 == 0 ? PROTOCOL_UDP : PROTOCOL_TCP,
		.vlan = { VLAN_NONE, VLAN_NONE },
		.source_port = (uint16_t)(n * 7),
		.destination_port = (uint16_t)(n >> 7),
	};
	if (n % 5 == 0) {
		packet.vlan[0] = (uint16_t)(n % 4095);
	}
	source[0] = 10;
	source[3] = (uint8_t)n;
	destination[0] = (uint8_t)(n % 2 == 0 ? 9 : 11);
	destination[2] = (uint8_t)(n >> 8);
	if (back) {
		uint8_t swap[16];
		size_t size = family == 4 ? 4 : 16;

		memcpy(swap, source, size);
		memcpy(source, destination, size);
		memcpy(destination, swap, size);
		uint16_t port = packet.source_port;

		packet.source_port = packet.destination_port;
		packet.destination_port = port;
	}
	flow_lookup_prepare(&table, &packet, &lookup);
	return lookup;
}

static uint64_t hash_of(const struct flow_lookup *lookup)
{
	return family == 4 ? flow_hash4(&table.key, &lookup->key.v4) :
			     flow_hash6(&table.key, &lookup->key.v6);
}

static struct flow *insert(uint32_t n, enum flow_class class)
{
	struct flow_lookup lookup = lookup_of(n, false);

	return flow_insert(&table, &lookup, class);
}

static struct flow *find(uint32_t n)
{
	struct flow_lookup lookup = lookup_of(n, false);

	return flow_find(&table, &lookup);
}

/* Each list is whole both ways and holds exactly the flows of its class. */
static void assert_lists(void)
{
	uint32_t all = 0;

	for (enum flow_class class = FLOW_CLOSED; class < FLOW_CLASS_COUNT; class ++) {
		const struct flow_list *list = &table.list[class];
		uint32_t before = FLOW_NONE, count = 0;

		for (uint32_t index = list->oldest; index != FLOW_NONE; count++) {
			const struct flow *flow = flow_at(&table, index);

			assert_int_equal(flow_class(flow), class);
			assert_int_equal(flow->previous, before);
			before = index;
			index = flow->next;
		}
		assert_int_equal(list->newest, before);
		assert_int_equal(list->count, count);
		all += count;
	}
	uint32_t free_count = 0;

	for (uint32_t index = table.free; index != FLOW_NONE;
	     index = flow_at(&table, index)->chain) {
		free_count++;
	}
	assert_int_equal(all, table.used);
	assert_int_equal(free_count + all, table.count);
}

static void random_operation(struct flow **model)
{
	uint32_t n = random_below(TUPLES);
	bool back = random_below(2) != 0;
	struct flow_lookup lookup = lookup_of(n, back);
	struct flow *flow = flow_find(&table, &lookup);

	assert_ptr_equal(flow, model[n]);
	if (flow == NULL) {
		uint32_t used = table.used;

		flow = flow_insert(&table, &lookup, FLOW_CLOSED + random_below(4));
		assert_true((flow != NULL) == (used < FLOWS));
		model[n] = flow;
		if (flow != NULL) {
			assert_int_equal(flow_direction(flow, &lookup), TO_RESPONDER);
			flow->last = n; /* to know it by */
		}
		return;
	}
	assert_int_equal(flow->last, n);
	if (random_below(3) == 0) {
		flow_set_class(&table, flow, FLOW_CLOSED + random_below(4));
	} else if (random_below(2) == 0) {
		flow_remove(&table, flow);
		model[n] = NULL;
	}
}

static void run_model(uint8_t of_family)
{
	static struct flow *model[TUPLES];

	memset(model, 0, sizeof(model));
	open_table(of_family, FLOWS);
	for (unsigned step = 0; step < 100000; step++) {
		random_operation(model);
		if (step % 4 == 0) {
			flow_rekey_step(&table);
		}
		if (step % 10000 == 0) {
			assert_lists();
		}
	}
	assert_lists();
	for (uint32_t n = 0; n < TUPLES; n++) {
		assert_ptr_equal(find(n), model[n]);
		if (model[n] != NULL) {
			flow_remove(&table, model[n]);
			assert_null(find(n));
		}
	}
	assert_int_equal(table.used, 0);
	assert_lists();
}

static void table_random_operations_as_model_ipv4(void **state)
{
	(void)state;
	run_model(4);
}

static void table_random_operations_as_model_ipv6(void **state)
{
	(void)state;
	run_model(6);
}

/* Fills one chain with what an attacker who knew the key would send. */
static unsigned grow_chain(uint32_t *tuples, unsigned count)
{
	unsigned found = 0;
	const uint32_t *head = NULL;

	for (uint32_t n = 0; found < count && n < 1u << 20; n++) {
		struct flow_lookup lookup = lookup_of(n, false);

		if (head == NULL) {
			head = lookup.head;
		}
		if (lookup.head == head && flow_find(&table, &lookup) == NULL) {
			tuples[found++] = n;
		}
	}
	for (unsigned i = 0; i < found; i++) {
		if (insert(tuples[i], FLOW_FINISHED) == NULL) {
			return i;
		}
	}
	return found;
}

static void chain_too_long_key_changes_nothing_lost(void **state)
{
	static uint32_t tuples[FLOW_CHAIN_REKEY];
	static uint32_t others[400];

	(void)state;
	for (uint8_t of_family = 4; of_family <= 6; of_family += 2) {
		open_table(of_family, FLOWS);
		for (unsigned i = 0; i < 400; i++) {
			others[i] = 500000 + i;
			assert_non_null(insert(others[i], FLOW_INSPECTED));
		}
		struct flow_lookup stale = lookup_of(others[7], true);

		assert_int_equal(table.rekey_at, FLOW_NONE);
		assert_int_equal(grow_chain(tuples, FLOW_CHAIN_REKEY), FLOW_CHAIN_REKEY);
		assert_int_equal(table.rekey_at, 0);
		assert_int_equal(table.rekeyed, 1);
		/* prepared before the change */
		assert_non_null(flow_find(&table, &stale));
		for (unsigned step = 0; table.rekey_at != FLOW_NONE; step++) {
			assert_true(step <= FLOWS / 64);
			for (unsigned i = 0; i < FLOW_CHAIN_REKEY; i++) {
				assert_non_null(find(tuples[i]));
			}
			for (unsigned i = 0; i < 400; i++) {
				assert_int_equal(find(others[i]) != NULL, i >= step * 10);
			}
			for (unsigned i = 0; i < 10; i++) { /* removed while it changes */
				flow_remove(&table, find(others[step * 10 + i]));
			}
			assert_non_null(insert(600000 + step, FLOW_CLOSED)); /* and added */
			flow_rekey_step(&table);
			assert_lists();
		}
		for (unsigned i = 0; i < FLOW_CHAIN_REKEY; i++) {
			flow_remove(&table, find(tuples[i]));
			assert_null(find(tuples[i]));
		}
		assert_lists();
		teardown(state);
	}
}

/* Under the new key the same tuples do not meet again. */
static void chain_after_key_change_short(void **state)
{
	static uint32_t tuples[FLOW_CHAIN_REKEY];

	(void)state;
	open_table(4, FLOWS);
	grow_chain(tuples, FLOW_CHAIN_REKEY);
	while (table.rekey_at != FLOW_NONE) {
		flow_rekey_step(&table);
	}
	const uint32_t *head = NULL;
	unsigned same = 0;

	for (unsigned i = 0; i < FLOW_CHAIN_REKEY; i++) {
		struct flow_lookup lookup = lookup_of(tuples[i], false);

		head = head != NULL ? head : lookup.head;
		same += lookup.head == head;
	}
	assert_true(same < FLOW_CHAIN_REKEY / 2);
}

static void insert_chain_at_bound_refused(void **state)
{
	unsigned added = 0;

	(void)state;
	open_table(4, FLOWS);
	table.head_shift = 63; /* two chains, under any key */
	for (unsigned n = 0; n < FLOW_CHAIN_MAX * 4; n++) {
		added += insert(n, FLOW_FINISHED) != NULL;
	}
	assert_in_range(added, FLOW_CHAIN_MAX, 2 * FLOW_CHAIN_MAX);
	assert_lists();
}

/* Nor can one field make up for another: whatever the key, that would be the same chain. */
static void key_tag_and_protocol_never_cancel(void **state)
{
	(void)state;
	for (uint8_t of_family = 4; of_family <= 6; of_family += 2) {
		open_table(of_family, FLOWS);
		for (unsigned bit = 0; bit < 12; bit++) {
			for (unsigned protocol = 1; protocol < 256; protocol <<= 1) {
				struct flow_lookup one = lookup_of(1, false), other;

				packet.vlan[0] = 0;
				flow_lookup_prepare(&table, &packet, &one);
				packet.vlan[0] = (uint16_t)(1u << bit);
				packet.protocol ^= (uint8_t)protocol;
				flow_lookup_prepare(&table, &packet, &other);
				assert_int_not_equal(hash_of(&one), hash_of(&other));
			}
		}
		teardown(state);
	}
}

/* Tuples that differ in nothing but one field are different flows, and spread. */
static void key_every_field_counts(void **state)
{
	(void)state;
	for (uint8_t of_family = 4; of_family <= 6; of_family += 2) {
		open_table(of_family, FLOWS);
		size_t address_bytes = of_family == 4 ? 8 : 32;
		unsigned added = 0;

		for (unsigned i = 0; i < address_bytes + 5; i++) {
			struct flow_lookup lookup = lookup_of(12345, false);
			size_t at = (of_family == 4 ? 12u : 8u) + i;

			if (i < address_bytes) {
				header[at] ^= 0x40;
			}
			packet.source_port ^= i == address_bytes;
			packet.destination_port ^= i == address_bytes + 1;
			packet.vlan[0] ^= i == address_bytes + 2 ? 0xf000u : 0;
			packet.vlan[1] ^= i == address_bytes + 3 ? 0xf000u : 0;
			packet.protocol ^= i == address_bytes + 4 ? PROTOCOL_GRE : 0;
			flow_lookup_prepare(&table, &packet, &lookup);
			assert_null(flow_find(&table, &lookup));
			assert_non_null(flow_insert(&table, &lookup, FLOW_FINISHED));
			added++;
		}
		assert_int_equal(table.used, added);
		teardown(state);
	}
}

static void tuple_both_orders_as_sent(void **state)
{
	(void)state;
	for (uint8_t of_family = 4; of_family <= 6; of_family += 2) {
		open_table(of_family, FLOWS);
		for (uint32_t n = 0; n < 64; n++) {
			struct flow_lookup back = lookup_of(n, true);
			struct flow *flow = insert(n, FLOW_FINISHED);
			struct event_tuple tuple;
			size_t size = of_family == 4 ? 4 : 16;

			assert_non_null(flow);
			assert_ptr_equal(flow_find(&table, &back), flow);
			assert_int_equal(flow_direction(flow, &back), TO_ORIGINATOR);
			flow_tuple(&table, flow, &tuple);
			assert_int_equal(tuple.family, of_family);
			assert_int_equal(tuple.protocol, packet.protocol);
			assert_int_equal(tuple.source_port, packet.source_port);
			assert_int_equal(tuple.destination_port, packet.destination_port);
			assert_int_equal(tuple.vlan[0], packet.vlan[0]);
			assert_memory_equal(tuple.source, header + (size == 4 ? 12 : 8), size);
			assert_memory_equal(tuple.destination, header + (size == 4 ? 16 : 24),
					    size);
		}
		teardown(state);
	}
}

static void count_past_32_bits_kept(void **state)
{
	struct flow flow = { 0 };

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		flow_count(&flow, TO_ORIGINATOR, 0xf0000000u);
	}
	assert_int_equal(flow_bytes(&flow, TO_ORIGINATOR), 5 * 0xf0000000ull);
	assert_int_equal(flow.packets[TO_ORIGINATOR], 5);
	assert_int_equal(flow_bytes(&flow, TO_RESPONDER), 0);
}

static void fields_packed_kept_apart(void **state)
{
	struct flow flow = { 0 };

	(void)state;
	flow.class_seen = FLOW_INSPECTED;
	flow_set_seen(&flow, SEEN_COUNT - 1);
	assert_int_equal(flow_class(&flow), FLOW_INSPECTED);
	assert_int_equal(flow_seen(&flow), SEEN_COUNT - 1);
	flow.flags = 0x3f;
	for (enum taken taken = TAKEN_ALLOWED; taken <= TAKEN_QUARANTINED; taken++) {
		flow_set_cut(&flow, taken);
		assert_int_equal(flow_cut(&flow), taken);
		assert_int_equal(flow.flags & 0x3f, 0x3f);
	}
	flow.start_low = 0x12345678;
	flow.start_high_app = 0x07;
	for (enum app app = APP_UNKNOWN; app < APP_COUNT; app++) {
		for (unsigned bits = 0; bits < 4; bits++) {
			flow_set_app(&flow, app);
			flow_set_inward(&flow, (bits & 1) != 0);
			flow_set_cut_by_content(&flow, (bits & 2) != 0);
			assert_int_equal(flow_app(&flow), app);
			assert_int_equal(flow_inward(&flow), bits & 1);
			assert_int_equal(flow_cut_by_content(&flow), bits >> 1);
			assert_int_equal(flow_start(&flow), 0x0712345678);
		}
	}
	flow_set_start(&flow, 0x512345678);
	assert_true(flow_inward(&flow) && flow_cut_by_content(&flow));
	assert_int_equal(flow_app(&flow), APP_COUNT - 1);
	assert_int_equal(flow_start(&flow), 0x512345678);
}

static void victim_order_closed_first(void **state)
{
	const uint32_t now = 10 * TICKS_10_S;

	(void)state;
	open_table(4, FLOWS);
	struct flow *inspected_idle = insert(1, FLOW_INSPECTED);
	struct flow *finished_idle = insert(2, FLOW_FINISHED);
	struct flow *half_open = insert(3, FLOW_HALF_OPEN);
	struct flow *closed = insert(4, FLOW_CLOSED);
	struct flow *inspected = insert(5, FLOW_INSPECTED);
	struct flow *finished = insert(6, FLOW_FINISHED);
	struct flow *const order[] = { closed, half_open, finished_idle, inspected_idle };

	inspected_idle->last = finished_idle->last = now - TICKS_10_S;
	half_open->last = closed->last = now;
	inspected->last = finished->last = now - TICKS_10_S + 1;
	for (unsigned i = 0; i < 4; i++) {
		assert_ptr_equal(flow_victim(&table, now), order[i]);
		flow_remove(&table, order[i]);
	}
	assert_null(flow_victim(&table, now)); /* what is in use stays */
	assert_lists();
}

static void victim_tick_wraps_idle_known(void **state)
{
	(void)state;
	open_table(4, FLOWS);
	insert(1, FLOW_INSPECTED)->last = UINT32_MAX - 5;
	assert_null(flow_victim(&table, 5));
	assert_non_null(flow_victim(&table, TICKS_10_S));
}

/* Idle flows behind busy ones are found, a few tries at a time. */
static void victim_busy_in_front_moved_back(void **state)
{
	const uint32_t now = 100 * TICKS_10_S;
	struct flow *victim = NULL;

	(void)state;
	open_table(4, FLOWS);
	for (uint32_t n = 0; n < 100; n++) {
		insert(n, FLOW_FINISHED)->last = n == 90 ? 0 : now;
	}
	for (unsigned tries = 0; tries < 13 && victim == NULL; tries++) {
		victim = flow_victim(&table, now);
	}
	assert_non_null(victim);
	assert_int_equal(victim->last, 0);
	assert_lists();
}

static void sizes_as_promised(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct flow4), 64);
	assert_int_equal(sizeof(struct flow6), 96);
	/* entries and at most two heads for each */
	for (uint32_t count = 64; count < 5000; count = count * 5 / 4 + 1) {
		assert_in_range(flow_table_size(count, 4), count * 64, count * 72);
		assert_in_range(flow_table_size(count, 6), count * 96, count * 104);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(table_random_operations_as_model_ipv4, teardown),
		cmocka_unit_test_teardown(table_random_operations_as_model_ipv6, teardown),
		cmocka_unit_test_teardown(chain_too_long_key_changes_nothing_lost, teardown),
		cmocka_unit_test_teardown(chain_after_key_change_short, teardown),
		cmocka_unit_test_teardown(insert_chain_at_bound_refused, teardown),
		cmocka_unit_test_teardown(key_every_field_counts, teardown),
		cmocka_unit_test_teardown(key_tag_and_protocol_never_cancel, teardown),
		cmocka_unit_test_teardown(tuple_both_orders_as_sent, teardown),
		cmocka_unit_test(count_past_32_bits_kept),
		cmocka_unit_test(fields_packed_kept_apart),
		cmocka_unit_test_teardown(victim_order_closed_first, teardown),
		cmocka_unit_test_teardown(victim_tick_wraps_idle_known, teardown),
		cmocka_unit_test_teardown(victim_busy_in_front_moved_back, teardown),
		cmocka_unit_test(sizes_as_promised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
