#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Programs to measure that differ from the shipped one in a single respect, built into build/bench/NAME/.

    unhashed      hashes no attachment: its budget is nothing
    without-sha   takes the CPU for one without SHA instructions
"""

import os
import re

import traffic
from measure import Unmeasurable, run

CONFIG = traffic.ROOT / "build/linux/config.mk"  # what the shipped program was built with, each symbol of it
# name: ({symbol of the configuration: value}, variables of the build)
VARIANTS = {
    "unhashed": ({"CONFIG_MAIL_HASH_BUDGET_KIB": "0"}, {}),
    "without-sha": ({}, {"hal-linux-x86_64-y": "tests/bench/cpu_without_sha.c"}),
}


def configure(folder, symbols):
    text = CONFIG.read_text()
    for symbol, value in symbols.items():
        text, found = re.subn(rf"^{symbol}=.*$", f"{symbol}={value}", text, flags=re.M)
        if not found:
            raise Unmeasurable(f"there is no {symbol} in {CONFIG}")
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / ".config"
    if not target.exists() or target.read_text() != text:
        target.write_text(text)


def build(name):
    """The path of a variant's program."""
    symbols, variables = VARIANTS[name]
    folder = traffic.FOLDER / name
    configure(folder, symbols)
    inside = folder.relative_to(traffic.ROOT)
    settings = [f"{key}={value}" for key, value in {"BOARD": "linux", "config": inside, **variables}.items()]
    run(["make", "-s", f"-j{os.cpu_count()}", *settings, inside / "portreeve"], cwd=traffic.ROOT,
        env={**os.environ, "MAKEFLAGS": "", "MAKELEVEL": "0"})
    return folder / "portreeve"
