#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Measures and prints each number beside its bar; a missed bar ends with status 1, what cannot be measured with 2.

    make bench                                             by itself
    make bench SURICATA="chroot /var/lib/trixie suricata"  beside Suricata

Instructions are callgrind's, of programs with the shipped program's flags; ratios are of user and system time without
start-up, measured in this run.
"""

import os
import sys
import time
from dataclasses import dataclass

import traffic
from measure import TOGGLE, Profile, Replay, Suricata, Unmeasurable, cpu_seconds, ratios, run, values

PROGRAM = traffic.ROOT / "build/linux/portreeve"
PROGRAM_NAMED = traffic.ROOT / "build/linux/portreeve.debug"  # the same code, with the names of files for profiles
PROGRAMS = traffic.ROOT / "build/linux/tests/bench"
MIB = 1 << 20

AT_MOST, AT_LEAST = "≤", "≥"
# name: (what is measured, bar)
BARS = {
    "finished-ipv4": ("scanner, finished flow, IPv4/TCP: instructions a packet", AT_MOST, 180),
    "finished-ipv6": ("scanner, finished flow, IPv6/TCP: instructions a packet", AT_MOST, 230),
    "finished-crowd": ("the same, IPv4, table 3/4 full: instructions a packet", AT_MOST, 180),
    "hash-ipv4": ("flow hash, IPv4: instructions", AT_MOST, 40),
    "ssh-handshake": ("SSH handshakes, replay with EVE: instructions each", AT_MOST, 60000),
    "ssh-packet": ("SSH sessions and scp, replay with EVE: instructions a packet", AT_MOST, 400),
    "ssh-ratio": ("SSH sessions and scp: Suricata's processor time / ours", AT_LEAST, 4),
    "bulk-ratio": ("bulk mix: Suricata's processor time / ours", AT_LEAST, 5.5),
    "set-bytes": ("set of 1,000,000 values: MiB that look-ups touch", AT_MOST, 24),
    "set-rule": ("set: bytes a distinct rule, without texts", AT_MOST, 24),
    "set-miss": ("set: a miss at 1,000,000 values / at 1,000, instructions", AT_MOST, 1.3),
    "set-hit": ("set: a hit at 1,000,000 values / at 1,000, instructions", AT_MOST, 3),
    "flow-ipv4": ("finished IPv4 flow with its counters: bytes", AT_MOST, 64),
    "flow-ipv6": ("finished IPv6 flow with its counters: bytes", AT_MOST, 96),
    "flow-million": ("1,000,000 IPv4 flows, 8,192 inspected, all in: MiB", AT_MOST, 96),
    "flood": ("resident memory under a flood of flows: KiB more", AT_MOST, 64),
}
# Not held to a bar, but told: name: what
NOTES = {
    "ssh-handshake-alone": "SSH handshakes, scanner alone: instructions each",
    "ssh-packet-alone": "SSH sessions and scp, scanner alone: instructions a packet",
    "bulk-packet": "bulk mix, replay with EVE: instructions a packet",
    "set-miss-time": "set: a miss at 1,000,000 values / at 1,000, time",
    "set-hit-time": "set: a hit at 1,000,000 values / at 1,000, time",
}


@dataclass
class Row:
    name: str
    value: float
    packets: int = 0
    bytes: int = 0


def shown(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:,.1f}" if value >= 10 else f"{value:.2f}"


class Table:
    """Prints rows as they come and remembers how it went."""

    def __init__(self):
        self.missed = self.unmeasured = 0

    @staticmethod
    def head():
        print(f"{'':<68} {'measured':>9} {'bar':>9}      {'packets':>11} {'bytes':>13}")

    def add(self, row):
        what, bar, verdict = NOTES.get(row.name), "", ""
        if what is None:
            what, sense, limit = BARS[row.name]
            bar = f"{sense} {limit:,}"
            kept = row.value <= limit if sense == AT_MOST else row.value >= limit
            verdict = "ok" if kept else "MISS"
            self.missed += not kept
        counts = f"{row.packets:>11,} {row.bytes:>13,}" if row.packets else ""
        print(f"{what:<68} {shown(row.value):>9} {bar:>9} {verdict:<4} {counts}".rstrip(), flush=True)

    def fail(self, rows, error):
        self.unmeasured += 1
        print(f"not measured: {rows}: {error}", flush=True)


def split(title, profile, per):
    """Where a profile's instructions went, per packet or handshake."""
    print(f"    {title}:")
    for cost, where in profile.functions(8):
        print(f"    {cost / per:>12,.1f}  {where}")


# ---- the rows -------------------------------------------------------------------------------------------------

FRAMES = 100_000


def finished(name, family, flows):
    profile = Profile(name, [PROGRAMS / "scanner_bench", "finished", family, flows, FRAMES], TOGGLE)
    packets = profile.printed["packets"]
    return profile, Row(name, profile.total / packets, packets, profile.printed["bytes"])


