#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""How things are measured: instructions by callgrind, processor time by the kernel's count for a process.

Instructions are the same in every run, times are not: they are taken several times in turns, and only their ratio
within one run of the benchmark says anything.
"""

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

import traffic

TOGGLE = "measured*"  # functions of the bench programs; only what they call is counted
RUNS = 9
TIMEOUT_S = 300


class Unmeasurable(RuntimeError):
    """A program that is to be measured is missing or failed."""


def run(command, **options):
    try:
        return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True,
                              timeout=TIMEOUT_S, stdin=subprocess.DEVNULL, **options)
    except subprocess.CalledProcessError as error:
        raise Unmeasurable(f"{command[0]}: {(error.stderr or error.stdout).strip()[-400:]}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unmeasurable(str(error)) from error


def values(output):
    """The lines of "name value" that a bench program prints."""
    return {name: int(value) for name, value in re.findall(r"^(\w+) (\d+)$", output, re.M)}


class Profile:
    """What callgrind counted: .total instructions, .printed by the program, and by .functions()."""

    def __init__(self, name, command, toggle=None):
        self.path = traffic.FOLDER / f"{name}.callgrind"
        only = ["--collect-atstart=no", f"--toggle-collect={toggle}"] if toggle else []
        done = run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={self.path}", *only, *command])
        self.printed = values(done.stdout)
        self.total = int(re.search(r"^(?:totals|summary): (\d+)", self.path.read_text(), re.M)[1])

    def functions(self, count):
        """The first [(instructions, "file:function")]; the file is where inlined code stands."""
        text = run(["callgrind_annotate", "--auto=no", self.path]).stdout
        found = re.findall(r"^ *([\d,]+) \( *[\d.]+%\)  (\S+)", text, re.M)
        return [(int(cost.replace(",", "")), where.removeprefix("./")) for cost, where in found
                if where != "PROGRAM"][:count]


def cpu_seconds(command):
    """User and system time of a program."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            said.seek(0)
            raise Unmeasurable(f"{command[0]} ended with {process.returncode}: {said.read()[-400:].decode(errors='replace')}")
    return usage.ru_utime + usage.ru_stime


class Replay:
    """This program on a capture."""

    def __init__(self, program):
        self.program = program
        self.eve = traffic.FOLDER / "eve.json"

    def command(self, capture):
        return [self.program, "replay", "--eve", self.eve, capture]


class Suricata:
    """Suricata on a capture, without signatures, checksums unverified, EVE and HASSH on as with us.

    `words`: how to call it, such as /usr/bin/suricata or "chroot FOLDER suricata"; with chroot, captures are put into
    the folder for the time of the measurement.
    """

    def __init__(self, words):
        self.words = shlex.split(words)
        self.root = Path(self.words[1]) if Path(self.words[0]).name == "chroot" and len(self.words) > 2 else Path("/")
        self.folder = None
        self.captures = {}

    def __enter__(self):
        try:
            self.folder = Path(tempfile.mkdtemp(prefix="portreeve-bench-", dir=self.root / "var/tmp"))
            (self.folder / "none.rules").touch()
        except OSError as error:
            raise Unmeasurable(f"SURICATA={shlex.join(self.words)}: {error}") from error
        return self

    def __exit__(self, *_failure):
        shutil.rmtree(self.folder)

    def inside(self, path):
        return Path("/") / path.relative_to(self.root)

    def version(self):
        return run([*self.words, "-V"]).stdout.strip()

    def command(self, capture):
        own = self.captures.get(capture)
        if own is None:
            own = self.captures[capture] = self.folder / capture.name
            try:
                os.link(capture, own)
            except OSError:
                shutil.copyfile(capture, own)
        return [*self.words, "-r", self.inside(own), "-k", "none", "-l", self.inside(self.folder), "--runmode", "single",
                "-S", self.inside(self.folder / "none.rules"), "--set", "app-layer.protocols.ssh.hassh=yes"]


def ratios(programs, captures, start):
    """{capture: processor time of the second program per that of the first}, each without what it costs on `start`.

    The least of RUNS runs, taken in turns: what is more than that is the machine's noise.
    """
    least = {}
    for _ in range(RUNS):
        for program in programs:
            for capture in (start, *captures):
                seconds = cpu_seconds(program.command(capture))
                key = program, capture
                least[key] = min(least.get(key, seconds), seconds)
    first, second = programs
    net = {key: least[key] - least[key[0], start] for key in least}
    return {capture: net[second, capture] / net[first, capture] for capture in captures}
