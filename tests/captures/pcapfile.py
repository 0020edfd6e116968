#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Capture files, read and written byte by byte: pcap (microseconds, nanoseconds, both byte orders)
and pcapng (both byte orders). Ethernet only. The recorder, the threat writer, the transformations
and the fuzz seeds all stand on this file, so that no capture library hides what is in a file.
"""

import struct
from dataclasses import dataclass, replace
from pathlib import Path

LINKTYPE_ETHERNET = 1
SNAPLEN = 262144
FORMATS = ("pcap", "pcap-be", "pcap-ns", "pcap-ns-be", "pcapng", "pcapng-be")

PCAP_MAGIC_US = 0xA1B2C3D4
PCAP_MAGIC_NS = 0xA1B23C4D
NG_SECTION = 0x0A0D0D0A
NG_BYTE_ORDER = 0x1A2B3C4D
NG_INTERFACE, NG_SIMPLE, NG_STATISTICS, NG_ENHANCED = 1, 3, 5, 6
OPT_END, OPT_APPLICATION, OPT_IF_NAME, OPT_IF_TSRESOL = 0, 4, 2, 9


class BadCapture(ValueError):
    """The file is not a whole capture of a kind that this module reads."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One frame as captured; original_length differs from len(data) only when it was cut."""

    time_ns: int
    data: bytes
    original_length: int = 0

    def __post_init__(self):
        if not self.original_length:
            object.__setattr__(self, "original_length", len(self.data))

    def with_data(self, data):
        return Packet(self.time_ns, data)

    def at(self, time_ns):
        return replace(self, time_ns=time_ns)


def read(path):
    """All packets of a capture file, in file order."""
    return parse(Path(path).read_bytes())


def parse(blob):
    if len(blob) < 24:
        raise BadCapture("shorter than a pcap header")
    if struct.unpack_from("<I", blob)[0] == NG_SECTION:
        return _parse_pcapng(blob)
    for order in "<>":
        magic = struct.unpack_from(order + "I", blob)[0]
        if magic in (PCAP_MAGIC_US, PCAP_MAGIC_NS):
            return _parse_pcap(blob, order, 1 if magic == PCAP_MAGIC_NS else 1000)
    raise BadCapture("neither pcap nor pcapng")


def _parse_pcap(blob, order, unit_ns):
    if struct.unpack_from(order + "I", blob, 20)[0] & 0xFFFF != LINKTYPE_ETHERNET:
        raise BadCapture("not Ethernet")
    packets, at = [], 24
    while at < len(blob):
        if at + 16 > len(blob):
            raise BadCapture("cut inside a packet header")
        seconds, fraction, kept, original = struct.unpack_from(order + "4I", blob, at)
        at += 16
        if at + kept > len(blob):
            raise BadCapture("cut inside a packet")
        packets.append(Packet(seconds * 10**9 + fraction * unit_ns, blob[at : at + kept], original))
        at += kept
    return packets


def _blocks(blob):
    """Yields (byte order, type, body) for each pcapng block."""
    at, order = 0, "<"
    while at < len(blob):
        if at + 12 > len(blob):
            raise BadCapture("cut inside a block header")
        if struct.unpack_from("<I", blob, at)[0] == NG_SECTION:
            order = "<" if struct.unpack_from("<I", blob, at + 8)[0] == NG_BYTE_ORDER else ">"
        kind, length = struct.unpack_from(order + "2I", blob, at)
        if length < 12 or length % 4 or at + length > len(blob):
            raise BadCapture("block length")
        yield order, kind, blob[at + 8 : at + length - 4]
        at += length


def _options(order, body, at):
    while at + 4 <= len(body):
        code, length = struct.unpack_from(order + "2H", body, at)
        if code == OPT_END:
            return
        yield code, body[at + 4 : at + 4 + length]
        at += 4 + (length + 3) // 4 * 4


def _ticks_per_second(order, body):
    for code, value in _options(order, body, 8):
        if code == OPT_IF_TSRESOL:
            return 2 ** (value[0] & 0x7F) if value[0] & 0x80 else 10 ** value[0]
    return 10**6


