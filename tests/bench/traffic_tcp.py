#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""TCP connections as a tap between two Linux hosts sees them, written by a fixed random generator.

What differs from a recording is what an inspection does not look at: nothing is lost or repeated, and the hosts'
delays are drawn. Segments are as long as Ethernet allows beside the timestamps option; whoever receives answers every
second full segment, the first ones and the last at once, and puts its acknowledgement onto data where it has some to send.
"""

import ipaddress
import struct

import frames
from frames import ACK, FIN, PSH, SYN
from pcapfile import Packet

MSS = 1448
WINDOW = 501
NS_PER_MS = 10**6
MACS = b"\2\0\0\0\0\2", b"\2\0\0\0\0\1"  # the client's, the server's


class Connection:
    """A client (side 0) and a server (side 1). Collects .packets; .now_ns is the time of the last one."""

    def __init__(self, chance, start_ns, endpoints):
        """endpoints: ((address, port) of the client, (address, port) of the server)."""
        self.chance, self.now_ns, self.packets = chance, start_ns, []
        self.addresses = [ipaddress.ip_address(address) for address, _ in endpoints]
        self.ports = [port for _, port in endpoints]
        self.sequence = [chance.getrandbits(32), chance.getrandbits(32)]
        self.clock = [chance.getrandbits(32), chance.getrandbits(32)]  # of the timestamps option, in ms
        self.ident = [chance.getrandbits(16), chance.getrandbits(16)]
        self.unanswered = [0, 0]  # segments that a side has not acknowledged
        self.eager = [2, 2]  # so many of the first segments are acknowledged at once
        self.started_ns = start_ns
        self.turn_ns = chance.randrange(NS_PER_MS // 5, 30 * NS_PER_MS)  # from one side to the other and back

    def _emit(self, side, flags, payload=b"", options=None):
        source, destination = self.addresses[side], self.addresses[1 - side]
        if options is None:
            elapsed = (self.now_ns - self.started_ns) // NS_PER_MS
            mine, other = ((self.clock[i] + elapsed) & 0xFFFFFFFF for i in (side, 1 - side))
            options = b"\1\1\x08\x0a" + struct.pack(">II", mine, other)
        acknowledged = self.sequence[1 - side] if flags & ACK else 0
        segment = frames.tcp(source, self.ports[side], destination, self.ports[1 - side], self.sequence[side],
                             acknowledged, flags, payload, window=64240 if flags & SYN else WINDOW, options=options)
        packet = frames.ipv4(source, destination, frames.PROTO_TCP, segment, ident=self.ident[side])
        self.packets.append(Packet(self.now_ns, frames.ethernet(MACS[side], MACS[1 - side], 0x0800, packet)))
        self.sequence[side] = (self.sequence[side] + len(payload) + bool(flags & (SYN | FIN))) & 0xFFFFFFFF
        self.ident[side] = (self.ident[side] + 1) & 0xFFFF
        self.unanswered[side] = 0

    def _pass(self, least_ns, most_ns):
        self.now_ns += self.chance.randrange(least_ns, most_ns)

    def _turn(self):
        self._pass(self.turn_ns // 2, self.turn_ns)

    def open(self):
        for side, flags in ((0, SYN), (1, SYN | ACK)):
            stamps = struct.pack(">II", self.clock[side], self.clock[0] if side else 0)
            self._emit(side, flags, options=b"\2\4\5\xb4\4\2\x08\x0a" + stamps + b"\1\3\3\7")
            self._turn()
        self._emit(0, ACK)

    def send(self, side, data):
        """Sends data, once the other side's has been answered by it."""
        self._turn()
        for at in range(0, len(data), MSS):
            payload = data[at : at + MSS]
            last = at + MSS >= len(data)
            self._emit(side, ACK | PSH if last else ACK, payload)
            self._pass(5_000, 30_000)
            self._receive(1 - side, last and len(data) > MSS)

    def _receive(self, side, at_once):
        self.unanswered[side] += 1
        if self.eager[side]:
            self.eager[side] -= 1
            at_once = True
        if at_once or self.unanswered[side] == 2:
            self._emit(side, ACK)
            self._pass(5_000, 30_000)

    def close(self, side):
        """`side` closes first."""
        self._emit(side, ACK | FIN)
        self._turn()
        self._emit(1 - side, ACK | FIN)
        self._turn()
        self._emit(side, ACK)
