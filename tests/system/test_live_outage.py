#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A short slice of `make outage`, with a heartbeat that no scanner misses by chance."""

import os
import subprocess
import sys

import pytest
from conftest import ROOT
from live import DRIVERS

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")


@pytest.mark.parametrize("driver", DRIVERS)
def test_no_handshake_is_lost_to_kills_stops_and_upgrades(portreeve, scratch, driver):
    options = ["--handshakes", "300", "--rounds", "1", "--heartbeat", "4000", "--driver", driver]
    done = subprocess.run([sys.executable, ROOT / "tests/soak/outage.py", *options], capture_output=True, text=True, check=False)
    (scratch / "outage.log").write_text(done.stdout + done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr
