/* SPDX-License-Identifier: BSD-2-Clause */
/* EVE's `dns` object, version 2, for a query; and the names of record types (IANA). */
#include "firmware/eve_part.h"

#include <string.h>

static const struct {
	uint16_t type;
	const char *name;
} types[] = {
	{ 1, "A" },	      { 2, "NS" },	{ 3, "MD" },	      { 4, "MF" },
	{ 5, "CNAME" },	      { 6, "SOA" },	{ 7, "MB" },	      { 8, "MG" },
	{ 9, "MR" },	      { 10, "NULL" },	{ 11, "WKS" },	      { 12, "PTR" },
	{ 13, "HINFO" },      { 14, "MINFO" },	{ 15, "MX" },	      { 16, "TXT" },
	{ 17, "RP" },	      { 18, "AFSDB" },	{ 19, "X25" },	      { 20, "ISDN" },
	{ 21, "RT" },	      { 22, "NSAP" },	{ 23, "NSAP-PTR" },   { 24, "SIG" },
	{ 25, "KEY" },	      { 26, "PX" },	{ 27, "GPOS" },	      { 28, "AAAA" },
	{ 29, "LOC" },	      { 30, "NXT" },	{ 33, "SRV" },	      { 35, "NAPTR" },
	{ 36, "KX" },	      { 37, "CERT" },	{ 38, "A6" },	      { 39, "DNAME" },
	{ 41, "OPT" },	      { 42, "APL" },	{ 43, "DS" },	      { 44, "SSHFP" },
	{ 45, "IPSECKEY" },   { 46, "RRSIG" },	{ 47, "NSEC" },	      { 48, "DNSKEY" },
	{ 49, "DHCID" },      { 50, "NSEC3" },	{ 51, "NSEC3PARAM" }, { 52, "TLSA" },
	{ 53, "SMIMEA" },     { 55, "HIP" },	{ 59, "CDS" },	      { 60, "CDNSKEY" },
	{ 61, "OPENPGPKEY" }, { 62, "CSYNC" },	{ 63, "ZONEMD" },     { 64, "SVCB" },
	{ 65, "HTTPS" },      { 99, "SPF" },	{ 108, "EUI48" },     { 109, "EUI64" },
	{ 249, "TKEY" },      { 250, "TSIG" },	{ 251, "IXFR" },      { 252, "AXFR" },
	{ 253, "MAILB" },     { 254, "MAILA" }, { 255, "ANY" },	      { 256, "URI" },
	{ 257, "CAA" },	      { 32768, "TA" },	{ 32769, "DLV" },
};

const char *eve_dns_type_name(uint16_t type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (types[i].type == type) {
			return types[i].name;
		}
	}
	return NULL;
}

void eve_dns(struct json *json, const struct event *event)
{
	const struct event_attribute *query = event_find(event, ATTRIBUTE_DNS_QUERY);
	const struct event_attribute *name = event_find(event, ATTRIBUTE_DNS_NAME);
	struct event_dns dns;

	if (query == NULL) {
		return;
	}
	memcpy(&dns, query->data, sizeof(dns));
	const char *type = eve_dns_type_name(dns.type);

	json_object_begin(json, "dns");
	json_number(json, "version", 2);
	json_string(json, "type", "query");
	json_number(json, "id", dns.id);
	if (name != NULL) {
		eve_attribute(json, "rrname", name);
	}
	if (type != NULL) {
		json_string(json, "rrtype", type);
	} else {
		/* RFC 3597 section 5 */
		struct line *line = json_string_begin(json, "rrtype");

		line_string(line, "TYPE");
		line_decimal(line, dns.type, 1);
		json_string_end(json);
	}
	json_number(json, "tx_id", event->tx_id);
	json_number(json, "opcode", dns.flags >> 11 & 15u);
	json_object_end(json);
}
