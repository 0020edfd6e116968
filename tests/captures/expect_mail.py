#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What tshark witnesses of mail captures: the endpoints of each connection, JA3, and the fields of
ClientHello of which JA4 is put together here (tshark 4.0 has none) after its published description.
"""

import hashlib

from expect import Disagreement, endpoint, fields

END_FIELDS = ("tcp.stream", "ip.src", "ipv6.src", "tcp.srcport", "ip.dst", "ipv6.dst",
              "tcp.dstport")
HELLO_FIELDS = ("tls.handshake.ja3", "tls.handshake.ja3_full",
                "tls.handshake.extensions_server_name", "tls.handshake.version",
                "tls.handshake.extensions.supported_version", "tls.handshake.ciphersuite",
                "tls.handshake.extension.type", "tls.handshake.sig_hash_alg",
                "tls.handshake.extensions_alpn_str")
VERSIONS = {0x0304: "13", 0x0303: "12", 0x0302: "11", 0x0301: "10", 0x0300: "s3"}
SNI, ALPN = 0, 16


def ends(row):
    """Client and server of a frame, by who sent it."""
    return {"client": endpoint(row["ip.src"] or row["ipv6.src"], row["tcp.srcport"]),
            "server": endpoint(row["ip.dst"] or row["ipv6.dst"], row["tcp.dstport"])}


def streams(capture):
    """The endpoints of each TCP connection, in the order in which they were opened."""
    found = {}
    for row in fields(capture, "tcp.flags.syn==1 && tcp.flags.ack==0", END_FIELDS):
        found.setdefault(row["tcp.stream"], ends(row))
    return list(found.values())


def _numbers(text):
    """tshark's list of numbers without GREASE (RFC 8701)."""
    values = [int(word, 0) for word in text.split(",") if word]
    return [value for value in values if value & 0x0F0F != 0x0A0A or value >> 8 != value & 0xFF]


def ja4(hello):
    """JA4 of a ClientHello over TCP, from tshark's fields."""
    versions = _numbers(hello["tls.handshake.extensions.supported_version"])
    version = VERSIONS[max(versions or _numbers(hello["tls.handshake.version"]))]
    ciphers = _numbers(hello["tls.handshake.ciphersuite"])
    extensions = _numbers(hello["tls.handshake.extension.type"])
    alpn = hello["tls.handshake.extensions_alpn_str"].split(",")[0]
    ends = alpn[0] + alpn[-1] if alpn else "00"
    known = "d" if SNI in extensions else "i"
    first = f"t{version}{known}{min(len(ciphers), 99):02}{min(len(extensions), 99):02}{ends}"
    kept = ",".join(sorted(f"{value:04x}" for value in extensions if value not in (SNI, ALPN)))
    signing = ",".join(f"{value:04x}" for value in _numbers(hello["tls.handshake.sig_hash_alg"]))
    texts = (",".join(sorted(f"{value:04x}" for value in ciphers)),
             f"{kept}_{signing}" if signing else kept)
    return "_".join([first, *(hashlib.sha256(text.encode()).hexdigest()[:12] for text in texts)])


def hellos(capture, ports=()):
    """A "tls" entry for each ClientHello. ports: further ports on which TLS begins at once."""
    decode = [word for port in ports for word in ("-d", f"tcp.port=={port},tls")]
    options = [*decode, "-E", "occurrence=a", "-E", "aggregator=,"]
    out = []
    for row in fields(capture, "tls.handshake.type == 1", END_FIELDS + HELLO_FIELDS, *options):
        name = row["tls.handshake.extensions_server_name"]
        out.append(ends(row) | ({"sni": name} if name else {}) |
                   {"ja3": row["tls.handshake.ja3"], "ja3_string": row["tls.handshake.ja3_full"],
                    "ja4": ja4(row)})
    return out


def complete(said, capture):
    """The keys of NAME.json in place of said["connections"].

    A connection is a session as transcript.py reads it, whose transactions may carry a mail's
    facts; "sni" and "hellos" are what its client was told to say in TLS, and how often.
    """
    said, seen = dict(said), streams(capture)
    connections = said.pop("connections")
    if len(seen) != len(connections):
        raise Disagreement(f"{len(connections)} connections, tshark sees {len(seen)}")
    tls = hellos(capture, said.pop("tls_ports", ()))
    said["alerts"] = [alert if "value" in alert else  # of the last ClientHello
                      alert | {"value": tls[-1][alert["field"].removeprefix("tls.")]}
                      for alert in said.get("alerts", [])]
    out = {"smtp": [], "smtp_sessions": [], "tls": tls}
    for connection, both in zip(connections, seen):
        transactions = connection.get("transactions") or []
        names = [hello["sni"] for hello in tls if hello["client"] == both["client"] and
                 "sni" in hello]
        if names != ([connection["sni"]] if "sni" in connection else []):
            raise Disagreement(f"SNI of {connection}: {names}")
        if connection.get("transactions") is not None:
            facts = {key: value for key, value in connection.items() if key != "sni"}
            out["smtp_sessions"].append(both | facts | {"transactions": len(transactions)})
        for number, transaction in enumerate(transactions):
            out["smtp"].append(both | {"tx_id": number} | transaction)
    return said | {key: value for key, value in out.items() if value}
