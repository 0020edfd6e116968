# SPDX-License-Identifier: BSD-2-Clause
"""Frames of our own at a fixed pace: which of them a bridge lost, and when. Each carries its number and when it was sent.

    pace.py send INTERFACE       one a millisecond until SIGTERM; then prints how many
    pace.py receive INTERFACE    prints, for each that comes: its number, when it was sent and when it came (ns)
"""

import os
import signal
import socket
import struct
import sys
import time

PACE_NS = 1_000_000  # between two frames
ETHERTYPE = 0x88B6  # IEEE 802 local experimental 2
HEADER = bytes.fromhex("020000000001020000000002") + struct.pack("!H", ETHERTYPE)
STAMP = struct.Struct("!QQ")
FRAME_BYTES = 60
SO_TIMESTAMPNS = 35
BUFFER_BYTES = 8 << 20


def frame(number, now_ns):
    return (HEADER + STAMP.pack(number, now_ns)).ljust(FRAME_BYTES, b"\0")


def send(interface):
    ends = []
    signal.signal(signal.SIGTERM, lambda *_: ends.append(True))
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    out.bind((interface, 0))
    number, due_ns = 0, time.monotonic_ns()
    while not ends:
        out.send(frame(number, time.time_ns()))
        number += 1
        due_ns = max(due_ns + PACE_NS, time.monotonic_ns() - PACE_NS)  # a late one is not made up for
        time.sleep(max(0, due_ns - time.monotonic_ns()) / 1e9)
    print(number)


def receive(interface):
    come = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE))
    come.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
    come.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    come.bind((interface, ETHERTYPE))
    print("receiving", file=sys.stderr, flush=True)
    while True:
        data, control, _, _ = come.recvmsg(FRAME_BYTES, 64)
        seconds, nanoseconds = struct.unpack("@qq", control[0][2])
        os.write(1, b"%d %d %d\n" % (*STAMP.unpack_from(data, len(HEADER)), seconds * 10**9 + nanoseconds))


if __name__ == "__main__":
    {"send": send, "receive": receive}[sys.argv[1]](sys.argv[2])
