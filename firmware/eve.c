/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The encoder of eve.h: what all events have, then the object of the event's type.
 * Objects of some size have files of their own (eve_part.h).
 */
#include "firmware/eve.h"

#include <string.h>

#include "firmware/community_memory.h"
#include "firmware/eve_part.h"
#include "scanner/anomaly.h"

enum { PROTOCOL_ICMP = 1, PROTOCOL_TCP = 6, PROTOCOL_UDP = 17, PROTOCOL_ICMPV6 = 58 };
enum { PROTOCOL_SCTP = 132 };

static const struct json_word type_names[EVENT_TYPE_COUNT] = {
	[EVENT_SSH] = { JSON_WORD("ssh") },	[EVENT_DNS] = { JSON_WORD("dns") },
	[EVENT_FLOW] = { JSON_WORD("flow") },	[EVENT_ANOMALY] = { JSON_WORD("anomaly") },
	[EVENT_ALERT] = { JSON_WORD("alert") }, [EVENT_SMTP] = { JSON_WORD("smtp") },
	[EVENT_TLS] = { JSON_WORD("tls") },	[EVENT_FILEINFO] = { JSON_WORD("fileinfo") },
};

/* Suricata says "failed" when it looked and knew nothing. */
static const struct json_word app_names[APP_COUNT] = {
	[APP_SSH] = { JSON_WORD("ssh") },      [APP_DNS] = { JSON_WORD("dns") },
	[APP_SMTP] = { JSON_WORD("smtp") },    [APP_TLS] = { JSON_WORD("tls") },
	[APP_OTHER] = { JSON_WORD("failed") },
};

/* As Suricata spells them, the usual ones first. */
static void put_protocol(struct json *json, uint8_t protocol)
{
	static const struct {
		uint8_t number;
		struct json_word name;
	} names[] = {
		{ PROTOCOL_TCP, { JSON_WORD("TCP") } },
		{ PROTOCOL_UDP, { JSON_WORD("UDP") } },
		{ PROTOCOL_ICMP, { JSON_WORD("ICMP") } },
		{ 2, { JSON_WORD("IGMP") } },
		{ 4, { JSON_WORD("IP-ENCAP") } },
		{ 41, { JSON_WORD("IPv6") } },
		{ 47, { JSON_WORD("GRE") } },
		{ 50, { JSON_WORD("ESP") } },
		{ 51, { JSON_WORD("AH") } },
		{ PROTOCOL_ICMPV6, { JSON_WORD("IPv6-ICMP") } },
		{ PROTOCOL_SCTP, { JSON_WORD("SCTP") } },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].number == protocol) {
			json_put_word(json, "proto", names[i].name);
			return;
		}
	}
	line_decimal(json_string_begin(json, "proto"), protocol, 3);
	json_string_end(json);
}

JSON_INLINE void put_address(struct json *json, const char *key, uint8_t family,
			     const uint8_t bytes[static 16])
{
	line_address(json_string_begin(json, key), family, bytes);
	json_string_end(json);
}

static void put_community(struct json *json, const struct event_tuple *tuple,
			  struct community_memory *memory)
{
	char id[COMMUNITY_ID_LENGTH];

	if (memory != NULL) {
		json_text(json, "community_id", community_recall(memory, tuple), sizeof(id));
	} else {
		community_id(tuple, id);
		json_text(json, "community_id", id, sizeof(id));
	}
}

static void put_tuple(struct json *json, const struct event_tuple *tuple,
		      struct community_memory *memory)
{
	bool ports = tuple->protocol == PROTOCOL_TCP || tuple->protocol == PROTOCOL_UDP ||
		     tuple->protocol == PROTOCOL_SCTP;

	put_address(json, "src_ip", tuple->family, tuple->source);
	if (ports) {
		json_number(json, "src_port", tuple->source_port);
	}
	put_address(json, "dest_ip", tuple->family, tuple->destination);
	if (ports) {
		json_number(json, "dest_port", tuple->destination_port);
	}
	put_protocol(json, tuple->protocol);
	/* of ICMP the specification wants a type, which flows do not keep */
	if (tuple->protocol != PROTOCOL_ICMP && tuple->protocol != PROTOCOL_ICMPV6) {
		put_community(json, tuple, memory);
	}
}

static void put_vlan(struct json *json, const struct event_tuple *tuple)
{
	if (tuple->vlan[0] == VLAN_NONE && tuple->vlan[1] == VLAN_NONE) {
		return;
	}
	json_array_begin(json, "vlan");
	for (int i = 0; i < 2; i++) {
		if (tuple->vlan[i] != VLAN_NONE) {
			json_number(json, NULL, tuple->vlan[i]);
		}
	}
	json_array_end(json);
}

JSON_INLINE void put_time(struct json *json, const char *key, struct timestamp time)
{
	line_time(json_string_begin(json, key), time);
	json_string_end(json);
}

