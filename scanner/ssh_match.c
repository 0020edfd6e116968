/* SPDX-License-Identifier: BSD-2-Clause */
/* Values of an SSH flow, matched and described by role: see ssh_match.h. */
#include "scanner/ssh_match.h"

#include "scanner/hash/words.h"
#include "scanner/hex.h"
#include "scanner/uninitialized.h"

#define HEX_LENGTH (2 * MD5_SIZE)

struct role {
	enum field ident, software, shape, hassh, core;
	struct {
		enum event_attribute_kind protocol, software, prefix, shape, hassh, string, core;
	} attribute;
};

static const struct role roles[] = {
	[SSH_CLIENT] = {
		FIELD_SSH_CLIENT_IDENT,
		FIELD_SSH_CLIENT_SOFTWARE,
		FIELD_SSH_CLIENT_IDENT_SHAPE,
		FIELD_SSH_CLIENT_HASSH,
		FIELD_SSH_CLIENT_HASSH_CORE,
		{
			ATTRIBUTE_SSH_CLIENT_PROTOCOL,
			ATTRIBUTE_SSH_CLIENT_SOFTWARE,
			ATTRIBUTE_SSH_CLIENT_IDENT_PREFIX,
			ATTRIBUTE_SSH_CLIENT_IDENT_SHAPE,
			ATTRIBUTE_SSH_CLIENT_HASSH,
			ATTRIBUTE_SSH_CLIENT_HASSH_STRING,
			ATTRIBUTE_SSH_CLIENT_HASSH_CORE,
		},
	},
	[SSH_SERVER] = {
		FIELD_SSH_SERVER_IDENT,
		FIELD_SSH_SERVER_SOFTWARE,
		FIELD_SSH_SERVER_IDENT_SHAPE,
		FIELD_SSH_SERVER_HASSH,
		FIELD_SSH_SERVER_HASSH_CORE,
		{
			ATTRIBUTE_SSH_SERVER_PROTOCOL,
			ATTRIBUTE_SSH_SERVER_SOFTWARE,
			ATTRIBUTE_SSH_SERVER_IDENT_PREFIX,
			ATTRIBUTE_SSH_SERVER_IDENT_SHAPE,
			ATTRIBUTE_SSH_SERVER_HASSH,
			ATTRIBUTE_SSH_SERVER_HASSH_STRING,
			ATTRIBUTE_SSH_SERVER_HASSH_CORE,
		},
	},
};

static const enum shape ident_shapes[] = { SHAPE_IDENT_EBURY_HEX, SHAPE_IDENT_EBURY_BASE64,
					   SHAPE_IDENT_OVERSIZE, SHAPE_IDENT_PRE_IDENT_LINES,
					   SHAPE_IDENT_BARE_LF };
#define IDENT_SHAPES (sizeof(ident_shapes) / sizeof(ident_shapes[0]))

void ssh_match_ident(const struct ssh *ssh, struct inspection *inspection, enum direction direction)
{
	const struct ssh_ident *ident = &ssh->side[direction].ident;
	const struct role *role = &roles[ssh_role_of(ssh, direction)];

	if (ident->length != 0 &&
	    (inspect_wants(inspection, role->ident) || inspect_wants(inspection, role->software))) {
		uint8_t line[SSH_IDENT_KEPT_MAX] UNINITIALIZED;

		text_copy(inspection->pool, &ident->line, 0, line, ident->length);
		inspect_value(inspection, role->ident, direction, line, ident->length);
		if (ident->software_length != 0) {
			inspect_value(inspection, role->software, direction,
				      line + ident->software_at, ident->software_length);
		}
	}
	for (size_t i = 0; i < IDENT_SHAPES; i++) {
		if (ssh_ident_has_shape(ident, ident_shapes[i])) {
			inspect_shape(inspection, role->shape, direction, ident_shapes[i]);
		}
	}
}

static void match_hash(struct inspection *inspection, enum field field, enum direction sender,
		       const uint8_t digest[static MD5_SIZE])
{
	uint8_t hex[HEX_LENGTH];

	if (inspect_wants(inspection, field)) {
		hex_write(hex, digest, MD5_SIZE);
		inspect_value(inspection, field, sender, hex, sizeof(hex));
	}
}

