# SPDX-License-Identifier: BSD-2-Clause
"""What is thrown at the appliance: frames made once, thrown again and again. Each kind is a list of (port, frame); SYNs
are more than the half-open flows there may be, so that new ones push out old ones all the time.
"""

import ipaddress
import random
import struct

from frames import ethernet, ipv4, tcp, udp
from net import CLIENT_MAC, SERVER_MAC

INSIDE_MAC, OUTSIDE_MAC = (bytes.fromhex(mac.replace(":", "")) for mac in (SERVER_MAC, CLIENT_MAC))
SERVERS = [ipaddress.IPv4Address(f"10.77.0.{number}") for number in range(100, 200)]
PORTS = (22, 25, 80, 443, 587)
SYN, ACK, PSH = 2, 16, 8
MORE = 0x2000
SYNS, DATAGRAMS, OPEN_FLOWS, FRAGMENTED, TINY = 40000, 4000, 1500, 1500, 3000


def stranger(luck):
    """An address outside, of a network that no session is from."""
    return ipaddress.IPv4Address(int(ipaddress.IPv4Address("203.0.0.0")) + luck.randrange(1 << 24))


def inward(payload, ethertype=0x0800):
    return "outside", ethernet(OUTSIDE_MAC, INSIDE_MAC, ethertype, payload)


def outward(payload, ethertype=0x0800):
    return "inside", ethernet(INSIDE_MAC, OUTSIDE_MAC, ethertype, payload)


def segment(source, sport, destination, dport, *rest):
    return ipv4(source, destination, 6, tcp(source, sport, destination, dport, *rest))


def syns(luck):
    out = []
    for _ in range(SYNS):
        out.append(inward(segment(stranger(luck), luck.randrange(1024, 65536), luck.choice(SERVERS), luck.choice(PORTS),
                                  luck.getrandbits(32), 0, SYN)))
    return out


def datagrams(luck):
    out = []
    for _ in range(DATAGRAMS):
        source, server = stranger(luck), luck.choice(SERVERS)
        out.append(inward(ipv4(source, server, 17, udp(source, luck.randrange(1024, 65536), server, 9,
                                                       luck.randbytes(luck.randrange(200))))))
    return out


def out_of_order(luck):
    """Connections of which only what comes later comes: a hole that is never filled, then pieces in any order."""
    out = []
    for _ in range(OPEN_FLOWS):
        source, server, sport, dport = stranger(luck), luck.choice(SERVERS), luck.randrange(1024, 65536), luck.choice(PORTS)
        here, there = luck.getrandbits(32), luck.getrandbits(32)
        out.append(inward(segment(source, sport, server, dport, here, 0, SYN)))
        out.append(outward(segment(server, dport, source, sport, there, here + 1, SYN | ACK)))
        out.append(inward(segment(source, sport, server, dport, here + 1, there + 1, ACK)))
        for piece in luck.sample(range(1, 12), 8):
            out.append(inward(segment(source, sport, server, dport, here + 1 + 100 * piece, there + 1, PSH | ACK,
                                      luck.randbytes(100))))
    return out


def fragments(luck):
    """Datagrams in pieces of eight bytes and more, some without an end, some that overlap."""
    out = []
    for number in range(FRAGMENTED):
        source, server = stranger(luck), luck.choice(SERVERS)
        whole = udp(source, 1024 + number, server, 53, luck.randbytes(96))
        cuts = [0, *sorted(luck.sample(range(1, 13), 5)), 13]
        pieces = [(a, b) for a, b in zip(cuts, cuts[1:])]
        if number % 4 == 0:
            pieces.pop()
        if number % 16 == 0:
            pieces.append((0, 5))
        luck.shuffle(pieces)
        for start, end in pieces:
            flags = start | (MORE if end < 13 else 0)
            out.append(inward(ipv4(source, server, 17, whole[8 * start : 8 * end], number, 64, flags)))
    return out


def tiny(luck):
    """Frames of 14 bytes and little more: of any type, and with the beginning of a header only."""
    out = []
    for number in range(TINY):
        ethertype = luck.choice((0x0800, 0x86DD, 0x0806, 0x8100, 0x88CC, luck.getrandbits(16)))
        payload = struct.pack(">BBH", 0x45, 0, 20)[: luck.randrange(5)] + luck.randbytes(luck.randrange(30))
        out.append((inward, outward)[number % 2](payload, ethertype))
    return out


def endless(seed):
    """All kinds mixed, for ever: a run of each kind in turn, where the last run of it ended."""
    luck = random.Random(seed)
    kinds = [make(luck) for make in (syns, out_of_order, fragments, tiny, datagrams)]
    at = [0] * len(kinds)
    while True:
        kind = luck.randrange(len(kinds))
        frames, start = kinds[kind], at[kind]
        run = frames[start : start + luck.randrange(8, 64)]
        at[kind] = 0 if start + len(run) >= len(frames) else start + len(run)
        yield from run
