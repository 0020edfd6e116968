#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The bare-metal image in QEMU, measured: instructions a forwarded frame and where they go, the first frame after reset,
what idling costs.

With -icount shift=0 an instruction takes a nanosecond of the machine's time, and its performance monitors count exactly
(tests/bench/image/count.c): no other load on the host changes a count. The stages come from a second source, a trace of
every instruction by QEMU: one ringful of frames, mapped to functions, also inlined ones, by the debugging information.
"""

import bisect
import ipaddress
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import traffic
from measure import Unmeasurable

sys.path[:0] = [str(traffic.ROOT / "tests/system"), str(traffic.ROOT / "tools/demo")]

import frames  # noqa: E402
import gdb  # noqa: E402
from appliance import IMAGE, OTHER_PORT, Appliance, NoAnswer  # noqa: E402
from frames import ACK, PSH, SYN  # noqa: E402
from qmp import Monitor  # noqa: E402

COUNT = IMAGE.parent / "tests/bench/image/count"
ICOUNT = ["-icount", "shift=0"]
ICOUNT_ALONE = ["-icount", "shift=0,sleep=off"]  # nothing is waited for: no time passes but the machine's
RUNS = 3
RING = 256  # frames, a port's receive ring
BURST = 32
WARM_FRAMES = 32  # from each side; count.c holds after that
PAYLOAD_BYTES = 10  # with IPv4 the shortest frame, 64 bytes
IDLE_S = 10
MACS = b"\2\0\0\0\0\1", b"\2\0\0\0\0\2"
ENDS = {4: ("10.0.0.1", "192.0.2.1"), 6: ("fd00::1", "2001:db8::1")}  # inside, outside
LLDP = bytes.fromhex("0180c200000e02000000000188cc") + bytes(46)


class Flow:
    """A TCP connection from outside that turns out to be of no interest: .start is what shows that, .next what follows."""

    def __init__(self, family):
        self._family, self._ends = family, [ipaddress.ip_address(each) for each in ENDS[family]]
        self._sequence = [1000, 2000]
        text = b"\x17\x03\x03 the beginning of something that nobody here reads"
        steps = ((1, SYN, b""), (0, SYN | ACK, b""), (1, ACK, b""), (1, ACK | PSH, text), (0, ACK | PSH, text))
        self.start = [(("inside", "outside")[side], self._frame(side, flags, payload)) for side, flags, payload in steps]
        self.next = self._frame(1, ACK | PSH, bytes(PAYLOAD_BYTES))

    def _frame(self, side, flags, payload):
        source, destination = self._ends[side], self._ends[1 - side]
        ports = (9999, 40000) if side == 0 else (40000, 9999)
        segment = frames.tcp(source, ports[0], destination, ports[1], self._sequence[side],
                             self._sequence[1 - side] if flags & ACK else 0, flags, payload)
        self._sequence[side] += len(payload) + bool(flags & SYN)
        return frames.ethernet(MACS[side], MACS[1 - side], {4: 0x0800, 6: 0x86DD}[self._family],
                               frames.ip(source, destination, 6, segment))


class Machine:
    """The image that counts, up, with both flows begun and the data core held from here on."""

    def __init__(self, folder, monitor):
        self.flows = {family: Flow(family) for family in ENDS}
        self._monitor = monitor
        self.box = Appliance(folder, None, [*ICOUNT, *monitor.options], COUNT)
        self._log = folder / "trace"

    def warm_up(self):
        self._monitor.connect()
        self.box.wait_until_up()
        warm = [step for flow in self.flows.values() for step in flow.start]
        for port in OTHER_PORT:
            warm += [(port, LLDP)] * (WARM_FRAMES - sum(1 for near, _ in warm if near == port))
        for port, frame in warm:
            self.box.carry(port, frame)
        self.box.wait_for_text("held")
        for family in ENDS:  # the ring for transmission is full, too, from here on
            self.ringful(family)

    def ringful(self, family, before_last=lambda: None):
        """The instructions of each round."""
        start, frame = len(self.box.text), self.flows[family].next
        for _ in range(RING - 1):
            self.box.send("outside", frame)
        before_last()
        self.box.send("outside", frame)
        return [int(each) for each in self.box.wait_for_text(r"counted outside:((?: \d+)+)\r\n", start)[1].split()]

    def _single_steps(self, switch):
        for command in ("one-insn-per-tb", "singlestep"):  # QEMU from 8.1 on, and before
            if "unknown command" not in self._monitor.say(f"{command} {switch}"):
                return
        raise Unmeasurable("this QEMU does not single-step")

    def traced(self, family):
        """A ringful, and the addresses of the data core's instructions from a while before it to a while after."""
        def begin():
            self._monitor.execute("stop")
            self._monitor.say(f"logfile {self._log}")
            self._single_steps("on")
            self._monitor.say("log exec,nochain")
            self._monitor.execute("cont")

        rounds = self.ringful(family, begin)
        self._monitor.say("log none")
        self._single_steps("off")
        addresses = [int(each, 16) for each in
                     re.findall(r"^Trace 0: \S+ \[[0-9a-f]+/([0-9a-f]+)/", self._log.read_text(), re.M)]
        self._log.unlink()
        return rounds, addresses


