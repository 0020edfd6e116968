#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`portreeve run` on a machine that is busy with other things: what its data core needs it has before frames come."""

import os
import re
from pathlib import Path

import pytest
from live import DRIVERS, Bridged, Live
from net import wait_until

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")

TABLES_KIB = 64 << 10  # less than the flow table alone


def locked_kib(pid):
    return int(re.search(r"^VmLck:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.M)[1])


def priority(task):
    return int((task / "stat").read_text().rpartition(")")[2].split()[16])


@pytest.mark.parametrize("driver", DRIVERS)
def test_tables_are_there_before_the_first_frame(portreeve, driver):
    with Bridged(driver=driver) as net, Live(net, portreeve) as box:
        wait_until(lambda: locked_kib(box.program.pid) > TABLES_KIB, "the memory")
        assert box.end() == 0


def test_data_core_goes_before_other_programs_and_management_does_not(portreeve):
    with Bridged() as net, Live(net, portreeve) as box:
        tasks = Path(f"/proc/{box.program.pid}/task")
        data, rest = tasks / str(box.program.pid), [task for task in tasks.iterdir() if task.name != str(box.program.pid)]
        assert priority(data) == -10
        assert len(rest) == 1
        wait_until(lambda: priority(rest[0]) == 0, "management's thread")
        if (session := Path(f"/proc/{box.program.pid}/autogroup")).exists():
            assert "nice -10" in session.read_text()
        assert box.end() == 0
