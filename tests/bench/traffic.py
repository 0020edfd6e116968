#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Captures to measure with, made once and kept in build/bench/ (they are large and never committed).

SSH is real: recorded sessions (tests/captures), and one long scp that is recorded here, repeated with other
addresses; nothing else differs. The bulk mix is made up: beginnings of TLS and HTTP, then random bytes, and what
looks like QUIC.
"""

import heapq
import itertools
import os
import random
import struct
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CAPTURES = ROOT / "tests/captures"
FOLDER = ROOT / "build/bench"
sys.path.insert(0, str(CAPTURES))

import frames  # noqa: E402
import net  # noqa: E402
import pcapfile  # noqa: E402
from pcapfile import Packet  # noqa: E402
from peers import USER, Sshd, copy  # noqa: E402

START_NS = 1780308000 * 10**9  # 2026-06-01 10:00:00 UTC
# What most of an SSH server's day is: each key exchange, cipher and host key on offer, once.
RECORDED = ("ssh-cipher-*.pcap", "ssh-hostkey-*.pcap", "ssh-kex-*.pcap", "ssh-key.pcap", "ssh-password.pcap")
SESSIONS = 640
SESSION_INTERVAL_NS = 10_000_000
SSH_MSG_NEWKEYS = 21
SCP_BYTES = 20_000_000
SCP_COPIES = 16
BULK_FLOWS = {"tls": 40, "http": 20, "quic": 20}
BULK_SEGMENTS = 3200  # of data a flow
BULK_BYTES = 1400  # of payload a segment
CHUNKS = 256
TRAIN = 8  # segments of a flow that come together


def adjusted(check, difference):
    """A checksum after the sum of what it covers grew by `difference` (RFC 1624)."""
    total = (~check & 0xFFFF) + difference
    total = (total & 0xFFFF) + (total >> 16)
    return ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF


def has_new_keys(stream):
    """Whether one direction of an SSH connection has come to its NEWKEYS (RFC 4253)."""
    at = 0
    while not stream.startswith(b"SSH-", at):
        at = stream.find(b"\n", at) + 1
        if at == 0:
            return False
    at = stream.find(b"\n", at) + 1
    while 0 < at <= len(stream) - 6:
        if stream[at + 5] == SSH_MSG_NEWKEYS:
            return True
        at += 4 + struct.unpack_from(">I", stream, at)[0]
    return False


class Session:
    """The TCP packets of a recorded session, to be sent again between other addresses."""

    def __init__(self, path):
        self.packets = []  # (time since the first, frame, layers, outside is the source)
        packets = pcapfile.read(path)
        for packet in packets:
            layers = frames.dissect(packet.data)
            if layers.version == 4 and layers.is_tcp:
                outside = packet.data[layers.l3 + 12] != 10
                self.packets.append((packet.time_ns - packets[0].time_ns, packet.data, layers, outside))

    def cut(self):
        """Ends the session where both sides have their new keys: only the handshake is left."""
        streams = {True: b"", False: b""}
        for number, (_, data, layers, outside) in enumerate(self.packets):
            streams[outside] += data[layers.payload : layers.end]
            if all(map(has_new_keys, streams.values())):
                self.packets = self.packets[: number + 1]
                return self
        raise ValueError("a session without NEWKEYS")

    def between(self, number, start_ns):
        """The packets between client and server number `number`."""
        client, server = (struct.pack(">I", base + number) for base in (0x64400000, 0x0A000001))
        for time_ns, data, layers, outside in self.packets:
            l3, l4 = layers.l3, layers.l4
            new = client + server if outside else server + client
            old = data[l3 + 12 : l3 + 20]
            difference = (frames.ones_sum(new) - frames.ones_sum(old)) % 0xFFFF
            out = bytearray(data)
            out[l3 + 12 : l3 + 20] = new
            for at in (l3 + 10, l4 + 16):
                struct.pack_into(">H", out, at, adjusted(struct.unpack_from(">H", out, at)[0], difference))
            yield Packet(start_ns + time_ns, bytes(out))


def recorded():
    return [Session(path) for glob in RECORDED for path in sorted(CAPTURES.glob(glob))]


def repeated(sessions):
    return [sessions[i % len(sessions)].between(i, START_NS + i * SESSION_INTERVAL_NS) for i in range(SESSIONS)]


def write(target, packets):
    """Packets in order of time, one after the other: there may be more of them than memory."""
    with open(target, "wb") as file:
        file.write(pcapfile.build([]))
        for packet in packets:
            seconds, rest = divmod(packet.time_ns, 10**9)
            file.write(struct.pack("<4I", seconds, rest // 1000, len(packet.data), packet.original_length) + packet.data)


def merged(flows):
    return heapq.merge(*flows, key=lambda packet: packet.time_ns)


def record_scp(target):
    """One scp of SCP_BYTES between namespaces of its own; needs root."""
    with net.Net() as world:
        cargo = world.files / "cargo"
        cargo.write_bytes(random.Random(1).randbytes(SCP_BYTES))
        sshd = Sshd(world).start()
        capturer = net.Capturer(world)
        copy(sshd, paths=[cargo, f"{USER}@{net.SERVER4}:cargo"])
        raw = capturer.finish()
        packets = [p for p in pcapfile.read(raw) if not net.is_sentinel(p.data)]
        write(target, [p.at(p.time_ns - packets[0].time_ns + START_NS) for p in packets])


def write_handshakes(target):
    write(target, merged(repeated([session.cut() for session in recorded()])))


def write_ssh(target):
    """Whole sessions and, meanwhile, long copies."""
    scp = Session(capture("scp"))
    copies = [scp.between(SESSIONS + i, START_NS + i * SESSIONS * SESSION_INTERVAL_NS // SCP_COPIES)
              for i in range(SCP_COPIES)]
    write(target, merged(repeated(recorded()) + copies))


# ---- the bulk mix ---------------------------------------------------------------------------------------------

def record(kind, body):
    return struct.pack(">BHH", kind, 0x0303, len(body)) + body


def client_hello(chance, name):
    host = name.encode()
    sni = struct.pack(">HBH", len(host) + 3, 0, len(host)) + host
    extensions = b"".join(struct.pack(">HH", kind, len(body)) + body for kind, body in (
        (0, sni), (10, b"\0\4\0\x1d\0\x17"), (11, b"\1\0"), (13, b"\0\4\4\3\x08\4"), (16, b"\0\3\2h2")))
    body = b"\3\3" + chance.randbytes(32) + b"\0" + b"\0\4\xc0\x2f\xc0\x30" + b"\1\0"
    body += struct.pack(">H", len(extensions)) + extensions
    return record(22, b"\1" + struct.pack(">I", len(body))[1:] + body)


def server_hello(chance):
    body = b"\3\3" + chance.randbytes(32) + b"\0\xc0\x2f\0\0\0"
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
            yield self.frame(False, frames.ACK | frames.PSH, record(20, b"\1") + record(22, self.chance.randbytes(40)))
        else:
            yield self.frame(False, frames.ACK | frames.PSH, f"GET /cargo HTTP/1.1\r\nHost: {name}\r\n\r\n".encode())

    def packets(self):
        yield from self.beginning()
        size = BULK_BYTES * BULK_SEGMENTS
        first = {"tls": b"\x17\3\3" + struct.pack(">H", BULK_BYTES - 5), "quic": b"\x41",
                 "http": b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
                         b"Content-Length: %d\r\n\r\n" % size}[self.kind]
        for number in range(BULK_SEGMENTS):
            yield self.data(b"" if self.kind == "http" and number else first)
            if self.proto == frames.PROTO_TCP and number % 2:
                yield self.frame(False, frames.ACK)


def write_bulk(target):
    chance = random.Random(2)
    chunks = [(chunk, frames.ones_sum(chunk)) for chunk in (chance.randbytes(BULK_BYTES) for _ in range(CHUNKS))]
    kinds = [kind for kind, count in BULK_FLOWS.items() for _ in range(count)]
    left = [Flow(kind, number, chunks, chance).packets() for number, kind in enumerate(kinds)]
    write(target, in_trains(left, chance))


def in_trains(flows, chance):
    """The flows' packets, some of one at a time, then of another, ten microseconds apart."""
    time_ns = START_NS
    while flows:
        flow = chance.choice(flows)
        train = list(itertools.islice(flow, TRAIN))
        if not train:
            flows.remove(flow)
        for data in train:
            time_ns += 10_000
            yield Packet(time_ns, data)


def write_one(target):
    """One packet: for what a program costs before it has seen anything."""
    write(target, pcapfile.read(CAPTURES / "ssh-key.pcap")[:1])


WRITERS = {"one": write_one, "handshakes": write_handshakes, "scp": record_scp, "ssh": write_ssh, "bulk": write_bulk}


def capture(name):
    """The path of a capture, made if it is missing or older than what makes it."""
    target = FOLDER / f"{name}.pcap"
    if not target.exists() or target.stat().st_mtime < Path(__file__).stat().st_mtime:
        FOLDER.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(".part")
        print(f"making {target.relative_to(ROOT)}", file=sys.stderr)
        WRITERS[name](part)
        os.replace(part, target)
    return target


def count(path):
    """(packets, bytes on the wire) of a capture written here."""
    packets = total = 0
    with open(path, "rb") as file:
        file.seek(24)
        while header := file.read(16):
            kept, original = struct.unpack_from("<2I", header, 8)
            packets += 1
            total += original
            file.seek(kept, os.SEEK_CUR)
    return packets, total


if __name__ == "__main__":
    for name in sys.argv[1:] or WRITERS:
        print(capture(name), *count(capture(name)))
