#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Ethernet frames, taken apart and put together: VLAN tags, IPv4, IPv6 with extension headers,
TCP, UDP and their checksums. No packet library: these frames judge the scanner's decoder, so every
byte is written here on purpose. Used by threats.py, record.py and tests/system/transform.py.
"""

import ipaddress
import struct
from dataclasses import dataclass

ETHERTYPE_IPV4, ETHERTYPE_IPV6, ETHERTYPE_ARP = 0x0800, 0x86DD, 0x0806
ETHERTYPE_VLAN, ETHERTYPE_QINQ, ETHERTYPE_QINQ_OLD = 0x8100, 0x88A8, 0x9100
ETHERTYPE_PPPOE = 0x8864
VLAN_TYPES = (ETHERTYPE_VLAN, ETHERTYPE_QINQ, ETHERTYPE_QINQ_OLD)

PROTO_HOPOPTS, PROTO_IPIP, PROTO_TCP, PROTO_UDP = 0, 4, 6, 17
PROTO_IPV6, PROTO_ROUTING, PROTO_FRAGMENT, PROTO_GRE = 41, 43, 44, 47
PROTO_DSTOPTS = 60

FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32


def ones_sum(data):
    """RFC 1071 sum of 16-bit words, folded, not yet complemented."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def checksum(data):
    return ~ones_sum(data) & 0xFFFF


@dataclass(frozen=True, slots=True)
class Layers:
    """Offsets into one frame. version 0: no IP. l4 0: a later fragment, or cut, or not TCP/UDP."""

    l3: int  # IP header; with version 0, what follows Ethernet and its tags
    version: int
    proto: int  # of the first header that is no IPv6 extension
    l4: int
    payload: int
    end: int  # end of the IP packet (Ethernet padding lies behind it)
    fragmented: bool

    @property
    def is_tcp(self):
        return self.l4 > 0 and self.proto == PROTO_TCP

    @property
    def is_udp(self):
        return self.l4 > 0 and self.proto == PROTO_UDP


def dissect(frame):
    """Layers of a frame's outermost IP packet; tunnels are not entered. Never raises."""
    at, ethertype = 12, 0
    while at + 2 <= len(frame):
        ethertype = struct.unpack_from(">H", frame, at)[0]
        at += 2
        if ethertype not in VLAN_TYPES:
            break
        at += 2
    if ethertype == ETHERTYPE_IPV4 and at + 20 <= len(frame):
        return _dissect_ipv4(frame, at)
    if ethertype == ETHERTYPE_IPV6 and at + 40 <= len(frame):
        return _dissect_ipv6(frame, at)
    return Layers(at, 0, 0, 0, 0, len(frame), False)


def _dissect_ipv4(frame, l3):
    header = (frame[l3] & 15) * 4
    total, _, fragment = struct.unpack_from(">3H", frame, l3 + 2)
    end = l3 + total
    if header < 20 or total < header or end > len(frame):
        return Layers(l3, 4, frame[l3 + 9], 0, 0, len(frame), False)
    l4 = 0 if fragment & 0x1FFF else l3 + header
    return _dissect_l4(frame, l3, 4, frame[l3 + 9], l4, end, bool(fragment & 0x3FFF))


def _dissect_ipv6(frame, l3):
    end = l3 + 40 + struct.unpack_from(">H", frame, l3 + 4)[0]
    proto, at, fragmented, first = frame[l3 + 6], l3 + 40, False, True
    if end > len(frame):
        return Layers(l3, 6, proto, 0, 0, len(frame), False)
    while proto in (PROTO_HOPOPTS, PROTO_ROUTING, PROTO_DSTOPTS, PROTO_FRAGMENT) and first:
        if at + 8 > end:
            return Layers(l3, 6, proto, 0, 0, end, fragmented)
        if proto == PROTO_FRAGMENT:
            fragment = struct.unpack_from(">H", frame, at + 2)[0]
            fragmented, first = bool(fragment & 0xFFF9), not fragment & 0xFFF8
            proto, at = frame[at], at + 8
        else:
            proto, at = frame[at], at + (frame[at + 1] + 1) * 8
    return _dissect_l4(frame, l3, 6, proto, at if first else 0, end, fragmented)


def _dissect_l4(frame, l3, version, proto, l4, end, fragmented):
    payload = 0
    if l4 and proto == PROTO_TCP and l4 + 20 <= end:
        payload = l4 + (frame[l4 + 12] >> 4) * 4
        if not l4 + 20 <= payload <= end:
            l4 = payload = 0
    elif l4 and proto == PROTO_UDP and l4 + 8 <= end:
        payload = l4 + 8
    else:
        l4 = 0
    return Layers(l3, version, proto, l4, payload, end, fragmented)


