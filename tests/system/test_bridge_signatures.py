# SPDX-License-Identifier: BSD-2-Clause
"""Frames flow before a set is loaded and while it is swapped for another; no frame waits, none is lost, and a flow that
began under the old set is judged again under the new one.
"""

import ipaddress
import subprocess
import threading

import pytest
from appliance import Appliance
from frames import ethernet, ip, udp
from gdb import Gdb, stub

FLASH = 0x04000000
VALUES = 1_000_000
INSIDE, OUTSIDE = map(ipaddress.ip_address, ("10.77.0.10", "203.0.113.9"))
MACS = bytes.fromhex("02005e4d000a"), bytes.fromhex("02005e33640a")
JUDGED = f'77 high alert ip.dst {OUTSIDE} msg="judged again"\n'
ALERT = r"\[77\]"


def datagram(port, text, outward=True):
    """From inside or to it, of the flow that `port` names."""
    way = slice(None) if outward else slice(None, None, -1)
    (source, destination), ports, macs = (INSIDE, OUTSIDE)[way], (port, 9)[way], MACS[way]
    return ethernet(*macs, 0x0800, ip(source, destination, 17, udp(source, ports[0], destination, ports[1], text)))


@pytest.fixture(scope="module")
def million(scratch, portreeve_tool):
    """A set of a million values; its file."""
    source, target = scratch / "million.sig", scratch / "million.set"
    with open(source, "w", encoding="utf-8") as out:
        out.write(JUDGED)
        for number in range(VALUES):
            out.write(f"{1000 + number // 1000} low alert dns.query host{number}.bulk.example\n")
    subprocess.run([portreeve_tool, "sig", "compile", source, "-o", target], check=True)
    yield target
    source.unlink()
    target.unlink()


def test_frames_pass_before_the_set_is_loaded(tmp_path, image, million, portreeve_tool):
    file = tmp_path / "flash"
    subprocess.run([portreeve_tool, "flash", "write", file, "--signatures", million], check=True)
    with Appliance(tmp_path, file) as box:
        box.wait_for_text("forwarding after")
        box.send("inside", datagram(5000, b"early"))
        box.wait_for("the frame", lambda: box.received["outside"])
        assert "signatures:" not in box.text
        assert box.received["outside"] == [datagram(5000, b"early")]
        box.wait_until_up()
        assert f"signatures: 1001 rules, {VALUES + 1} values" in box.text and "[77]" not in box.text
        box.send("inside", datagram(5000, b"late"))
        box.wait_for_text(ALERT)


class Traffic(threading.Thread):
    """Numbered frames both ways until it is told to stop, as fast as they are taken."""

    def __init__(self, box):
        super().__init__()
        self.box, self.ending = box, threading.Event()
        self.sent = {"inside": [], "outside": []}

    def run(self):
        number = 0
        while not self.ending.is_set():
            for port, outward in (("inside", True), ("outside", False)):
                frame = datagram(7000, b"%d" % number, outward)
                self.sent[port].append(frame)
                self.box.send(port, frame)
            number += 1

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.join()


def write_flash(socket, file):
    with Gdb(socket) as gdb:
        gdb.write(FLASH, file.read_bytes())


def test_set_is_swapped_while_frames_pass(tmp_path, image, flash, scratch, million):
    socket = tmp_path / "gdb"
    small = "signatures: 28 rules, 73 values\n"
    large = f"signatures: 1001 rules, {VALUES + 1} values\n"
    with Appliance(tmp_path, flash, stub(socket)) as box:
        box.wait_until_up()
        write_flash(socket, million)
        with Traffic(box) as traffic:
            box.wait_for("frames", lambda: box.received["outside"])
            assert "[77]" not in box.text
            before = len(box.received["outside"])
            assert box.command("signatures load") == large
            during = len(box.received["outside"]) - before
            box.wait_for_text(ALERT)  # by a flow that began under the other set
            for _ in range(3):  # memory holds two at a time, not five
                assert box.command("signatures load") == large
        assert during > 0
        assert box.text.count("[77]") == 1
        for port, far in (("inside", "outside"), ("outside", "inside")):
            box.wait_for("all frames", lambda: len(box.received[far]) >= len(traffic.sent[port]))
            assert box.received[far] == traffic.sent[port]
            assert f"{port:<8} {len(traffic.sent[port])} in = {len(traffic.sent[port])} forwarded + 0 dropped\n" in \
                box.command("show accounts")

        write_flash(socket, scratch / "appliance.set")
        assert box.command("signatures load") == small
        with Gdb(socket) as gdb:
            gdb.write(FLASH + 4000, b"damaged")
        assert box.command("signatures load").startswith("signatures: unchanged: damaged")
        count = len(box.received["outside"])
        box.send("inside", datagram(7001, b"to the same address"))
        box.wait_for("the frame", lambda: len(box.received["outside"]) > count)
        assert "0 critical, 1 high, 0 medium, 0 low" in box.command("show alerts")