static void put_head(struct json *json, const struct event *event,
		     const struct eve_options *options)
{
	const struct json_word app = app_names[event->app];

	put_time(json, "timestamp", event->time);
	if (event->flow_id != 0) {
		json_number(json, "flow_id", event->flow_id);
	}
	if (options->interface != NULL) {
		json_string(json, "in_iface", options->interface);
	}
	json_put_word(json, "event_type", type_names[event->type]);
	if (event->tuple.family != 0) {
		put_vlan(json, &event->tuple);
		put_tuple(json, &event->tuple, options->communities);
	}
	if (options->host != NULL) {
		json_string(json, "host", options->host);
	}
	/* on the others it is what event_type says */
	if (app.text != NULL && (event->type == EVENT_FLOW || event->type == EVENT_ALERT ||
				 event->type == EVENT_FILEINFO)) {
		json_put_word(json, "app_proto", app);
	}
	if (event->type != EVENT_FLOW && event->type != EVENT_SSH && event->type != EVENT_SMTP) {
		json_string(json, "direction",
			    event->direction == TO_RESPONDER ? "to_server" : "to_client");
	}
	if ((event->type == EVENT_ALERT && event->app != APP_UNKNOWN) ||
	    event->type == EVENT_SMTP || event->type == EVENT_FILEINFO) {
		json_number(json, "tx_id", event->tx_id);
	}
}

static void put_flow(struct json *json, const struct event *event)
{
	static const struct json_word states[] = {
		[FLOW_STATE_NEW] = { JSON_WORD("new") },
		[FLOW_STATE_ESTABLISHED] = { JSON_WORD("established") },
		[FLOW_STATE_CLOSED] = { JSON_WORD("closed") },
	};
	static const struct json_word reasons[] = {
		[FLOW_REASON_TIMEOUT] = { JSON_WORD("timeout") },
		[FLOW_REASON_FORCED] = { JSON_WORD("forced") },
		[FLOW_REASON_SHUTDOWN] = { JSON_WORD("shutdown") },
	};
	const struct event_attribute *attribute = event_find(event, ATTRIBUTE_FLOW);
	struct event_flow flow;

	if (attribute == NULL) {
		return;
	}
	memcpy(&flow, attribute->data, sizeof(flow));
	uint64_t age_ns = flow.end.ns > flow.start.ns ? flow.end.ns - flow.start.ns : 0;

	json_object_begin(json, "flow");
	json_number(json, "pkts_toserver", flow.packets[TO_RESPONDER]);
	json_number(json, "pkts_toclient", flow.packets[TO_ORIGINATOR]);
	json_number(json, "bytes_toserver", flow.bytes[TO_RESPONDER]);
	json_number(json, "bytes_toclient", flow.bytes[TO_ORIGINATOR]);
	put_time(json, "start", flow.start);
	put_time(json, "end", flow.end);
	json_number(json, "age", age_ns / NS_PER_S);
	json_put_word(json, "state", states[flow.state]);
	json_put_word(json, "reason", reasons[flow.reason]);
	json_bool(json, "alerted", flow.alerted != 0);
	json_object_end(json);
}

static void put_anomaly(struct json *json, const struct event *event)
{
	const struct event_attribute *attribute = event_find(event, ATTRIBUTE_ANOMALY);
	struct event_anomaly anomaly;

	if (attribute == NULL) {
		return;
	}
	memcpy(&anomaly, attribute->data, sizeof(anomaly));
	const struct anomaly_info *info = anomaly_info(anomaly.anomaly);

	json_object_begin(json, "anomaly");
	if (app_names[event->app].text != NULL) {
		json_put_word(json, "app_proto", app_names[event->app]);
	}
	json_string(json, "type", info->type);
	json_string(json, "event", info->event);
	json_string(json, "layer", info->layer);
	json_object_end(json);
}

/* The objects that say what happened. An alert has those of its siblings: what it was about. */
static void put_objects(struct json *json, const struct event *event)
{
	bool alert = event->type == EVENT_ALERT;

	if (alert || event->type == EVENT_FLOW) {
		put_flow(json, event);
	}
	if (alert || event->type == EVENT_ANOMALY) {
		put_anomaly(json, event);
	}
	if (alert || event->type == EVENT_SSH) {
		eve_ssh(json, event);
	}
	if (alert || event->type == EVENT_DNS) {
		eve_dns(json, event);
	}
	if (alert || event->type == EVENT_SMTP) {
		eve_smtp(json, event);
	}
	if (alert || event->type == EVENT_TLS) {
		eve_tls(json, event);
	}
	if (event->type == EVENT_FILEINFO) {
		eve_file(json, event);
	}
}

size_t eve_encode(const struct event *event, const struct eve_options *options, char *out,
		  size_t size)
{
	struct json json;

	json_init(&json, out, size);
	json_object_begin(&json, NULL);
	put_head(&json, event, options);
	if (event->type == EVENT_ALERT) {
		eve_alert(&json, event);
	} else {
		eve_extra_flowvars(&json, event);
	}
	put_objects(&json, event);
	json_object_end(&json);
	line_char(&json.line, '\n');
	return json.line.full ? 0 : line_length(&json.line);
}