def scanner_rows(_suricata):
    profile, row = finished("finished-ipv4", 4, 20_000)
    yield row
    split("instructions a packet", profile, row.packets)
    yield finished("finished-crowd", 4, 196_608)[1]
    yield finished("finished-ipv6", 6, 20_000)[1]
    profile = Profile("hash-ipv4", [PROGRAMS / "scanner_bench", "hash", 4, FRAMES], TOGGLE)
    yield Row("hash-ipv4", profile.total / profile.printed["packets"])


def replayed(name, start):
    """What replay takes on a capture, without its start."""
    capture = traffic.capture(name)
    profile = Profile(name, Replay(PROGRAM_NAMED).command(capture))
    return profile, profile.total - start, *traffic.count(capture)


def alone(name):
    return Profile(f"{name}-alone", [PROGRAMS / "scanner_bench", "capture", traffic.capture(name)], TOGGLE)


def capture_rows(suricata):
    start = Profile("one", Replay(PROGRAM_NAMED).command(traffic.capture("one"))).total
    profile, instructions, packets, size = replayed("handshakes", start)
    scanner = alone("handshakes")
    seen = scanner.printed["ssh_sessions"]
    if seen != traffic.SESSIONS:
        raise Unmeasurable(f"{seen} of {traffic.SESSIONS} SSH handshakes were seen")
    yield Row("ssh-handshake", instructions / seen, packets, size)
    split("instructions each", profile, seen)
    yield Row("ssh-handshake-alone", scanner.total / seen, packets, size)
    for name in ("ssh", "bulk"):
        _, instructions, packets, size = replayed(name, start)
        yield Row(f"{name}-packet", instructions / packets, packets, size)
        if name == "ssh":
            yield Row("ssh-packet-alone", alone(name).total / packets, packets, size)
    if suricata:
        captures = {name: traffic.capture(name) for name in ("ssh", "bulk")}
        found = ratios((Replay(PROGRAM), suricata), captures.values(), traffic.capture("one"))
        for name, capture in captures.items():
            yield Row(f"{name}-ratio", found[capture], *traffic.count(capture))


LOOKUPS = 20_000
SET_HEADER_BYTES = 448  # scanner/set_format.h


def set_rows(_suricata):
    instructions, seconds, built = {}, {}, {}
    program = PROGRAMS / "set_bench"
    for size in (1000, 1_000_000):
        path = traffic.FOLDER / f"{size}.set"
        built[size] = values(run([program, "build", size, path]).stdout)
        for mode in ("none", "miss", "hit"):
            command = [program, mode, path]
            instructions[mode, size] = Profile(f"set-{mode}-{size}", [*command, LOOKUPS], TOGGLE).total
            # many look-ups less few: without the opening of the set
            seconds[mode, size] = min(cpu_seconds([*command, 100 * LOOKUPS]) for _ in range(3)) - min(
                cpu_seconds([*command, 1]) for _ in range(3))
    small, large = built[1000], built[1_000_000]
    rules = small["bytes"] - small["lookup_bytes"] - SET_HEADER_BYTES
    yield Row("set-bytes", large["lookup_bytes"] / MIB)
    yield Row("set-rule", round(rules / small["rules"]))  # what is left of it is padding between sections
    for mode in ("miss", "hit"):
        for name, of in ((f"set-{mode}", instructions), (f"set-{mode}-time", seconds)):
            net = {size: of[mode, size] - of["none", size] for size in built}
            yield Row(name, net[1_000_000] / net[1000])


def flow_rows(_suricata):
    sizes = values(run([PROGRAMS / "scanner_bench", "sizes"]).stdout)
    flood = values(run([PROGRAMS / "scanner_bench", "flood", 2_000_000]).stdout)
    yield Row("flow-ipv4", sizes["flow_ipv4"])
    yield Row("flow-ipv6", sizes["flow_ipv6"])
    yield Row("flow-million", sizes["million"] / MIB)
    yield Row("flood", (flood["after"] - flood["before"]) / 1024, flood["packets"], flood["bytes"])


GROUPS = {"flow": flow_rows, "scanner": scanner_rows, "set": set_rows, "capture": capture_rows}


def measure(table, suricata):
    for name, rows in GROUPS.items():
        try:
            for row in rows(suricata):
                table.add(row)
        except (Unmeasurable, traffic.net.RecordingError, OSError) as error:
            table.fail(name, error)


def main():
    begun = time.monotonic()
    os.chdir(traffic.ROOT)
    traffic.FOLDER.mkdir(parents=True, exist_ok=True)
    traffic.net.end_on_signal()
    table = Table()
    table.head()
    if os.environ.get("SURICATA"):
        with Suricata(os.environ["SURICATA"]) as suricata:
            measure(table, suricata)
            print(f"beside: {suricata.version()}")
    else:
        measure(table, None)
        print("beside nothing: SURICATA= names no Suricata, so the ratios to it were left out")
    print(f"{table.missed} missed, {table.unmeasured} not measured, {time.monotonic() - begun:.0f} s")
    return 2 if table.unmeasured else 1 if table.missed else 0


if __name__ == "__main__":
    sys.exit(main())
