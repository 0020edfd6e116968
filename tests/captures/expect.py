#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Expectation files: the schema of NAME.json, and tshark as the witness for what the recorded
programs do not print themselves (endpoints and HASSH). What programs said and what tshark sees must
agree, or nothing is written. Our own product is never asked.
"""

import csv
import json
import subprocess
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
SUFFIXES = (".pcap", ".pcapng")

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
SMTP = {
    "type": "object", "additionalProperties": False,
    "properties": {"helo": TEXT, "mail_from": {"type": "string"}, "rcpt_to": TEXTS},
}
SCHEMA = {
    "type": "object", "additionalProperties": False,
    "required": ["inside_net", "ssh", "dns", "alerts", "anomalies", "clean", "notes"],
    "properties": {
        "inside_net": TEXTS,
        "ssh": {"type": "array", "items": SSH},
        "dns": {"type": "array", "items": DNS},
        "smtp": {"type": "array", "items": SMTP},
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


class Disagreement(RuntimeError):
    """A program and tshark tell different things about the same session."""


def captures():
    """All committed captures, by name."""
    return sorted(path for path in FOLDER.iterdir() if path.suffix in SUFFIXES)


def path_for(capture):
    return Path(capture).with_suffix(".json")


def load(capture):
    return json.loads(path_for(capture).read_text())


def save(capture, expectation):
    """Writes an expectation in the schema's order of keys, so that differences read well."""
    ordered = {key: expectation[key] for key in SCHEMA["properties"] if key in expectation}
    if ordered.keys() != expectation.keys():
        raise ValueError(f"no such key in the schema: {expectation.keys() - ordered.keys()}")
    text = json.dumps(ordered, indent=1, ensure_ascii=False)
    path_for(capture).write_text(text + "\n")


def fields(capture, display_filter, names, *options):
    """Rows of dicts: tshark's fields of all frames that the filter matches; first occurrence."""
    command = ["tshark", "-n", "-r", str(capture), *options, "-Y", display_filter, "-T", "fields",
               "-E", "occurrence=f", "-E", "separator=/t", "-E", "quote=n"]
    for name in names:
        command += ["-e", name]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = csv.reader(done.stdout.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return [dict(zip(names, row + [""] * len(names))) for row in rows]


def endpoint(address, port):
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


SSH_FIELDS = ("tcp.stream", "frame.time_epoch", "ip.src", "ipv6.src", "tcp.srcport", "ip.dst",
              "ipv6.dst", "tcp.dstport", "ssh.protocol", "ssh.kex.hassh", "ssh.kex.hasshserver")


def ssh_seen(capture, ports=()):
    """What tshark sees of each TCP stream's SSH idents and HASSHes, keyed by side.

    ports: further TCP ports to be read as SSH. Returns, in order of streams, dicts with
    originator, responder (endpoints), begun (seconds), and for both sides: ident, hassh (client's)
    or hassh_server. The capture has to hold each connection's SYN.
    """
    decode = [word for port in ports for word in ("-d", f"tcp.port=={port},ssh")]
    starts = "tcp.flags.syn==1 && tcp.flags.ack==0"
    streams = {}
    for row in fields(capture, f"ssh || ({starts})", SSH_FIELDS, *decode):
        stream = streams.setdefault(row["tcp.stream"], {
            "originator": _ends(row)[0], "responder": _ends(row)[1],
            "begun": float(row["frame.time_epoch"])})
        side = "originator" if _ends(row)[0] == stream["originator"] else "responder"
        ident = row["ssh.protocol"].replace("\\r", "").replace("\\n", "").strip()
        for key, value in (("ident", ident), ("hassh", row["ssh.kex.hassh"]),
                           ("hassh_server", row["ssh.kex.hasshserver"])):
            if value:
                stream.setdefault(f"{side}_{key}", value)
    return list(streams.values())


def _ends(row):
    return (endpoint(row["ip.src"] or row["ipv6.src"], row["tcp.srcport"]),
            endpoint(row["ip.dst"] or row["ipv6.dst"], row["tcp.dstport"]))


def software(ident):
    """RFC 4253 section 4.2: softwareversion ends at the first space; comments follow."""
    return ident.split("-", 2)[2].split(" ", 1)[0]


def witnessed(said, seen, originator="client"):
    """Joins a program's statements (may be empty) with tshark's view of the same stream."""
    client, server = (("originator", "responder") if originator == "client"
                      else ("responder", "originator"))
    out = {"client": seen[client], "server": seen[server], "originator": originator}
    for role, side in (("client", client), ("server", server)):
        ident, key = seen.get(f"{side}_ident"), f"{role}_ident"
        if ident and said.get(key, ident) != ident:
            raise Disagreement(f"{key}: program {said[key]!r}, wire {ident!r}")
        ident = said.get(key, ident)
        if ident:
            out |= {key: ident, f"{role}_software": software(ident)}
    # tshark takes who was connected to for the server. Recorded clients that are connected to are
    # OpenSSH's, which offers the same in both directions: either hash is the right one.
    for side, key in ((client, "hassh"), (server, "hassh_server")):
        found = seen.get(f"{side}_hassh") or seen.get(f"{side}_hassh_server")
        if found:
            out[key] = found
    return out | said
