# SPDX-License-Identifier: BSD-2-Clause
"""A short slice of `make soak`."""

import subprocess
import sys

from conftest import ROOT

SECONDS = 15


def test_appliance_under_floods_loses_nothing_and_reads_on(image, scratch):
    done = subprocess.run([sys.executable, ROOT / "tests/soak/soak.py", "--seconds", str(SECONDS)], capture_output=True,
                          text=True, check=False)
    (scratch / "soak.log").write_text(done.stdout + done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr
