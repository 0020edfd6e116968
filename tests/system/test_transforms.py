#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The transformations of transform.py, with tshark as the referee: whatever is done to a capture,
the same bytes are said in each direction of each connection, and each checksum is as right as
before.
"""

import itertools
import re
import subprocess
import sys
from pathlib import Path

import expect
import pcapfile
import pytest
import transform
from conftest import CAPTURES, tshark
from frames import SYN, addresses, checksum_error, dissect, flow_of

SESSIONS = ("ssh-password.pcap", "dns-tcp.pcap", "evasion_fragments.pcap")
CONNECTIONS = 1 + 15 + 1
CHECKED = ("-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE",
           "-o", "udp.check_checksum:TRUE", "-o", "tcp.reassemble_out_of_order:TRUE")
STATUSES = ("tcp.checksum.status", "ip.checksum.status", "udp.checksum.status")
SSH = ("ssh.protocol", "ssh.kex.hassh", "ssh.kex.hasshserver")

OPERATIONS = {
    "segment-1": lambda p: transform.segment(p, 1),
    "segment-7": lambda p: transform.segment(p, 7),
    "swap": transform.swap,
    "segment-100-swap": lambda p: transform.swap(transform.segment(p, 100)),
    "segment-3-swap-client": lambda p: transform.swap(transform.segment(p, 3), "client"),
    "segment-3-swap-server": lambda p: transform.swap(transform.segment(p, 3), "server"),
    "twice": transform.twice,
    "ipv6": transform.to_ipv6,
    "ipv6-segment-9": lambda p: transform.segment(transform.to_ipv6(p), 9),
    "vlan": lambda p: transform.vlan(p, (0x8100, 77)),
    "qinq": transform.qinq,
    "qinq-segment-9": lambda p: transform.segment(transform.qinq(p), 9),
    "renumber": transform.renumber,
}
# Whether SSH's own dissector follows too: it gives up on idents cut into very small segments.
SSH_FOLLOWS = ("swap", "segment-100-swap", "twice", "ipv6", "vlan", "qinq", "renumber")


def written(folder, name, packets):
    path = Path(folder) / name
    pcapfile.write(path, packets)
    return path


def conversations(path, count):
    """What each side of each TCP connection said, in order of connections, by tshark."""
    follow = [word for stream in range(count) for word in ("-z", f"follow,tcp,raw,{stream}")]
    said = []
    for block in tshark(path, "-q", *CHECKED, *follow).split("=" * 67)[1:]:
        sides = ["", ""]
        for line in block.splitlines():
            if re.fullmatch(r"\t?[0-9a-f]+", line):
                sides[line.startswith("\t")] += line.strip()
        if any(sides):
            said.append(sides)
    return said


def judged(path):
    """(frames with a wrong checksum, all idents and hasshes), by tshark."""
    rows = expect.fields(path, "tcp || udp", (*STATUSES, *SSH), *CHECKED)
    wrong = [row for row in rows if "0" in [row[name] for name in STATUSES]]
    return wrong, sorted({row[name] for row in rows for name in SSH if row[name]})


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """The captures of SESSIONS as one, and what tshark says of it."""
    packets = sorted((p for name in SESSIONS for p in pcapfile.read(CAPTURES / name)),
                     key=lambda packet: packet.time_ns)
    path = written(tmp_path_factory.mktemp("source"), "source.pcap", packets)
    said = conversations(path, CONNECTIONS)
    wrong, ssh = judged(path)
    assert len(said) == CONNECTIONS and len(ssh) == 7 and not wrong
    return packets, said, ssh


@pytest.mark.parametrize("name", OPERATIONS)
def test_operation_any_capture_keeps_what_is_said(name, source, tmp_path):
    packets, said, ssh = source
    path = written(tmp_path, "out.pcap", OPERATIONS[name](packets))
    assert conversations(path, CONNECTIONS) == said
    wrong, ssh_now = judged(path)
    assert not wrong
    if name in SSH_FOLLOWS:
        assert ssh_now == ssh


@pytest.mark.parametrize("name", OPERATIONS)
def test_operation_any_capture_keeps_time_in_order(name):
    out = OPERATIONS[name](pcapfile.read(CAPTURES / "ssh-scp.pcap"))
    assert all(a.time_ns <= b.time_ns for a, b in itertools.pairwise(out))


def data_lengths(packets):
    layers = [dissect(packet.data) for packet in packets]
    return [at.end - at.payload for at in layers if at.is_tcp and at.end > at.payload]


@pytest.mark.parametrize("size", (1, 2, 5, 1000))
def test_segment_size_bounds_every_segment(size):
    packets = pcapfile.read(CAPTURES / "ssh-key.pcap")
    out = transform.segment(packets, size)
    assert max(data_lengths(out)) == min(size, max(data_lengths(packets)))
    assert sum(data_lengths(out)) == sum(data_lengths(packets))


def test_swap_bulk_reverses_neighbours():
    """The copy's data segments really come out of order, and none is lost or invented."""
    packets = pcapfile.read(CAPTURES / "ssh-scp.pcap")
    out = transform.swap(packets)
    assert sorted(p.data for p in out) == sorted(p.data for p in packets)
    assert out_of_order(packets) == 0
    assert out_of_order(out) > 20


