/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of alert_servers.h. */
#include "firmware/alert_servers.h"

#include <assert.h>
#include <string.h>

const uint8_t *alert_server_address(const struct event *event)
{
	return event->inside == 2 ? event->tuple.destination : event->tuple.source;
}

/* NULL: there is no room for one more. */
static struct alert_server *server_of(struct alert_servers *servers, const struct event *event)
{
	const uint8_t *address = alert_server_address(event);
	size_t length = event->tuple.family == 4 ? 4 : 16;

	for (uint32_t i = 0; i < servers->count; i++) {
		struct alert_server *server = &servers->server[i];

		if (server->family == event->tuple.family &&
		    memcmp(server->address, address, length) == 0) {
			return server;
		}
	}
	if (servers->count == ALERT_SERVERS_MAX) {
		return NULL;
	}
	struct alert_server *server = &servers->server[servers->count++];

	*server = (struct alert_server){ .family = event->tuple.family, .first = event->time };
	memcpy(server->address, address, length);
	return server;
}

void alert_servers_count(struct alert_servers *servers, const struct event *event)
{
	const struct event_attribute *attribute = event_find(event, ATTRIBUTE_ALERT);
	struct event_alert alert;

	assert(attribute != NULL);
	memcpy(&alert, attribute->data, sizeof(alert));
	struct alert_server *server = server_of(servers, event);

	if (server == NULL) {
		servers->elsewhere++;
		return;
	}
	server->latest = event->time;
	server->alerts[alert.severity]++;
}
