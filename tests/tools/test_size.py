# SPDX-License-Identifier: BSD-2-Clause
"""`make size` of each board: what it prints adds up, and it fails when a limit is exceeded."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PREFIX = {"linux": "", "qemu-virt": "aarch64-linux-gnu-"}


def run(*command):
    environment = {**os.environ, "MAKEFLAGS": "", "MAKELEVEL": "0"}
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment, check=False)


def size(board, limit, ram_limit):
    return run(sys.executable, "tools/build/size.py", PREFIX[board], f"build/{board}", str(limit), str(ram_limit))


@pytest.mark.parametrize("board", PREFIX)
def test_make_holds_the_board_s_limits(board):
    limits = dict(re.findall(r"^(CONFIG_\w+_BYTES_MAX)=(\d+)$", (ROOT / f"board/{board}/defconfig").read_text(), re.M))
    done = run("make", "-s", "size", f"BOARD={board}", *(f"{name}={limit}" for name, limit in limits.items()))
    assert done.returncode == 0, done.stderr
    assert f"build/{board}/portreeve, limit {limits['CONFIG_PROGRAM_BYTES_MAX']}\n" in done.stdout
    ram = re.search(r"RAM \(bytes\):\n(.*?)^ *(\d+)  in all, limit (\d+)$", done.stdout, re.M | re.S)
    assert ram[3] == limits["CONFIG_RAM_BYTES_MAX"]
    assert sum(int(line.split()[0]) for line in ram[1].splitlines()) == int(ram[2])

    done = run("make", "-s", "size", f"BOARD={board}", *(f"{name}=1000000" for name in limits))
    assert done.returncode != 0
    assert f"RAM of build/{board}/portreeve exceeds its limit by {int(ram[2]) - 1000000} bytes" in done.stderr


@pytest.mark.parametrize("board", PREFIX)
def test_a_byte_too_many_fails(board):
    shown = size(board, 0, 0)
    assert shown.returncode == 0, shown.stderr
    image, ram = (int(re.search(rf"^ *(\d+)  {what}, limit none$", shown.stdout, re.M)[1]) for what in (r"build/\S+", "in all"))
    assert size(board, image, ram).returncode == 0
    for limits, said in (((image - 1, 0), f"build/{board}/portreeve exceeds its limit by 1 bytes\n"),
                         ((0, ram - 1), f"RAM of build/{board}/portreeve exceeds its limit by 1 bytes\n")):
        done = size(board, *limits)
        assert (done.returncode, done.stderr) == (1, said)
