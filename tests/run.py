#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs everything that `make check` promises, goes on after failures, and counts.

    run.py                          all steps
    run.py lint | unit | fuzz       one of them
    run.py fuzz --fuzz-seconds N    fuzz each target for N seconds, keeping its corpus in build/fuzz/corpus

A case is a cmocka test, a pytest test, a lint or one of its planted faults, a build, a fuzz target. The output of
each program is kept in build/check/. The last line is `N passed, N failed`; the exit status is 0 only if
something ran and nothing failed.
"""

import argparse
import concurrent.futures
import os
import pathlib
import platform
import re
import shlex
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree

LOGS = pathlib.Path("build/check")
CPUS = len(os.sched_getaffinity(0))
HOST = platform.machine()
FUZZ_RUNS = 20000  # for the slice in check: a number of runs, so that it does not depend on the machine's speed
FUZZ_SLICE_SECONDS = 30  # ... up to this
UNIT_TIMEOUT_S = 300
SYSTEM_TIMEOUT_S = 1200
SHOWN_CASES = 20
SHOWN_LINES = 40


class Report:
    """Counts cases and prints one line a step, and the output of what failed."""

    def __init__(self):
        self.passed = self.failed = 0

    def step(self, title, cases, seconds):
        """cases: (name, outcome, text); outcome is passed, failed or skipped; text explains a failure."""
        count = {o: sum(1 for c in cases if c[1] == o) for o in ("passed", "failed", "skipped")}
        self.passed += count["passed"]
        self.failed += count["failed"]
        print(f"{title:<28}" + "".join(f"{n:>6} {o}" for o, n in count.items() if n or o == "passed")
              + f"   {seconds:.1f} s")
        notable = [c for c in cases if c[1] != "passed"]
        for name, outcome, text in notable[:SHOWN_CASES]:
            print(f"  {outcome.upper()} {name}")
            print("".join(f"    {line}\n" for line in text.splitlines()[-SHOWN_LINES:]), end="")
        if len(notable) > SHOWN_CASES:
            print(f"  and {len(notable) - SHOWN_CASES} more, see {LOGS}/")
        sys.stdout.flush()


def run(command, log, timeout_s=None, environment=None):
    """Runs command; returns its exit status (None after a timeout) and its output, which also goes to the log."""
    log = LOGS / log
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "wb") as file:
        try:
            status = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
                                    timeout=timeout_s, env={**os.environ, **(environment or {})}, check=False).returncode
        except subprocess.TimeoutExpired:
            status = None
            file.write(f"\nended after {timeout_s} s\n".encode())
        except FileNotFoundError as error:
            status = 127
            file.write(f"{error}\n".encode())
    return status, log.read_text(errors="replace")


def run_make(log, *arguments):
    """make BOARD=linux, unless arguments name another board, with what was set on the command line of the make that
    called us, and job slots of its own.
    """
    flags = os.environ.get("MAKEFLAGS", "").partition(" -- ")[2]
    return run(["make", f"-j{CPUS}", *shlex.split(flags), "BOARD=linux", *arguments], log, environment={"MAKEFLAGS": "", "MAKELEVEL": "0"})


def make(name, *arguments):
    """One make call as one case."""
    status, output = run_make(f"build/{name.replace(' ', '-')}.log", "-k", *arguments)
    return name, "passed" if status == 0 else "failed", output


def listed(kind):
    """The unit or fuzz sources that tests/module.mk lists."""
    status, output = run_make(f"list-{kind}.log", "-s", f"list-{kind}")
    if status != 0:
        raise RuntimeError(output)
    return output.split()


def tap_cases(program, status, output):
    """The cases in a program's TAP output; one more, failed, if it ended otherwise than its output says."""
    cases, planned = [], sum(int(n) for n in re.findall(r"^1\.\.(\d+)", output, re.M))
    for match in re.finditer(r"^(not )?ok \d+ (?:- |# (SKIP) )(.*)\n((?:# .*\n|  .*\n)*)", output, re.M):  # cmocka's SKIP is first
        name, skip = re.match(r"(.*?)( # SKIP.*)?$", match[3]).groups()
        outcome = "skipped" if skip or match[2] else "failed" if match[1] else "passed"
        cases.append((f"{program}: {name}", outcome, match[4] if outcome == "failed" else ""))
    if len(cases) != planned or planned == 0 or (status != 0 and not any(c[1] == "failed" for c in cases)):
        end = "did not end in time" if status is None else f"ended with status {status}"
        cases.append((f"{program}: {end} after {len(cases)} of {planned} cases", "failed", output))
    return cases


def in_parallel(function, items):
    with concurrent.futures.ThreadPoolExecutor(CPUS) as pool:
        return list(pool.map(function, items))


# ---- the steps ---------------------------------------------------------------------------------------------

def lint():
    status, output = run([sys.executable, "tests/lint/lint.py"], "lint.log")
    return tap_cases("lint", status, output)


