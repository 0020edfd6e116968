# SPDX-License-Identifier: BSD-2-Clause
"""What leaves the box: everything unchanged in monitor, everything but what is named when enforcing."""

import re
import subprocess

import pcapfile
import pytest
from conftest import CAPTURES, tshark
from replaying import replay
from test_detection import NAMES, capture_of

INSIDE = "10.77.0.0/24"


@pytest.fixture
def enforce(portreeve, portreeve_tool, tmp_path):
    """Replays a capture under some signatures; returns the run and the frames that left."""

    def run(capture, *signatures, mode="--enforce"):
        source, target, out = tmp_path / "t.sig", tmp_path / "t.set", tmp_path / "out.pcap"
        source.write_text("".join(line + "\n" for line in signatures))
        subprocess.run([portreeve_tool, "sig", "compile", source, "-o", target], check=True, capture_output=True)
        options = ["--forward", out, *([mode] if mode else [])]
        path = CAPTURES / capture if isinstance(capture, str) else capture
        done = replay(portreeve, path, inside=[INSIDE], signatures=target, options=options)
        assert done.status == 0, done.summary
        return done, frames(out)

    return run


def frames(path):
    return [packet.data for packet in pcapfile.read(path)]


def counted(run, reason):
    found = re.search(rf"^\s+([\d,]+)\s+{reason}\s", run.summary, re.MULTILINE)
    return int(found[1].replace(",", "")) if found else 0


def is_subsequence(some, whole):
    left = iter(whole)
    return all(any(one == other for other in left) for one in some)


def is_reset(frame):
    return len(frame) == 54 and frame[23] == 6 and frame[47] & 4


def alert_of(run, sid):
    return next(e["alert"] for e in run.of("alert") if e["alert"]["signature_id"] == sid)


@pytest.mark.parametrize("name", NAMES)
def test_forward_monitor_every_frame_unchanged(portreeve, tmp_path, name):
    out = tmp_path / "out.pcap"
    done = replay(portreeve, capture_of(name), options=["--forward", out])
    assert done.status == 0
    assert frames(out) == frames(capture_of(name))


@pytest.mark.parametrize("name", [n for n in NAMES if not n.startswith("evasion")])
def test_forward_enforce_without_match_every_frame_unchanged(enforce, name):
    run, left = enforce(capture_of(name), '1 low drop dns.query nowhere.invalid')
    assert left == frames(capture_of(name))


def test_drop_takes_the_frame_and_the_rest_of_the_flow(enforce):
    run, left = enforce("threat-ebury-ident-hex.pcap", "7 critical drop ssh.client.ident.shape ebury-hex")
    came = frames(CAPTURES / "threat-ebury-ident-hex.pcap")
    assert is_subsequence(left, came)
    assert counted(run, "signature-drop") == len(came) - len(left) > 0
    assert alert_of(run, 7)["action"] == "blocked"
    # the key exchange that proves who the client is does not get through, nor anything after it
    assert came[: len(left)] == left


def test_monitor_takes_nothing_and_says_what_would_be(enforce):
    run, left = enforce("threat-ebury-ident-hex.pcap", "7 critical drop ssh.client.ident.shape ebury-hex", mode="")
    assert left == frames(CAPTURES / "threat-ebury-ident-hex.pcap")
    alert = alert_of(run, 7)
    assert alert["action"] == "allowed" and alert["metadata"]["portreeve_would"] == ["drop"]


def test_reject_resets_both_ends_with_valid_frames(enforce, tmp_path):
    run, left = enforce("threat-ebury-ident-hex.pcap", "7 critical reject ssh.client.ident.shape ebury-hex")
    came = frames(CAPTURES / "threat-ebury-ident-hex.pcap")
    resets = [frame for frame in left if is_reset(frame)]
    assert len(resets) == 2 and resets[0][26:34] == resets[1][30:34] + resets[1][26:30]
    assert is_subsequence([frame for frame in left if not is_reset(frame)], came)
    assert "resets sent 2" in run.summary
    shown = tshark(tmp_path / "out.pcap", "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE",
                   "-Y", "tcp.flags.reset==1", "-T", "fields", "-e", "tcp.checksum.status", "-e", "ip.checksum.status")
    assert shown.split() == ["1", "1", "1", "1"]


