#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes what attackers do to hide a session, byte by byte: one trick a capture, played with the
Ebury ident of threats.py so that it is plain whether the trick worked; and the same session inside
tunnels. Deterministic. The rule that decides what must be read is the appliance's own: of two
values for a sequence number the one forwarded first counts.

usage: evasions.py [--to FOLDER] [NAME…]
"""

import argparse
import ipaddress
import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import expect
import frames
import pcapfile
from frames import ACK, FIN, PSH, RST, SYN, URG
from talk import (MSS_OPTION, OUTSIDE_MAC, SshTalk, Tcp, Wire, filler,
                  key_exchange, link)
from threats import ATTACKER, EBURY_IDENTS, INSIDE_NET, SERVER

HOSTILE = EBURY_IDENTS["hex"]
DECOY = "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u1"  # as long as HOSTILE, so that it covers it
ATTACKER6, SERVER6 = "2001:db8:66::66", "fd77::21"
CLIENT, SERVING = "originator", "responder"

EBURY_ALERT = {"field": "ssh.client.ident.shape", "value": "ebury-hex"}


def wire_line(ident):
    return ident.encode() + b"\r\n"


assert len(HOSTILE) == len(DECOY)


class Evasion:
    """One session from the attacker to the server, with hooks for how its parts are delivered."""

    def __init__(self, ipv6=False, **more):
        self.wire = Wire()
        hosts = (ATTACKER6, SERVER6) if ipv6 else (ATTACKER, SERVER)
        self.tcp = Tcp(self.wire, (hosts[0], 40066), (hosts[1], 22), **more)
        self.talk = SshTalk(client_ident=HOSTILE, host=SERVER)

    def run(self, deliver, opening=None):
        """Handshake, server's ident, the client's ident by deliver(tcp, line), the rest plainly."""
        (opening or Tcp.open)(self.tcp)
        self.tcp.send(SERVING, wire_line(self.talk.server_ident))
        before = self.tcp.next_seq[CLIENT]
        deliver(self.tcp, wire_line(HOSTILE))
        self.tcp.next_seq[CLIENT] = (before + len(wire_line(HOSTILE))) & 0xFFFFFFFF
        self.tcp.ack(SERVING)
        key_exchange(self.tcp, self.talk)
        self.tcp.close()
        return self

    def seen(self, client_ident=HOSTILE):
        """The session's expectation; client_ident is what must be read, None: undetermined."""
        said = self.talk.expectation(self.tcp)
        if client_ident is None:
            for key in ("client_ident", "client_software", "hassh"):
                del said[key]
        elif client_ident == HOSTILE:
            said["redacted"] = ["client"]
        else:
            said |= {"client_ident": client_ident,
                     "client_software": client_ident.split("-", 2)[2].split(" ", 1)[0]}
        return said


def result(evasion, notes, client_ident=HOSTILE, anomalies=(), **more):
    alerts = [EBURY_ALERT] if client_ident == HOSTILE else []
    return evasion.wire.packets, {
        "inside_net": INSIDE_NET, "ssh": [evasion.seen(client_ident)], "dns": [], "alerts": alerts,
        "anomalies": list(anomalies), "clean": False, "notes": notes} | more


def at(tcp, offset):
    return (tcp.next_seq[CLIENT] + offset) & 0xFFFFFFFF


def plainly(tcp, line):
    tcp.put(CLIENT, line)


# --- conflicting and agreeing overlaps --------------------------------------------------------


def conflict_after():
    def deliver(tcp, line):
        tcp.put(CLIENT, line)
        tcp.put(CLIENT, wire_line(DECOY))

    return result(Evasion().run(deliver), "the ident, then a retransmission of it with innocent "
                  "bytes, unacknowledged", anomalies=["stream-conflict"])


