#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The bridges that tests/bench/live_speed.py compares, each of which joins the two ports of a namespace for a while:
the kernel's, ours in every way it has, Suricata inline, and DPDK's testpmd.
"""

import os
import shlex
import shutil
import signal
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import traffic
from measure import AT_LEAST, AT_MOST, Unmeasurable

PROGRAM = traffic.ROOT / "build/linux/portreeve"
LAN, WAN = "lan", "wan"
CPU_SURICATA, TCP_SURICATA = "cpu-suricata", "plain-suricata"
TESTPMD = "dpdk-testpmd"


class NotThere(RuntimeError):
    """This bridge cannot be had here, and why."""


class Bridge:
    """`.up(net)` has it forward; `.down()` ends it. `.process` is the program's, if there is one whose time counts."""

    process = None

    def down(self):
        if self.process is not None:
            self.process.end(signal.SIGTERM)
            self.process = None

    def check_runs(self):
        """Raises Unmeasurable if it has ended by itself."""
        if self.process is not None and self.process.process.poll() is not None:
            raise Unmeasurable(f"{self.name} ended: {(self.process.said() or self.process.output())[-300:].strip()}")


class Kernel(Bridge):
    """Its work is done in the interrupts of whoever sends: there is no process to ask for its time."""

    name = "kernel bridge"

    def __init__(self):
        self.net = None

    def up(self, net):
        self.net = net
        for line in ("link add bridge0 type bridge", f"link set {LAN} master bridge0", f"link set {WAN} master bridge0",
                     "link set bridge0 up"):
            net.ip(line)

    def down(self):
        self.net.ip("link del bridge0")


class Ours(Bridge):
    """`portreeve run`; options that it does not know or cannot fulfil here make it one that is not there."""

    def __init__(self, name, *options):
        self.name, self.options, self.detach = name, options, None

    def up(self, net):
        ports = ("--inside", LAN, "--outside", WAN, "--state", str(net.files / "state"))
        self.process = net.start(net.middle, PROGRAM, "run", *ports, "--eve", net.files / "eve.json", *self.options)
        try:
            self.process.wait_said("forwarding between")
        except traffic.net.RecordingError as error:
            raise NotThere(self.process.said().strip().splitlines()[0]) from error
        self.detach = lambda: net.run(net.middle, str(PROGRAM), "detach", *ports)

    def down(self):
        super().down()
        if self.detach is not None:
            self.detach()
            self.detach = None


class Left(Ours):
    """What the program leaves in the kernel when it has ended."""

    def up(self, net):
        super().up(net)
        self.process.end(signal.SIGTERM)
        self.process = None


class Suricata(Bridge):
    """Version 7 as an inline bridge: its own default settings but for what makes it one, without signatures, and with
    frames that it cannot place passed on.
    """

    name = "Suricata inline"
    SETTINGS = """%YAML 1.1
---
include: /etc/suricata/suricata.yaml
af-packet:
""" + "".join(f"""  - interface: {one}
    copy-mode: ips
    copy-iface: {other}
    threads: 1
    cluster-id: {number}
    cluster-type: cluster_flow
    defrag: yes
    use-mmap: yes
""" for number, (one, other) in enumerate(((LAN, WAN), (WAN, LAN)), 97))

    def __init__(self, words):
        self.words, self.folder = shlex.split(words or ""), None

    def up(self, net):
        if not self.words:
            raise NotThere("not installed")
        root = Path(self.words[1] if Path(self.words[0]).name == "chroot" else "/")
        self.folder = Path(tempfile.mkdtemp(prefix="portreeve-bench-", dir=root / "var/tmp"))
        inside = Path("/") / self.folder.relative_to(root)
        (self.folder / "inline.yaml").write_text(self.SETTINGS)
        (self.folder / "none.rules").touch()
        self.process = net.start(net.middle, *self.words, "-c", inside / "inline.yaml", "--af-packet", "-k", "none",
                                 "-S", inside / "none.rules", "-l", inside, "--set", "exception-policy=ignore",
                                 "--pidfile", inside / "pid")

    def down(self):
        super().down()
        if self.folder is not None:
            shutil.rmtree(self.folder)


class Testpmd(Bridge):
    """DPDK's forwarder, by packet sockets; it polls. TESTPMD="chroot DIR dpdk-testpmd" names another than the installed."""

    name = "DPDK testpmd"

    def up(self, net):
        words = shlex.split(os.environ.get("TESTPMD", TESTPMD))
        if not shutil.which(words[0]):
            raise NotThere("not installed")
        rooted = Path(words[0]).name == "chroot"
        # it looks its CPUs up in /sys; the mount is this program's alone, as ip-netns(8) starts it
        mounted = ["sh", "-c", 'mount --bind /sys "$2/sys" && exec "$@"', "sh"] if rooted else []
        devices = [f"--vdev=net_af_packet{number},iface={port}" for number, port in enumerate((LAN, WAN))]
        self.process = net.start(net.middle, *mounted, *words, "-l", "0,1", "--no-huge", "-m", "512", "--no-pci",
                                 f"--file-prefix={net.middle}", "--no-telemetry", *devices, "--", "--forward-mode=io",
                                 "--auto-start", "--no-flush-rx", "--total-num-mbufs=16384", "--stats-period=60")


@dataclass(frozen=True)
class Entry:
    """A line of the comparison, and its bars of DESIGN §6: {measure: (at least or at most, limit)}."""

    bridge: object
    bars: dict = field(default_factory=dict)


# What `portreeve run` refuses is told as not there.
OURS = (
    Entry(Left("our kernel program alone")),
    Entry(Ours("AF_PACKET, adaptive", "--driver", "packet", "--handover", "off"),
          {"rate": (AT_LEAST, 0.9), "plain": (AT_LEAST, 0.65), CPU_SURICATA: (AT_MOST, 0.5),
           TCP_SURICATA: (AT_LEAST, 2.5)}),
    Entry(Ours("AF_PACKET, busy", "--driver", "packet", "--handover", "off", "--poll", "busy"), {"p99": (AT_MOST, 1.5)}),
    Entry(Ours("AF_XDP, adaptive", "--driver", "xdp", "--handover", "off"),
          {"rate": (AT_LEAST, 1.0), "plain": (AT_LEAST, 0.85), CPU_SURICATA: (AT_MOST, 0.5),
           TCP_SURICATA: (AT_LEAST, 2.5)}),
    Entry(Ours("AF_XDP, busy", "--driver", "xdp", "--handover", "off", "--poll", "busy"),
          {"rate": (AT_LEAST, 0.85), "plain": (AT_LEAST, 0.85), "p99": (AT_MOST, 1.5)}),
    Entry(Ours("flows handed to the kernel", "--handover", "on"),
          {"rate": (AT_LEAST, 1.0), "plain": (AT_LEAST, 1.0), "offloads": (AT_LEAST, 1.0), "p99": (AT_MOST, 1.5)}),
)


def entries(suricata):
    """All lines, the kernel's first. suricata: how to call it, or None."""
    return (Entry(Kernel()), *OURS, Entry(Suricata(suricata)), Entry(Testpmd()))
