#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes seed corpora for the fuzz targets from the golden captures.

usage: seed.py OUTDIR

OUTDIR/capture/  [u8 bytes that one read gives][a capture file, pcap and pcapng, both byte orders]
OUTDIR/decode/   one Ethernet frame; OUTDIR/handover/ the same
OUTDIR/dns/      one UDP payload of port 53, or what one side of a DNS connection said
OUTDIR/mail/     [u8 lowest bit: the message does not end; the others: how long pieces are][message]
OUTDIR/smtp/     payloads of one SMTP connection, as of SSH (the direction's next bit: then silence)
OUTDIR/smtp_split/ [u32 what splits and order are drawn from][u16 length][the client's bytes][the
                 server's bytes], both without their first line
OUTDIR/stream/   frames of one connection: ([u16 length, little-endian][frame])…
OUTDIR/ssh/      payloads of one SSH connection in the order sent:
                 ([u8 direction: 0 by the originator, 1 by the responder][u16 length, little-endian]
                 [bytes])…
OUTDIR/tls/      the same of a TLS connection from its ClientHello on, behind a byte: 1 when something
                 was said before (STARTTLS), else 0; and ClientHellos made here
OUTDIR/sig/      signature files: the baseline in parts, and a line for each expected alert
OUTDIR/set/      compiled sets, when build/tools/portreeve-tool is there

Files are named by their content's hash, so a second run adds nothing. Seeds are small: a fuzzer
learns more from many short ones.
"""

import hashlib
import json
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests" / "captures"))
import expect
import pcapfile
from frames import dissect, flow_of, turned

SEED_MAX_BYTES = 6000
FRAMES_PER_CAPTURE = 6
SIG_PART_LINES = 12
BASELINE = ROOT / "tools" / "signatures" / "baseline.sig"
TOOL = ROOT / "build" / "tools" / "portreeve-tool"
KEY = bytes(range(16))


class Corpus:
    def __init__(self, folder):
        self.folder = Path(folder)

    def add(self, kind, data):
        if data:
            target = self.folder / kind / hashlib.sha256(data).hexdigest()[:16]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)


def bounded(pieces):
    """The leading pieces that fit a seed, joined."""
    out = b""
    for piece in pieces:
        if len(out) + len(piece) > SEED_MAX_BYTES:
            break
        out += piece
    return out


def records(said):
    """(direction, bytes)… as the SSH and TLS targets read them."""
    return bounded(struct.pack("<BH", direction, len(payload)) + payload
                   for direction, payload in said if payload)


def connections(packets):
    """{flow of the first frame: [(direction, frame, payload)]} of the TCP connections."""
    found = {}
    for packet in packets:
        at = dissect(packet.data)
        if not at.is_tcp:
            continue
        flow = flow_of(packet.data, at)
        direction = int(turned(flow) in found)
        key = turned(flow) if direction else flow
        payload = packet.data[at.payload : at.end]
        found.setdefault(key, []).append((direction, packet.data, payload))
    return found


def seed_frames(corpus, packets):
    """Frames that differ in length are likely to differ in kind: some of each capture."""
    chosen = {len(packet.data): packet.data for packet in reversed(packets)}
    for frame in list(chosen.values())[-FRAMES_PER_CAPTURE:]:
        corpus.add("decode", frame)
        corpus.add("handover", frame)


def seed_connections(corpus, packets, speaks_ssh):
    for flow, segments in connections(packets).items():
        corpus.add("stream", bounded(struct.pack("<H", len(frame)) + frame
                                     for _, frame, _ in segments))
        if speaks_ssh:
            corpus.add("ssh", records((direction, payload) for direction, _, payload in segments))
        seed_mail(corpus, segments)
        seed_smtp(corpus, [(direction, payload) for direction, _, payload in segments if payload])
        seed_tls(corpus, [(direction, payload) for direction, _, payload in segments if payload])
        if 53 in (flow[3], flow[5]):
            for side in (0, 1):
                corpus.add("dns", bounded(payload for direction, _, payload in segments
                                          if direction == side))


def seed_mail(corpus, segments):
    """What stands between DATA and the end of data."""
    for side in (0, 1):
        said = b"".join(payload for direction, _, payload in segments if direction == side)
        for turn, part in enumerate(said.split(b"\r\nDATA\r\n")[1:]):
            message = part.split(b"\r\n.\r\n")[0].replace(b"\r\n..", b"\r\n.")
            if len(message) <= SEED_MAX_BYTES:
                corpus.add("mail", bytes([37 * turn % 256 & 0xFE]) + message)


def seed_smtp(corpus, said):
    sides = [b"".join(payload for direction, payload in said if direction == side) for side in (0, 1)]
    if not sides[1].startswith(b"220") and b"MAIL FROM" not in sides[0]:
        return
    corpus.add("smtp", records(said))
    client, server = (side.partition(b"\n")[2][:SEED_MAX_BYTES // 2] for side in sides)
    corpus.add("smtp_split", struct.pack("<IH", len(client) * 2654435761 & 0xFFFFFFFF, len(client)) +
               client + server)


def seed_tls(corpus, said):
    for turn, (_, payload) in enumerate(said):
        if payload[:1] == b"\x16" and payload[5:6] == b"\x01":
            corpus.add("tls", bytes([turn != 0]) + records(said[turn:]))
            return


def client_hello(version, ciphers, extensions, record_max):
    def vector(width, data):
        return len(data).to_bytes(width, "big") + data

    body = version + bytes(32) + vector(1, b"") + vector(2, ciphers) + vector(1, b"\0")
    if extensions:
        body += vector(2, b"".join(kind.to_bytes(2, "big") + vector(2, data)
                                   for kind, data in extensions))
    message = b"\x01" + vector(3, body)
    return b"".join(b"\x16\x03\x01" + vector(2, message[at : at + record_max])
                    for at in range(0, len(message), record_max))


def seed_hellos(corpus):
    extensions = [
        (0x0000, b"\0\x0e\0\0\x0bexample.org"),
        (0x000A, b"\0\6\x2a\x2a\0\x1d\0\x17"),
        (0x000B, b"\1\0"),
        (0x000D, b"\0\4\4\3\x08\4"),
        (0x0010, b"\0\x0c\2h2\x08http/1.1"),
        (0x1A1A, b""),
        (0x002B, b"\4\3\4\3\3"),
    ]
    ciphers = bytes.fromhex("8a8a13011302c02bc02f009c002f00ff")
    hellos = [client_hello(b"\3\3", ciphers, extensions[:count], record_max)
              for count, record_max in ((0, 9000), (1, 9000), (7, 9000), (7, 50), (2, 1))]
    for hello in [*hellos, bytes.fromhex("802e01030100150000001000002f000035")]:
        for answer in (b"\x16\3\3\0\x40\2\0\0\x3c", b"\x15\3\1\0\2\2\x28", b"220 ok\r\n"):
            corpus.add("tls", b"\0" + records([(0, hello), (1, answer)]))
        corpus.add("tls", b"\1" + records([(1, hello)]))


def seed_datagrams(corpus, packets):
    for packet in packets:
        at = dissect(packet.data)
        if at.is_udp and not at.fragmented and 53 in flow_of(packet.data, at)[3::2]:
            corpus.add("dns", packet.data[at.payload : at.end])


def seed_capture_file(corpus, packets, turn):
    form = pcapfile.FORMATS[turn % len(pcapfile.FORMATS)]
    corpus.add("capture", bytes([16 * turn % 256 + 7]) + pcapfile.build(packets[:8], form))


def alert_lines():
    """One signature a line for each alert that some capture is to raise."""
    wanted = {(alert["field"], alert["value"]) for capture in expect.captures()
              for alert in expect.load(capture)["alerts"]}
    return [f"{1000001 + turn} high alert {field} {json.dumps(value)}"
            for turn, (field, value) in enumerate(sorted(wanted))]


def seed_signatures(corpus):
    lines = BASELINE.read_text().splitlines() if BASELINE.exists() else []
    parts = [lines[at : at + SIG_PART_LINES] for at in range(0, len(lines), SIG_PART_LINES)]
    own = alert_lines()
    parts += [[line] for line in own] + [own]
    for part in parts:
        source = "\n".join(part).encode() + b"\n"
        corpus.add("sig", source)
        if TOOL.exists():
            corpus.add("set", compiled(source))


def compiled(source):
    """The set of a signature file; nothing when the compiler refuses it."""
    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder, name) for name in ("in.sig", "key", "out.set")}
        files["in.sig"].write_bytes(source)
        files["key"].write_bytes(KEY)
        command = [TOOL, "sig", "compile", files["in.sig"], "-o", files["out.set"],
                   "--hash-key", files["key"]]
        done = subprocess.run(command, capture_output=True, check=False)
        return files["out.set"].read_bytes() if done.returncode == 0 else b""


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    corpus = Corpus(sys.argv[1])
    for turn, capture in enumerate(expect.captures()):
        packets = pcapfile.read(capture)
        seed_frames(corpus, packets)
        seed_connections(corpus, packets, bool(expect.load(capture)["ssh"]))
        seed_datagrams(corpus, packets)
        seed_capture_file(corpus, packets, turn)
    seed_hellos(corpus)
    seed_signatures(corpus)
    for folder in sorted(corpus.folder.iterdir()):
        if folder.is_dir():
            print(f"{folder.name}: {sum(1 for _ in folder.iterdir())} seeds")


if __name__ == "__main__":
    main()
