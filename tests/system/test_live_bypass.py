#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The bridge that stays in the kernel: what happens to traffic when `portreeve run` is killed, stopped, restarted, or
told to fail closed. No test depends on how fast this machine is: a heartbeat is only ever waited for, and where none may
be missed it is long.
"""

import contextlib
import ctypes
import itertools
import os
import re
import signal
import struct
import threading
import time

import pytest
from live import DRIVERS, Bridged, Live
from net import PATIENCE_S, SERVER4, run, wait_until
from peers import Sshd, copy, ssh
from test_appliance import ODD_FRAMES

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")
KIND = bytes.fromhex("02000000000102000000000288b5")
PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH, WALL = 0x4206, 0x4207, 17, 0x40000000


def numbered(number):
    return KIND + struct.pack("!I", number) + bytes(46)


def numbers(wire):
    return [struct.unpack_from("!I", frame, 14)[0] for frame in wire.received if frame.startswith(KIND)]


class Stream:
    """Numbered frames from inside to outside, one every two milliseconds, for as long as the block lasts."""

    def __init__(self, net):
        self.near, self.far = net.wire("inside"), net.wire("outside")
        self.sent = 0
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while not self._ends.is_set():
            self.near.send(numbered(self.sent))
            self.sent += 1
            time.sleep(0.002)

    def wait_passed(self, count=50):
        """Until so many more have come out."""
        due = len(self.far.received) + count
        self.far.wait_for("frames", lambda: len(self.far.received) >= due)

    def __enter__(self):
        self._thread.start()
        self.wait_passed()
        return self

    def __exit__(self, *_):
        self._ends.set()
        self._thread.join()

    def end(self):
        self.__exit__()
        self.near.send(numbered(self.sent))
        self.far.wait_for("the last frame", lambda: self.sent in numbers(self.far))
        return numbers(self.far)[:-1]


@pytest.mark.parametrize("driver", DRIVERS)
def test_planned_restarts_lose_no_frame_and_repeat_none(portreeve, driver):
    with Bridged(driver=driver) as net:
        with Live(net, portreeve) as box, Stream(net) as stream:
            for _ in range(3):
                assert box.end() == 0
                stream.wait_passed()
                box.__enter__()
                stream.wait_passed()
                assert "were bridged uninspected before this scanner ran" in box.program.said()
            assert sorted(stream.end()) == list(range(stream.sent))
            assert box.end() == 0


@pytest.mark.parametrize("driver", DRIVERS)
def test_killed_program_s_frames_go_on_in_the_kernel(portreeve, driver):
    with Bridged(driver=driver) as net, Live(net, portreeve) as box, Stream(net) as stream:
        box.end(signal.SIGKILL)
        stream.wait_passed(200)
        got = stream.end()
        assert len(got) == len(set(got)), "no frame twice"


def held_sockets(pid):
    """A program's sockets, which do not end with it now."""
    libc, program = ctypes.CDLL(None, use_errno=True), os.pidfd_open(pid)
    for number in os.listdir(f"/proc/{pid}/fd"):
        if os.readlink(f"/proc/{pid}/fd/{number}").startswith("socket:"):
            descriptor = libc.syscall(438, program, int(number), 0)  # pidfd_getfd(2)
            assert descriptor >= 0, os.strerror(ctypes.get_errno())
            yield descriptor
    os.close(program)


@pytest.mark.parametrize("driver", DRIVERS)
def test_killed_program_s_frames_go_on_before_its_sockets_are_gone(portreeve, driver):
    """Nor does it take a heartbeat, which is long here."""
    with Bridged(driver=driver) as net, Live(net, portreeve, "--handover", "off") as box:
        near, far = net.wire("inside"), net.wire("outside")
        near.send(numbered(0))
        far.wait_for("a frame", lambda: numbers(far) == [0])
        sockets = list(held_sockets(box.program.pid))
        box.end(signal.SIGKILL)
        for number in range(1, 50):
            near.send(numbered(number))
        far.wait_for("the others", lambda: len(numbers(far)) >= 50)
        assert numbers(far) == list(range(50))
        for descriptor in sockets:
            os.close(descriptor)