def conflict_before():
    def deliver(tcp, line):
        tcp.put(CLIENT, wire_line(DECOY))
        tcp.put(CLIENT, line)

    return result(Evasion().run(deliver), "an innocent ident, then a retransmission with the "
                  "hostile one: what was forwarded first counts", DECOY, ["stream-conflict"])


def conflict_partial():
    def deliver(tcp, line):
        tcp.put(CLIENT, line[:20])
        tcp.put(CLIENT, b"X" * 8 + line[18:], seq=at(tcp, 10))

    return result(Evasion().run(deliver), "the second segment overlaps the first by ten bytes and "
                  "conflicts in eight", anomalies=["stream-conflict"])


def overlap_agreeing():
    def deliver(tcp, line):
        for start, end in ((30, len(line)), (9, 25), (20, 34), (4, 12), (0, 6)):
            tcp.put(CLIENT, line[start:end], seq=at(tcp, start))

    return result(Evasion().run(deliver), "five segments, last first, overlapping and agreeing")


def overlap_conflict():
    def deliver(tcp, line):
        tcp.put(CLIENT, line[10:], seq=at(tcp, 10))
        tcp.put(CLIENT, line[:10] + b"Y" * 8)

    return result(Evasion().run(deliver), "out of order: the tail first, then a head that lies "
                  "about the tail's first eight bytes", anomalies=["stream-conflict"])


# --- insertions that the receiver discards ----------------------------------------------------


def checksum():
    def deliver(tcp, line):
        decoy = bytearray(tcp.segment(CLIENT, wire_line(DECOY)))
        decoy[16] ^= 0x55
        ends = tcp.end[CLIENT][0], tcp.end[SERVING][0]
        tcp.emit(*ends, bytes(decoy), CLIENT)
        tcp.put(CLIENT, line)

    return result(Evasion().run(deliver), "an innocent ident with a wrong checksum, then the "
                  "hostile one", anomalies=["bad-checksum"])


def low_ttl():
    def deliver(tcp, line):
        ends = tcp.end[CLIENT][0], tcp.end[SERVING][0]
        tcp.wire.put_ip(*ends, frames.PROTO_TCP, tcp.segment(CLIENT, wire_line(DECOY)), 1, ttl=1)
        tcp.put(CLIENT, line)

    return result(Evasion().run(deliver), "an innocent ident with a TTL of 1, then the hostile "
                  "one: what was forwarded first counts", DECOY, ["stream-conflict"])


def window():
    def deliver(tcp, line):
        tcp.put(CLIENT, wire_line(DECOY), seq=at(tcp, 5_000_000))
        tcp.put(CLIENT, line)

    return result(Evasion().run(deliver), "an innocent ident far outside the receiver's window")


# --- lies about the connection's end ----------------------------------------------------------


def fake_rst():
    def deliver(tcp, line):
        tcp.put(CLIENT, flags=RST)
        tcp.put(CLIENT, line)

    return result(Evasion().run(deliver), "a reset with the right sequence number that never "
                  "arrives, then the ident", anomalies=["stream-data-after-reset"])


def fake_rst_md5():
    def deliver(tcp, line):
        tcp.put(CLIENT, flags=RST | ACK, options=struct.pack(">BB", 19, 18) + filler("md5", 16))
        tcp.put(CLIENT, line)

    return result(Evasion().run(deliver), "a reset with a TCP-MD5 option, which the receiver "
                  "ignores, then the ident", anomalies=["stream-data-after-reset"])


def fake_rst_sequence():
    def deliver(tcp, line):
        tcp.put(CLIENT, flags=RST, seq=at(tcp, 12345))
        tcp.put(CLIENT, line)

    return result(Evasion().run(deliver), "a reset with a wrong sequence number in the window, "
                  "then the ident", anomalies=["stream-data-after-reset"])


def fake_fin():
    def deliver(tcp, line):
        tcp.put(CLIENT, flags=FIN | ACK)
        tcp.put(CLIENT, line)

    return result(Evasion().run(deliver), "an end of stream that never arrives, then the ident on "
                  "the same sequence numbers", anomalies=["stream-data-after-reset"])


