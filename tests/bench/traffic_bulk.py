#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Long made-up flows: beginnings of TLS and HTTP, then random bytes; what looks like QUIC; and short DNS exchanges.

There are too many packets to write each with care: a flow's data are chunks whose checksums are at hand.
"""

import ipaddress
import itertools
import struct

import frames
from pcapfile import Packet

KINDS = {"tls": 40, "http": 20, "quic": 20}  # flows of each
SEGMENTS = 3200  # of data a flow
BYTES = 1400  # of payload a segment
CHUNKS = 256
TRAIN = 8  # segments of a flow that come together
PACKET_INTERVAL_NS = 10_000


def record(kind, body):
    return struct.pack(">BHH", kind, 0x0303, len(body)) + body


def key_share(chance):
    return b"\0\x1d\0\x20" + chance.randbytes(32)  # of X25519


def client_hello(chance, name):
    host = name.encode()
    sni = struct.pack(">HBH", len(host) + 3, 0, len(host)) + host
    extensions = b"".join(struct.pack(">HH", kind, len(body)) + body for kind, body in (
        (0, sni), (10, b"\0\4\0\x1d\0\x17"), (11, b"\1\0"), (13, b"\0\4\4\3\x08\4"), (16, b"\0\3\2h2"),
        (43, b"\4\3\4\3\3"), (51, b"\0\x24" + key_share(chance))))
    body = b"\3\3" + chance.randbytes(32) + b"\0" + b"\0\6\x13\1\xc0\x2f\xc0\x30" + b"\1\0"
    body += struct.pack(">H", len(extensions)) + extensions
    return record(22, b"\1" + struct.pack(">I", len(body))[1:] + body)


def server_hello(chance):
    share = key_share(chance)
    extensions = b"\0\x2b\0\2\3\4\0\x33" + struct.pack(">H", len(share)) + share
    body = b"\3\3" + chance.randbytes(32) + b"\0\x13\1\0" + struct.pack(">H", len(extensions)) + extensions
    return record(22, b"\2" + struct.pack(">I", len(body))[1:] + body) + record(20, b"\1")


class Flow:
    """A made-up flow; packets() yields its frames in order."""

    def __init__(self, kind, number, chunks, chance):
        self.kind, self.chunks, self.chance = kind, chunks, chance
        self.proto = frames.PROTO_UDP if kind == "quic" else frames.PROTO_TCP
        self.client, self.server = struct.pack(">I", 0x64500000 + number), struct.pack(">I", 0x0A000100 + number)
        self.ports = 20000 + number, 80 if kind == "http" else 443
        self.sequence = [chance.getrandbits(32), chance.getrandbits(32)]  # the client's, the server's

    def frame(self, from_server, flags, payload=b"", payload_sum=None):
        source, destination = (self.server, self.client) if from_server else (self.client, self.server)
        sport, dport = self.ports[::-1] if from_server else self.ports
        if payload_sum is None:
            payload_sum = frames.ones_sum(payload)
        if self.proto == frames.PROTO_TCP:
            fields = [sport, dport, self.sequence[from_server], self.sequence[not from_server], 0x5000 | flags, 65535, 0, 0]
            form, check = ">HHIIHHHH", 6
            self.sequence[from_server] = (fields[2] + len(payload) + (flags & frames.SYN > 0)) & 0xFFFFFFFF
        else:
            fields, form, check = [sport, dport, 8 + len(payload), 0], ">HHHH", 3
        length = struct.calcsize(form) + len(payload)
        head = struct.pack(form, *fields) + source + destination + struct.pack(">HH", self.proto, length)
        total = frames.ones_sum(head) + payload_sum
        fields[check] = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF or 0xFFFF
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + length, 0, 0x4000, 64, self.proto, 0) + source + destination
        ip = ip[:10] + struct.pack(">H", frames.checksum(ip)) + ip[12:]
        return b"\2\0\0\0\0\2\2\0\0\0\0\1\x08\0" + ip + struct.pack(form, *fields) + payload

    def data(self, first=b""):
        """A segment of random bytes from the server; chunks have their sums at hand."""
        chunk, total = self.chunks[self.chance.randrange(CHUNKS)]
        if first:
            return self.frame(True, frames.ACK, first + chunk[len(first):])
        return self.frame(True, frames.ACK, chunk, total)

    def beginning(self):
        name = f"cargo{self.ports[0]}.example.net"
        if self.kind == "quic":
            yield self.frame(False, 0, b"\xc3\0\0\0\1\x08" + self.chance.randbytes(1194))
            yield self.frame(True, 0, b"\xc3\0\0\0\1\0\x08" + self.chance.randbytes(1193))
            return
        yield self.frame(False, frames.SYN)
        yield self.frame(True, frames.SYN | frames.ACK)
        yield self.frame(False, frames.ACK)
        if self.kind == "tls":
            yield self.frame(False, frames.ACK | frames.PSH, client_hello(self.chance, name))
            yield self.frame(True, frames.ACK | frames.PSH, server_hello(self.chance))
            yield self.frame(False, frames.ACK | frames.PSH, record(20, b"\1") + record(23, self.chance.randbytes(53)))
        else:
            yield self.frame(False, frames.ACK | frames.PSH, f"GET /cargo HTTP/1.1\r\nHost: {name}\r\n\r\n".encode())

    def packets(self):
        yield from self.beginning()
        size = BYTES * SEGMENTS
        first = {"tls": b"\x17\3\3" + struct.pack(">H", BYTES - 5), "quic": b"\x41",
                 "http": b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
                         b"Content-Length: %d\r\n\r\n" % size}[self.kind]
        for number in range(SEGMENTS):
            yield self.data(b"" if self.kind == "http" and number else first)
            if self.proto == frames.PROTO_TCP and number % 2:
                yield self.frame(False, frames.ACK)


def dns_exchange(chance, number, start_ns):
    """A server of the inside asks a resolver for an address, and is told."""
    ask, answer = (ipaddress.ip_address(base + number % 200) for base in (0x0A000100, 0xC6336401))
    port, ident = chance.randrange(1024, 65536), chance.getrandbits(16)
    labels = (f"host{chance.randrange(5000)}", "example", "net")
    question = b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0\0\1\0\1"
    record_a = b"\xc0\x0c\0\1\0\1" + struct.pack(">IH", 300, 4) + chance.randbytes(4)
    for at, (source, sport, target, dport, head, body) in enumerate((
            (ask, port, answer, 53, (ident, 0x0100, 1, 0, 0, 0), question),
            (answer, 53, ask, port, (ident, 0x8180, 1, 1, 0, 0), question + record_a))):
        datagram = frames.udp(source, sport, target, dport, struct.pack(">6H", *head) + body)
        packet = frames.ipv4(source, target, frames.PROTO_UDP, datagram, ident=chance.getrandbits(16))
        macs = (b"\2\0\0\0\0\1", b"\2\0\0\0\0\2")
        yield Packet(start_ns + at * 2_000_000, frames.ethernet(macs[at], macs[1 - at], frames.ETHERTYPE_IPV4, packet))


def flows(chance):
    """The packets of each flow, as iterators of frames."""
    chunks = [(chunk, frames.ones_sum(chunk)) for chunk in (chance.randbytes(BYTES) for _ in range(CHUNKS))]
    kinds = [kind for kind, count in KINDS.items() for _ in range(count)]
    return [Flow(kind, number, chunks, chance).packets() for number, kind in enumerate(kinds)]


def in_trains(flows, chance, time_ns):
    """The flows' packets, some of one at a time, then of another, at even intervals."""
    while flows:
        flow = chance.choice(flows)
        train = list(itertools.islice(flow, TRAIN))
        if not train:
            flows.remove(flow)
        for data in train:
            time_ns += PACKET_INTERVAL_NS
            yield Packet(time_ns, data)