def test_quarantine_takes_all_ssh_of_the_server_and_leaves_the_others(enforce):
    signature = "7 critical quarantine ssh.server.software OpenSSH_8.4p1"
    run, left = enforce("turned-server.pcap", signature)
    came = frames(CAPTURES / "turned-server.pcap")
    assert alert_of(run, 7)["metadata"]["portreeve_taken"] == ["quarantine"]
    assert counted(run, "quarantine") > 0
    assert is_subsequence(left, came)
    dns = [frame for frame in came if frame[23] == 17]
    assert [frame for frame in left if frame[23] == 17] == dns, "only mail and SSH are taken"
    assert len(came) - len(left) == counted(run, "quarantine") + counted(run, "signature-drop")


def test_quarantine_by_destination_waits_for_the_handshake(enforce):
    run, left = enforce("threat-ebury-drop.pcap", "7 critical quarantine ip.dst 135.181.148.230")
    alert = alert_of(run, 7)
    assert alert["metadata"]["portreeve_would"] == ["quarantine"] and "portreeve_guard" not in alert["metadata"]
    target = bytes([135, 181, 148, 230])
    through = [frame for frame in left if target in (frame[26:30], frame[30:34])]
    assert [frame[47] & 0x3F for frame in through] == [0x02, 0x12], "SYN and SYN-ACK, then nothing"


GUARDS = [
    ("not-inside", "threat-ebury-ident-hex.pcap", "ssh.client.ident.shape ebury-hex"),
    ("handshake", "threat-ebury-domains.pcap", "dns.query qimpj6kkofzf.biz"),
]


@pytest.mark.parametrize(("guard", "capture", "match"), GUARDS)
def test_quarantine_guarded_acts_as_drop_and_says_why(enforce, guard, capture, match):
    run, left = enforce(capture, f"7 critical quarantine {match}")
    metadata = alert_of(run, 7)["metadata"]
    assert metadata["portreeve_guard"] == [guard] and metadata["portreeve_would"] == ["drop"]
    assert counted(run, "signature-drop") > 0 and counted(run, "quarantine") == 0


def test_quarantine_full_acts_as_drop_and_says_so(enforce, tmp_path):
    """One server more than the table holds (64 unless configured otherwise)."""
    original = list(pcapfile.read(CAPTURES / "threat-ebury-drop.pcap"))
    made = [pcapfile.Packet(packet.time_ns, renamed(packet.data, server))
            for packet in original for server in range(1, 80)]
    many = tmp_path / "many.pcap"
    pcapfile.write(many, made)
    run, _ = enforce(many, "7 critical quarantine ip.dst 135.181.148.230")
    guards = [e["alert"]["metadata"].get("portreeve_guard") for e in run.of("alert")]
    assert guards.count(["full"]) == 79 - 64 and guards.count(None) == 64


def renamed(frame, server):
    """The frame with inside address 10.77.0.21 made 10.77.0.SERVER, checksums adjusted (RFC 1624)."""
    old, new = bytes([10, 77, 0, 21]), bytes([10, 77, 0, server])
    out = bytearray(frame)
    for at in (26, 30):
        if out[at : at + 4] == old:
            out[at : at + 4] = new
            for field in (24, 34 + 16):
                total = (~int.from_bytes(out[field : field + 2], "big") & 0xFFFF) + (~21 & 0xFFFF) + server
                while total >> 16:
                    total = (total & 0xFFFF) + (total >> 16)
                out[field : field + 2] = (~total & 0xFFFF).to_bytes(2, "big")
    return bytes(out)


def test_conflict_enforced_is_dropped_and_named(enforce):
    capture = "evasion_conflict_after.pcap"
    run, left = enforce(capture, "1 low drop dns.query nowhere.invalid")
    assert counted(run, "stream-conflict") == len(frames(CAPTURES / capture)) - len(left) > 0