def _parse_pcapng(blob):
    packets, ticks = [], []
    for order, kind, body in _blocks(blob):
        if kind == NG_SECTION:
            ticks = []
        elif kind == NG_INTERFACE:
            if struct.unpack_from(order + "H", body)[0] != LINKTYPE_ETHERNET:
                raise BadCapture("not Ethernet")
            ticks.append(_ticks_per_second(order, body))
        elif kind == NG_ENHANCED:
            interface, high, low, kept, original = struct.unpack_from(order + "5I", body)
            time_ns = (high << 32 | low) * 10**9 // ticks[interface]
            packets.append(Packet(time_ns, body[20 : 20 + kept], original))
        elif kind == NG_SIMPLE:
            original = struct.unpack_from(order + "I", body)[0]
            packets.append(Packet(0, body[4 : 4 + original], original))
    return packets


def write(path, packets, form="pcap"):
    Path(path).write_bytes(build(packets, form))


def build(packets, form="pcap"):
    """The bytes of a capture file in one of FORMATS."""
    if form not in FORMATS:
        raise ValueError(f"format {form!r}: one of {', '.join(FORMATS)}")
    order = ">" if form.endswith("-be") else "<"
    if form.startswith("pcapng"):
        return _build_pcapng(packets, order)
    nanoseconds = form.startswith("pcap-ns")
    return _build_pcap(packets, order, nanoseconds)


def _build_pcap(packets, order, nanoseconds):
    magic = PCAP_MAGIC_NS if nanoseconds else PCAP_MAGIC_US
    unit_ns = 1 if nanoseconds else 1000
    out = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, SNAPLEN, LINKTYPE_ETHERNET)]
    for packet in packets:
        seconds, rest = divmod(packet.time_ns, 10**9)
        lengths = len(packet.data), packet.original_length
        out.append(struct.pack(order + "4I", seconds, rest // unit_ns, *lengths))
        out.append(packet.data)
    return b"".join(out)


def _pad(data):
    return data + bytes(-len(data) % 4)


def _option(order, code, value):
    return struct.pack(order + "2H", code, len(value)) + _pad(value)


def _block(order, kind, body):
    length = len(body) + 12
    return struct.pack(order + "2I", kind, length) + body + struct.pack(order + "I", length)


def _build_pcapng(packets, order):
    end = struct.pack(order + "2H", OPT_END, 0)
    section = struct.pack(order + "IHHq", NG_BYTE_ORDER, 1, 0, -1)
    section += _option(order, OPT_APPLICATION, b"portreeve tests") + end
    interface = struct.pack(order + "HHI", LINKTYPE_ETHERNET, 0, SNAPLEN)
    interface += _option(order, OPT_IF_NAME, b"inside")
    interface += _option(order, OPT_IF_TSRESOL, b"\x09") + end
    out = [_block(order, NG_SECTION, section), _block(order, NG_INTERFACE, interface)]
    for packet in packets:
        time = packet.time_ns >> 32, packet.time_ns & 0xFFFFFFFF
        lengths = len(packet.data), packet.original_length
        head = struct.pack(order + "5I", 0, *time, *lengths)
        out.append(_block(order, NG_ENHANCED, head + _pad(packet.data)))
    return b"".join(out)


def scrub_pcapng(blob, keep, shift_ns):
    """A pcapng file of another program, its blocks and options kept except the following.

    Options that describe the recording machine and interface statistics go; packets for which
    keep(data) is false go; the others move by shift_ns.
    """
    out, ticks = [], []
    for order, kind, body in _blocks(blob):
        if kind == NG_SECTION:
            ticks = []
            body = body[:8] + struct.pack(order + "q", -1)
        elif kind == NG_INTERFACE:
            ticks.append(_ticks_per_second(order, body))
            kept = [pair for pair in _options(order, body, 8) if pair[0] in (OPT_IF_NAME,
                                                                             OPT_IF_TSRESOL)]
            body = body[:8] + b"".join(_option(order, *pair) for pair in kept) + bytes(4)
        elif kind == NG_ENHANCED:
            interface, high, low, kept = struct.unpack_from(order + "4I", body)
            if not keep(body[20 : 20 + kept]):
                continue
            time = (high << 32 | low) + shift_ns * ticks[interface] // 10**9
            body = struct.pack(order + "3I", interface, time >> 32, time & 0xFFFFFFFF) + body[12:]
        if kind != NG_STATISTICS:
            out.append(_block(order, kind, body))
    return b"".join(out)
