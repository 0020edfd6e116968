#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Measures and prints each number beside its bar; a missed bar ends with status 1, what cannot be measured with 2.

    make bench                                             beside Suricata in build/bench/trixie (suricata_chroot.py)
    make bench SURICATA="chroot /var/lib/trixie suricata"  beside another one
    make bench SURICATA=no                                 by itself
    make bench ONLY="live scanner"                         not all groups of rows

Instructions are callgrind's, of programs with the shipped program's flags; ratios are of user and system time without
start-up, measured in this run. A row of a capture counts only if both programs report what the capture holds.
"""

import os
import shlex
import statistics
import sys
import time
from dataclasses import dataclass

import image
import image_speed
import live_bridges
import live_speed
import suricata_chroot
import traffic
import variants
from measure import AT_LEAST, AT_MOST, TOGGLE, Profile, Replay, Unmeasurable, compare, cpu_seconds, run, values
from suricata import Suricata, tally

PROGRAM = traffic.ROOT / "build/linux/portreeve"
PROGRAM_NAMED = traffic.ROOT / "build/linux/portreeve.debug"  # the same code, with the names of files for profiles
PROGRAMS = traffic.ROOT / "build/linux/tests/bench"
MIB = 1 << 20

# name: (what is measured, bar)
BARS = {
    "finished-ipv4": ("scanner, finished flow, IPv4/TCP: instructions a packet", AT_MOST, 180),
    "finished-ipv6": ("scanner, finished flow, IPv6/TCP: instructions a packet", AT_MOST, 230),
    "finished-crowd": ("the same, IPv4, table 3/4 full: instructions a packet", AT_MOST, 180),
    "hash-ipv4": ("flow hash, IPv4: instructions", AT_MOST, 40),
    "ssh-handshake": ("SSH handshakes, replay with EVE: instructions each", AT_MOST, 60000),
    "ssh-packet": ("SSH sessions and scp, replay with EVE: instructions a packet", AT_MOST, 400),
    "mails-packet": ("small mails, replay with EVE: instructions a packet", AT_MOST, 900),
    "mails-ratio": ("small mails: Suricata's processor time / ours", AT_LEAST, 20),
    "ssh-ratio": ("SSH sessions and scp: Suricata's processor time / ours", AT_LEAST, 4),
    "bulk-ratio": ("bulk mix: Suricata's processor time / ours", AT_LEAST, 5.5),
    "hashed-ratio": ("1 MB attachments, hashed: Suricata's / ours", AT_LEAST, 4),
    "portable-ratio": ("the same, we without the CPU's SHA instructions", AT_LEAST, 1.5),
    "unhashed-ratio": ("1 MB attachments, not hashed: Suricata's / ours", AT_LEAST, 15),
    "set-bytes": ("set of 1,000,000 values: MiB that look-ups touch", AT_MOST, 24),
    "set-rule": ("set: bytes a distinct rule, without texts", AT_MOST, 24),
    "set-miss": ("set: a miss at 1,000,000 values / at 1,000, instructions", AT_MOST, 1.3),
    "set-hit": ("set: a hit at 1,000,000 values / at 1,000, instructions", AT_MOST, 3),
    "flow-ipv4": ("finished IPv4 flow with its counters: bytes", AT_MOST, 64),
    "flow-ipv6": ("finished IPv6 flow with its counters: bytes", AT_MOST, 96),
    "flow-million": ("1,000,000 IPv4 flows, 8,192 inspected, all in: MiB", AT_MOST, 96),
    "flood": ("resident memory under a flood of flows: KiB more", AT_MOST, 64),
    "image-ipv4": ("bare metal, finished flow, IPv4/TCP, driver to driver: instructions", AT_MOST, 240),
    "image-ipv6": ("bare metal, finished flow, IPv6/TCP, driver to driver: instructions", AT_MOST, 290),
    "image-first": ("bare metal, reset to first frame forwarded: million instructions, ms", AT_MOST, 1000),
    "image-idle": ("QEMU without traffic: % of a host core", AT_MOST, 5),
    "cut": ("live, a handed-over flow is cut after its address was published: ms", AT_MOST, 100),
    "link-carry": ("live, a link lost on one side is lost on the other: ms", AT_MOST, 50),
    "image-speed": ("iperf3 across the image / across it without the scanner", AT_LEAST, 0.8),
}
# Not held to a bar, but told: name: what
NOTES = {
    "ssh-handshake-alone": "SSH handshakes, scanner alone: instructions each",
    "ssh-packet-alone": "SSH sessions and scp, scanner alone: instructions a packet",
    "handshakes-ratio": "SSH handshakes: Suricata's processor time / ours",
    "mails-packet-alone": "small mails, scanner alone: instructions a packet",
    "bulk-packet": "bulk mix, replay with EVE: instructions a packet",
    "attachments-packet": "1 MB attachments, replay with EVE (portable SHA): instructions a packet",
    "set-miss-time": "set: a miss at 1,000,000 values / at 1,000, time",
    "set-hit-time": "set: a hit at 1,000,000 values / at 1,000, time",
    "image-idle-count": "bare metal without traffic: instructions a second, both cores",
}


@dataclass
class Row:
    name: str
    value: float
    packets: int = 0
    bytes: int = 0
    more: str = ""


@dataclass
class Failure:
    """A row that could not be measured, among others that could."""

    name: str
    why: str


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
        if isinstance(row, Failure):
            self.fail(row.name, row.why)
            return
        what, bar, verdict = NOTES.get(row.name), "", ""
        if what is None:
            what, sense, limit = BARS[row.name]
            bar = f"{sense} {limit:,}"
            kept = row.value <= limit if sense == AT_MOST else row.value >= limit
            verdict = "ok" if kept else "MISS"
            self.missed += not kept
        counts = f"{row.packets:>11,} {row.bytes:>13,}" if row.packets else ""
        print(f"{what:<68} {shown(row.value):>9} {bar:>9} {verdict:<4} {counts} {row.more}".rstrip(), flush=True)

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
    capture, replay = traffic.capture(name), Replay(PROGRAM_NAMED)
    profile = Profile(name, replay.command(capture))
    verify("portreeve", replay.eve, name)
    return profile, profile.total - start, *traffic.count(capture)


def alone(name):
    return Profile(f"{name}-alone", [PROGRAMS / "scanner_bench", "capture", traffic.capture(name)], TOGGLE)


def verify(who, eve, name, hashes=None):
    """A program that reports less than there is has done less, and is not to be compared. hashes: whether asked for."""
    found, sums = tally(eve)
    facts = traffic.facts(name)
    for kind in ("mails", "ssh", "tls"):
        if found[kind] != facts.get(kind, 0):
            raise Unmeasurable(f"{who} reports {found[kind]:,} {kind}, of {facts.get(kind, 0):,} in {name}.pcap")
    if hashes is not None and sums != (facts["sha256"] if hashes else []):
        right = len(set(sums) & set(facts["sha256"]))
        raise Unmeasurable(f"{who} reports {right} of {len(facts['sha256'])} SHA-256, {'not all' if hashes else 'unasked'}")


def handshake_rows(start):
    profile, instructions, packets, size = replayed("handshakes", start)
    scanner = alone("handshakes")
    yield Row("ssh-handshake", instructions / traffic.SESSIONS, packets, size)
    split("instructions each", profile, traffic.SESSIONS)
    yield Row("ssh-handshake-alone", scanner.total / traffic.SESSIONS, packets, size)


def packet_rows(name, row, start):
    profile, instructions, packets, size = replayed(name, start)
    yield Row(row, instructions / packets, packets, size)
    split("instructions a packet", profile, packets)
    if f"{row}-alone" in NOTES:
        yield Row(f"{row}-alone", alone(name).total / packets, packets, size)


def capture_rows(_suricata):
    start = Profile("one", Replay(PROGRAM_NAMED).command(traffic.capture("one"))).total
    yield from attempted("ssh-handshake", lambda: handshake_rows(start))
    for name, row in (("mails", "mails-packet"), ("ssh", "ssh-packet"), ("bulk", "bulk-packet"),
                      ("attachments", "attachments-packet")):
        yield from attempted(row, lambda name=name, row=row: packet_rows(name, row, start))


def attempted(name, rows):
    try:
        yield from rows()
    except Unmeasurable as error:
        yield Failure(name, error)


# row: (our program, capture, whether attachments are hashed; None: there are none)
CONTESTS = {
    "mails-ratio": ("shipped", "mails", None),
    "handshakes-ratio": ("shipped", "handshakes", None),
    "ssh-ratio": ("shipped", "ssh", None),
    "bulk-ratio": ("shipped", "bulk", None),
    "hashed-ratio": ("shipped", "attachments", True),
    "portable-ratio": ("without-sha", "attachments", True),
    "unhashed-ratio": ("unhashed", "attachments", False),
}


def contest(ours, theirs, name, hashes):
    """What compare() needs, once both have shown that they find what there is."""
    capture = traffic.capture(name)
    for who, program in (("portreeve", ours), ("Suricata", theirs)):
        run(program.command(capture))
        verify(who, program.eve, name, hashes)
    return ours, theirs, capture


def ratio_rows(suricata):
    if suricata is None:
        return
    programs, settings = {"shipped": Replay(PROGRAM)}, {wanted: suricata.hashing(wanted) for wanted in (False, True)}
    ready = {}
    for row, (program, name, hashes) in CONTESTS.items():
        try:
            if program not in programs:
                programs[program] = Replay(variants.build(program))
            ready[row] = contest(programs[program], settings[bool(hashes)], name, hashes)
        except Unmeasurable as error:
            yield Failure(row, error)
    for row, ratio in compare(ready, traffic.capture("one")).items():
        yield Row(row, ratio.value, *traffic.count(ready[row][2]),
                  f"{ratio.low:.1f}–{ratio.high:.1f}; {ratio.second_s:.3f} s / {ratio.first_s:.4f} s")


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


def image_rows(_suricata):
    costs = image.forwarding()
    for family, cost in costs.items():
        yield Row(f"image-ipv{family}", cost.value, image.RING, image.RING * cost.length)
    print("    of these, IPv4 and IPv6:")
    for stage in costs[4].stages:
        print("    " + "".join(f"{cost.stages[stage]:>12,.1f}" for cost in costs.values()) + f"  {stage}")
    yield Row("image-first", image.first_frame()[0] / 1e6)
    yield Row("image-idle", 100 * image.idle_cpu())
    yield Row("image-idle-count", image.idle_instructions())
    speed = image_speed.compare()
    yield Row("image-speed", speed.ratio, more=f"{speed.low:.2f}–{speed.high:.2f}; {speed.with_scanner / 1e6:,.0f} / "
              f"{speed.without / 1e6:,.0f} Mbit/s")


def spread(name, values):
    return Row(name, statistics.median(values), more=f"{min(values):.1f}–{max(values):.1f}")


def live_rows(suricata):
    """Ratios of this run: between live bridges there is nothing else to compare."""
    if os.geteuid() != 0:
        raise Unmeasurable("network namespaces need root")
    yield spread("link-carry", live_speed.carried_ms(live_bridges.Ours("portreeve")))
    yield spread("cut", live_speed.cut_ms())
    lines = live_speed.compare(suricata and shlex.join(suricata.words))
    print("    live, ratios to the kernel bridge, medians of their turns with bounds:", *live_speed.table(lines), sep="\n")
    for name, what, bar, ratio in live_speed.measured(lines):
        BARS[name] = (what, *bar)
        yield Row(name, ratio.value, more=f"{ratio.low:.2f}–{ratio.high:.2f}") if ratio else Failure(name, "see above")


GROUPS = {"image": image_rows, "flow": flow_rows, "scanner": scanner_rows, "set": set_rows, "capture": capture_rows, "ratio": ratio_rows,
          "live": live_rows}


def chosen():
    """The groups that ONLY names, or all."""
    names = os.environ.get("ONLY", "").split() or list(GROUPS)
    unknown = set(names) - set(GROUPS)
    if unknown:
        sys.exit(f"ONLY={' '.join(sorted(unknown))}: there is {', '.join(GROUPS)}")
    return names


def measure(table, suricata):
    for name in chosen():
        try:
            for row in GROUPS[name](suricata):
                table.add(row)
        except (Unmeasurable, image.NoAnswer, AssertionError, traffic.BadTraffic, traffic.net.RecordingError, OSError) as error:
            table.fail(name, error)


def measure_beside(table, words):
    with Suricata(words) as suricata:
        measure(table, suricata)
        print(f"beside: {suricata.version()}")


def suricata_words():
    """How to call the Suricata to measure beside, or None and why there is none."""
    named = os.environ.get("SURICATA")
    if named == "no":
        return None, "SURICATA=no"
    if named:
        return named, None
    try:
        return shlex.join(suricata_chroot.build()), None
    except suricata_chroot.Unavailable as error:
        return None, error


def main():
    begun = time.monotonic()
    chosen()
    os.chdir(traffic.ROOT)
    traffic.FOLDER.mkdir(parents=True, exist_ok=True)
    traffic.net.end_on_signal()
    words, missing = suricata_words()
    if missing:
        print(f"no Suricata: ratios left out ({missing})")
    table = Table()
    table.head()
    if words:
        measure_beside(table, words)
    else:
        measure(table, None)
    print(f"{table.missed} missed, {table.unmeasured} not measured, {time.monotonic() - begun:.0f} s")
    return 2 if table.unmeasured else 1 if table.missed else 0


if __name__ == "__main__":
    sys.exit(main())
