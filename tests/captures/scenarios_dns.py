#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The DNS scenarios: dig against a real, authoritative-only named with a zone of our own."""

import re

from net import SERVER4, SERVER6, RecordingError
from scenario import Scenario

NAMED_CONF = """
options {{
  directory "{files}/named"; pid-file none; session-keyfile none; lock-file none;
  recursion no; dnssec-validation no; notify no; empty-zones-enable no; version none;
  listen-on {{ {server4}; }}; listen-on-v6 {{ {server6}; }};
  allow-transfer {{ any; }}; minimal-responses yes; managed-keys-directory "{files}/named";
  transfer-format one-answer;
}};
controls {{ }};
zone "harbour.example" {{ type primary; file "harbour.zone"; }};
"""

ZONE_HEAD = """$TTL 300
@ IN SOA ns.harbour.example. port.harbour.example. 2026060101 3600 900 604800 300
@ IN NS ns
@ IN MX 10 mail
@ IN TXT "v=spf1 mx -all"
@ IN CAA 0 issue "ca.example"
ns IN A 10.77.0.10
ns IN AAAA fd77::10
mail IN A 10.77.0.25
www IN CNAME web
web IN A 10.77.0.80
web IN AAAA fd77::80
_imaps._tcp IN SRV 0 1 993 mail
*.wild IN A 10.77.0.99
"""


def start_named(net, extra=""):
    folder = net.files / "named"
    folder.mkdir()
    (folder / "harbour.zone").write_text(ZONE_HEAD + extra)
    conf = net.files / "named.conf"
    conf.write_text(NAMED_CONF.format(files=net.files, server4=SERVER4, server6=SERVER6))
    program = net.start_privately(net.server, {}, "/usr/sbin/named", "-g", "-n", "1",
                                  "-c", conf)
    program.wait_said("running")
    net.wait_listening(net.server, 53)


def dig(net, name, kind, *options, server=SERVER4, status="NOERROR"):
    """One query; returns what dig says about it as an expectation."""
    tcp = "+tcp" in options or kind == "AXFR"
    said = net.run(net.client, "dig", f"@{server}", name, kind, "+tries=1", "+time=5", "-r",
                   "+nocookie", *options)
    asked = {"rrname": name.rstrip("."), "rrtype": kind, "transport": "tcp" if tcp else "udp"}
    if kind == "AXFR":
        records = int(re.search(r"XFR size: (\d+) records", said).group(1))
        return asked | {"answers": records}
    found = re.search(r"status: (\w+).*?ANSWER: (\d+)", said, re.S)
    if not found or found.group(1) != status:
        raise RecordingError(f"dig {name} {kind}: {said}")
    return asked | {"rcode": found.group(1), "answers": int(found.group(2))}


def zone_queries(net, *options, server=SERVER4):
    """The same questions over any transport: each record type, EDNS, a wildcard, NXDOMAIN."""
    asked = [dig(net, f"{name}harbour.example", kind, *options, server=server)
             for name, kind in (("", "SOA"), ("", "NS"), ("", "MX"), ("", "TXT"), ("", "CAA"),
                                ("web.", "A"), ("web.", "AAAA"), ("www.", "A"),
                                ("_imaps._tcp.", "SRV"), ("deep.in.the.wild.", "A"))]
    asked.append(dig(net, "web.harbour.example", "A", "+noedns", *options, server=server))
    asked.append(dig(net, "web.harbour.example", "A", "+dnssec", "+bufsize=4096", "+nsid", *options,
                     server=server))
    asked.append(dig(net, "WeB.HaRbOuR.ExAmPlE", "A", "+cookie", *options, server=server))
    asked.append(dig(net, "no-such-ship.harbour.example", "A", *options, server=server,
                     status="NXDOMAIN"))
    asked.append(dig(net, "elsewhere.example", "A", *options, server=server, status="REFUSED"))
    return asked


def record_udp(net):
    start_named(net)
    return {"dns": zone_queries(net), "notes": "dig over UDP: each record type, with and without "
            "EDNS, mixed case, NXDOMAIN, REFUSED"}


def record_tcp(net):
    start_named(net)
    return {"dns": zone_queries(net, "+tcp"), "notes": "dig over TCP, one connection a question"}


def record_ipv6(net):
    start_named(net)
    udp = zone_queries(net, server=SERVER6)
    return {"dns": udp + zone_queries(net, "+tcp", server=SERVER6),
            "notes": "dig over IPv6, UDP then TCP"}


def record_axfr(net):
    fleet = "".join(f"ship{i:03} IN A 10.77.{i // 200}.{i % 200 + 1}\n" for i in range(400))
    start_named(net, fleet)
    return {"dns": [dig(net, "harbour.example", "AXFR")],
            "notes": "a zone transfer: one TCP answer of hundreds of messages"}


def record_truncated(net):
    text = "".join(f'big IN TXT "{i:03}{"x" * 90}"\n' for i in range(12))
    start_named(net, text)
    first = dig(net, "big.harbour.example", "TXT", "+ignore", "+bufsize=512")
    both = dig(net, "big.harbour.example", "TXT", "+bufsize=512")
    cut = {"rrname": "big.harbour.example", "rrtype": "TXT", "transport": "udp", "rcode": "NOERROR"}
    return {"dns": [first, cut, both | {"transport": "tcp"}],
            "notes": "an answer too large for UDP: truncated, then asked again over TCP"}


def record_kept_open(net):
    """Each question waits for its answer; all share one TCP connection."""
    start_named(net)
    names = ("web", "mail", "ns", "www")
    words = [word for name in names for word in (f"{name}.harbour.example", "A")]
    said = net.run(net.client, "dig", f"@{SERVER4}", "-r", "+tcp", "+keepopen", *words)
    found = re.findall(r"status: (\w+).*?ANSWER: (\d+)", said, re.S)
    if [status for status, _ in found] != ["NOERROR"] * len(names):
        raise RecordingError(said)
    asked = [{"rrname": f"{name}.harbour.example", "rrtype": "A", "transport": "tcp",
              "rcode": "NOERROR", "answers": int(count)}
             for name, (_, count) in zip(names, found)]
    return {"dns": asked, "notes": "several questions on one TCP connection"}


SCENARIOS = [
    Scenario("dns-udp", record_udp),
    Scenario("dns-tcp", record_tcp),
    Scenario("dns-ipv6", record_ipv6),
    Scenario("dns-axfr", record_axfr),
    Scenario("dns-truncated", record_truncated),
    Scenario("dns-kept-open", record_kept_open),
]
