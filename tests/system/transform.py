#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Turns a capture into another that must lead to the same events: the material of the invariance
tests. Only struct and frames.py: no packet library decides what a segment is.

usage: transform.py [--format FORMAT] [--cut BYTES] OPERATION… IN OUT
       operations, applied in order: segment:N  swap[:client|server]  twice  ipv6  vlan:ID
                                     qinq:OUTER:INNER  ident:SEED
       formats: pcap pcap-be pcap-ns pcap-ns-be pcapng pcapng-be

Importable: each operation is a function from a list of packets to a list of packets.

What all operations keep: TCP sequence numbers, what is said in which direction, the order of times,
a wrong checksum stays wrong by the same amount. What passes untouched: frames that are no whole
TCP segment (ARP, ICMP, fragments, tunnels, and UDP but for VLAN tags and IPv6).
"""

import argparse
import hashlib
import ipaddress
import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "captures"))
import pcapfile
from frames import (ACK, ETHERTYPE_IPV6, ETHERTYPE_QINQ, ETHERTYPE_VLAN, FIN, PROTO_FRAGMENT,
                    PROTO_TCP, PROTO_UDP, PSH, RST, SYN, URG, addresses, checksum, checksum_error,
                    checksum_offset, dissect, flow_of, ipv6, l4_checksum, turned)
from pcapfile import FORMATS, Packet

__all__ = ["FORMATS", "Packet", "ipv6_from_ipv4", "lay_out", "qinq", "renumber", "segment", "swap",
           "to_ipv6", "twice", "vlan"]

INSIDE_PREFIX = ipaddress.ip_address("fd77::").packed[:12]
OUTSIDE_PREFIX = ipaddress.ip_address("2001:db8::").packed[:12]


# --- one frame --------------------------------------------------------------------------------


def with_l4_checksum(frame, layers, error):
    """The frame with its TCP or UDP checksum made right, and then wrong by error."""
    source, destination = addresses(frame, layers)
    field = layers.l4 + checksum_offset(layers.proto)
    blank = frame[: field] + b"\0\0" + frame[field + 2 :]
    value = l4_checksum(source, destination, layers.proto, blank[layers.l4 : layers.end])
    if error:
        value += ~error & 0xFFFF  # ones' complement: subtract the error
        value = (value & 0xFFFF) + (value >> 16)
    return frame[:field] + struct.pack(">H", value) + frame[field + 2 :]


def with_ip_lengths(frame, layers, end):
    """The frame with its IP length for a packet that ends at end, and the IPv4 checksum right."""
    at = layers.l3
    if layers.version == 6:
        return frame[: at + 4] + struct.pack(">H", end - at - 40) + frame[at + 6 :]
    head = bytearray(frame[at : at + (frame[at] & 15) * 4])
    head[2:4] = struct.pack(">H", end - at)
    head[10:12] = b"\0\0"
    head[10:12] = struct.pack(">H", checksum(bytes(head)))
    return frame[:at] + bytes(head) + frame[at + len(head) :]


def is_plain_tcp(packet, layers):
    return layers.is_tcp and not layers.fragmented and packet.original_length == len(packet.data)


def part(frame, layers, start, end):
    """The frame that carries payload bytes start…end of a TCP segment.

    SYN goes with the first part only, FIN and PSH with the last, the urgent pointer is moved along
    and URG ends with the part that holds it.
    """
    length = layers.end - layers.payload
    out = bytearray(frame[: layers.payload] + frame[layers.payload + start : layers.payload + end])
    tcp, flags = layers.l4, frame[layers.l4 + 13]
    seq, urgent = struct.unpack_from(">I", frame, tcp + 4)[0], struct.unpack_from(
        ">H", frame, tcp + 18)[0]
    if start:
        seq += start + (1 if flags & SYN else 0)
        flags &= ~SYN
    if end < length:
        flags &= ~(FIN | PSH)
    if flags & URG and urgent > start:
        urgent -= start
    else:
        flags, urgent = flags & ~URG, 0
    struct.pack_into(">I", out, tcp + 4, seq & 0xFFFFFFFF)
    out[tcp + 13] = flags
    struct.pack_into(">H", out, tcp + 18, urgent)
    out = with_ip_lengths(bytes(out), layers, len(out))
    return with_l4_checksum(out, dissect(out), checksum_error(frame, layers))


# --- operations -------------------------------------------------------------------------------


def segment(packets, size=1):
    """Every TCP segment with data cut into segments of at most size bytes."""
    out = []
    for packet in packets:
        layers = dissect(packet.data)
        length = layers.end - layers.payload
        if not is_plain_tcp(packet, layers) or length <= size:
            out.append(packet)
            continue
        for start in range(0, length, size):
            end = min(start + size, length)
            out.append(packet.with_data(part(packet.data, layers, start, end)))
    return out


def swap(packets, side=None):
    """Neighbouring data segments of one direction change places, two by two.

    Neighbours have nothing between them but other flows and pure acknowledgements of the other
    side; those then follow the later segment, so that nothing is acknowledged before it was sent.
    side: "client" or "server" (who opened the connection, or not) limits it to one direction.
    Times stay in order: the frames change places, the clock does not.
    """
    order, waiting, openers = [], {}, set()
    for index, packet in enumerate(packets):
        layers = dissect(packet.data)
        if not is_plain_tcp(packet, layers):
            order.append(index)
            continue
        flow, flags = flow_of(packet.data, layers), packet.data[layers.l4 + 13]
        if flags & (SYN | ACK) == SYN:
            openers.add(flow)
        data = layers.end > layers.payload and not flags & (SYN | RST)
        wanted = side is None or (flow in openers) == (side == "client")
        if not data or not wanted:
            back = waiting.get(turned(flow))
            if back is not None and not data and not flags & (SYN | FIN | RST):
                waiting[turned(flow)] = [*back, index]  # a pure acknowledgement waits
                continue
            _flush(order, waiting, flow)
            _flush(order, waiting, turned(flow))
            order.append(index)
        elif flow in waiting:
            first, *acknowledgements = waiting.pop(flow)
            order += [index, first, *acknowledgements]
        else:
            _flush(order, waiting, turned(flow))
            waiting[flow] = [index]
    for flow in list(waiting):
        _flush(order, waiting, flow)
    times = sorted(packet.time_ns for packet in packets)
    return [packets[index].at(time_ns) for index, time_ns in zip(order, times)]


def _flush(order, waiting, flow):
    order += waiting.pop(flow, [])


def twice(packets):
    """Every TCP segment sent a second time right after the first."""
    return [copy for packet in packets
            for copy in [packet] * (2 if is_plain_tcp(packet, dissect(packet.data)) else 1)]


def vlan(packets, *tags):
    """Tags (tpid, tci) put in front of what is there, outermost first."""
    head = b"".join(struct.pack(">2H", *tag) for tag in tags)
    return [Packet(p.time_ns, p.data[:12] + head + p.data[12:], p.original_length + len(head))
            for p in packets]


def qinq(packets, outer=300, inner=77):
    return vlan(packets, (ETHERTYPE_QINQ, outer), (ETHERTYPE_VLAN, inner))


def ipv6_from_ipv4(address):
    """RFC 1918 becomes fd77::/96 and the rest 2001:db8::/96, with the IPv4 address at the end."""
    private = any(address in ipaddress.ip_network(net)
                  for net in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
    prefix = INSIDE_PREFIX if private else OUTSIDE_PREFIX
    return ipaddress.ip_address(prefix + address.packed)


def to_ipv6(packets):
    """TCP and UDP over IPv4, fragments included, become IPv6; other frames pass.

    Time to live and type of service are kept, IPv4 options and the don't-fragment flag are not, a
    UDP checksum of 0 becomes a right one, Ethernet padding goes.
    """
    return [packet.with_data(_frame_to_ipv6(packet.data)) if _convertible(packet) else packet
            for packet in packets]


def _convertible(packet):
    layers = dissect(packet.data)
    whole = packet.original_length == len(packet.data)
    return whole and layers.version == 4 and layers.proto in (PROTO_TCP, PROTO_UDP) and (
        layers.l4 or layers.fragmented)


def _frame_to_ipv6(frame):
    layers = dissect(frame)
    at = layers.l3
    ends = [ipv6_from_ipv4(address) for address in addresses(frame, layers)]
    ident, fragment = struct.unpack_from(">2H", frame, at + 4)
    body = frame[at + (frame[at] & 15) * 4 : layers.end]
    extensions = []
    if layers.fragmented:
        place = (fragment & 0x1FFF) * 8
        more = fragment >> 13 & 1
        extensions = [(PROTO_FRAGMENT, b"\0" + struct.pack(">HI", place | more, ident))]
        body = _moved_fragment_checksum(body, layers.proto, place, addresses(frame, layers), ends)
    packet = bytearray(ipv6(*ends, layers.proto, body, frame[at + 8], extensions))
    struct.pack_into(">I", packet, 0, 6 << 28 | frame[at + 1] << 20)
    out = frame[: at - 2] + struct.pack(">H", ETHERTYPE_IPV6) + bytes(packet)
    if layers.fragmented:
        return out
    return with_l4_checksum(out, dissect(out), checksum_error(frame, layers))


def _moved_fragment_checksum(body, proto, place, old, new):
    """The checksum moved from the old to the new addresses (RFC 1624) in the fragment that has it.

    The rest of the pseudo header sums to the same for both versions.
    """
    field = checksum_offset(proto) - place
    if not 0 <= field <= len(body) - 2 or body[field : field + 2] == b"\0\0":
        return body
    words = b"".join(address.packed for address in old)
    total = ~struct.unpack_from(">H", body, field)[0] & 0xFFFF
    total += sum(~word & 0xFFFF for word in struct.unpack(f">{len(words) // 2}H", words))
    words = b"".join(address.packed for address in new)
    total += sum(struct.unpack(f">{len(words) // 2}H", words))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return body[:field] + struct.pack(">H", ~total & 0xFFFF) + body[field + 2 :]


def renumber(packets, seed="ident"):
    """IPv4 identifications replaced; fragments of one datagram keep a common one."""
    out = []
    for packet in packets:
        layers = dissect(packet.data)
        if layers.version != 4 or layers.end > len(packet.data):
            out.append(packet)
            continue
        at = layers.l3 + 4
        old = packet.data[at : at + 2]
        digest = hashlib.sha256(f"{seed}/{old.hex()}/{addresses(packet.data, layers)}".encode())
        frame = packet.data[:at] + digest.digest()[:2] + packet.data[at + 2 :]
        frame = with_ip_lengths(frame, layers, layers.end)
        out.append(Packet(packet.time_ns, frame, packet.original_length))
    return out


# --- files and the command line ---------------------------------------------------------------


def lay_out(packets, form="pcap", cut=None):
    """The bytes of a capture file in one of FORMATS, cut after so many bytes (negative: from the
    end)."""
    return pcapfile.build(packets, form)[:cut]


def operation(word):
    """A function on packets from a word of the command line."""
    name, *arguments = word.split(":")
    known = {
        "segment": lambda size="1": lambda packets: segment(packets, int(size)),
        "swap": lambda side=None: lambda packets: swap(packets, side),
        "twice": lambda: twice,
        "ipv6": lambda: to_ipv6,
        "vlan": lambda tci: lambda packets: vlan(packets, (ETHERTYPE_VLAN, int(tci))),
        "qinq": lambda outer, inner: lambda packets: qinq(packets, int(outer), int(inner)),
        "ident": lambda seed="ident": lambda packets: renumber(packets, seed),
    }
    try:
        return known[name](*arguments)
    except (KeyError, TypeError) as error:
        raise argparse.ArgumentTypeError(f"{word!r}: one of {', '.join(known)}") from error


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--format", choices=FORMATS, default="pcap")
    parser.add_argument("--cut", type=int, metavar="BYTES")
    parser.add_argument("operations", nargs="*", type=operation, metavar="OPERATION")
    parser.add_argument("source", metavar="IN")
    parser.add_argument("target", metavar="OUT")
    arguments = parser.parse_args()
    packets = pcapfile.read(arguments.source)
    for apply in arguments.operations:
        packets = apply(packets)
    Path(arguments.target).write_bytes(lay_out(packets, arguments.format, arguments.cut))
    return 0


if __name__ == "__main__":
    sys.exit(main())