static void find_hassh(struct ssh_side *side, const struct inspection *inspection, enum ssh_role of)
{
	struct ssh_known_kexinit *known = ssh_memory_again(inspection->ssh_memory, side->known);

	if (known != NULL && known->hashed[of]) {
		side->hassh = known->hassh[of];
	} else {
		struct ssh_kexinit kexinit = ssh_kexinit(side, inspection);

		ssh_hassh(&kexinit, of, &side->hassh);
	}
	if (known != NULL) {
		known->hassh[of] = side->hassh;
		known->hashed[of] = true;
	}
	side->has_hassh = true;
}

void ssh_match_kexinit(struct ssh *ssh, struct inspection *inspection, enum direction direction)
{
	struct ssh_side *side = &ssh->side[direction];
	enum ssh_role of = ssh_role_of(ssh, direction);

	if (!ssh_has_kexinit(side)) {
		return;
	}
	find_hassh(side, inspection, of);
	match_hash(inspection, roles[of].hassh, direction, side->hassh.hash);
	if (side->hassh.has_core) {
		match_hash(inspection, roles[of].core, direction, side->hassh.core);
	}
}

void ssh_match_hostkey(struct ssh *ssh, struct inspection *inspection)
{
	enum direction sender = ssh_other(ssh->client);

	if (!ssh->hostkey_seen || ssh->hostkey_matched || ssh->hostkey_sender != sender) {
		return;
	}
	ssh->hostkey_matched = true;
	inspect_value(inspection, FIELD_SSH_HOSTKEY_SHA256, sender, ssh->hostkey.fingerprint,
		      sizeof(ssh->hostkey.fingerprint));
}

static void describe_ident(const struct ssh_ident *ident, const struct role *role,
			   const struct pool *pool, struct event *event)
{
	uint8_t scratch[SSH_IDENT_KEPT_MAX] UNINITIALIZED;

	if (ident->length == 0) {
		return;
	}
	const uint8_t *line = ssh_ident_line(ident, pool, scratch);

	event_put(event, role->attribute.protocol, line + 4, ident->protocol_length);
	for (size_t i = 0; i < IDENT_SHAPES; i++) {
		if (ssh_ident_has_shape(ident, ident_shapes[i])) {
			uint8_t shape = (uint8_t)ident_shapes[i];

			event_put(event, role->attribute.shape, &shape, sizeof(shape));
		}
	}
	if (ssh_ident_is_secret(ident)) {
		uint8_t prefix[SSH_EBURY_PREFIX];

		ssh_ident_prefix(ident, pool, prefix);
		event_put(event, role->attribute.prefix, prefix, sizeof(prefix));
	} else if (ident->software_length != 0) {
		event_put(event, role->attribute.software, line + ident->software_at,
			  ident->software_length);
	}
}

static void describe_hassh(const struct ssh_side *side, enum ssh_role of,
			   const struct inspection *inspection, struct event *event)
{
	const struct role *role = &roles[of];
	uint8_t hex[HEX_LENGTH];

	if (!side->has_hassh) {
		return;
	}
	hex_write(hex, side->hassh.hash, MD5_SIZE);
	event_put(event, role->attribute.hassh, hex, sizeof(hex));
	if (side->hassh.has_core) {
		hex_write(hex, side->hassh.core, MD5_SIZE);
		event_put(event, role->attribute.core, hex, sizeof(hex));
	}
	if (ssh_has_kexinit(side)) {
		struct ssh_kexinit kexinit = ssh_kexinit(side, inspection);
		size_t length = ssh_hassh_length(&kexinit, of);
		uint8_t *string = length != 0 ? event_add(event, role->attribute.string, length) :
						NULL;

		if (string != NULL) {
			ssh_hassh_string(&kexinit, of, string);
		}
	}
}

void ssh_describe(const void *state, const struct inspection *inspection, struct event *event)
{
	const struct ssh *ssh = state;
	const enum direction sender[] = {
		[SSH_CLIENT] = ssh->client,
		[SSH_SERVER] = ssh_other(ssh->client),
	};

	for (enum ssh_role role = SSH_CLIENT; role <= SSH_SERVER; role++) {
		const struct ssh_side *side = &ssh->side[sender[role]];

		describe_ident(&side->ident, &roles[role], inspection->pool, event);
		describe_hassh(side, role, inspection, event);
	}
	if (ssh->hostkey_seen && ssh->hostkey_sender == sender[SSH_SERVER]) {
		event_put(event, ATTRIBUTE_SSH_HOSTKEY_SHA256, ssh->hostkey.fingerprint,
			  sizeof(ssh->hostkey.fingerprint));
		event_put(event, ATTRIBUTE_SSH_HOSTKEY_TYPE, ssh->hostkey.type,
			  ssh->hostkey.type_length);
	}
}
