#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The bare-metal image, booted in QEMU: what goes in at one data port comes out at the other bit for
bit, the captures raise the alerts that replay raises, the console answers, and a set that is no set
is refused without harm.
"""

import random
import re
import statistics
import time
from collections import Counter

import pcapfile
import pytest
from appliance import Appliance
from conftest import CAPTURES
from frames import addresses, dissect
from replaying import replay

INSIDE = (bytes([10, 77, 0]), bytes.fromhex("fd77"))
STORY = CAPTURES / "turned-server.pcap"


def frame(length, head):
    """A frame of `length` bytes that begins with `head`, the rest any bytes, the same each time."""
    return head + random.Random(length).randbytes(length - len(head))


MACS = bytes.fromhex("020000000001020000000002")
ODD_FRAMES = {
    "shortest": MACS + bytes.fromhex("88b5"),
    "arp": MACS + bytes.fromhex("08060001080006040001") + bytes(20),
    "stp": bytes.fromhex("0180c2000000020000000001002642420300000000") + bytes(39),
    "lldp": frame(60, bytes.fromhex("0180c200000e02000000000188cc")),
    "lacp": frame(124, bytes.fromhex("0180c2000002020000000001880901")),
    "ptp": frame(68, bytes.fromhex("011b1900000002000000000188f7")),
    "pause": bytes.fromhex("0180c200000102000000000188080001ffff") + bytes(42),
    "bfd": frame(66, MACS + bytes.fromhex("080045c00034000040 00ff11".replace(" ", ""))),
    "one tag": frame(64, MACS + bytes.fromhex("81000064") + bytes.fromhex("88b5")),
    "qinq": frame(1526, MACS + bytes.fromhex("88a8006481000065") + bytes.fromhex("88b5")),
    "61 bytes": frame(61, MACS + bytes.fromhex("88b5")),
    "1514 bytes": frame(1514, MACS + bytes.fromhex("88b5")),
    "4000 bytes": frame(4000, MACS + bytes.fromhex("88b5")),
    "jumbo": frame(9216, MACS + bytes.fromhex("88b5")),
    "jumbo with two tags": frame(9224, MACS + bytes.fromhex("88a8006481000065") + bytes.fromhex("88b5")),
    "9,216 bytes behind two tags": frame(9238, MACS + bytes.fromhex("88a8006481000065") + bytes.fromhex("88b5")),
}


@pytest.fixture
def box(tmp_path, flash, image):
    with Appliance(tmp_path, flash) as appliance:
        yield appliance.wait_until_up()


def test_frames_of_every_kind_pass_unchanged_both_ways(box):
    for name, sent in ODD_FRAMES.items():
        for near, far in (("inside", "outside"), ("outside", "inside")):
            count = len(box.received[far]) + 1
            box.send(near, sent)
            box.wait_for(f"{name} from {near}", lambda: len(box.received[far]) >= count)
            assert box.received[far][-1] == sent, f"{name} from {near}"
    ports = box.command("show ports")
    for name in ("inside", "outside"):
        assert re.search(rf"^{name} +up +{len(ODD_FRAMES)} +\d+ +{len(ODD_FRAMES)} +0 +0$", ports, re.M), ports
    assert "without the scanner: no frame passes (this board has no bypass relay)" in ports


def port_of(packet):
    layers = dissect(packet.data)
    source = addresses(packet.data, layers)[0].packed if layers.version else b""
    return "inside" if source.startswith(INSIDE) else "outside"


def play(box, capture):
    """Sends a capture's frames, each by the side it came from, and waits for all to come out."""
    sent = {"inside": [], "outside": []}
    for packet in pcapfile.read(capture):
        port = port_of(packet)
        sent[port].append(packet.data)
        box.carry(port, packet.data)
    return sent


def test_turned_server_raises_the_alerts_of_replay(box, portreeve, scratch):
    due = Counter(e["alert"]["signature_id"] for e in
                  replay(portreeve, STORY, signatures=scratch / "appliance.set").of("alert"))
    sent = play(box, STORY)

    assert box.received["outside"] == sent["inside"]
    assert box.received["inside"] == sent["outside"]
    summary = box.command("show alerts")
    raised = Counter(int(sid) for sid in re.findall(r"\[(\d+)\]:", box.text[:box.text.index("show alerts")]))
    assert raised == due and sum(due.values()) > 50
    severities = re.search(r"(\d+) critical, (\d+) high, (\d+) medium, (\d+) low", summary)
    assert sum(map(int, severities.groups())) == sum(due.values())
    assert "events lost: 0" in box.command("show drops")


