#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What the bare-metal image promises in numbers that no other load on the host can change: QEMU counts its instructions
and its time is their sum. And that frames are lent from port to port, not copied.
"""

import subprocess
import sys

import pytest
from appliance import IMAGE, Appliance
from conftest import ROOT
from qmp import Monitor

sys.path.insert(0, str(ROOT / "tests/bench"))

import image  # noqa: E402

HEADER_BYTES = 12  # virtio-net's, before the frame
DESCRIPTOR_BYTES = 16
RECEIVE, TRANSMIT = 0, 1


@pytest.fixture(autouse=True)
def built():
    for program in (IMAGE, image.COUNT, IMAGE.parent / "host/ram"):
        if not program.exists():
            pytest.fail(f"{program.relative_to(ROOT)} is missing: run make BOARD=qemu-virt all size bench-programs first")


def test_a_forwarded_frame_costs_what_is_promised():
    with image.machine() as one:
        for family, bar in ((4, 240), (6, 290)):
            rounds = one.ringful(family)
            assert len(set(rounds)) == 1, rounds
            assert 100 < rounds[0] / image.BURST < bar


def test_the_first_frame_is_forwarded_within_a_second():
    assert 0 < image.first_frame()[0] <= 10**9


def test_the_ram_taken_is_what_make_size_says():
    symbols = image.Symbols(image.COUNT)
    taken = symbols.address("__ram_end") - symbols.address("__pool_start") - image.first_frame()[1]
    said = subprocess.run([IMAGE.parent / "host/ram"], capture_output=True, text=True, check=True).stdout
    reckoned = sum(int(line.split()[0]) for line in said.splitlines())
    assert reckoned <= taken <= reckoned + (64 << 10)  # and the rings of the ports


def test_without_traffic_both_cores_sleep():
    # a core that polls takes 10**9 a second; ten wake-ups of one and two of the other are some 300,000
    assert 0 < image.idle_instructions() <= 10**6


class Queue:
    """A split virtqueue (Virtio 1.2, 2.7) in the machine's memory."""

    def __init__(self, monitor, device, number):
        self._monitor = monitor
        state = monitor.execute("x-query-virtio-queue-status", path=device, queue=number)
        self._descriptors, self._available, self._used = (state[f"vring-{part}"] for part in ("desc", "avail", "used"))

    def _descriptor(self, number):
        low, high, length = self._monitor.words(self._descriptors + number * DESCRIPTOR_BYTES, 3, 4)
        return low | high << 32, length

    def lent(self, count):
        """(address, length) of the first buffers that were made available."""
        return [self._descriptor(number) for number in self._monitor.words(self._available + 4, count, 2)]

    def returned(self, count):
        """(address, length used) of the first buffers that came back."""
        words = self._monitor.words(self._used + 4, 2 * count, 4)
        return [(self._descriptor(number)[0], length) for number, length in zip(words[::2], words[1::2])]


def devices(monitor):
    """The paths of the network devices, inside first: they fill the slots downward."""
    found = [each["path"] for each in monitor.execute("x-query-virtio") if each["name"] == "virtio-net"]
    return dict(zip(("inside", "outside"), sorted(found, key=lambda path: int(path.split("[")[1].split("]")[0]))))


@pytest.mark.parametrize("near, far", [("inside", "outside"), ("outside", "inside")])
def test_a_frame_leaves_in_the_buffer_it_came_in(tmp_path, near, far):
    frames = [image.LLDP + bytes([n]) * n for n in range(image.BURST - 1)]  # no buffer is lent anew before the 32nd
    with Monitor(tmp_path / "qmp") as monitor, Appliance(tmp_path, options=monitor.options) as box:
        monitor.connect()
        box.wait_until_up()
        for frame in frames:
            box.send(near, frame)
        box.wait_for("all frames", lambda: len(box.received[far]) == len(frames))
        path = devices(monitor)
        came = Queue(monitor, path[near], RECEIVE).returned(len(frames))
        left = Queue(monitor, path[far], TRANSMIT).lent(len(frames))
        assert came == left == [(address, HEADER_BYTES + len(frame)) for (address, _), frame in zip(came, frames)]
        assert len(set(came)) == len(frames)
        for (address, length), frame in zip(left, frames):
            assert bytes(monitor.words(address, length, 1)[HEADER_BYTES:]) == frame
