#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Records the golden captures: real SSH, DNS and mail programs in network namespaces of their own.

usage: record.py [--to FOLDER] [--list] [NAME…]     (all scenarios without NAME; needs root)

Every program is started and ended here; the machine's users, keys, logs and network stay as they
are. Times are moved so that each capture starts on 2026-06-01, a fixed time for expiry tests.
"""

import argparse
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import expect
import expect_mail
import net
import pcapfile
import scenarios_dns
import scenarios_mail
import scenarios_mail_floods
import scenarios_mail_threats
import scenarios_mail_tls
import scenarios_smtp
import scenarios_ssh
import scenarios_ssh_odd
from peers import available

START_NS = 1780308000 * 10**9  # 2026-06-01 10:00:00 UTC
SPACING_NS = 600 * 10**9  # scenarios start ten minutes apart
MAIL_START_NS = START_NS + 9 * 3600 * 10**9  # 19:00: the same day for all
MAIL_SPACING_NS = 150 * 10**9
MAIL = (scenarios_smtp.SCENARIOS + scenarios_mail.SCENARIOS + scenarios_mail_tls.SCENARIOS +
        scenarios_mail_threats.SCENARIOS + scenarios_mail_floods.SCENARIOS)
SCENARIOS = (scenarios_ssh.SCENARIOS + scenarios_ssh_odd.SCENARIOS + scenarios_dns.SCENARIOS +
             MAIL)


def tagged(frame, tags):
    tag_bytes = b"".join(t.to_bytes(2, "big") + c.to_bytes(2, "big") for t, c in tags)
    return frame[:12] + tag_bytes + frame[12:]


def write_capture(raw, target, scenario, start_ns):
    """The raw recording without its end mark, its first packet at start_ns."""
    packets = [p for p in pcapfile.read(raw) if not net.is_sentinel(p.data)]
    shift_ns = start_ns - packets[0].time_ns
    if scenario.program == "dumpcap":
        blob = Path(raw).read_bytes()
        target.write_bytes(pcapfile.scrub_pcapng(blob, lambda d: not net.is_sentinel(d), shift_ns))
        return
    moved = [pcapfile.Packet(p.time_ns + shift_ns, tagged(p.data, scenario.tags)) for p in packets]
    pcapfile.write(target, moved, "pcap-ns" if scenario.nanoseconds else "pcap")


def start_of(scenario):
    """When a scenario's capture begins."""
    if scenario in MAIL:
        return MAIL_START_NS + MAIL.index(scenario) * MAIL_SPACING_NS
    return START_NS + SCENARIOS.index(scenario) * SPACING_NS


def complete(said, target, scenario):
    """Adds what tshark witnesses; sessions pair up with the streams that speak SSH, in order."""
    if "connections" in said:
        said = expect_mail.complete(said, target)
    seen = [stream for stream in expect.ssh_seen(target, scenario.ssh_ports)
            if "originator_ident" in stream or "responder_ident" in stream]
    sessions = said.get("ssh", [])
    if len(seen) != len(sessions):
        raise expect.Disagreement(f"{scenario.name}: {len(sessions)} sessions, {len(seen)} seen")
    ssh = [expect.witnessed(*pair, scenario.originator) for pair in zip(sessions, seen)]
    out = {"inside_net": net.INSIDE_NET} | said
    out |= {"ssh": ssh, "dns": said.get("dns", []), "alerts": said.get("alerts", []),
            "anomalies": said.get("anomalies", []), "clean": scenario.clean}
    return out


def record(scenario, folder, start_ns=START_NS):
    """Records one scenario into folder, as if it began at start_ns; returns the capture's path."""
    target = Path(folder) / scenario.file_name
    with net.Net() as world:
        capturer = net.Capturer(world, scenario.program, scenario.nanoseconds)
        said = scenario.play(world)
        raw = capturer.finish()
        write_capture(raw, target, scenario, start_ns)
    expect.save(target, complete(said, target, scenario))
    return target


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--to", type=Path, default=expect.FOLDER, metavar="FOLDER")
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()
    known = {scenario.name: scenario for scenario in SCENARIOS}
    unknown = set(arguments.names) - set(known)
    if unknown:
        parser.error(f"no scenario {', '.join(sorted(unknown))}; see --list")
    if arguments.list:
        print("\n".join(known))
        return 0
    if os.geteuid() != 0:
        parser.error("network namespaces need root")
    net.end_on_signal()
    for scenario in [known[name] for name in arguments.names or known]:
        if scenario.needs and not available(scenario.needs):
            print(f"{scenario.name}: skipped, {scenario.needs} is not installed")
            continue
        begun = time.monotonic()
        target = record(scenario, arguments.to, start_of(scenario))
        print(f"{target.name}: {target.stat().st_size} bytes, {time.monotonic() - begun:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
