/* SPDX-License-Identifier: BSD-2-Clause */
/* EVE's `tls` object: what the ClientHello says. Of the server nothing is known. */
#include "firmware/eve_part.h"

#include <assert.h>

#define FIRST_KIND ATTRIBUTE_TLS_SNI
#define KINDS (ATTRIBUTE_TLS_ALPN - FIRST_KIND + 1)
static_assert(KINDS == 5, "one behind the other");

static void put_ja3(struct json *json, const struct event_attribute *hash,
		    const struct event_attribute *string)
{
	if (hash == NULL && string == NULL) {
		return;
	}
	json_object_begin(json, "ja3");
	if (hash != NULL) {
		eve_attribute(json, "hash", hash);
	}
	if (string != NULL) {
		eve_attribute(json, "string", string);
	}
	json_object_end(json);
}

static void put_alpns(struct json *json, const struct event *event,
		      const struct event_attribute *alpn)
{
	if (alpn == NULL) {
		return;
	}
	json_array_begin(json, "client_alpns");
	for (; alpn != NULL; alpn = event_next_attribute(event, alpn)) {
		if (alpn->kind == ATTRIBUTE_TLS_ALPN) {
			eve_attribute(json, NULL, alpn);
		}
	}
	json_array_end(json);
}

void eve_tls(struct json *json, const struct event *event)
{
	const struct event_attribute *first[KINDS] = { NULL };
	const struct event_attribute *attribute = NULL;
	bool any = event->type == EVENT_TLS;

	while ((attribute = event_next_attribute(event, attribute)) != NULL) {
		unsigned at = attribute->kind - (unsigned)FIRST_KIND;

		if (at < KINDS && first[at] == NULL) {
			first[at] = attribute;
			any = true;
		}
	}
	if (!any) {
		return;
	}
	json_object_begin(json, "tls");
	if (first[0] != NULL) {
		eve_attribute(json, "sni", first[0]);
	}
	put_alpns(json, event, first[ATTRIBUTE_TLS_ALPN - FIRST_KIND]);
	put_ja3(json, first[ATTRIBUTE_TLS_JA3 - FIRST_KIND],
		first[ATTRIBUTE_TLS_JA3_STRING - FIRST_KIND]);
	attribute = first[ATTRIBUTE_TLS_JA4 - FIRST_KIND];
	if (attribute != NULL) {
		eve_attribute(json, "ja4", attribute);
	}
	json_object_end(json);
}
