#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Expectation files: NAME.json (schema.py), and tshark as the witness for what the recorded
programs do not print themselves (endpoints and HASSH). What programs said and what tshark sees must
agree, or nothing is written. Our own product is never asked.
"""

import csv
import json
import subprocess
from pathlib import Path

from schema import SCHEMA

FOLDER = Path(__file__).resolve().parent
SUFFIXES = (".pcap", ".pcapng")


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
    """Rows of dicts: tshark's fields of all frames that the filter matches; the first occurrence
    of each, unless an option says otherwise."""
    command = ["tshark", "-n", "-r", str(capture), "-Y", display_filter, "-T", "fields",
               "-E", "occurrence=f", "-E", "separator=/t", "-E", "quote=n", *options]
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
