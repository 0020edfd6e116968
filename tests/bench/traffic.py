#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Captures to measure with, made once and kept in build/bench/ (they are large and never committed).

SSH is real: recorded sessions (tests/captures), and one long scp that is recorded here, repeated with other
addresses; nothing else differs. Mail is written by traffic_mail.py over traffic_tcp.py, and held against tshark
before it is used. The bulk mix is made up (traffic_bulk.py), with some SSH, mail, DNS and TLS in it. All but the scp
follows from fixed seeds.
"""

import functools
import hashlib
import heapq
import itertools
import json
import os
import random
import struct
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CAPTURES = ROOT / "tests/captures"
FOLDER = ROOT / "build/bench"
sys.path.insert(0, str(CAPTURES))

import frames  # noqa: E402
import net  # noqa: E402
import pcapfile  # noqa: E402
import traffic_bulk as bulk  # noqa: E402
import traffic_mail as mail  # noqa: E402
import traffic_tcp as tcp  # noqa: E402
from pcapfile import Packet  # noqa: E402
from peers import USER, Sshd, copy  # noqa: E402

START_NS = 1780308000 * 10**9  # 2026-06-01 10:00:00 UTC
# What most of an SSH server's day is: each key exchange, cipher and host key on offer, once.
RECORDED = ("ssh-cipher-*.pcap", "ssh-hostkey-*.pcap", "ssh-kex-*.pcap", "ssh-key.pcap", "ssh-password.pcap")
SESSIONS = 640
SESSION_INTERVAL_NS = 10_000_000
SSH_MSG_NEWKEYS = 21
SCP_BYTES = 20_000_000
SCP_COPIES = 16
MAIL_SESSIONS = 8000
MAIL_INTERVAL_NS = 25_000_000
MAILS_A_SESSION = (1,) * 12 + (2, 2, 4)
ATTACHMENTS = 200
ATTACHMENT_BYTES = 1 << 20
ATTACHMENT_INTERVAL_NS = 20_000_000  # many at a time
BULK_SSH, BULK_MAILS, BULK_DNS = 60, 150, 500
BULK_INTERVAL_NS = 6_000_000


def adjusted(check, difference):
    """A checksum after the sum of what it covers grew by `difference` (RFC 1624)."""
    total = (~check & 0xFFFF) + difference
    total = (total & 0xFFFF) + (total >> 16)
    return ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF


def has_new_keys(stream):
    """Whether one direction of an SSH connection has come to its NEWKEYS (RFC 4253)."""
    at = 0
    while not stream.startswith(b"SSH-", at):
        at = stream.find(b"\n", at) + 1
        if at == 0:
            return False
    at = stream.find(b"\n", at) + 1
    while 0 < at <= len(stream) - 6:
        if stream[at + 5] == SSH_MSG_NEWKEYS:
            return True
        at += 4 + struct.unpack_from(">I", stream, at)[0]
    return False


class Session:
    """The TCP packets of a recorded session, to be sent again between other addresses."""

    def __init__(self, path):
        self.packets = []  # (time since the first, frame, layers, outside is the source)
        packets = pcapfile.read(path)
        for packet in packets:
            layers = frames.dissect(packet.data)
            if layers.version == 4 and layers.is_tcp:
                outside = packet.data[layers.l3 + 12] != 10
                self.packets.append((packet.time_ns - packets[0].time_ns, packet.data, layers, outside))

    def cut(self):
        """Ends the session where both sides have their new keys: only the handshake is left."""
        streams = {True: b"", False: b""}
        for number, (_, data, layers, outside) in enumerate(self.packets):
            streams[outside] += data[layers.payload : layers.end]
            if all(map(has_new_keys, streams.values())):
                self.packets = self.packets[: number + 1]
                return self
        raise ValueError("a session without NEWKEYS")

    def between(self, number, start_ns):
        """The packets between client and server number `number`."""
        client, server = (struct.pack(">I", base + number) for base in (0x64400000, 0x0A000001))
        for time_ns, data, layers, outside in self.packets:
            l3, l4 = layers.l3, layers.l4
            new = client + server if outside else server + client
            old = data[l3 + 12 : l3 + 20]
            difference = (frames.ones_sum(new) - frames.ones_sum(old)) % 0xFFFF
            out = bytearray(data)
            out[l3 + 12 : l3 + 20] = new
            for at in (l3 + 10, l4 + 16):
                struct.pack_into(">H", out, at, adjusted(struct.unpack_from(">H", out, at)[0], difference))
            yield Packet(start_ns + time_ns, bytes(out))


def recorded():
    return [Session(path) for glob in RECORDED for path in sorted(CAPTURES.glob(glob))]


def repeated(sessions):
    return [sessions[i % len(sessions)].between(i, START_NS + i * SESSION_INTERVAL_NS) for i in range(SESSIONS)]


def write(target, packets):
    """Packets in order of time, one after the other: there may be more of them than memory."""
    with open(target, "wb") as file:
        file.write(pcapfile.build([]))
        for packet in packets:
            seconds, rest = divmod(packet.time_ns, 10**9)
            file.write(struct.pack("<4I", seconds, rest // 1000, len(packet.data), packet.original_length) + packet.data)


def merged(flows):
    return heapq.merge(*flows, key=lambda packet: packet.time_ns)


def record_scp(target):
    """One scp of SCP_BYTES between namespaces of its own; needs root."""
    with net.Net() as world:
        cargo = world.files / "cargo"
        cargo.write_bytes(random.Random(1).randbytes(SCP_BYTES))
        sshd = Sshd(world).start()
        capturer = net.Capturer(world)
        copy(sshd, paths=[cargo, f"{USER}@{net.SERVER4}:cargo"])
        raw = capturer.finish()
        packets = [p for p in pcapfile.read(raw) if not net.is_sentinel(p.data)]
        write(target, [p.at(p.time_ns - packets[0].time_ns + START_NS) for p in packets])


def write_handshakes(target):
    write(target, merged(repeated([session.cut() for session in recorded()])))
    return {"ssh": SESSIONS}


def write_ssh(target):
    """Whole sessions and, meanwhile, long copies."""
    scp = Session(capture("scp"))
    copies = [scp.between(SESSIONS + i, START_NS + i * SESSIONS * SESSION_INTERVAL_NS // SCP_COPIES)
              for i in range(SCP_COPIES)]
    write(target, merged(repeated(recorded()) + copies))
    return {"ssh": SESSIONS + SCP_COPIES}


# ---- mail -------------------------------------------------------------------------------------------------------

def endpoints(chance, number):
    """Of mail session `number`: every other one comes in, the others go out. The inside is 10.1.0.0/16."""
    inside, outside = f"10.1.0.{1 + chance.randrange(200)}", f"198.18.{chance.randrange(4)}.{1 + chance.randrange(250)}"
    client, server = (outside, inside) if number % 2 == 0 else (inside, outside)
    return (client, 1024 + number % 60000), (server, 25)


def mail_session(chance, number, start_ns, mails_of):
    """(packets, mails) of a session; mails_of(helo) are what it delivers."""
    ends = endpoints(chance, number)
    helo = mail.name_of(ends[0][0])
    mails = mails_of(helo)
    connection = tcp.Connection(chance, start_ns, ends)
    return mail.Session(chance, connection, chance.choice(mail.CLIENT_KINDS), helo).deliver(mails), mails


def small_mails(chance, count, interval_ns):
    """Sessions that deliver one mail, some several."""
    for number in range(count):
        yield mail_session(chance, number, START_NS + number * interval_ns,
                           lambda helo: [mail.mail(chance, helo) for _ in range(chance.choice(MAILS_A_SESSION))])


def write_sessions(target, sessions):
    sessions = list(sessions)
    write(target, merged([packets for packets, _ in sessions]))
    mails = [each for _, mails in sessions for each in mails]
    return {"sessions": len(sessions), "mails": len(mails), "sha256": sorted(filter(None, (each.sha256 for each in mails)))}


def write_mails(target):
    return write_sessions(target, small_mails(random.Random(3), MAIL_SESSIONS, MAIL_INTERVAL_NS))


def write_attachments(target):
    chance = random.Random(4)
    return write_sessions(target, (
        mail_session(chance, number, START_NS + number * ATTACHMENT_INTERVAL_NS,
                     lambda helo: [mail.mail_with_attachment(chance, helo, ATTACHMENT_BYTES)])
        for number in range(ATTACHMENTS)))


# ---- the bulk mix -----------------------------------------------------------------------------------------------

def write_bulk(target):
    """Long flows of no interest and, meanwhile, a little of what is read."""
    chance = random.Random(2)
    long = bulk.in_trains(bulk.flows(chance), chance, START_NS)
    ssh = [session.between(number, START_NS + number * BULK_INTERVAL_NS)
           for number, session in zip(range(BULK_SSH), itertools.cycle(recorded()))]
    mails = list(small_mails(chance, BULK_MAILS, BULK_INTERVAL_NS))
    names = [bulk.dns_exchange(chance, number, START_NS + number * BULK_INTERVAL_NS) for number in range(BULK_DNS)]
    write(target, merged([long, *ssh, *names, *(packets for packets, _ in mails)]))
    return {"mails": sum(len(mails) for _, mails in mails), "ssh": BULK_SSH, "tls": bulk.KINDS["tls"]}


def write_one(target):
    """One packet: for what a program costs before it has seen anything."""
    write(target, pcapfile.read(CAPTURES / "ssh-key.pcap")[:1])


# Each writes a capture and returns what there is to find in it, if that is worth keeping.
WRITERS = {"one": write_one, "handshakes": write_handshakes, "scp": record_scp, "ssh": write_ssh, "bulk": write_bulk,
           "mails": write_mails, "attachments": write_attachments}


# ---- tshark as the referee of what is made up --------------------------------------------------------------------

ODD = "_ws.malformed || tcp.analysis.flags || tcp.checksum.status == 0 || ip.checksum.status == 0"


def judge(path, mails):
    """Raises BadTraffic unless tshark finds so many mails and nothing odd. It counts the servers' 354: of the clients' MAIL
    it loses those that follow an end of data which two segments share."""
    command = ["tshark", "-n", "-r", path, "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE",
               "-Y", f"{ODD} || smtp.response.code == 354", "-T", "fields", "-e", "frame.number", "-e", "smtp.response.code"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    found = 0
    for line in lines:
        number, codes = line.split("\t")
        if not codes:
            raise BadTraffic(f"{path}: tshark finds packet {number} odd")
        found += codes.split(",").count("354")
    if found != mails:
        raise BadTraffic(f"{path}: tshark finds {found} mails, not {mails}")


class BadTraffic(RuntimeError):
    """A capture is not what it was meant to be."""


@functools.cache
def recipe():
    """The SHA-256 of what writes captures: one of another recipe is made anew."""
    sources = [Path(module.__file__) for module in (bulk, frames, mail, pcapfile, tcp)] + [Path(__file__)]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()


def facts(name):
    """What there is to find in a capture, {"mails": …, "sha256": […]…}, and the recipe that it was made by."""
    path = FOLDER / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def capture(name):
    """The path of a capture, made if it is missing or of another recipe."""
    target = FOLDER / f"{name}.pcap"
    if not target.exists() or facts(name).get("recipe") != recipe():
        FOLDER.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(".part")
        print(f"making {target.relative_to(ROOT)}", file=sys.stderr)
        found = WRITERS[name](part) or {}
        if "sessions" in found:
            judge(part, found["mails"])
        target.unlink(missing_ok=True)  # capture and facts are of one recipe, or there is none
        target.with_suffix(".json").write_text(json.dumps({"recipe": recipe(), **found}) + "\n")
        os.replace(part, target)
    return target


def count(path):
    """(packets, bytes on the wire) of a capture written here."""
    packets = total = 0
    with open(path, "rb") as file:
        file.seek(24)
        while header := file.read(16):
            kept, original = struct.unpack_from("<2I", header, 8)
            packets += 1
            total += original
            file.seek(kept, os.SEEK_CUR)
    return packets, total


if __name__ == "__main__":
    for name in sys.argv[1:] or WRITERS:
        print(capture(name), *count(capture(name)))