@pytest.mark.parametrize("driver", DRIVERS)
def test_connections_survive_a_kill_and_the_next_program(portreeve, driver):
    content = os.urandom(24 << 20)
    with Bridged(driver=driver) as net, Live(net, portreeve) as box:
        sshd = Sshd(net).start()
        (net.files / "sent").write_bytes(content)
        copied = threading.Thread(target=copy, args=(sshd, "-l", "200000"),
                                  kwargs={"paths": [str(net.files / "sent"), f"harbour@{SERVER4}:copied"]})
        copied.start()
        wait_until(lambda: (sshd.account.home / "copied").exists() and
                   (sshd.account.home / "copied").stat().st_size > 1 << 20, "the copy to be under way")
        box.end(signal.SIGKILL)
        ssh(sshd)  # a new connection, uninspected
        box.__enter__()
        ssh(sshd)  # and one that is inspected again
        copied.join()
        assert (sshd.account.home / "copied").read_bytes() == content
        assert box.end() == 0
        assert len(box.events("ssh")) >= 1


@pytest.mark.parametrize("driver", DRIVERS)
def test_stopped_scanner_is_bypassed_after_the_heartbeat_and_drops_what_is_stale(portreeve, driver):
    with Bridged(driver=driver) as net, Live(net, portreeve, "--heartbeat", "200") as box:
        net.silence()
        near, far = net.wire("inside"), net.wire("outside")
        near.send(numbered(0))
        far.wait_for("a frame", lambda: numbers(far) == [0])
        box.program.process.send_signal(signal.SIGSTOP)
        wait_until(lambda: "T" in open(f"/proc/{box.program.pid}/stat").read().rsplit(")", 1)[1].split()[0], "the stop")
        start, sent = time.monotonic(), 0
        while len(numbers(far)) < 2:
            sent += 1
            near.send(numbered(sent))
            time.sleep(0.01)
            assert time.monotonic() - start < 60
        first = numbers(far)[1]
        assert time.monotonic() - start >= 0.2 and first > 1, "not before its heartbeat"

        # one that is seen to pass by the kernel, then the scanner takes frames again
        box.program.process.send_signal(signal.SIGCONT)
        box.program.wait_said("frames were bridged past it uninspected")
        said = re.search(r"stalled: (\d+) frames were bridged past it uninspected, (\d+) that waited", box.program.said())
        assert int(said[2]) == first - 1, "all that were taken before it was found out"
        near.send(numbered(1 << 20))
        far.wait_for("the last frame", lambda: 1 << 20 in numbers(far))
        got = numbers(far)
        assert got == [0, *range(first, sent + 1), 1 << 20]
        assert int(said[1]) == sent + 1 - first
        assert re.search(rf"^lan +device +scanner-stalled +{said[1]}\s", box.command_line("show drops"), re.M)
        assert box.end() == 0


def test_stalled_frames_too_long_for_packet_slots_are_dropped_and_the_next_ones_pass_in_order(portreeve):
    """They wait in the socket's queue, of which the slots tell: both have to stay in step."""
    with Bridged(driver="packet") as net, Live(net, portreeve, "--heartbeat", "100") as box:
        net.silence()
        for namespace, interface in ((net.client, "outside"), (net.server, "inside"), (net.middle, "lan"), (net.middle, "wan")):
            run("ip", "-n", namespace, "link", "set", interface, "mtu", "6000")
        near, far = net.wire("inside"), net.wire("outside")
        near.send(numbered(0) + bytes(5000))
        far.wait_for("a frame", lambda: numbers(far) == [0])
        deadline = time.monotonic() + PATIENCE_S
        with stopped(box.program.pid):
            for sent in itertools.count(1):
                near.send(numbered(sent) + bytes(5000 * (sent % 2)))
                if len(numbers(far)) > 1:
                    break
                assert time.monotonic() < deadline
                time.sleep(0.01)
        box.program.wait_said("that waited for it were dropped")
        passed = numbers(far)
        for number in range(1 << 20, (1 << 20) + 20):
            near.send(numbered(number) + bytes(5000 * (number % 2)))
            far.wait_for("a frame", lambda n=number: numbers(far)[-1] == n)
        assert numbers(far) == [*passed, *range(1 << 20, (1 << 20) + 20)]
        assert "wrong-buffer" not in box.command_line("show drops")
        assert box.end() == 0