def addresses(frame, layers):
    """(source, destination) as ipaddress objects."""
    if layers.version == 4:
        at, size = layers.l3 + 12, 4
    else:
        at, size = layers.l3 + 8, 16
    return tuple(ipaddress.ip_address(frame[i : i + size]) for i in (at, at + size))


def flow_of(frame, layers):
    """A direction of a flow: (tags, proto, source, source port, destination, destination port)."""
    ports = struct.unpack_from(">2H", frame, layers.l4)
    source, destination = addresses(frame, layers)
    return (frame[12 : layers.l3 - 2], layers.proto, source, ports[0], destination, ports[1])


def turned(flow):
    tags, proto, source, sport, destination, dport = flow
    return (tags, proto, destination, dport, source, sport)


def pseudo_header(source, destination, proto, length):
    if source.version == 4:
        return source.packed + destination.packed + struct.pack(">BBH", 0, proto, length)
    return source.packed + destination.packed + struct.pack(">IHBB", length, 0, 0, proto)


def l4_checksum(source, destination, proto, segment):
    """The checksum for a TCP segment or UDP datagram whose checksum field is zero."""
    value = checksum(pseudo_header(source, destination, proto, len(segment)) + segment)
    return value or 0xFFFF if proto == PROTO_UDP else value


def checksum_offset(proto):
    return 16 if proto == PROTO_TCP else 6


def checksum_error(frame, layers):
    """By how much a segment's checksum is off, in ones' complement; 0: it is right.

    Transformations put the same error into what they write: a wrong checksum stays wrong.
    Fragments carry a checksum of the whole and cannot be judged: 0.
    """
    if not layers.l4 or layers.fragmented:
        return 0
    source, destination = addresses(frame, layers)
    segment = frame[layers.l4 : layers.end]
    field = layers.l4 + checksum_offset(layers.proto)
    if layers.proto == PROTO_UDP and frame[field : field + 2] == b"\0\0":
        return 0
    head = pseudo_header(source, destination, layers.proto, len(segment))
    return ~ones_sum(head + segment) & 0xFFFF


# --- building ---------------------------------------------------------------------------------


def ethernet(source_mac, destination_mac, ethertype, payload, tags=()):
    """tags: (tpid, tci) outermost first. Short frames are not padded, as on veth and TAP."""
    out = destination_mac + source_mac
    for tpid, tci in tags:
        out += struct.pack(">2H", tpid, tci)
    return out + struct.pack(">H", ethertype) + payload


def ipv4(source, destination, proto, payload, ident=0, ttl=64, fragment=0x4000, options=b""):
    """fragment: flags and offset as on the wire (0x4000 don't fragment, 0x2000 more)."""
    length = 20 + len(options) + len(payload)
    head = struct.pack(">BBHHHBBH", 0x40 | 5 + len(options) // 4, 0, length, ident, fragment, ttl,
                       proto, 0) + source.packed + destination.packed + options
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + payload


def ipv6(source, destination, proto, payload, hops=64, extensions=()):
    """extensions: (type, body without its next-header byte), outermost first."""
    chain, following = b"", proto
    for kind, body in reversed(extensions):
        chain = bytes([following]) + body + chain
        following = kind
    head = struct.pack(">IHBB", 0x60000000, len(chain) + len(payload), following, hops)
    return head + source.packed + destination.packed + chain + payload


def ip(source, destination, proto, payload, ident=0, ttl=64):
    if source.version == 4:
        return ipv4(source, destination, proto, payload, ident, ttl)
    return ipv6(source, destination, proto, payload, ttl)


def tcp(source, sport, destination, dport, seq, ack, flags, payload=b"", window=64240, urgent=0,
        options=b""):
    options += b"\x01" * (-len(options) % 4)
    head = struct.pack(">HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF,
                       5 + len(options) // 4 << 4, flags, window, 0, urgent)
    segment = head + options + payload
    value = l4_checksum(source, destination, PROTO_TCP, segment)
    return segment[:16] + struct.pack(">H", value) + segment[18:]


def udp(source, sport, destination, dport, payload):
    datagram = struct.pack(">4H", sport, dport, 8 + len(payload), 0) + payload
    value = l4_checksum(source, destination, PROTO_UDP, datagram)
    return datagram[:6] + struct.pack(">H", value) + datagram[8:]
