# SPDX-License-Identifier: BSD-2-Clause
"""What `make run` shows on the default board: its status tells whether every planted threat was reported, its failures
say what failed, and a terminal that was handed to the serial line is given back as it was, whatever happens.
"""

import os
import platform
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path

import pytest
import qemu_virt
import terminal
from conftest import ROOT

DEMO = ROOT / "tools/demo/qemu_virt.py"
SELECT_CALLS = {"x86_64": ("23", "270"), "aarch64": ("72",)}[platform.machine()]  # select, pselect6
PATIENCE_S = 120
CTRL_A = b"\x01"
LFLAG = 3


def demonstrate(*options, **settings):
    return subprocess.run([sys.executable, DEMO, *map(str, options)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=PATIENCE_S, check=False, **{"stdin": subprocess.DEVNULL, **settings})


@pytest.fixture
def other_signatures(scratch):
    """A file with the baseline signatures, after a change that the test makes."""
    baseline = (ROOT / "tools/signatures/baseline.sig").read_text()
    file = scratch / "demo.sig"

    def write(change):
        file.write_text(change(baseline))
        return file

    yield write
    file.unlink(missing_ok=True)


def test_demo_without_terminal_reports_all_and_ends():
    done = demonstrate(cwd="/", start_new_session=True)
    assert done.returncode == 0, done.stdout
    assert re.search(r"^2026-06-01 10:00:\d\d CRITICAL 10\.77\.0\.21:22 <- 198\.51\.100\.66:42002\s+Ebury backdoor login "
                     r"\[2018264\]: SSH client ident shape ebury-hex; passed$", done.stdout, re.M), done.stdout
    assert "frames: 535 inside to outside, 551 outside to inside, identical\n" in done.stdout
    assert done.stdout.endswith("50 planted threats looked for: all reported\n")
    assert "\x1b" not in done.stdout


def test_demo_with_standard_input_closed_ends_the_same_way():
    done = demonstrate(stdin=None, preexec_fn=lambda: os.close(0))
    assert done.returncode == 0, done.stdout


def test_demo_with_a_signature_less_says_what_is_missing(other_signatures):
    file = other_signatures(lambda text: re.sub(r"(?m)^2018264.*ebury-hex.*\n", "", text))
    done = demonstrate("--signatures", file)
    assert done.returncode == 1
    assert "SOME MISSING" in done.stdout
    assert re.findall(r"^FAILED (.*)$", done.stdout, re.M) == ["not reported: ssh.client.ident.shape ebury-hex"]


def test_demo_with_a_signature_more_says_what_is_not_due(other_signatures):
    file = other_signatures(lambda text: text + "77 low alert ssh.server.software OpenSSH_8.4p1\n")
    done = demonstrate("--signatures", file)
    assert done.returncode == 1
    assert re.search(r"^FAILED not due: .*sid=77.*SSH server software OpenSSH_8.4p1", done.stdout, re.M), done.stdout


def test_demo_with_signatures_that_do_not_compile_says_so(other_signatures):
    done = demonstrate("--signatures", other_signatures(lambda text: "1 high alert nonsense x\n"))
    assert done.returncode == 1
    assert "nonsense" in done.stdout and "FAILED" in done.stdout and "Traceback" not in done.stdout


def test_demo_with_an_image_that_hangs_shows_what_came(tmp_path):
    image = tmp_path / "hangs"
    image.write_bytes(bytes.fromhex("00000014") * 1024)  # a branch to itself
    done = demonstrate("--image", image, "--patience", 1)
    assert done.returncode == 1
    assert re.search(r"^FAILED 1 s were not enough for: portreeve> ; the serial line said:$", done.stdout, re.M), done.stdout


def test_demo_with_an_image_that_is_none_says_what_qemu_says(tmp_path):
    done = demonstrate("--image", tmp_path, "--patience", PATIENCE_S)
    assert done.returncode == 1
    assert "QEMU ended with status" in done.stdout and "Traceback" not in done.stdout


def test_demo_without_qemu_says_so(tmp_path):
    done = demonstrate(env={**os.environ, "PATH": str(tmp_path)})
    assert done.returncode == 1
    assert "FAILED qemu-system-aarch64 is missing" in done.stdout


class FaultyBox:
    """Does to the third frame what a faulty appliance would, and counts as it likes."""

    PORTS = "inside   up  {0}  180  {0}  0  0\noutside  up  {0}  180  {0}  0  0\n"

    def __init__(self, fault, ports=PORTS.format(3), drops="events lost: 0"):
        self.fault, self.answers = fault, {"show ports": ports, "show drops": drops}
        self.received = {"inside": [], "outside": []}

    def carry(self, port, frame):
        far = self.received[qemu_virt.appliance.OTHER_PORT[port]]
        far += self.fault(frame) if len(far) == 2 else [frame]
        return far[-1]

    def command(self, line):
        return self.answers[line]


FRAMES = [(0, bytes([turn]) * 60) for turn in range(3)]


@pytest.mark.parametrize(("fault", "complaints"), [
    (lambda frame: [frame], []),
    (lambda frame: [frame[:-1]], ["frame 3 of outside came out changed"]),
    (lambda frame: [frame[:-1] + b"x"], ["frame 3 of outside came out changed"]),
    (lambda frame: [frame, frame], ["3 frames went in outside, 4 came out inside"])])
def test_demo_complains_of_frames_that_come_out_otherwise(fault, complaints):
    assert qemu_virt.play(FaultyBox(fault), FRAMES, [])[1] == complaints


@pytest.mark.parametrize(("settings", "complaints"), [
    ({}, []),
    ({"ports": FaultyBox.PORTS.format(2)}, ["inside: the appliance counts (2, 2) frames in and forwarded, 3 went in",
                                            "outside: the appliance counts (2, 2) frames in and forwarded, 3 went in"]),
    ({"ports": "?"}, ["inside: the appliance counts no frames in and forwarded, 3 went in",
                      "outside: the appliance counts no frames in and forwarded, 3 went in"]),
    ({"drops": "events lost: 1"}, ["the appliance lost events"])])
def test_demo_complains_of_counts_that_are_others(settings, complaints):
    sent = {"inside": FRAMES, "outside": FRAMES}
    assert list(qemu_virt.judge_counts(FaultyBox(None, **settings), sent)) == complaints


class OnTerminal:
    """The demonstration on a terminal of its own."""

    def __enter__(self):
        self.near, self.far = pty.openpty()
        self.before = termios.tcgetattr(self.far)
        self.said = b""
        self.process = subprocess.Popen([sys.executable, DEMO], stdin=self.far, stdout=self.far, stderr=self.far,
                                        start_new_session=True)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self.near)
        os.close(self.far)

    def qemu(self):
        """The only process that the demonstration has started and that still runs."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii")
        (qemu,) = map(int, children.split())
        return qemu

    def wait_for(self, text):
        end = time.monotonic() + PATIENCE_S
        while text not in self.said:
            assert select.select([self.near], [], [], max(0, end - time.monotonic()))[0], (text, self.said[-2000:])
            self.said += os.read(self.near, 65536)
        self.said = self.said.partition(text)[2]

    def wait_until_handed_over(self):
        self.wait_for(b"Ctrl-A X leaves.")
        self.wait_for(b"portreeve> ")
        # the prompt may come before the terminal is raw
        end = time.monotonic() + PATIENCE_S
        while termios.tcgetattr(self.far)[LFLAG] & termios.ICANON and time.monotonic() < end:
            time.sleep(0.01)

    def assert_given_back(self, status):
        assert self.process.wait(PATIENCE_S) == status
        assert termios.tcgetattr(self.far) == self.before


def test_demo_hands_the_terminal_over_until_ctrl_a_x():
    with OnTerminal() as user:
        user.wait_until_handed_over()
        os.write(user.near, b"help\r")
        user.wait_for(b"show alerts")
        os.write(user.near, b"\x03" + CTRL_A + b"h")  # Ctrl-C is for the appliance
        user.wait_for(b"Ctrl-A Ctrl-A sends Ctrl-A")
        os.write(user.near, CTRL_A + b"x")
        user.wait_for(b"The appliance is off.")
        user.assert_given_back(0)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_demo_gives_the_terminal_back_when_it_is_ended(number, status):
    with OnTerminal() as user:
        user.wait_until_handed_over()
        user.process.send_signal(number)
        user.assert_given_back(status)


def test_demo_gives_the_terminal_back_when_qemu_dies():
    with OnTerminal() as user:
        user.wait_until_handed_over()
        os.kill(user.qemu(), signal.SIGKILL)
        user.wait_for(b"FAILED the appliance ended by itself, QEMU with status -9")
        user.assert_given_back(1)


def test_demo_takes_qemu_with_it(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # nobody removes what a killed program leaves
    with OnTerminal() as user:
        user.wait_until_handed_over()
        qemu = os.pidfd_open(user.qemu())
        user.process.kill()
        ended = select.select([qemu], [], [], PATIENCE_S)[0]
        if not ended:
            signal.pidfd_send_signal(qemu, signal.SIGKILL)
        os.close(qemu)
        assert ended


def test_demo_runs_beside_another_one():
    commands = [subprocess.Popen([sys.executable, DEMO], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True) for _ in range(2)]
    for command in commands:
        output, _ = command.communicate(timeout=PATIENCE_S)
        assert command.returncode == 0, output


def test_relay_is_ended_by_a_signal_that_does_not_interrupt_it():
    """As it may come between two steps before select(); here it comes to another thread."""
    class Asked(Exception):
        pass

    def ask(*_):
        raise Asked

    def is_waiting():
        """Whether the main thread is in select(), by the number of its system call."""
        return Path(f"/proc/self/task/{os.getpid()}/syscall").read_text(encoding="ascii").split()[0] in SELECT_CALLS

    def signalled():
        while not is_waiting():
            time.sleep(0.001)
        signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)
        if not ended.wait(20):
            slept.append("20 s")
            os.write(typed, CTRL_A + b"x")

    before = signal.signal(signal.SIGUSR1, ask)
    keys, typed = os.pipe()
    ended, slept = threading.Event(), []
    other = threading.Thread(target=signalled)
    with subprocess.Popen(["sleep", "60"]) as process:
        try:
            with pytest.raises(Asked):
                other.start()
                terminal.relay(keys, process, lambda key: None)
        finally:
            ended.set()
            other.join()
            process.kill()
            signal.signal(signal.SIGUSR1, before)
            os.close(keys)
            os.close(typed)
    assert not slept, "it was a key that ended it"