def builds():
    yield make("all")
    yield make("all for aarch64", "ARCH=aarch64", "all")
    yield make("all for qemu-virt", "BOARD=qemu-virt", "all", "build/qemu-virt/portreeve-faults")
    yield make("size of qemu-virt", "BOARD=qemu-virt", "size")
    yield make("clang", "clang")
    yield make("unit tests", "unit-programs")
    yield make("unit tests as shipped", "unit-target-programs")
    yield make("unit tests for aarch64", "ARCH=aarch64", "unit-target-programs")
    yield make("fuzz targets", "fuzz-programs")
    yield make("programs to measure", "bench-programs")
    yield make("images to measure", "BOARD=qemu-virt", "bench-programs")
    yield make("event schema", "build/sources/suricata-schema.json")
    yield make("sbom", "sbom")
    yield make("size of linux", "BOARD=linux", "size")


def unit_in(folder, emulator=()):
    def one(source):
        program = f"{folder}/{source[:-len('.c')]}"
        status, output = run([*emulator, program], f"{program.replace('build/', 'unit/')}.log", UNIT_TIMEOUT_S,
                             {"CMOCKA_MESSAGE_OUTPUT": "TAP"})
        return tap_cases(source, status, output)

    return [case for cases in in_parallel(one, listed("unit")) for case in cases]


def unit():
    return unit_in("build/unit")


def unit_as_shipped():
    return unit_in("build/linux")


def unit_aarch64():
    return unit_in("build/linux-aarch64", ["qemu-aarch64"])


def system():
    results = LOGS / "system.xml"
    results.unlink(missing_ok=True)
    status, output = run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={results}",
                          "tests/system", "tests/tools"], "system.log", SYSTEM_TIMEOUT_S)
    cases = []
    for case in xml.etree.ElementTree.parse(results).iter("testcase") if results.exists() else ():
        bad = [e for e in case if e.tag in ("failure", "error", "skipped")]
        outcome = "passed" if not bad else "skipped" if bad[0].tag == "skipped" else "failed"
        cases.append((f"{case.get('classname')}.{case.get('name')}", outcome, bad[0].text or "" if bad else ""))
    if not cases or (status != 0 and not any(c[1] == "failed" for c in cases)):
        cases.append((f"pytest ended with status {status} after {len(cases)} tests", "failed", output))
    return cases


def fuzz(seconds=None):
    """A slice with a fixed seed on a fresh corpus, or seconds for each target on the corpus that is kept."""
    corpus = pathlib.Path("build/fuzz/corpus") if seconds else LOGS / "fuzz-corpus"
    if not seconds:
        shutil.rmtree(corpus, ignore_errors=True)
    limits = ([f"-max_total_time={seconds}"] if seconds else
              ["-seed=1", f"-runs={FUZZ_RUNS}", f"-max_total_time={FUZZ_SLICE_SECONDS}"])
    if pathlib.Path("tests/fuzz/seed.py").exists():
        status, output = run([sys.executable, "tests/fuzz/seed.py", str(corpus)], "fuzz-seed.log")
        if status != 0:
            return [("tests/fuzz/seed.py", "failed", output)]

    def one(source):
        name = pathlib.Path(source).name[:-len("_fuzz.c")]
        (corpus / name).mkdir(parents=True, exist_ok=True)
        status, output = run([f"build/fuzz/{name}", *limits, "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1",
                              f"-artifact_prefix=build/fuzz/{name}-", str(corpus / name)], f"fuzz/{name}.log")
        return f"fuzz {name}", "passed" if status == 0 else "failed", output

    return in_parallel(one, listed("fuzz"))


STEPS = {
    "lint": lint,
    "build": lambda: list(builds()),
    "system": system,
    "unit, sanitizers": unit,
    f"unit, as shipped, {HOST}": unit_as_shipped,
    **({"unit, as shipped, aarch64": unit_aarch64} if HOST != "aarch64" else {}),
    "fuzz slice": fuzz,
}


def chosen_steps(arguments):
    if arguments.step == "lint":
        return {"lint": lint}
    if arguments.step == "unit":
        return {"build": lambda: [make("unit tests", "unit-programs")], "unit, sanitizers": unit}
    if arguments.step == "fuzz":
        return {"fuzz": lambda: fuzz(arguments.fuzz_seconds)}
    return STEPS


def timed(step):
    """The step's cases, or one failed case if the step itself broke, and the seconds it took."""
    start = time.monotonic()
    try:
        cases = step()
    except Exception as error:  # whatever it is, the other steps still have something to say
        cases = [("the step itself", "failed", f"{type(error).__name__}: {error}")]
    return cases, time.monotonic() - start


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("step", nargs="?", choices=("lint", "unit", "fuzz"))
    parser.add_argument("--fuzz-seconds", type=int, default=None)
    report = Report()
    with concurrent.futures.ThreadPoolExecutor(1) as beside:
        waited_for = []
        for title, step in chosen_steps(parser.parse_args()).items():
            if step is system:  # mostly one process at a time: goes on beside the steps that follow
                waited_for.append((title, beside.submit(timed, step)))
            else:
                report.step(title, *timed(step))
        for title, result in waited_for:
            report.step(title, *result.result())
    print(f"{report.passed} passed, {report.failed} failed")
    sys.exit(0 if report.passed and not report.failed else 1)


if __name__ == "__main__":
    main()
