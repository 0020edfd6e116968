#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""More new flows than `portreeve run` has room for, of every kind that has a bound of its own, while OpenSSH works across
it: forwarding goes on, no memory is taken, and the accounts add up.
"""

import ipaddress
import itertools
import os
import re
import socket
import struct
import threading
import time

import pytest
from frames import ethernet, ipv4, ipv6, tcp, udp
from live import Bridged, Live, within
from net import CLIENT_MAC, PATIENCE_S, SERVER4, SERVER_MAC, wait_until
from peers import Sshd, copy, ssh
from test_live import compiled

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")

FLOWS = {"IPv4": 262144, "IPv6": 65536, "half-open": 32768, "inspected": 8192}  # as the board has them
SHARE = 16  # a crowd has so much of each
OUTSIDE, INSIDE = (bytes.fromhex(mac.replace(":", "")) for mac in (CLIENT_MAC, SERVER_MAC))
ENDS4 = [ipaddress.ip_address(address) for address in ("11.0.255.255", "192.0.2.77")]
ENDS6 = [ipaddress.ip_address(address) for address in ("2001:db8:7::ffff", "2001:db8:9::9")]
PORT, FILLER = 1024, b"\xff\xff"  # of what is thrown, before it is varied
SYN, PSH_ACK, SYN_ACK = 0x02, 0x18, 0x12
COPIED_BYTES = 6 << 20


def framed(packet, inward=True):
    return ethernet(*(OUTSIDE, INSIDE)[:: 1 if inward else -1], 0x0800 if packet[0] >> 4 == 4 else 0x86dd, packet)


def datagram(ends, inward=True):
    (source, sport), (destination, dport) = list(zip(ends, (PORT, 9)))[:: 1 if inward else -1]
    build = ipv4 if source.version == 4 else ipv6
    return framed(build(source, destination, 17, udp(source, sport, destination, dport, FILLER)), inward)


def syn():
    return framed(ipv4(*ENDS4, 6, tcp(ENDS4[0], PORT, ENDS4[1], 80, 0xffff, 0, SYN)))


def varied(frame, address_at, port_at, filler_at):
    """The frame with ever other addresses and ports of the stranger's, whose address's last words are at address_at. The
    checksums stay right: of two words one grows as the other shrinks; one at filler_at is no part of the tuple."""
    frame = bytearray(frame)
    high, low = struct.unpack_from("!HH", frame, address_at)
    filler, = struct.unpack_from("!H", frame, filler_at)
    for port, address in itertools.product(range(PORT, 60000), range(20000)):
        struct.pack_into("!HH", frame, address_at, high + address, low - address)
        struct.pack_into("!H", frame, port_at, port)
        struct.pack_into("!H", frame, filler_at, filler - (port - PORT))
        yield frame


def segments(inward, *rest):
    """One of each session, of ever other clients."""
    for number in itertools.count():
        ends = [(ipaddress.ip_address(0x70000000 + number), 2000), (ENDS4[1], 22)]
        (source, sport), (destination, dport) = ends[:: 1 if inward else -1]
        yield framed(ipv4(source, destination, 6, tcp(source, sport, destination, dport, *rest)), inward)


class Crowd:
    """Throws flows at both ports."""

    def __init__(self, net, box):
        self.box, self.socket = box, {}
        for side, name in (("outside", net.client), ("inside", net.server)):
            with within(name):
                self.socket[side] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
                self.socket[side].bind((side, 0))
        # in steps, each when the one before has come
        self.handshakes = (("outside", segments(True, 99, 0, SYN)), ("inside", segments(False, 499, 100, SYN_ACK)),
                           ("outside", segments(True, 100, 500, PSH_ACK, b"SSH-2.0-x\r\n")))
        self.datagrams = [(("outside", varied(datagram(ends), *inward)), ("inside", varied(datagram(ends, False), *outward)))
                          for ends, inward, outward in ((ENDS4, (26, 34, 42), (30, 36, 42)), (ENDS6, (34, 54, 62), (50, 56, 62)))]
        self.unanswered = varied(syn(), 26, 34, 40)

    def _throw(self, side, frames, count):
        for frame in itertools.islice(frames, count):
            self.socket[side].send(frame)

    def _wait_taken(self):
        taken = None
        while taken != (taken := re.findall(r"^(?:inside|outside) +up +(\d+)", self.box.command_line("show ports"), re.M)):
            pass

    def _throw_in_steps(self, steps, count):
        for side, frames in steps:
            self._throw(side, frames, count)
            self._wait_taken()

    def greet(self):
        """Sessions that begin, and are inspected for good."""
        self._throw_in_steps(self.handshakes, FLOWS["inspected"] // SHARE)

    def talk(self):
        """Datagrams that are answered."""
        for steps, kind in zip(self.datagrams, ("IPv4", "IPv6")):
            self._throw_in_steps(steps, FLOWS[kind] // SHARE)

    def knock(self):
        """What nobody answers."""
        self._throw("outside", self.unanswered, FLOWS["half-open"] + FLOWS["half-open"] // SHARE)

    def close(self):
        for each in self.socket.values():
            each.close()


def held(box):
    """How many flows of each kind there are."""
    found = re.search(r"flows: (\d+) IPv4, (\d+) IPv6, (\d+) half-open; (\d+) inspected", box.command_line("show ports"))
    return dict(zip(FLOWS, map(int, found.groups())))


def memory_kib(box):
    """All that the program has taken, touched or not: what is resident cannot be more."""
    with open(f"/proc/{box.program.pid}/status", encoding="ascii") as status:
        return int(re.search(r"^VmSize:\s+(\d+) kB", status.read(), re.M)[1])


def fill(box, throw, kinds):
    """Until the tables of these kinds are full."""
    deadline = time.monotonic() + PATIENCE_S
    while any((full := held(box))[kind] != FLOWS[kind] for kind in kinds):
        assert time.monotonic() < deadline, f"they do not fill: {full} of {FLOWS}\n{box.command_line('show accounts')}"
        throw()
        assert all(count <= FLOWS[kind] for kind, count in held(box).items())


def assert_accounts_and_reasons_agree(box):
    """When nothing passes any more: both identities, and each sum is that of its reasons."""
    asked = [box.command_line("show accounts")]
    while len(asked) < 2 or asked[-2] != asked[-1]:
        drops = box.command_line("show drops")
        asked.append(box.command_line("show accounts"))
    accounts = asked[-1]
    assert "DOES NOT ADD UP" not in accounts
    for port, came, forwarded, dropped in re.findall(r"^(\w+) +(\d+) in = (\d+) forwarded \+ (\d+) dropped$", accounts, re.M):
        assert (int(came), dropped) == (int(forwarded), "0"), "monitor takes nothing"
        uninspected = re.search(rf"^{port} +{came} in = .* (\d+) uninspected", accounts, re.M)[1]
        reasons = re.findall(rf"^{port} +uninspected +\S+ +(\d+)\s", drops, re.M)
        assert int(uninspected) == sum(map(int, reasons)), drops


def test_flood_beyond_every_table_takes_no_memory_and_stops_no_session(portreeve, portreeve_tool):
    content = os.urandom(COPIED_BYTES)
    with Bridged() as net:
        sshd = Sshd(net)
        signatures = compiled(portreeve_tool, net.files / "set", f"9 low alert ssh.hostkey.sha256 {sshd.hostkey_sha256}\n")
        with Live(net, portreeve, "--handover", "off", "--signatures", signatures, eve=False) as box:
            sshd.start()
            (net.files / "sent").write_bytes(content)
            before = memory_kib(box)
            copying = threading.Thread(target=copy, args=(sshd, "-l", "20000"),
                                       kwargs={"paths": [str(net.files / "sent"), f"harbour@{SERVER4}:copied"]})
            copying.start()
            wait_until((sshd.account.home / "copied").exists, "the copy to be under way")
            assert "1 low" in box.command_line("show alerts"), "it was read to its host key"

            crowd = Crowd(net, box)
            fill(box, crowd.greet, ["inspected"])
            crowd.greet()
            assert "sessions-full" in box.command_line("show drops")
            fill(box, crowd.knock, ["half-open"])
            fill(box, crowd.talk, ["IPv4", "IPv6"])
            ssh(sshd)  # a new connection among them
            copying.join()
            assert (sshd.account.home / "copied").read_bytes() == content

            for _ in range(SHARE // 4):
                crowd.greet()
                crowd.talk()
                crowd.knock()
            assert held(box)["inspected"] == FLOWS["inspected"], "none of them made room"
            crowd.close()
            assert before == memory_kib(box)
            assert_accounts_and_reasons_agree(box)
            assert box.end() == 0
