#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Flows that `portreeve run` hands over to the kernel: they pass unchanged and are counted to the frame, what begins anew
is read, and a new policy reaches them. Nothing here depends on when a flow is handed over: a test sends until it is.
"""

import contextlib
import ipaddress
import itertools
import os
import re
import signal
import time

import pytest
from frames import checksum, ethernet, ipv4, ipv6, pseudo_header, tcp, udp
from live import DRIVERS, Bridged, Live
from net import CLIENT_MAC, PATIENCE_S, SERVER_MAC, wait_until
from test_live import compiled

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")

CLIENT4, SERVER4, ELSEWHERE4 = map(ipaddress.ip_address, ("203.0.113.7", "192.0.2.9", "192.0.2.77"))  # nobody has them
CLIENT6, SERVER6 = map(ipaddress.ip_address, ("2001:db8:7::7", "2001:db8:9::9"))
ACK, PSH_ACK, SYN, SYN_ACK, FIN_ACK = 0x10, 0x18, 0x02, 0x12, 0x11
MACS = [bytes.fromhex(mac.replace(":", "")) for mac in (CLIENT_MAC, SERVER_MAC)]
FAR = {"inside": "outside", "outside": "inside"}
TAGS = {"untagged": (), "a tag": ((0x8100, 5),), "two tags": ((0x88a8, 5), (0x8100, 6)), "priority": ((0x8100, 0xe000),)}


def framed(packet, inward, version=4, tags=()):
    return ethernet(*MACS[::1 if inward else -1], 0x0800 if version == 4 else 0x86dd, packet, tags)


def datagram(number, inward, version=4, tags=(), port=4000):
    ends = (CLIENT4, SERVER4) if version == 4 else (CLIENT6, SERVER6)
    (source, sport), (destination, dport) = ((end, at) for end, at in zip(ends if inward else ends[::-1],
                                                                         (port, 4001) if inward else (4001, port)))
    packet = udp(source, sport, destination, dport, b"not DNS, number " + number.to_bytes(4, "big") + bytes(20))
    return framed(ipv4(source, destination, 17, packet) if version == 4 else ipv6(source, destination, 17, packet), inward,
                  version, tags)


def echo(number, inward, version=4):
    """An ICMP echo request, or ICMPv6's."""
    source, destination = ((CLIENT4, SERVER4) if version == 4 else (CLIENT6, SERVER6))[::1 if inward else -1]
    head = bytes([8 if version == 4 else 128, 0])
    body = number.to_bytes(4, "big") + bytes(30)
    pseudo = b"" if version == 4 else pseudo_header(source, destination, 58, 4 + len(body))
    packet = head + checksum(pseudo + head + b"\0\0" + body).to_bytes(2, "big") + body
    return framed(ipv4(source, destination, 1, packet) if version == 4 else ipv6(source, destination, 58, packet), inward, version)


class Hosts:
    """The two far ends: what one sends is awaited at the other, in the order in which it was sent."""

    def __init__(self, net):
        net.silence()
        self.wires = {side: net.wire(side) for side in FAR}
        self.sent = {side: [] for side in FAR}

    def send(self, near, frame):
        self.sent[near].append(frame)
        self.wires[near].send(frame)
        self.wires[FAR[near]].wait_for("a frame", lambda: len(self.came(FAR[near])) >= len(self.sent[near]))

    def came(self, side):
        """Without what the host between them said before it was a bridge."""
        return [frame for frame in self.wires[side].received if frame[:6] in MACS]

    def assert_unchanged(self):
        for near, far in FAR.items():
            assert self.came(far) == self.sent[near]


@contextlib.contextmanager
def quiet(portreeve, driver, *options):
    """(the two far ends, the program between them); nobody else says anything."""
    with Bridged(driver=driver) as net:
        hosts = Hosts(net)
        with Live(net, portreeve, *options) as box:
            yield hosts, box


def accounts(box):
    """{side: {word: count}}; they have to add up."""
    text = box.command_line("show accounts")
    assert "DOES NOT ADD UP" not in text, text
    found = {}
    for side, came, rest in re.findall(r"^(inside|outside) +(\d+) in = (.*)$", text, re.M):
        words = {word: int(count) for count, word in re.findall(r"(\d+) ([a-z ]+?)(?= \+|$)", rest)}
        assert sum(words.values()) == int(came)
        found.setdefault(side, {"in": int(came)}).update(words)
    return found


def by_kernel(box, side):
    return accounts(box)[side].get("by the kernel", 0)


def send_until(hosts, box, side, frames, count):
    """Until so many more of a side's frames went by the kernel: `frames` makes the next one."""
    due, deadline = by_kernel(box, side) + count, time.monotonic() + PATIENCE_S
    while by_kernel(box, side) < due:
        assert time.monotonic() < deadline, f"nothing is handed over on the {side}: {accounts(box)}"
        for _ in range(20):
            hosts.send(side, next(frames))


