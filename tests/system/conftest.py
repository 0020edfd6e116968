# SPDX-License-Identifier: BSD-2-Clause
"""What the system tests share: where things are, and tshark as the referee.

tests/captures, this folder and tools/demo are importable from every test (expect, frames, pcapfile, record,
threats, evasions, transform; appliance).
"""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CAPTURES = ROOT / "tests" / "captures"
sys.path[:0] = [str(CAPTURES), str(ROOT / "tests" / "system"), str(ROOT / "tools" / "demo")]
sys.dont_write_bytecode = True
# what a shell starts in the background ignores Ctrl-C, and hands that on to all that it starts
signal.signal(signal.SIGINT, signal.default_int_handler)

from appliance import IMAGE  # noqa: E402


@pytest.fixture(scope="session")
def scratch():
    """A folder in build/ that stays after the run, to look at when a test failed."""
    folder = ROOT / "build" / "system"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def portreeve():
    """The program under test; `make` builds it."""
    program = ROOT / "build" / "linux" / "portreeve"
    if not program.exists():
        pytest.fail(f"{program.relative_to(ROOT)} is missing: run make first")
    return program


@pytest.fixture(scope="session")
def portreeve_tool():
    program = ROOT / "build" / "tools" / "portreeve-tool"
    if not program.exists():
        pytest.fail(f"{program.relative_to(ROOT)} is missing: run make first")
    return program


@pytest.fixture(scope="session")
def flash(scratch, portreeve_tool):
    """A flash with the baseline set, which is appliance.set beside it."""
    signatures, file = scratch / "appliance.set", scratch / "appliance.flash"
    file.unlink(missing_ok=True)
    subprocess.run([portreeve_tool, "sig", "compile", ROOT / "tools/signatures/baseline.sig", "-o", signatures], check=True)
    subprocess.run([portreeve_tool, "flash", "write", file, "--signatures", signatures], check=True)
    yield file
    file.unlink()


@pytest.fixture(scope="session")
def image():
    """The bare-metal program; `make` builds it."""
    if not IMAGE.exists():
        pytest.fail(f"{IMAGE.relative_to(ROOT)} is missing: run make BOARD=qemu-virt first")
    return IMAGE


def tshark(capture, *arguments):
    command = ["tshark", "-n", "-r", str(capture), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