def test_frames_that_found_no_room_in_af_xdp_s_rings_are_counted(portreeve):
    sent = 5000  # the rings hold 4096, less what is lent again in portions
    with Bridged(driver="xdp") as net, Live(net, portreeve) as box:
        net.silence()
        near, far = net.wire("inside"), net.wire("outside")
        box.program.process.send_signal(signal.SIGSTOP)
        wait_until(lambda: "T" in open(f"/proc/{box.program.pid}/stat").read().rsplit(")", 1)[1].split()[0], "the stop")
        for number in range(sent):
            near.send(numbered(number))
        box.program.process.send_signal(signal.SIGCONT)
        far.wait_for("room", lambda: len(far.received) > 1000)
        near.send(numbered(sent))
        far.wait_for("the last frame", lambda: far.received[-1] == numbered(sent))
        held = len(numbers(far)) - 1
        assert held > 4000 and numbers(far) == [*range(held), sent]
        wait_until(lambda: re.search(rf"^lan +device +overrun +{sent - held}\s", box.command_line("show drops"), re.M), "the count")
        assert box.end() == 0


@pytest.mark.parametrize("driver", DRIVERS)
def test_sleeping_scanner_is_alive(portreeve, driver):
    with Bridged(driver=driver) as net, Live(net, portreeve, "--heartbeat", "100") as box:
        near, far = net.wire("inside"), net.wire("outside")
        for number in range(3):
            near.send(numbered(number))
            far.wait_for("a frame", lambda n=number: n in numbers(far))
            time.sleep(0.3)  # longer than the heartbeat
        assert box.end() == 0
        assert "bridged" not in box.program.said()
        assert re.search(r"inside lan: (\d+) frames came, \1 were forwarded", box.program.said())


@pytest.mark.parametrize("driver", DRIVERS)
def test_fail_closed_lets_nothing_pass_without_a_scanner(portreeve, driver):
    with Bridged(driver=driver) as net, Live(net, portreeve, "--fail", "closed") as box:
        near, far = net.wire("inside"), net.wire("outside")
        near.send(numbered(1))
        far.wait_for("a frame", lambda: numbers(far) == [1])
        assert "without the scanner: no frame passes (the kernel drops them)" in box.command_line("show ports")
        assert box.end() == 0
        near.send(numbered(2))
        box.__enter__()
        near.send(numbered(3))
        far.wait_for("a frame", lambda: 3 in numbers(far))
        assert numbers(far) == [1, 3]
        assert box.end() == 0
        assert box.detach() == (0, "")


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("fail, meanwhile, afterwards, reason", [
    ("open", "passed it uninspected", "frames were bridged past it uninspected", "scanner-stalled"),
    ("closed", "were dropped", "were dropped, as --fail closed has it", "fail-closed")])
def test_hanging_data_core_is_told_of_while_it_hangs_and_counted(portreeve, driver, fail, meanwhile, afterwards, reason):
    with Bridged(driver=driver) as net, Live(net, portreeve, "--fail", fail, "--heartbeat", "50") as box:
        net.silence()
        near, far = net.wire("inside"), net.wire("outside")
        near.send(numbered(0))
        far.wait_for("a frame", lambda: numbers(far) == [0])
        deadline = time.monotonic() + PATIENCE_S
        with stopped(box.program.pid):
            for sent in itertools.count(1):
                near.send(numbered(sent))
                if re.search(rf"data core 0 has not got on for a second: [1-9]\d* of its frames {meanwhile} so far", box.program.said()):
                    break
                assert time.monotonic() < deadline
                time.sleep(0.01)
        box.program.wait_said(afterwards)
        wait_until(lambda: re.search(rf"^lan +device +{reason} +[1-9]", box.command_line("show drops"), re.M), "the count")
        near.send(numbered(1 << 20))
        far.wait_for("the last frame", lambda: 1 << 20 in numbers(far))
        assert box.end() == 0


