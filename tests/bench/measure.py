#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""How things are measured: instructions by callgrind, processor time by the kernel's count for a process.

Instructions are the same in every run, times are not: they are taken several times in turns, and only their ratio
within one run of the benchmark says anything.
"""

import os
import re
import statistics
import subprocess
import tempfile
from dataclasses import dataclass

import traffic

TOGGLE = "measured*"  # functions of the bench programs; only what they call is counted
RUNS = 7
TIMEOUT_S = 300
AT_MOST, AT_LEAST = "≤", "≥"


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
        self.eve = traffic.FOLDER / f"{program.parent.name}.json"

    def command(self, capture):
        return [self.program, "replay", "--eve", self.eve, capture]


@dataclass(frozen=True)
class Ratio:
    """Processor time of two programs on a capture, without their start: medians, and their ratio with its bounds."""

    first_s: float
    second_s: float
    low: float
    high: float

    @property
    def value(self):
        return self.second_s / self.first_s


def ratio_of(first, second):
    """first, second: (seconds of each run, seconds of each run's start)."""
    net = []
    for runs, starts in (first, second):
        start = statistics.median(starts)
        net.append([seconds - start for seconds in runs])
    if min(net[0]) <= 0 or min(net[1]) <= 0:
        raise Unmeasurable("a run took no longer than a start: the capture is too short, or the machine too busy")
    each = [theirs / ours for ours, theirs in zip(*net)]
    return Ratio(statistics.median(net[0]), statistics.median(net[1]), min(each), max(each))


def compare(contests, start):
    """{name: Ratio} of contests {name: (first program, second program, capture)}, all measured in turns, RUNS times.

    A program has command(capture). `start`: a capture of one packet, for what a program costs before it sees any.
    """
    jobs = {(program, capture): [] for first, second, path in contests.values() for program in (first, second)
            for capture in (start, path)}
    for job in jobs:  # once for nothing: programs and captures are in memory then
        cpu_seconds(job[0].command(job[1]))
    for _ in range(RUNS):
        for (program, capture), taken in jobs.items():
            taken.append(cpu_seconds(program.command(capture)))
    return {name: ratio_of(*((jobs[program, capture], jobs[program, start]) for program in (first, second)))
            for name, (first, second, capture) in contests.items()}