@contextmanager
def machine():
    with tempfile.TemporaryDirectory(prefix="portreeve-bench-") as folder:
        with Monitor(Path(folder) / "qmp") as monitor:
            one = Machine(Path(folder), monitor)
            with one.box:
                one.warm_up()
                yield one


# ---- where instructions go -------------------------------------------------------------------------------------

class Symbols:
    """What an image's addresses belong to."""

    def __init__(self, image):
        self._image = str(image)
        lines = subprocess.run(["aarch64-linux-gnu-nm", "-n", "--defined-only", self._image], capture_output=True, text=True,
                               check=True).stdout.splitlines()
        self._addresses = {name: int(at, 16) for at, _, name in map(str.split, lines)}
        functions = [(int(at, 16), name) for at, kind, name in map(str.split, lines) if kind in "tT"]
        self._at, self._names = [at for at, _ in functions], [name for _, name in functions]
        self._files = {}

    def address(self, name):
        return self._addresses[name]

    def function(self, address):
        return self._names[bisect.bisect_right(self._at, address) - 1]

    def files(self, addresses):
        """{address: the source file whose line it is, also of what was inlined}."""
        wanted = sorted(set(addresses) - self._files.keys())
        said = subprocess.run(["aarch64-linux-gnu-addr2line", "-e", self._image], input="\n".join(map(hex, wanted)),
                              capture_output=True, text=True, check=True).stdout
        for address, line in zip(wanted, said.splitlines()):
            self._files[address] = re.sub(r"^(?:\./)+", "", line.split(":")[0])
        return self._files


OWN = "tests/bench/image/count.c"
OWN_CLOCK = "__wrap_clock_wall_now"  # called within a round; taken off in count.c, too


def rounds_of(addresses, symbols):
    """The instructions of each call of dataplane_round(), and of the loop around it when all it does is looking."""
    where = {address: symbols.function(address) for address in set(addresses)}
    starts = {function: symbols.address(function) for function in set(where.values())}
    files = symbols.files(starts.values())
    own = {function for function, start in starts.items() if files[start] == OWN}
    rounds, around = [], []
    current = []
    for address in addresses:
        if where[address] == OWN_CLOCK:
            continue
        if where[address] not in own:
            current.append(address)
            continue
        functions = {where[each] for each in current}
        if "dataplane_round" in functions:
            rounds.append(current)
        elif "main" in functions:
            around.append(current)
        current = []
    return rounds, min(around, key=len)


STAGES = ("rx", "decode", "flow", "scanner's burst and books", "tx", "data plane")
STAGE_OF_FUNCTION = {"net_receive": "rx", "net_refill": "rx", "refill": "rx",
                     "net_transmit": "tx", "net_reclaim": "tx", "reclaim": "tx"}
STAGE_OF_FILE = ((r"scanner/(glance|decode)\.[ch]", "decode"), (r"scanner/flow\w*\.[ch]|scanner/hash/.*", "flow"),
                 (r"scanner/.*", "scanner's burst and books"))