def test_console_refuses_what_it_does_not_know_and_names_what_was_meant(box):
    assert box.command("show portz") == "no such command: show portz\nperhaps: show ports; 'help' lists all\n"
    assert box.command("sho  alert") == "no such command: sho alert\nperhaps: show alerts; 'help' lists all\n"
    assert box.command("signatures") == "no such command: signatures\nperhaps: signatures load; 'help' lists all\n"
    assert "perhaps: show accounts, show alerts, show drops, show ports;" in box.command("show")
    assert box.command("xyzzy") == "no such command: xyzzy\n'help' lists all\n"
    assert "show alerts" in box.command("help")
    assert box.command("  show   drops ").startswith("no frame dropped")
    assert box.command("") == ""


def test_console_has_room_on_80_columns(box):
    play(box, STORY)
    box.send("inside", MACS + bytes.fromhex("0800"))  # counted with a long explanation
    box.wait_for("the frame", lambda: box.received["outside"][-1:] == [MACS + bytes.fromhex("0800")])
    for command in ("help", "show alerts", "show drops", "show ports"):
        box.command(command)
    rows = box.text.split("\n")
    shown = [row.rstrip("\r").rpartition("\x1b[K")[2] for row in rows]
    assert len(shown) > 150 and max(map(len, shown)) < 80, max(shown, key=len)
    assert re.search(r"^10\.77\.0\.21 +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \d{4}-\d\d-\d\d \d\d:\d\d:\d\d +15 +42 +7 +1\r$",
                     box.text, re.M)


def test_accounts_add_up_at_one_instant_while_frames_pass(box):
    """Asked for while frames are on their way, and once more when all have come out."""
    for turn in range(10):
        for count in range(200):
            box.send(("inside", "outside")[count % 2], ODD_FRAMES["arp"])
        accounts = box.command("show accounts")
        assert "DOES NOT ADD UP" not in accounts, accounts
    box.wait_for("all frames", lambda: all(len(frames) == 1000 for frames in box.received.values()))
    accounts = box.command("show accounts")
    for port in ("inside", "outside"):
        assert f"{port:<8} 1000 in = 1000 forwarded + 0 dropped\n" in accounts
        assert f"{port:<8} 1000 in = 0 inspected + 0 finished + 1000 not inspectable + 0 uninspected\n" in accounts
    total, *places = map(int, re.search(r"buffers  (\d+) = (\d+) free \+ (\d+) and (\d+) to receive "
                                        r"\+ (\d+) and (\d+) being sent\n", accounts).groups())
    assert total == sum(places) > 500
    assert "0 bytes copied" in accounts and "events   0 lost" in accounts


def test_console_answers_at_once(box):
    """Not when management wakes up by itself, twice a second: what is typed while it is awake is not lost to its sleep.
    The median, as a busy machine may hold up some."""
    took = []
    for _ in range(21):
        start = time.monotonic()
        box.command("show drops")
        took.append(time.monotonic() - start)
    assert statistics.median(took) < 0.25, took


def test_console_takes_backspace_and_kill(box):
    box.process.stdin.write(b"shoo\x7fw drops\x15show pof\x08rts\r")
    box.wait_for_text("inside +up")
    assert "no such command" not in box.text


def test_console_begins_anew_after_ctrl_c_and_ignores_arrows(box):
    box.type(b"rebo\x03\x1b[Ashow\x1b[D ports\r")
    box.wait_for_text("inside +up")
    assert "rebo^C\r\nportreeve> show ports\r\n" in box.text


@pytest.mark.parametrize("content", [b"", b"\xff" * 4096, b"PORTRSET" + b"\x41" * 4000])
def test_flash_without_a_set_forwards_all_the_same(tmp_path, image, content):
    file = tmp_path / "flash"
    with open(file, "wb") as out:
        out.truncate(64 << 20)
        out.write(content)
    with Appliance(tmp_path, file) as box:
        box.wait_for_text(r"signatures: none: \w+")
        box.wait_until_up()
        box.send("inside", ODD_FRAMES["arp"])
        box.wait_for("the frame", lambda: box.received["outside"] == [ODD_FRAMES["arp"]])


def test_first_frame_within_a_second_of_virtual_time(tmp_path, flash, image):
    """By the machine's own clock, an instruction a nanosecond: no other machine can change it."""
    with Appliance(tmp_path, flash, ["-icount", "shift=0,sleep=off"]) as box:
        up = box.wait_for_text(r"forwarding after (\d+) ms")
        assert int(up[1]) < 1000