def out_of_order(packets):
    """Data segments that begin before the end of one sent earlier in their direction."""
    ends, count = {}, 0
    for packet in packets:
        at = dissect(packet.data)
        if at.is_tcp and at.end > at.payload:
            flow = flow_of(packet.data, at)
            seq = int.from_bytes(packet.data[at.l4 + 4 : at.l4 + 8], "big")
            count += seq < ends.get(flow, 0)
            ends[flow] = max(ends.get(flow, 0), seq + at.end - at.payload)
    return count


def test_swap_any_capture_acknowledges_nothing_unsent():
    """An acknowledgement stands behind the data it acknowledges."""
    out = transform.swap(transform.segment(pcapfile.read(CAPTURES / "ssh-key.pcap"), 50))
    sent = {}
    for packet in out:
        at = dissect(packet.data)
        if not at.is_tcp:
            continue
        tags, proto, *ends = flow_of(packet.data, at)
        seq, ack = (int.from_bytes(packet.data[at.l4 + i : at.l4 + i + 4], "big") for i in (4, 8))
        flags = packet.data[at.l4 + 13]
        length = at.end - at.payload + bool(flags & SYN) + (flags & 1)
        key, other = tuple(ends), (*ends[2:], *ends[:2])
        sent[key] = max(sent.get(key, 0), seq + length)
        assert not flags & 16 or ack <= sent[other]


def test_to_ipv6_recorded_capture_inside_stays_inside():
    packets = transform.to_ipv6(pcapfile.read(CAPTURES / "ssh-key.pcap"))
    seen = {str(address) for packet in packets if (at := dissect(packet.data)).is_tcp
            for address in addresses(packet.data, at)}
    assert seen == {"fd77::a4d:a", "2001:db8::c633:640a"}


@pytest.mark.parametrize("name", [name for name in OPERATIONS if name != "renumber"])
def test_operation_wrong_checksum_stays_wrong(name):
    packets = OPERATIONS[name](pcapfile.read(CAPTURES / "evasion_checksum.pcap"))
    errors = {checksum_error(packet.data, dissect(packet.data)) for packet in packets}
    assert len(errors - {0}) == 1


def test_part_urgent_and_flags_go_with_their_bytes():
    out = transform.segment(pcapfile.read(CAPTURES / "evasion_urgent.pcap"), 4)
    urgent = [(int.from_bytes(p.data[at.l4 + 18 : at.l4 + 20], "big"), at.end - at.payload)
              for p in out if (at := dissect(p.data)).is_tcp and p.data[at.l4 + 13] & 32]
    assert urgent == [(15, 4), (11, 4), (7, 4), (3, 4)]


@pytest.mark.parametrize("form", transform.FORMATS)
def test_lay_out_each_format_reads_the_same(form, tmp_path):
    source = CAPTURES / "ssh-key.pcap"
    packets = pcapfile.read(source)
    path = tmp_path / "out"
    path.write_bytes(transform.lay_out(packets, form))
    fields = ["frame.len", "tcp.seq_raw", "ssh.protocol"]
    assert expect.fields(path, "frame", fields) == expect.fields(source, "frame", fields)
    unit_ns = 1000 if form in ("pcap", "pcap-be") else 1
    again = pcapfile.read(path)
    assert [p.data for p in again] == [p.data for p in packets]
    assert [p.time_ns for p in again] == [p.time_ns // unit_ns * unit_ns for p in packets]


@pytest.mark.parametrize("form", transform.FORMATS)
def test_read_file_cut_anywhere_tells_or_ends_at_a_packet(form):
    packets = pcapfile.read(CAPTURES / "threat-ebury-exfil-old.pcap")
    whole = transform.lay_out(packets, form)
    lengths = set()
    for cut in range(len(whole)):
        try:
            read = pcapfile.parse(transform.lay_out(packets, form, cut))
        except pcapfile.BadCapture:
            continue
        lengths.add(len(read))
        assert [p.data for p in read] == [p.data for p in packets[: len(read)]]
    assert lengths == set(range(len(packets)))


def test_command_line_operations_apply_in_order(tmp_path):
    source, target = CAPTURES / "ssh-key.pcap", tmp_path / "out.pcapng"
    command = [sys.executable, transform.__file__, "--format", "pcapng-be", "ipv6", "segment:64",
               "swap:client", "qinq:5:6", str(source), str(target)]
    subprocess.run(command, check=True)
    packets = transform.swap(transform.segment(transform.to_ipv6(pcapfile.read(source)), 64),
                             "client")
    expected = [p.data for p in transform.qinq(packets, 5, 6)]
    assert [p.data for p in pcapfile.read(target)] == expected