# --- flags ------------------------------------------------------------------------------------


def urgent():
    def deliver(tcp, line):
        tcp.put(CLIENT, line, flags=PSH | ACK | URG, urgent=15)

    return result(Evasion().run(deliver), "an urgent pointer into the ident; urgent data is read "
                  "in line", anomalies=["stream-urgent"])


def syn_data():
    def opening(tcp):
        tcp.put(CLIENT, wire_line(HOSTILE), flags=SYN, options=MSS_OPTION)
        tcp.advance(CLIENT, 1)
        tcp.put(SERVING, flags=SYN | ACK, options=MSS_OPTION)
        tcp.advance(SERVING, 1)
        tcp.ack(CLIENT)

    return result(Evasion().run(plainly, opening), "the ident rides on the SYN; the server does "
                  "not take it and it is sent again", anomalies=["stream-data-on-syn"])


def split_handshake():
    def opening(tcp):
        tcp.put(CLIENT, flags=SYN, options=MSS_OPTION)
        tcp.advance(CLIENT, 1)
        tcp.put(SERVING, flags=SYN, options=MSS_OPTION)
        tcp.advance(SERVING, 1)
        tcp.put(CLIENT, flags=SYN | ACK, seq=at(tcp, -1), options=MSS_OPTION)
        tcp.ack(SERVING)

    return result(Evasion().run(plainly, opening), "the server answers the SYN by a SYN of its own",
                  anomalies=["stream-split-handshake"])


# --- sequence numbers and segmentation --------------------------------------------------------


def wrap():
    def deliver(tcp, line):
        for start in range(0, len(line), 7):
            tcp.put(CLIENT, line[start : start + 7], seq=at(tcp, start))

    first = (1 << 32) - 17
    return result(Evasion(isn={CLIENT: first, SERVING: first}).run(deliver),
                  "sequence numbers of both sides wrap around inside the ident")


def one_byte():
    def deliver(tcp, line):
        for start in range(len(line)):
            tcp.put(CLIENT, line[start : start + 1], seq=at(tcp, start))
            tcp.put(SERVING, flags=ACK, ack=at(tcp, start + 1))

    return result(Evasion().run(deliver), "the ident byte by byte, each acknowledged")


# --- fragments --------------------------------------------------------------------------------


def pieces_of(segment, cuts):
    """(offset, bytes, more) of a datagram's fragments; cuts are multiples of 8."""
    bounds = [0, *cuts, len(segment)]
    return [(start, segment[start:end], end < len(segment))
            for start, end in zip(bounds, bounds[1:])]