def stages_of(addresses, symbols):
    """How many of a round's instructions belong to which stage."""
    files, driver, count = symbols.files(addresses), "data plane", Counter()
    for address in addresses:
        function = symbols.function(address)
        stage = STAGE_OF_FUNCTION.get(function)
        if stage:
            driver = stage
        elif function.startswith("virtio_"):
            stage = driver  # it was called from there
        else:
            stage = next((stage for pattern, stage in STAGE_OF_FILE if re.fullmatch(pattern, files[address])), "data plane")
        count[stage] += 1
    return count


# ---- what is measured -------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Cost:
    """Instructions for a frame of a finished flow, driver to driver."""

    value: float
    length: int  # of the frame
    stages: dict  # {stage: instructions}


def counted():
    """{family: instructions of a round}, the same for every round of every run."""
    seen = {family: set() for family in ENDS}
    for _ in range(RUNS):
        with machine() as one:
            for family, costs in seen.items():
                costs.update(one.ringful(family))
    for family, costs in seen.items():
        if len(costs) != 1:
            raise Unmeasurable(f"IPv{family}: rounds differ: {sorted(costs)}")
    return {family: costs.pop() for family, costs in seen.items()}


def cost(one, family, symbols, expected):
    """By a trace of a ringful; its rounds are as long as counted."""
    counts, addresses = one.traced(family)
    rounds, around = rounds_of(addresses, symbols)
    # the counter has the call in it
    if set(counts) != {expected} or [n for n, each in zip(counts, rounds, strict=True) if not -2 <= n - len(each) <= 2]:
        raise Unmeasurable(f"counted were {counts} instructions, the trace has {list(map(len, rounds))}")
    total = sum((stages_of(each, symbols) for each in rounds), Counter())
    stages = {stage: total[stage] / RING for stage in STAGES} | {"the loop around": len(around) / BURST}
    return Cost((expected + len(around)) / BURST, len(one.flows[family].next), stages)


def forwarding():
    """{family: Cost}"""
    rounds, symbols = counted(), Symbols(COUNT)
    with machine() as one:
        return {family: cost(one, family, symbols, expected) for family, expected in rounds.items()}


def until(condition, what):
    """What condition() is once that is true."""
    deadline = time.monotonic() + 60
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise Unmeasurable(f"gave up waiting for {what}")
        time.sleep(0.01)
    return found


def debugger(stub):
    """None: QEMU does not listen yet."""
    try:
        return gdb.Gdb(stub)
    except (FileNotFoundError, ConnectionRefusedError):
        return None


def first_frame():
    """(ns from reset to the first frame's forwarding, bytes of RAM left then).

    As many instructions as ns, as nothing sleeps until then; how often the random number device is asked in vain is the
    host's. The frame comes as early as a port can take one: once its device was started.
    """
    with tempfile.TemporaryDirectory(prefix="portreeve-bench-") as folder:
        stub = Path(folder) / "gdb"
        with Appliance(folder, None, [*ICOUNT, "-S", *gdb.stub(stub)], COUNT) as box:
            with until(lambda: debugger(stub), "QEMU") as machine_at_rest:
                machine_at_rest.run_to(Symbols(COUNT).address("dataplane_init"))
                box.send("inside", LLDP)
                until(lambda: box.taken("inside"), "QEMU to take a frame")
            said = box.wait_for_text(r"first frame after (\d+) ns, (\d+) bytes of RAM left")
            return int(said[1]), int(said[2])


def idle_instructions():
    """Those of both cores in a second without a frame."""
    with tempfile.TemporaryDirectory(prefix="portreeve-bench-") as folder:
        with Appliance(folder, None, ICOUNT_ALONE, COUNT) as box:
            count, ns = map(int, box.wait_for_text(r"idle: (\d+) instructions in (\d+) ns").groups())
            return count * 10**9 // ns


def idle_cpu():
    """Of one host core, what QEMU takes with the shipped image and no traffic."""
    def seconds(process):
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    with tempfile.TemporaryDirectory(prefix="portreeve-bench-") as folder:
        with Appliance(folder) as box:
            box.wait_until_up()
            time.sleep(1)
            before, begun = seconds(box.process), time.monotonic()
            time.sleep(IDLE_S)
            return (seconds(box.process) - before) / (time.monotonic() - begun)
