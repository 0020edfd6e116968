#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes seed corpora for the fuzz targets from the golden captures.

usage: seed.py OUTDIR

OUTDIR/capture/  [u8 bytes that one read gives][a capture file, pcap and pcapng, both byte orders]
OUTDIR/decode/   one Ethernet frame
OUTDIR/dns/      one UDP payload of port 53, or what one side of a DNS connection said
OUTDIR/stream/   frames of one connection: ([u16 length, little-endian][frame])…
OUTDIR/ssh/      payloads of one SSH connection in the order sent:
                 ([u8 direction: 0 by the originator, 1 by the responder][u16 length, little-endian]
                 [bytes])…
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


def seed_connections(corpus, packets, speaks_ssh):
    for flow, segments in connections(packets).items():
        corpus.add("stream", bounded(struct.pack("<H", len(frame)) + frame
                                     for _, frame, _ in segments))
        if speaks_ssh:
            corpus.add("ssh", bounded(struct.pack("<BH", direction, len(payload)) + payload
                                      for direction, _, payload in segments if payload))
        if 53 in (flow[3], flow[5]):
            for side in (0, 1):
                corpus.add("dns", bounded(payload for direction, _, payload in segments
                                          if direction == side))


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
    seed_signatures(corpus)
    for folder in sorted(corpus.folder.iterdir()):
        if folder.is_dir():
            print(f"{folder.name}: {sum(1 for _ in folder.iterdir())} seeds")


if __name__ == "__main__":
    main()
