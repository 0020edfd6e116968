#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The schema of expectation files (NAME.json); README.md says what each key means."""

ADDRESS_AND_PORT = {"type": "string", "pattern": r"^(\[[0-9a-f:]+\]|[0-9.]+):[0-9]+$"}
MD5 = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
TEXT = {"type": "string", "minLength": 1}
TEXTS = {"type": "array", "items": TEXT}

SSH = {
    "type": "object", "additionalProperties": False,
    "required": ["client", "server", "originator"],
    "properties": {
        "client": ADDRESS_AND_PORT, "server": ADDRESS_AND_PORT,
        "originator": {"enum": ["client", "server"]},
        "client_ident": TEXT, "server_ident": TEXT,
        "client_software": TEXT, "server_software": TEXT,
        "hassh": MD5, "hassh_server": MD5,
        "kex": TEXT, "hostkey_algorithm": TEXT,
        "hostkey": {"type": "string", "pattern": "^[A-Za-z0-9+/]{43}$"},
        "cipher": TEXT, "mac": TEXT, "compression": TEXT,
        "redacted": {"type": "array", "items": {"enum": ["client", "server"]}},
    },
}
DNS = {
    "type": "object", "additionalProperties": False,
    "required": ["rrname", "rrtype", "transport"],
    "properties": {
        "rrname": {"type": "string"}, "rrtype": TEXT, "transport": {"enum": ["udp", "tcp"]},
        "rcode": TEXT, "answers": {"type": "integer", "minimum": 0},
    },
}
CODE = {"type": "string", "pattern": "^[2-5][0-9][0-9]$"}
ENDS = {"client": ADDRESS_AND_PORT, "server": ADDRESS_AND_PORT}
FILE = {
    "type": "object", "additionalProperties": False, "required": ["size", "sha256"],
    "properties": {"filename": TEXT, "size": {"type": "integer", "minimum": 0},
                   "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"}},
}
SMTP = {
    "type": "object", "additionalProperties": False,
    "properties": ENDS | {
        "tx_id": {"type": "integer", "minimum": 0},
        "helo": TEXT, "mail_from": {"type": "string"}, "rcpt_to": TEXTS,
        "mail_code": CODE, "rcpt_codes": {"type": "array", "items": CODE}, "data_code": CODE,
        "aborted": {"const": True},
        "from": TEXT, "to": TEXTS, "cc": TEXTS, "subject": TEXT, "date": TEXT, "message_id": TEXT,
        "x_mailer": TEXT, "header_order": TEXT, "boundary_shape": TEXT, "shapes": TEXTS,
        "attachments": {"type": "array", "items": FILE},
    },
}
SMTP_SESSION = {
    "type": "object", "additionalProperties": False, "required": ["transactions"],
    "properties": ENDS | {
        "banner": TEXT, "helo": TEXT, "helo_shape": TEXT,
        "starttls": {"enum": ["accepted", "refused"]},
        "auth": {"type": "object", "additionalProperties": False,
                 "required": ["mechanism", "code"],
                 "properties": {"mechanism": TEXT, "code": CODE}},
        "shapes": TEXTS, "transactions": {"type": "integer", "minimum": 0},
    },
}
TLS = {
    "type": "object", "additionalProperties": False,
    "required": ["client", "server", "ja3", "ja3_string", "ja4"],
    "properties": ENDS | {"sni": TEXT, "ja3": MD5, "ja3_string": TEXT, "ja4": TEXT},
}
TAKEN = {
    "type": "object", "additionalProperties": False, "required": ["from", "to"],
    "properties": {"from": TEXT, "to": TEXTS, "status": TEXT},
}
SCHEMA = {
    "type": "object", "additionalProperties": False,
    "required": ["inside_net", "ssh", "dns", "alerts", "anomalies", "clean", "notes"],
    "properties": {
        "inside_net": TEXTS,
        "ssh": {"type": "array", "items": SSH},
        "dns": {"type": "array", "items": DNS},
        "smtp": {"type": "array", "items": SMTP},
        "smtp_sessions": {"type": "array", "items": SMTP_SESSION},
        "tls": {"type": "array", "items": TLS},
        "taken": {"type": "array", "items": TAKEN},
        "secrets": TEXTS,
        "alerts": {"type": "array", "items": {
            "type": "object", "additionalProperties": False, "required": ["field", "value"],
            "properties": {"field": TEXT, "value": TEXT,
                           "count": {"type": "integer", "minimum": 1}}}},
        "anomalies": TEXTS,
        "behaviour": TEXTS,
        "logins": {"type": "object", "additionalProperties": False,
                   "required": ["accepted", "failed"],
                   "properties": {key: {"type": "integer", "minimum": 0}
                                  for key in ("accepted", "failed")}},
        "clean": {"type": "boolean"},
        "notes": TEXT,
    },
}