def numbered(*arguments, build=datagram, **options):
    return (build(number, *arguments, **options) for number in itertools.count())


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("tags", TAGS.values(), ids=TAGS)
def test_datagrams_go_by_the_kernel_unchanged_and_are_counted(portreeve, version, tags, driver):
    with quiet(portreeve, driver) as (hosts, box):
        there, back = (numbered(inward, version, tags) for inward in (True, False))
        send_until(hosts, box, "outside", there, 50)
        send_until(hosts, box, "inside", back, 50)
        assert "kernel   forwards 2 ways of flows; 0 times" in box.command_line("show accounts")
        hosts.assert_unchanged()
        sent = {side: len(frames) for side, frames in hosts.sent.items()}
        assert {side: counts["in"] for side, counts in accounts(box).items()} == sent
        assert box.end() == 0
        flows = [event for event in box.events("flow") if event["proto"] == "UDP"]
        assert len(flows) == 1, "one flow, however it went"
        flow = flows[0]["flow"]
        assert (flow["pkts_toserver"], flow["pkts_toclient"]) == (sent["outside"], sent["inside"])
        assert flow["bytes_toserver"] == sum(map(len, hosts.sent["outside"]))
        assert flow["bytes_toclient"] == sum(map(len, hosts.sent["inside"]))
        assert f"outside wan: {sent['outside']} frames came, {sent['outside']} were forwarded" in box.program.said()


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("version", [4, 6])
def test_echoes_go_by_the_kernel(portreeve, version, driver):
    with quiet(portreeve, driver) as (hosts, box):
        send_until(hosts, box, "outside", numbered(True, version, build=echo), 50)
        send_until(hosts, box, "inside", numbered(False, version, build=echo), 50)
        hosts.assert_unchanged()
        assert box.end() == 0
        flows = [event for event in box.events("flow") if "ICMP" in event["proto"]]
        assert [(each["flow"]["pkts_toserver"], each["flow"]["pkts_toclient"]) for each in flows] == [
            (len(hosts.sent["outside"]), len(hosts.sent["inside"]))]


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("odd", ["fragment", "options", "short", "other tag", "tunnel"])
def test_what_the_kernel_may_not_judge_goes_to_the_scanner(portreeve, odd, driver):
    """Of the very flow that is handed over."""
    plain = datagram(0, True)
    head, packet = plain[:14], plain[14:]
    frame = {
        "fragment": head + ipv4(CLIENT4, SERVER4, 17, packet[20:], fragment=0x2000),
        "tunnel": head + ipv4(CLIENT4, SERVER4, 4, packet),
        "options": head + ipv4(CLIENT4, SERVER4, 17, packet[20:], options=b"\x01\x01\x01\x00"),
        "short": plain[:-8],  # than its header says
        "other tag": datagram(0, True, tags=((0x8100, 9),)),
    }[odd]
    with quiet(portreeve, driver) as (hosts, box):
        send_until(hosts, box, "outside", numbered(True), 50)
        before = by_kernel(box, "outside")
        hosts.send("outside", frame)
        assert by_kernel(box, "outside") == before
        hosts.assert_unchanged()


class Connection:
    """TCP between the two ends, segment by segment."""

    def __init__(self, hosts, isn):
        self.hosts, self.next = hosts, {"outside": isn, "inside": isn + 1000}

    def segment(self, side, flags, payload=b""):
        inward = side == "outside"
        (source, sport), (destination, dport) = ((CLIENT4, 40000), (SERVER4, 22))[::1 if inward else -1]
        packet = tcp(source, sport, destination, dport, self.next[side], self.next[FAR[side]] if flags != SYN else 0, flags,
                     payload)
        self.next[side] += len(payload) + (flags & 3 != 0)
        return framed(ipv4(source, destination, 6, packet), inward)

    def send(self, side, flags, payload=b""):
        self.hosts.send(side, self.segment(side, flags, payload))

    def open(self):
        self.send("outside", SYN)
        self.send("inside", SYN_ACK)
        self.send("outside", ACK)

    def close(self):
        self.send("outside", FIN_ACK)
        self.send("inside", FIN_ACK)
        self.send("outside", ACK)

    def stream(self, side):
        while True:
            yield self.segment(side, PSH_ACK, b"of no interest".ljust(64))