def put_fragment(tcp, ident, piece):
    offset, data, more = piece
    source, destination = tcp.end[CLIENT][0], tcp.end[SERVING][0]
    if source.version == 4:
        packet = frames.ipv4(source, destination, frames.PROTO_TCP, data, ident,
                             fragment=offset // 8 | (0x2000 if more else 0))
    else:
        body = b"\0" + struct.pack(">HI", offset | more, ident)
        packet = frames.ipv6(source, destination, frames.PROTO_TCP, data,
                             extensions=[(frames.PROTO_FRAGMENT, body)])
    tcp.wire.put(link(source, destination, packet))


def fragmented(order, notes, ipv6=False):
    def deliver(tcp, line):
        pieces = pieces_of(tcp.segment(CLIENT, line), (8, 24, 40))
        for index in order:
            put_fragment(tcp, 0x7777, pieces[index])

    return result(Evasion(ipv6).run(deliver), notes)


def fragments_overlapping(ipv6):
    def deliver(tcp, line):
        pieces = pieces_of(tcp.segment(CLIENT, line), (24, 40))
        head, middle, tail = pieces
        lie = (middle[0], b"Z" * len(middle[1]), True)
        for piece in (head, middle, lie, tail):
            put_fragment(tcp, 0x7777, piece)
        tcp.put(CLIENT, line)

    version = "IPv6" if ipv6 else "IPv4"
    return result(Evasion(ipv6).run(deliver),
                  f"{version} fragments of the ident, one place filled twice with different bytes: "
                  "never put together; the segment is then sent whole",
                  anomalies=["fragment-overlap"])


# --- idents of odd shape ----------------------------------------------------------------------


def odd_ident(shape, line, ident, anomalies, notes):
    evasion = Evasion()
    evasion.talk.client_ident = ident
    evasion.tcp.open()
    evasion.tcp.send(SERVING, wire_line(evasion.talk.server_ident))
    evasion.tcp.send(CLIENT, line)
    key_exchange(evasion.tcp, evasion.talk)
    evasion.tcp.close()
    packets, expected = result(evasion, notes, ident, anomalies)
    expected["alerts"] = [{"field": "ssh.client.ident.shape", "value": shape}]
    return packets, expected


def oversize():
    ident = "SSH-2.0-Fisher_" + "a7" * 150
    return odd_ident("oversize", ident.encode() + b"\r\n", ident, ["ssh-ident-oversize"],
                     "an ident longer than the RFC's 255 bytes")


def bare_lf():
    ident = "SSH-2.0-Fisher_1.0"
    return odd_ident("bare-lf", ident.encode() + b"\n", ident, [],
                     "an ident that ends with a bare line feed")


# --- tunnels ----------------------------------------------------------------------------------

OUTER = {4: (ipaddress.ip_address("198.51.100.2"), ipaddress.ip_address("10.77.0.2")),
         6: (ipaddress.ip_address("2001:db8:51::2"), ipaddress.ip_address("fd77::2"))}


def tunnel(wrap_frame, notes, ipv6=False):
    """The whole session, each frame wrapped by wrap_frame(frame, outer source, destination)."""
    evasion = Evasion(ipv6).run(plainly)
    for index, packet in enumerate(evasion.wire.packets):
        ends = OUTER[4] if packet.data[6:12] == OUTSIDE_MAC else OUTER[4][::-1]
        evasion.wire.packets[index] = packet.with_data(wrap_frame(packet.data, *ends))
    return result(evasion, notes)


def in_gre(frame, source, destination):
    packet = struct.pack(">2H", 0, frames.ETHERTYPE_IPV4) + frame[14:]
    return link(source, destination, frames.ipv4(source, destination, frames.PROTO_GRE, packet))


def in_gre_key(frame, source, destination):
    """With checksum, key and sequence number (RFC 2784, 2890), around a whole Ethernet frame."""
    head = struct.pack(">HHHHII", 0xB000, 0x6558, 0, 0, 77, 1)
    body = head + frame
    body = body[:4] + struct.pack(">H", frames.checksum(body)) + body[6:]
    return link(source, destination, frames.ipv4(source, destination, frames.PROTO_GRE, body))


def in_vxlan(frame, source, destination):
    datagram = frames.udp(source, 49152, destination, 4789,
                          struct.pack(">II", 0x08000000, 77 << 8) + frame)
    return link(source, destination, frames.ipv4(source, destination, frames.PROTO_UDP, datagram))


def in_ipip(frame, source, destination):
    return link(source, destination,
                frames.ipv4(source, destination, frames.PROTO_IPIP, frame[14:]))


def in_6in4(frame, source, destination):
    return link(source, destination,
                frames.ipv4(source, destination, frames.PROTO_IPV6, frame[14:]))


def in_4in6(frame, source, destination):
    source, destination = OUTER[6] if source == OUTER[4][0] else OUTER[6][::-1]
    return link(source, destination,
                frames.ipv6(source, destination, frames.PROTO_IPIP, frame[14:]))


def in_pppoe(frame, _source, _destination):
    ppp = struct.pack(">H", 0x0021) + frame[14:]
    head = struct.pack(">BBHH", 0x11, 0, 0x0B0B, len(ppp))
    return frame[:12] + struct.pack(">H", frames.ETHERTYPE_PPPOE) + head + ppp


def with_extensions(frame, _source, _destination):
    """Hop-by-hop, destination options and a routing header with no segments left."""
    padding = b"\0" + struct.pack(">BB4x", 1, 4)
    routing = b"\0" + struct.pack(">BBI", 253, 0, 0)
    chain = ((frames.PROTO_HOPOPTS, padding), (frames.PROTO_DSTOPTS, padding),
             (frames.PROTO_ROUTING, routing))
    at_ip = frames.dissect(frame)
    source, destination = frames.addresses(frame, at_ip)
    return frame[:14] + frames.ipv6(source, destination, frames.PROTO_TCP, frame[at_ip.l4 :],
                                    extensions=chain)


EVASIONS = {
    "evasion_conflict_after": conflict_after,
    "evasion_conflict_before": conflict_before,
    "evasion_conflict_partial": conflict_partial,
    "evasion_overlap_agreeing": overlap_agreeing,
    "evasion_overlap_conflict": overlap_conflict,
    "evasion_checksum": checksum,
    "evasion_low_ttl": low_ttl,
    "evasion_window": window,
    "evasion_fake_rst": fake_rst,
    "evasion_fake_rst_md5": fake_rst_md5,
    "evasion_fake_rst_sequence": fake_rst_sequence,
    "evasion_fake_fin": fake_fin,
    "evasion_urgent": urgent,
    "evasion_syn_data": syn_data,
    "evasion_split_handshake": split_handshake,
    "evasion_wrap": wrap,
    "evasion_one_byte": one_byte,
    "evasion_fragments": lambda: fragmented((0, 1, 2, 3), "the ident in four IPv4 fragments"),
    "evasion_fragments_reversed": lambda: fragmented((3, 2, 1, 0), "the same, last first"),
    "evasion_fragments_v6": lambda: fragmented((2, 0, 3, 1), "the ident in four IPv6 fragments, "
                                               "out of order", ipv6=True),
    "evasion_fragments_overlap": lambda: fragments_overlapping(False),
    "evasion_fragments_overlap_v6": lambda: fragments_overlapping(True),
    "evasion_oversize_ident": oversize,
    "evasion_bare_lf": bare_lf,
    "tunnel_gre": lambda: tunnel(in_gre, "inside GRE"),
    "tunnel_gre_key": lambda: tunnel(in_gre_key, "Ethernet inside GRE with checksum, key and "
                                     "sequence number"),
    "tunnel_vxlan": lambda: tunnel(in_vxlan, "inside VXLAN"),
    "tunnel_ipip": lambda: tunnel(in_ipip, "IPv4 inside IPv4"),
    "tunnel_6in4": lambda: tunnel(in_6in4, "IPv6 inside IPv4", ipv6=True),
    "tunnel_4in6": lambda: tunnel(in_4in6, "IPv4 inside IPv6"),
    "tunnel_pppoe": lambda: tunnel(in_pppoe, "inside a PPPoE session"),
    "tunnel_extension_headers": lambda: tunnel(with_extensions, "IPv6 with hop-by-hop, destination "
                                               "and routing headers", ipv6=True),
}


def write_all(folder, names=()):
    written = []
    for name in names or EVASIONS:
        packets, expected = EVASIONS[name]()
        target = Path(folder) / f"{name}.pcap"
        pcapfile.write(target, packets)
        expect.save(target, expected)
        written.append(target)
    return written


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("names", nargs="*", choices=[*EVASIONS, []], metavar="NAME")
    parser.add_argument("--to", type=Path, default=expect.FOLDER, metavar="FOLDER")
    arguments = parser.parse_args()
    for path in write_all(arguments.to, arguments.names):
        print(f"{path.name}: {path.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
