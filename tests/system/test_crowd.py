# SPDX-License-Identifier: BSD-2-Clause
"""100,000 SMTP sessions at once: as many as there are sessions configured are read to their end, each other one is
counted as uninspected frame by frame, and memory is what it was for a single one.
"""

import os
import re
import struct
import subprocess
from collections import Counter

import frames
import pcapfile
import pytest

SESSIONS = 100_000
START_NS = 1780308000 * 10**9
FRAME_INTERVAL_NS = 2_000
TO_SERVER, TO_CLIENT = 0, 1
SYN, ACK, PUSH = frames.SYN, frames.ACK, frames.ACK | frames.PSH
# One session after another says hello; then each one sends a mail, a step at a time.
HELLO = (
    (TO_SERVER, SYN, b""), (TO_CLIENT, SYN | ACK, b""), (TO_SERVER, ACK, b""),
    (TO_CLIENT, PUSH, b"220 mx.example ESMTP\r\n"), (TO_SERVER, PUSH, b"EHLO quay.example\r\n"),
    (TO_CLIENT, PUSH, b"250-mx.example\r\n250 PIPELINING\r\n"),
)
MAIL = (
    (TO_SERVER, PUSH, b"MAIL FROM:<alice@quay.example>\r\nRCPT TO:<bob@mx.example>\r\nDATA\r\n"),
    (TO_CLIENT, PUSH, b"250 Ok\r\n250 Ok\r\n354 Go ahead\r\n"),
    (TO_SERVER, PUSH, b"From: alice@quay.example\r\nSubject: crowd\r\n\r\nbody\r\n.\r\n"),
    (TO_CLIENT, PUSH, b"250 Queued\r\n"),
)
OPENING_FRAMES = 2  # before it is known that a session is needed for the flow
SERVER, SERVER_PORT, CLIENT_PORT = bytes((10, 77, 0, 9)), 25, 40000
MACS = (b"\2\0\0\0\0\2\2\0\0\0\0\1", b"\2\0\0\0\0\1\2\0\0\0\0\2")


class Step:
    """A frame that is the same in every session but for the client's address, and the sums that cover it."""

    def __init__(self, direction, flags, payload, sequence):
        ports = (CLIENT_PORT, SERVER_PORT) if direction == TO_SERVER else (SERVER_PORT, CLIENT_PORT)
        mine, other = sequence[direction], sequence[1 - direction] if flags & ACK else 0
        head = struct.pack(">HHIIBBHHH", *ports, mine, other, 0x50, flags, 64240, 0, 0)
        pseudo = SERVER + struct.pack(">HH", frames.PROTO_TCP, len(head) + len(payload))
        ip = struct.pack(">BBHHHBB", 0x45, 0, 40 + len(payload), 0, 0x4000, 64, frames.PROTO_TCP)
        self.ip_sum = frames.ones_sum(ip + SERVER)
        self.tcp_sum = frames.ones_sum(pseudo + head + payload)
        self.before, self.head, self.after = MACS[direction] + b"\x08\0" + ip, head[:16], b"\0\0" + payload
        self.to_server = direction == TO_SERVER
        self.record = struct.pack("<2I", *[len(self.before) + 10 + len(head) + len(payload)] * 2)

    def frame(self, client, client_sum, time_ns):
        seconds, rest = divmod(time_ns, 10**9)
        sums = []
        for total in (self.ip_sum + client_sum, self.tcp_sum + client_sum):
            total = (total & 0xFFFF) + (total >> 16)
            sums.append((~((total & 0xFFFF) + (total >> 16)) & 0xFFFF).to_bytes(2))
        ends = client + SERVER if self.to_server else SERVER + client
        return b"".join((struct.pack("<2I", seconds, rest // 1000), self.record, self.before, sums[0], ends,
                         self.head, sums[1], self.after))


def steps_of(script, sequence):
    """Steps of a script; `sequence` is what each side sends next, and goes on."""
    for direction, flags, payload in script:
        yield Step(direction, flags, payload, sequence)
        sequence[direction] += len(payload) + bool(flags & SYN)


def write_crowd(path, sessions):
    sequence = [1000, 2000]
    hello, *mail = list(steps_of(HELLO, sequence)), *([step] for step in steps_of(MAIL, sequence))
    time_ns = START_NS
    with open(path, "wb") as file:
        file.write(pcapfile.build([]))
        for steps in (hello, *mail):
            for number in range(sessions):
                client = struct.pack(">I", 0xC6120000 + number)
                client_sum = frames.ones_sum(client)
                for step in steps:
                    file.write(step.frame(client, client_sum, time_ns))
                    time_ns += FRAME_INTERVAL_NS


def replay_crowd(portreeve, path, sessions):
    """({event type: how many}, summary, most memory ever resident in KiB) of so many sessions at once."""
    capture, eve, said = path / f"{sessions}.pcap", path / f"{sessions}.json", path / f"{sessions}.txt"
    write_crowd(capture, sessions)
    with open(said, "wb") as summary:
        process = subprocess.Popen([portreeve, "replay", "--eve", eve, capture], stdin=subprocess.DEVNULL, stderr=summary)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, said.read_text()
    capture.unlink()
    events = Counter(re.findall(r'"event_type":"(\w+)"', eve.read_text()))
    return events, said.read_text(), usage.ru_maxrss


def configured(portreeve, symbol):
    return int(re.search(rf"^{symbol}=(\d+)$", (portreeve.parent / "config.mk").read_text(), re.M)[1])


def counted(summary, name):
    """Frames under a name in the summary, 0 if there are none."""
    found = re.search(rf"([\d,]+) +{name}\b", summary)
    return int(found[1].replace(",", "")) if found else 0


@pytest.fixture(scope="module")
def crowd(portreeve, tmp_path_factory):
    return replay_crowd(portreeve, tmp_path_factory.mktemp("crowd"), SESSIONS)


def test_as_many_sessions_are_read_as_are_configured(portreeve, crowd):
    events, _, _ = crowd
    assert events["smtp"] == configured(portreeve, "CONFIG_FLOWS_INSPECTED")
    assert events["flow"] == SESSIONS


def test_every_frame_of_the_others_is_counted(portreeve, crowd):
    _, summary, _ = crowd
    inspected, each = configured(portreeve, "CONFIG_FLOWS_INSPECTED"), len(HELLO) + len(MAIL)
    others = SESSIONS - inspected
    assert counted(summary, "inspected") == inspected * each + others * OPENING_FRAMES
    assert counted(summary, "sessions-full") == others * (each - OPENING_FRAMES)
    assert counted(summary, "uninspected") == others * (each - OPENING_FRAMES)
    assert "adds up" in summary


def test_memory_is_that_of_one_session(portreeve, crowd, tmp_path):
    _, _, resident_kib = crowd
    _, _, alone_kib = replay_crowd(portreeve, tmp_path, 1)
    assert resident_kib - alone_kib <= 256
