#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Which board make builds, by what it is asked for."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("words", "folder"), [
    ([], "build/qemu-virt"),
    (["BOARD=linux"], "build/linux"),
    (["ARCH=aarch64"], "build/linux-aarch64" if os.uname().machine != "aarch64" else "build/linux"),
    (["clang"], "build/linux"),
])
def test_make_builds_into_the_folder_of_its_board(words, folder):
    environment = {name: value for name, value in os.environ.items() if name not in ("ARCH", "BOARD", "MAKEFLAGS", "MAKELEVEL")}
    said = subprocess.run(["make", "-pnq", "help", *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False).stdout
    assert re.findall(r"^out := (.*)$", said, re.M) == [folder]