@pytest.mark.parametrize("driver", DRIVERS)
def test_connection_that_begins_anew_is_read(portreeve, portreeve_tool, scratch, driver):
    """The same ends as a connection that was handed over: each time the login is found."""
    signatures = compiled(portreeve_tool, scratch / "again.set", "1 critical alert ssh.client.ident.shape ebury-hex\n")
    with quiet(portreeve, driver, "--signatures", signatures) as (hosts, box):
        for turn in range(3):
            connection = Connection(hosts, 1000000 * (turn + 1))
            connection.open()
            connection.send("outside", PSH_ACK, b"GET / HTTP/1.1\r\n\r\n")
            connection.send("inside", PSH_ACK, b"HTTP/1.1 200 OK\r\n\r\n")
            send_until(hosts, box, "inside", connection.stream("inside"), 50)
            send_until(hosts, box, "outside", connection.stream("outside"), 50)
            connection.close()

            again = Connection(hosts, 1000000 * (turn + 1) + 500000)
            again.open()
            again.send("inside", PSH_ACK, b"SSH-2.0-OpenSSH_9.2\r\n")
            again.send("outside", PSH_ACK, b"SSH-2.0-b479ec723a2ba590d6c4a0bf40f4ba\r\n")
            again.close()
            box.wait_events("the alert", lambda events, due=turn + 1: due == sum(
                event["event_type"] == "alert" for event in events))
        hosts.assert_unchanged()
        assert box.end() == 0


@pytest.mark.parametrize("driver", DRIVERS)
def test_new_set_cuts_what_was_handed_over(portreeve, portreeve_tool, scratch, driver):
    signatures = compiled(portreeve_tool, scratch / "cut.set", "1 high drop ip.dst 192.0.2.200\n")
    with quiet(portreeve, driver, "--signatures", signatures, "--enforce") as (hosts, box):
        cut, other = numbered(True), numbered(True, port=5000)
        send_until(hosts, box, "outside", cut, 50)
        send_until(hosts, box, "outside", other, 50)
        compiled(portreeve_tool, signatures, f"2 high drop ip.dst {SERVER4}:4001\n3 high alert ip.src {CLIENT4}\n")
        assert "2 rules" in box.command_line("signatures load")
        before = accounts(box)["outside"]
        for _ in range(50):
            hosts.wires["outside"].send(next(cut))
        mark = framed(ipv4(CLIENT4, ELSEWHERE4, 17, udp(CLIENT4, 1, ELSEWHERE4, 2, b"mark".ljust(40))), True)
        hosts.send("outside", mark)
        hosts.assert_unchanged()
        after = accounts(box)["outside"]
        assert after["dropped"] - before["dropped"] == 50
        assert after.get("by the kernel", 0) == before.get("by the kernel", 0)
        assert box.end() == 0
        assert {event["alert"]["signature_id"] for event in box.events("alert")} == {2, 3}


@pytest.mark.parametrize("driver", DRIVERS)
def test_stopped_scanner_s_flows_go_on_and_are_counted(portreeve, driver):
    """What was handed over needs no scanner: it is not bypassed, nor does it make the scanner seem stalled."""
    with quiet(portreeve, driver) as (hosts, box):
        frames = numbered(True)
        send_until(hosts, box, "outside", frames, 50)
        box.program.process.send_signal(signal.SIGSTOP)
        wait_until(lambda: "T" in open(f"/proc/{box.program.pid}/stat").read().rsplit(")", 1)[1].split()[0], "the stop")
        for _ in range(100):
            hosts.send("outside", next(frames))
        box.program.process.send_signal(signal.SIGCONT)
        hosts.assert_unchanged()
        assert accounts(box)["outside"]["in"] == len(hosts.sent["outside"])
        assert box.end() == 0
        assert "bridged past" not in box.program.said()


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("fail", ["open", "closed"])
def test_killed_scanner_s_flows_are_bridged_or_not_as_all_others(portreeve, fail, driver):
    """At the latest when nobody has vouched for them for a second."""
    with quiet(portreeve, driver, "--fail", fail, "--heartbeat", "100") as (hosts, box):
        frames = numbered(True)
        send_until(hosts, box, "outside", frames, 50)
        box.end(signal.SIGKILL)
        time.sleep(1.1)
        sent = [next(frames) for _ in range(50)]
        for frame in sent:
            hosts.wires["outside"].send(frame)
        if fail == "open":
            hosts.sent["outside"] += sent
            hosts.wires["inside"].wait_for("them", lambda: hosts.came("inside")[-1] == sent[-1])
        box.__enter__()
        hosts.send("outside", next(frames))
        hosts.assert_unchanged()
        assert ("50 frames were bridged uninspected before" in box.program.said()) == (fail == "open")
        assert box.end() == 0


@pytest.mark.parametrize("driver", DRIVERS)
def test_handover_off_leaves_all_to_the_scanner(portreeve, driver):
    with quiet(portreeve, driver, "--handover", "off") as (hosts, box):
        frames = numbered(True)
        for _ in range(200):
            hosts.send("outside", next(frames))
        assert by_kernel(box, "outside") == 0
        assert box.end() == 0
