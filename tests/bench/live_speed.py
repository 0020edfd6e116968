#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Live bridges on Linux, compared: what passes, how fast, how late, and at what cost. One pair of virtual links, in
namespaces of its own; the bridges take turns between them, RUNS times, and every number is a ratio to the kernel's bridge
in the same turn. Needs root.

The processor time of the kernel's bridge cannot be told: it works in the softirqs of whoever sends.
"""

import contextlib
import fcntl
import json
import os
import re
import signal
import socket
import statistics
import struct
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import traffic
from live_bridges import CPU_SURICATA, TCP_SURICATA, Bridge, NotThere, Ours, Suricata, entries
from measure import RUNS, Unmeasurable

sys.path.insert(0, str(traffic.ROOT / "tests/system"))

import net  # noqa: E402
from live import Bridged, within  # noqa: E402

FLOOD = traffic.ROOT / "build/linux/tests/bench/flood"
TOOL = traffic.ROOT / "build/tools/portreeve-tool"
FLOODED = "10.77.0.99"  # flood.c's
PORT = 5201
SECONDS = 1  # of each TCP run
CPU_SECONDS = 3
FIXED_MBITS = 100
PINGS_BEFORE, PINGS, PING_INTERVAL_S = 100, 400, 0.002
FLOOD_MS, FLOOD_SETTLES_S, FLOOD_COUNTED_S = 1000, 0.2, 0.6
OFFLOADS = ("rx", "tx", "sg", "tso", "gso", "gro")

# measure: what it is; all are ratios to the kernel's bridge but the processor time
MEASURES = {
    "offloads": "TCP, offloads on", "plain": "TCP, offloads off", "rate": "60-byte frames", "p50": "ping p50",
    "p99": "ping p99", "cpu": f"CPU at {FIXED_MBITS} Mbit/s",
}
AGAINST = {name: "the kernel bridge's" for name in MEASURES} | {CPU_SURICATA: "Suricata's", TCP_SURICATA: "Suricata's"}


class Ground(Bridged):
    """Two hosts, and between them a namespace with a bridge in it that comes and goes."""

    def __init__(self):
        super().__init__(offloads=True)

    def ip(self, line):
        net.run("ip", "-n", self.middle, *line.split())

    def set_offloads(self, on):
        words = [word for which in OFFLOADS for word in (which, "on" if on else "off")]
        for name in (self.client, self.server):
            self.run(name, "ethtool", "-K", self.interface[name], *words)

    def wait_until_joined(self, bridge):
        def answered():
            bridge.check_runs()
            return subprocess.run(["ip", "netns", "exec", self.client, "ping", "-n", "-c", "1", "-W", "1", net.SERVER4],
                                  capture_output=True, check=False).returncode == 0

        net.wait_until(answered, f"{bridge.name} to forward")

    def tcp(self, seconds, *options):
        """bit/s that came."""
        server = self.start(self.server, "iperf3", "-s", "-1", "-p", PORT)
        try:
            self.wait_listening(self.server, PORT)
            said = self.run(self.client, "iperf3", "-J", "-c", net.SERVER4, "-p", str(PORT), "-t", str(seconds),
                            "--connect-timeout", "3000", *options)
        finally:
            server.end()
        answer = json.loads(said)
        came = answer["end"].get("sum_received", {}).get("bits_per_second", 0)
        if came == 0:
            raise Unmeasurable(f"TCP: {answer.get('error', 'nothing came')}")
        return came

    def _came(self):
        """(frames that have come to the server, when)"""
        text = Path(f"/proc/{self.holders[self.server].pid}/net/dev").read_text()
        return int(re.search(r"^ *inside: *\d+ +(\d+)", text, re.M)[1]), time.monotonic()

    def flood(self, milliseconds):
        flood = self.start(self.client, FLOOD, "outside", net.SERVER_MAC, milliseconds)
        flood.wait_said("flooding")
        return flood

    def rate(self):
        """Frames of 60 bytes a second that come when more are sent."""
        flood = self.flood(FLOOD_MS)
        time.sleep(FLOOD_SETTLES_S)
        (first, begun), _ = self._came(), time.sleep(FLOOD_COUNTED_S)
        last, ended = self._came()
        if flood.wait_end() != 0:
            raise Unmeasurable(flood.said())
        return (last - first) / (ended - begun)

    def delays(self):
        """Milliseconds there and back, p50 and p99, of a flow that is under way."""
        said = self.run(self.client, "ping", "-n", "-c", str(PINGS_BEFORE + PINGS), "-i", str(PING_INTERVAL_S), net.SERVER4)
        times = [float(each) for each in re.findall(r"time=([\d.]+) ms", said)][PINGS_BEFORE:]
        if len(times) < PINGS * 0.9:
            raise Unmeasurable(f"{PINGS - len(times)} of {PINGS} pings were lost")
        percentiles = statistics.quantiles(times, n=100)
        return percentiles[49], percentiles[98]

    def cpu(self, process):
        """(seconds of a CPU a second, the kernel's part of it) that a process takes at a fixed rate."""
        before, begun = seconds_of(process.pid), time.monotonic()
        came = self.tcp(CPU_SECONDS, "-b", f"{FIXED_MBITS}M")
        taken = time.monotonic() - begun
        user, system = (after - first for after, first in zip(seconds_of(process.pid), before))
        if came < FIXED_MBITS * 0.9e6:
            raise Unmeasurable(f"{came / 1e6:.0f} Mbit/s of {FIXED_MBITS} came")
        if user + system <= 0:
            raise Unmeasurable("no processor time was counted")
        return (user + system) / taken, system / (user + system)


def carried_ms(bridge):
    """[milliseconds] from the loss of a link until the host on the other side has lost its own, RUNS times."""
    taken = []
    with Ground() as ground:
        # as the far end's driver has it: the kernel itself tells of a change up to a second late
        carrier = Path(f"/proc/{ground.holders[ground.client].pid}/root/sys/class/net/outside/carrier")
        bridge.up(ground)
        ground.wait_until_joined(bridge)
        for _ in range(RUNS):
            net.wait_until(lambda: carrier.read_text() == "1\n", "the link to be back")
            with inside_down(ground.server):
                begun = time.monotonic()
                while carrier.read_text() == "1\n":
                    if time.monotonic() - begun > net.PATIENCE_S:
                        raise Unmeasurable("a lost link is not carried")
                    time.sleep(0.0005)
                taken.append(1000 * (time.monotonic() - begun))
        bridge.down()
    return taken


def cut_ms():
    """[milliseconds] from the signal to load a set that drops it until the last frame of a flow that was handed over has
    come, RUNS times."""
    taken = []
    for _ in range(RUNS):
        with Ground() as ground:
            signatures = ground.files / "cut.set"
            compile_set(signatures, "1 high drop ip.dst 192.0.2.1")
            bridge = Ours("portreeve", "--enforce", "--signatures", signatures)
            bridge.up(ground)
            ground.wait_until_joined(bridge)
            ground.silence()  # only the flood is counted
            flood = ground.flood(FLOOD_MS)
            time.sleep(FLOOD_SETTLES_S)
            compile_set(signatures, f"1 high drop ip.dst {FLOODED}")
            begun = last = time.monotonic()
            before = ground._came()[0]
            bridge.process.process.send_signal(signal.SIGHUP)
            while flood.process.poll() is None:
                now, at = ground._came()
                if now != before:
                    before, last = now, at
            bridge.down()
            taken.append(1000 * (last - begun))
    return taken


def compile_set(target, line):
    target.with_suffix(".sig").write_text(line + "\n")
    net.run(str(TOOL), "sig", "compile", str(target.with_suffix(".sig")), "-o", str(target))


@contextlib.contextmanager
def inside_down(namespace):
    """The server's interface is switched off meanwhile; without the time that a program takes to start."""
    get, put, up, form = 0x8913, 0x8914, 1, "16sH14x"  # SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP, struct ifreq
    with within(namespace):
        control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with control:
        flags = struct.unpack(form, fcntl.ioctl(control, get, struct.pack(form, b"inside", 0)))[1]
        fcntl.ioctl(control, put, struct.pack(form, b"inside", flags & ~up))
        yield
        fcntl.ioctl(control, put, struct.pack(form, b"inside", flags))


def seconds_of(pid):
    """User and system time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return [int(field) / os.sysconf("SC_CLK_TCK") for field in fields[11:13]]


@dataclass
class Line:
    """What was measured of a bridge: {measure: [a value a turn]}; None where it failed."""

    bridge: Bridge
    bars: dict
    values: dict = field(default_factory=lambda: defaultdict(list))
    missing: str = ""
    failures: dict = field(default_factory=dict)  # {measure: why, the last time}

    def forget(self):
        self.values.clear()
        self.failures.clear()

    def keep(self, names, measure):
        """A measure that fails leaves the others alone: a bridge may lack but one ability."""
        try:
            got = measure()
            got = got if isinstance(got, tuple) else (got,)
        except (Unmeasurable, net.RecordingError, subprocess.TimeoutExpired, KeyError) as error:
            got = (None,) * len(names)
            self.failures |= dict.fromkeys(names, str(error).strip()[-200:])
        for name, value in zip(names, got):
            self.values[name].append(value)
        self.bridge.check_runs()

    def turn(self, ground):
        """All measures, once."""
        try:
            self.bridge.up(ground)
            ground.wait_until_joined(self.bridge)
            ground.set_offloads(True)
            self.keep(["offloads"], lambda: ground.tcp(SECONDS))
            ground.set_offloads(False)
            self.keep(["plain"], lambda: ground.tcp(SECONDS))
            self.keep(["rate"], ground.rate)
            ground.wait_until_joined(self.bridge)  # what was queued of the flood is through
            self.keep(["p50", "p99"], ground.delays)
            if self.bridge.process is not None:
                self.keep(["cpu", "system"], lambda: ground.cpu(self.bridge.process))
        finally:
            self.bridge.down()


@dataclass(frozen=True)
class Ratio:
    value: float  # the median of the turns
    low: float
    high: float


def ratio_of(ours, theirs):
    """Of values of the same turns; None if one is missing."""
    each = [one / two if one is not None and two is not None else None for one, two in zip(ours, theirs)]
    if not each or None in each:
        return None
    return Ratio(statistics.median(each), min(each), max(each))


def compare(suricata, turns=RUNS):
    """[Line], the kernel's first, after a turn for nothing that also shows what there is. suricata: how to call it."""
    lines = [Line(entry.bridge, entry.bars) for entry in entries(suricata)]
    with Ground() as ground:
        for turn in range(turns + 1):
            for line in lines:
                if line.missing:
                    continue
                try:
                    line.turn(ground)
                except (NotThere, Unmeasurable, net.RecordingError) as error:
                    line.missing = str(error)
                    continue
                if turn == 0:
                    line.forget()
    if lines[0].missing:
        raise Unmeasurable(f"kernel bridge: {lines[0].missing}")
    return lines


def ratios(line, lines):
    """{measure: Ratio or None} of a line, to the kernel's bridge and to Suricata."""
    kernel = lines[0].values
    found = {name: ratio_of(line.values[name], kernel[name]) for name in MEASURES if name != "cpu"}
    for other in lines:
        if isinstance(other.bridge, Suricata) and not other.missing:
            found[CPU_SURICATA] = ratio_of(line.values["cpu"], other.values["cpu"])
            found[TCP_SURICATA] = ratio_of(line.values["plain"], other.values["plain"])
    return found


def table(lines):
    """The comparison as lines of text."""
    yield f"    {'':<28}" + "".join(f"{what:>20}" for what in MEASURES.values())
    for line in lines:
        if line.missing:
            yield f"    {line.bridge.name:<28}  not there: {line.missing}"
            continue
        found = ratios(line, lines)
        cells = []
        for name in MEASURES:
            if name in line.failures:
                cells.append("failed")
            elif name == "cpu":
                cells.append(f"{statistics.median(line.values['cpu']):.0%}, {statistics.median(line.values['system']):.0%} in kernel"
                             if line.values["cpu"] else "not attributable")
            else:
                cells.append(f"{found[name].value:.2f} ({found[name].low:.2f}–{found[name].high:.2f})")
        yield f"    {line.bridge.name:<28}" + "".join(f"{cell:>20}" for cell in cells)
        for why in dict.fromkeys(line.failures.values()):
            yield f"        failed: {why}"


def measured(lines):
    """(name, what it is, bar, Ratio or None) for each bar of what is there."""
    for line in lines:
        found = ratios(line, lines) if line.bars and not line.missing else {}
        for name, bar in line.bars.items():
            if name in found:
                what = MEASURES[name.split("-")[0]]
                yield f"{line.bridge.name}: {name}", f"{line.bridge.name}: {what} / {AGAINST[name]}", bar, found[name]
