# SPDX-License-Identifier: BSD-2-Clause
"""The frames of a capture, and the port of the appliance at which each would have come in."""

import ipaddress
import struct

PCAP_HEADER_BYTES, RECORD_HEADER_BYTES = 24, 16
PCAP_MAGIC_US = 0xA1B2C3D4
TAGS = (0x8100, 0x88A8)
SOURCE_ADDRESS = {0x0800: (12, 4), 0x86DD: (8, 16)}  # ethertype: where in the IP header, and its bytes


def read(path):
    """(seconds since 1970, frame) of each packet in a little-endian pcap file of Ethernet frames."""
    blob = path.read_bytes()
    if blob[:4] != struct.pack("<I", PCAP_MAGIC_US):
        raise ValueError(f"{path.name} is not a little-endian pcap file")
    packets, at = [], PCAP_HEADER_BYTES
    while at < len(blob):
        seconds, _, length, _ = struct.unpack_from("<4I", blob, at)
        at += RECORD_HEADER_BYTES
        packets.append((seconds, blob[at : at + length]))
        at += length
    return packets


def source(frame):
    """The source address of the IP packet in a frame, behind any VLAN tags; None: there is none."""
    at = 12
    while (ethertype := int.from_bytes(frame[at : at + 2], "big")) in TAGS:
        at += 4
    if ethertype not in SOURCE_ADDRESS:
        return None
    offset, length = SOURCE_ADDRESS[ethertype]
    start = at + 2 + offset
    return ipaddress.ip_address(frame[start : start + length])


def port_of(frame, inside_nets):
    """What an inside server sent comes in at the inside port, everything else at the outside one."""
    address = source(frame)
    return "inside" if address and any(address in net for net in inside_nets) else "outside"
