#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Prints every frame that comes in on an interface as a line of hexadecimal, with the VLAN tag that the kernel takes
off. Says "listening" on standard error first.

usage: frame_listener.py INTERFACE
"""

import socket
import struct
import sys

ETH_P_ALL, SOL_PACKET = 3, 263
PACKET_ADD_MEMBERSHIP, PACKET_MR_PROMISC, PACKET_AUXDATA = 1, 1, 8
STATUS_VLAN_VALID = 1 << 4


def main(interface):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)) as port:
        port.bind((interface, ETH_P_ALL))
        port.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        port.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        port.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP,
                        struct.pack("iHH8x", socket.if_nametoindex(interface), PACKET_MR_PROMISC, 0))
        print("listening", file=sys.stderr, flush=True)
        while True:
            frame, extra, _, sender = port.recvmsg(70000, 256)
            if sender[2] == socket.PACKET_OUTGOING:
                continue
            for level, kind, data in extra:
                status, _, _, _, _, tci, tpid = struct.unpack("IIIHHHH", data[:20])
                if (level, kind) == (SOL_PACKET, PACKET_AUXDATA) and status & STATUS_VLAN_VALID:
                    frame = frame[:12] + struct.pack(">HH", tpid, tci) + frame[12:]
            print(frame.hex(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
