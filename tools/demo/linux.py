#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What `make run BOARD=linux` shows: replays the golden captures against the baseline signatures and prints
what an operator would have been told, server by server.

Exits 0 only if every planted threat was reported and honest traffic gave no alert; what is due for each capture
stands in tests/captures/NAME.json.
"""

import ipaddress
import json
import subprocess
import sys
from collections import Counter, defaultdict

from due import CAPTURES, OUT, ROOT, SIGNATURES, STORY, compile_signatures, expectations, planted, shown, sids_by_value

PROGRAM = ROOT / "build/linux/portreeve"
SEVERITIES = {1: "critical", 2: "high", 3: "medium", 4: "low"}


def replay(capture, nets, signature_set, eve):
    """The events of a capture, which also go to the file eve, and the summary."""
    nets = [word for net in nets for word in ("--inside-net", net)]
    done = subprocess.run([PROGRAM, "replay", *nets, "--signatures", shown(signature_set), "--eve", eve, capture],
                          cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"portreeve replay {shown(capture)} ended with status {done.returncode}:\n{done.stderr}")
    return [json.loads(line) for line in eve.read_text().splitlines()], done.stderr


def is_about(event, field, value):
    """Whether an alert can have come from this field and value, by what else the event says."""
    if event["alert"]["metadata"]["portreeve_field"] != [field]:
        return False
    if field == "dns.query":
        name = event["dns"]["rrname"].lower()
        return name == value or name.endswith("." + value)
    if field in ("ip.src", "ip.dst"):
        side = "src" if field == "ip.src" else "dest"
        address, _, port = value.partition(":")
        return event[side + "_ip"] == address and port in ("", str(event[side + "_port"]))
    if field.endswith(".shape"):
        return event["alert"]["metadata"].get(field, [value]) == [value]
    return True


def missing(alerts, expected, sids):
    """The planted threats that no alert reports, as text; and how many were looked for."""
    due = planted(expected)
    absent = [f"{field} {value}" for field, value in due
              if not any(e["alert"]["signature_id"] == sids.get((field, value)) and is_about(e, field, value)
                         for e in alerts)]
    return absent, len(due)


# ---- for people ----

def endpoint(event, side):
    address, port = event[side + "_ip"], event.get(side + "_port")
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def server_and_peer(event, nets):
    """The inside address, an arrow that shows who connected to whom, and the other endpoint."""
    inside = [ipaddress.ip_network(net) for net in nets]
    if any(ipaddress.ip_address(event["src_ip"]) in net for net in inside):
        return event["src_ip"], "to", endpoint(event, "dest")
    return event["dest_ip"], "from", endpoint(event, "src")


def what(event):
    """The field that matched, and its value if the event shows it."""
    field = event["alert"]["metadata"]["portreeve_field"][0]
    if field == "dns.query":
        return f"DNS query {event['dns']['rrname']}"
    if field == "ssh.client.ident":
        return f"SSH client {event['ssh']['client']['software_version']}"
    return " ".join([field, *event["alert"]["metadata"].get(field, [])])


def print_server(server, alerts, nets):
    first, last = alerts[0]["timestamp"], alerts[-1]["timestamp"]
    count = Counter(e["alert"]["severity"] for e in alerts)
    severities = ", ".join(f"{count[s]} {name}" for s, name in SEVERITIES.items() if count[s])
    print(f"  {server} turned: {severities} alerts, first {first[:10]} {first[11:23]}, last {last[11:23]} UTC")
    for event in alerts:
        alert = event["alert"]
        _, arrow, peer = server_and_peer(event, nets)
        would = alert["metadata"]["portreeve_would"][0]
        action = "" if would == "alert" else f", enforcing would {would}"
        print(f"    {event['timestamp'][11:23]} {SEVERITIES[alert['severity']]:8} {arrow:4} {peer:22} "
              f"{alert['signature']} [{alert['signature_id']}]: {what(event)}{action}")


def tell_story(alerts, expected):
    by_server = defaultdict(list)
    for event in alerts:
        by_server[server_and_peer(event, expected["inside_net"])[0]].append(event)
    for server, its in sorted(by_server.items()):
        print_server(server, its, expected["inside_net"])


def check(name, signature_set, sids, eve):
    """Replays a capture. Returns its alerts, what is due for it, its summary, and complaints."""
    capture = next(CAPTURES.glob(f"{name}.pcap*"))
    expected = expectations(name)
    events, summary = replay(capture, expected["inside_net"], signature_set, eve)
    alerts = [event for event in events if event["event_type"] == "alert"]
    absent, looked_for = missing(alerts, expected, sids)
    complaints = [f"{name}: not reported: {text}" for text in absent]
    if expected["clean"] and alerts:
        complaints += [f"{name}: honest traffic, but: {e['alert']['signature']}" for e in alerts]
    return alerts, expected, summary, looked_for, complaints


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    signature_set, sids, eve = compile_signatures(SIGNATURES, OUT / "baseline.set"), sids_by_value(), OUT / "eve.json"
    names = sorted(path.stem for path in CAPTURES.glob("*.json"))

    print(f"{STORY}.pcap, replayed against {shown(SIGNATURES)}:\n")
    alerts, expected, summary, looked_for, complaints = check(STORY, signature_set, sids, eve)
    tell_story(alerts, expected)
    print("\n" + "".join(f"  {line}\n" for line in summary.splitlines() if not line.startswith("   ")))

    threats = [name for name in names if name.startswith("threat-")]
    print(f"{len(threats)} captures of one threat each:\n")
    for name in threats:
        alerts, expected, _, due, wrong = check(name, signature_set, sids, OUT / f"{name}.json")
        texts = ", ".join(sorted({e["alert"]["signature"] for e in alerts}))
        print(f"  {name:26} {len(alerts):3} alerts  {texts}")
        looked_for += due
        complaints += wrong

    honest = [name for name in names if expectations(name)["clean"]]
    for name in honest:
        complaints += check(name, signature_set, sids, OUT / "honest.json")[-1]
    print(f"\n{len(honest)} captures of honest traffic: "
          f"{'no alert' if not any('honest' in c for c in complaints) else 'ALERTS'}")
    print(f"{looked_for} planted threats looked for: "
          f"{'all reported' if not any('not reported' in c for c in complaints) else 'SOME MISSING'}")
    print(f"The events of {STORY}.pcap: {shown(eve)} (EVE JSON, one event a line)")
    for complaint in complaints:
        print(f"FAILED {complaint}")
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