@pytest.mark.parametrize("driver, mtu", [("packet", 9224), ("xdp", 3818)])
def test_odd_frames_pass_the_kernel_s_bridge_unchanged(portreeve, driver, mtu):
    with Bridged(mtu=mtu, driver=driver) as net, Live(net, portreeve) as box:
        box.end(signal.SIGKILL)
        wires = {side: net.wire(side) for side in ("inside", "outside")}
        for name, sent in ((name, sent) for name, sent in ODD_FRAMES.items() if len(sent) <= mtu + 22):
            for near, far in (("inside", "outside"), ("outside", "inside")):
                wires[near].send(sent)
                wires[far].wait_for(f"{name} from {near}", lambda: sent in wires[far].received)


def thread_named(process, wanted):
    for thread in os.listdir(f"/proc/{process}/task"):
        with open(f"/proc/{process}/task/{thread}/comm", encoding="ascii") as name:
            if name.read().strip() == wanted:
                return int(thread)
    raise AssertionError(f"no thread is named {wanted}")


@contextlib.contextmanager
def stopped(thread):
    """The thread alone makes no step meanwhile."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)
    assert libc.ptrace(PTRACE_SEIZE, thread, None, None) == 0, ctypes.get_errno()
    assert libc.ptrace(PTRACE_INTERRUPT, thread, None, None) == 0, ctypes.get_errno()
    os.waitpid(thread, WALL)
    try:
        yield
    finally:
        libc.ptrace(PTRACE_DETACH, thread, None, None)


def thread_signal(process, thread, signum):
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.syscall(234 if os.uname().machine == "x86_64" else 131, process, thread, signum) == 0, ctypes.get_errno()


@pytest.mark.parametrize("signum, said", [(signal.SIGSEGV, "management: memory fault"),
                                          (signal.SIGUSR1, "management made no progress and is stopped")])
def test_management_that_faults_or_is_parked_does_not_stop_frames(portreeve, signum, said):
    with Bridged() as net, Live(net, portreeve) as box:
        near, far = net.wire("inside"), net.wire("outside")
        assert "without the scanner: frames pass uninspected (the kernel bridges them)" in box.command_line("show ports")
        thread_signal(box.program.pid, thread_named(box.program.pid, "management"), signum)
        box.program.wait_said(said)
        for number in range(100):
            near.send(numbered(number))
        far.wait_for("frames", lambda: numbers(far) == list(range(100)))
        assert box.end() == 0
        assert re.search(r"inside lan: (\d+) frames came, \1 were forwarded", box.program.said()), "not by the kernel"


def limited(count, command):
    """The command, with so many files that it may have open at once."""
    return "prlimit", f"--nofile={count}", *command


@pytest.mark.parametrize("driver", DRIVERS)
def test_bridge_of_an_earlier_run_goes_on_whatever_the_next_one_cannot_open(portreeve, driver):
    """No frame is lost, and none is bridged twice by a kernel's bridge and packet sockets beside it."""
    with Bridged(driver=driver) as net:
        net.silence()
        with Live(net, portreeve) as box:
            assert box.end() == 0
        settings = [net.settings(port) for port in ("lan", "wan")]
        near, far = net.wire("inside"), net.wire("outside")
        for count in range(4, 40):
            program = net.start(net.middle, *limited(count, box.command))
            wait_until(lambda p=program: p.process.poll() is not None or "forwarding between" in p.said(), "it to begin or end")
            near.send(numbered(count))
            near.send(numbered(1000 + count))
            far.wait_for("the frames", lambda n=count: 1000 + n in numbers(far))
            program.end()
            assert [net.settings(port) for port in ("lan", "wan")] == settings, count
            if program.process.returncode == 0:
                break
        assert program.process.returncode == 0
        assert sorted(numbers(far)) == sorted(set(numbers(far)))
        assert len(numbers(far)) == 2 * (count - 3)


def test_detach_says_that_all_is_gone_only_if_it_is(portreeve):
    with Bridged(driver="xdp") as net, Live(net, portreeve) as box:
        assert box.end() == 0
        for count in range(4, 40):
            program = net.start(net.middle, *limited(count, (box.command[0], "detach", *box.command[2:8])))
            if program.wait_end() == 0:
                break
            assert "there is no bridge" not in program.said()
        assert program.process.returncode == 0 and net.xdp() == []


def test_detach_while_it_runs_is_refused(portreeve):
    with Bridged() as net, Live(net, portreeve) as box:
        status, said = box.detach()
        assert status == 1 and "another portreeve runs with it" in said
