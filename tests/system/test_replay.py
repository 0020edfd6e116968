#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`portreeve replay` as its users meet it: what it accepts and refuses, its exit status, and that no frame,
event or error gets lost on the way from capture to output.
"""

import gzip
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import time

import expect
import pcapfile
import pytest
from conftest import CAPTURES

DONE, INPUT, USAGE = 0, 1, 2
TURNED = CAPTURES / "turned-server.pcap"
SSH = CAPTURES / "ssh-password.pcap"
SSH_OTHER = CAPTURES / "ssh-key.pcap"
SIGNATURES = """
3000001 critical drop  dns.query qimpj6kkofzf.biz msg="a domain to drop"
3000002 medium   alert ip.dst    135.181.148.230  msg="an address to tell"
3000003 low      alert dns.query op3f1libgh.biz   msg="long gone" expires=2020-01-01
"""


@pytest.fixture
def replay(portreeve):
    """Runs `portreeve replay` and checks that it ended by itself, with status and without a trace of the sanitizers."""
    def run(*arguments, status=DONE, **keywords):
        keywords.setdefault("stdin", None if "input" in keywords else subprocess.DEVNULL)
        keywords.setdefault("stdout", subprocess.PIPE)
        result = subprocess.run([portreeve, "replay", *map(str, arguments)], stderr=subprocess.PIPE, timeout=60,
                                check=False, **{k: v for k, v in keywords.items() if v is not None})
        result.said = result.stderr.decode()
        assert result.returncode == status, result.said
        return result
    return run


@pytest.fixture
def signature_set(portreeve_tool, tmp_path):
    """Compiles text; with key_outside a key file goes to key_path."""
    def compile_set(text=SIGNATURES, *options):
        source, target = tmp_path / "test.sig", tmp_path / "test.set"
        source.write_text(text)
        subprocess.run([portreeve_tool, "sig", "compile", source, "-o", target, *options], check=True,
                       capture_output=True)
        return target
    return compile_set


def events(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def summary(result, title):
    """What stands behind a title of the summary."""
    return re.search(rf"^{title} +(.*)$", result.said, re.M)[1]


# ---- arguments ----

@pytest.mark.parametrize("arguments, complaint", [
    ([], "no capture is given"),
    (["--enforce"], "no capture is given"),
    (["--eve"], "--eve needs a value"),
    (["--eve=", "x.pcap"], "--eve needs a value"),
    (["x.pcap", "--signatures"], "--signatures needs a value"),
    (["--frobnicate", "x.pcap"], "unknown option --frobnicate"),
    (["--eves", "a", "x.pcap"], "unknown option --eves"),
    (["--enforce=1", "x.pcap"], "unknown option --enforce=1"),
    (["-x", "x.pcap"], "unknown option -x"),
    (["--eve", "a", "--eve", "b", "x.pcap"], "--eve is given twice"),
    (["--inside-net", "10.0.0.0/33", "x.pcap"], "--inside-net 10.0.0.0/33: prefix length out of range"),
    (["--inside-net", "10.0.0.1/8", "x.pcap"], "--inside-net 10.0.0.1/8: address bits are set"),
    (["--inside-net", "10.0.0.0:22", "x.pcap"], "--inside-net 10.0.0.0:22: a network has no port"),
    (["--inside-net", "harbour", "x.pcap"], "--inside-net harbour: not an IP address"),
    (["--inside-net", "fd00::/129", "x.pcap"], "--inside-net fd00::/129: prefix length out of range"),
    (["--inside-net", "10.0.0.0/8"] * 33 + ["x.pcap"], "at most 32 networks"),
    (["--hash-key", "k", "x.pcap"], "--signatures is missing"),
    (["--forward", "-", "x.pcap"], "--forward needs the name of a file"),
    (["-", "-"], "standard input (-) is given twice"),
])
def test_wrong_arguments_are_named(replay, arguments, complaint):
    result = replay(*arguments, status=USAGE)
    assert complaint in result.said and "--help" in result.said
    assert result.stdout == b""


@pytest.mark.parametrize("arguments", [["replay", "--help"], ["--help"], ["replay", "x.pcap", "--help"]])
def test_help_goes_to_standard_output(portreeve, arguments):
    result = subprocess.run([portreeve, *arguments], capture_output=True, text=True, check=True)
    assert result.stdout.startswith("usage: portreeve ") and result.stderr == ""


def test_help_names_every_option_of_the_contract(replay):
    text = replay("--help").stdout.decode()
    for option in ("--inside-net", "--signatures", "--hash-key", "--eve", "--forward", "--enforce"):
        assert option in text


@pytest.mark.parametrize("arguments", [["--version"], ["replay", "--version"]])
def test_version(portreeve, arguments):
    result = subprocess.run([portreeve, *arguments], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"portreeve \d+\.\d+\.\d+\n", result.stdout)


@pytest.mark.parametrize("arguments", [[], ["repaly", "x.pcap"]])
def test_missing_or_unknown_command_is_a_usage_error(portreeve, arguments):
    result = subprocess.run([portreeve, *arguments], capture_output=True, text=True, check=False)
    assert result.returncode == USAGE and "replay" in result.stderr and result.stdout == ""


def test_options_may_stand_anywhere_and_end_with_two_dashes(replay, tmp_path):
    shutil.copy(SSH, tmp_path / "--odd.pcap")
    first = replay(SSH, "--inside-net=10.77.0.0/24", "--enforce").stdout
    second = replay("--enforce", "--inside-net", "10.77.0.0/24", "--", "--odd.pcap", cwd=tmp_path).stdout
    assert first == second != b""


# ---- inputs ----

def test_missing_capture_stops_before_anything_is_written(replay, tmp_path):
    eve = tmp_path / "eve.json"
    eve.write_text("from yesterday\n")
    result = replay("--eve", eve, SSH, tmp_path / "nowhere.pcap", status=INPUT)
    assert f"{tmp_path}/nowhere.pcap cannot be read: No such file or directory" in result.said
    assert eve.read_text() == "from yesterday\n"


def pcap_of_link_type(link_type):
    return struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link_type)


@pytest.mark.parametrize("content, complaint", [
    (b"", "is empty"),
    (b"Dear operator,\n", 'is not a capture file (begins with "Dear operator,")'),
    (b"\x7fELF\x02\x01\x01" + bytes(60), "is not a capture file (begins with 7f 45 4c 46 02"),
    (gzip.compress(b"x" * 100), "is compressed with gzip"),
    (pcap_of_link_type(113), "holds packets of link type 113 (Linux SLL)"),
    (pcap_of_link_type(1)[:20], "is cut off: it ends at byte 20"),
], ids=("empty", "text", "program", "gzip", "sll", "short"))
def test_no_capture_says_what_it_is(replay, tmp_path, content, complaint):
    path = tmp_path / "x.pcap"
    path.write_bytes(content)
    result = replay(path, status=INPUT)
    assert f"portreeve: {path} {complaint}" in result.said
    assert result.stdout == b"" and "Accounting" not in result.said


def test_folder_is_no_capture(replay, tmp_path):
    assert "Is a directory" in replay(tmp_path, status=INPUT).said


def test_cut_capture_is_used_up_to_its_cut_and_fails(replay, tmp_path):
    path = tmp_path / "cut.pcap"
    path.write_bytes(TURNED.read_bytes()[:-7])
    whole, cut = replay(TURNED), replay(path, status=INPUT)
    packets = len(pcapfile.read(TURNED))
    size = path.stat().st_size
    assert f"portreeve: {path} is cut off: it ends at byte {size} where at least 7 more" in cut.said
    assert f"{packets - 1} packets were read" in cut.said
    assert summary(cut, "Replayed").startswith(f"{packets - 1:,} packets")
    assert len(events(cut)) >= len(events(whole)) - 1 > 0


def test_capture_after_a_bad_one_is_replayed(replay, tmp_path):
    bad = tmp_path / "bad.pcap"
    bad.write_bytes(b"not at all")
    result = replay(bad, SSH, status=INPUT)
    assert result.stdout == replay(SSH).stdout != b""
    assert "from 1 capture\n" in result.said


@pytest.mark.parametrize("form", pcapfile.FORMATS)
def test_every_format_gives_the_same_events(replay, tmp_path, form):
    """The golden captures have microseconds."""
    path = tmp_path / "x.pcap"
    pcapfile.write(path, pcapfile.read(TURNED), form)
    assert replay(path).stdout == replay(TURNED).stdout


def test_standard_input_is_a_capture(replay):
    expected = replay(TURNED).stdout
    assert replay("-", input=TURNED.read_bytes()).stdout == expected
    with TURNED.open("rb") as file:
        assert replay("-", stdin=file).stdout == expected
    result = replay("-", status=INPUT, input=b"no capture")
    assert "portreeve: standard input is not a capture file" in result.said


def test_pipe_has_its_events_before_it_ends(portreeve):
    """Who watches a capture as it grows sees a session when it is there."""
    with subprocess.Popen([portreeve, "replay", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as program:
        program.stdin.write(SSH.read_bytes())
        program.stdin.flush()
        assert select.select([program.stdout], [], [], 20)[0], "no event while the pipe is open"
        assert json.loads(program.stdout.readline())["event_type"] == "ssh"
        program.stdin.close()
        assert b'"event_type":"flow"' in program.stdout.read()
        assert program.wait(20) == DONE


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_events_are_out_and_summed_up(portreeve, number):
    """Ctrl-C while a pipe is open: what was read counts, also what was still buffered or waited for more."""
    with subprocess.Popen([portreeve, "replay", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as program:
        program.stdin.write(SSH.read_bytes())
        program.stdin.flush()
        first = program.stdout.readline()  # the pipe is idle now, and everything in it was read
        program.send_signal(number)
        lines, said = program.communicate(timeout=20)
    assert program.returncode == 128 + number
    whole = subprocess.run([portreeve, "replay", SSH], capture_output=True, check=True)
    assert (first + lines).splitlines() == whole.stdout.splitlines()
    packets = len(pcapfile.read(SSH))
    assert f"interrupted after {packets} packets".encode() in said
    assert b"adds up" in said


def test_interrupt_ignored_from_the_start_stays_ignored(portreeve):
    """As a shell starts programs in the background."""
    with subprocess.Popen([portreeve, "replay", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL,
                          preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)) as program:
        program.stdin.write(SSH.read_bytes())
        program.stdin.flush()
        program.stdout.readline()
        program.send_signal(signal.SIGINT)
        program.stdin.close()
        program.stdout.read()
        assert program.wait(20) == DONE


def test_several_captures_are_one_stream(replay, tmp_path):
    packets = pcapfile.read(TURNED)
    halves = tmp_path / "1.pcap", tmp_path / "2.pcap"
    for half, part in zip(halves, (packets[:500], packets[500:])):
        pcapfile.write(half, part)
    result = replay(*halves)
    # a burst ends with its capture, which may change the order in which flows end
    assert sorted(result.stdout.splitlines()) == sorted(replay(TURNED).stdout.splitlines())
    assert "from 2 captures" in result.said and "earlier" not in result.said


def test_time_never_goes_back(replay, tmp_path):
    packets = pcapfile.read(SSH_OTHER)
    path = tmp_path / "late.pcap"
    pcapfile.write(path, [p.at(p.time_ns + 3600 * 10**9) for p in packets])
    result = replay(path, SSH)
    earlier = len(pcapfile.read(SSH))
    assert f"{earlier:,} packets were stamped earlier than one before them" in result.said
    times = [e["timestamp"] for e in events(result) if e["event_type"] == "ssh"]
    assert len(times) > 1 and times == sorted(times)


# ---- outputs ----

def test_events_go_to_a_file_made_anew(replay, tmp_path):
    eve = tmp_path / "eve.json"
    eve.write_text("x" * 10**6)
    result = replay("--eve", eve, TURNED)
    assert result.stdout == b""
    assert eve.read_bytes() == replay("--eve", "-", TURNED).stdout


def test_output_is_the_same_in_each_run(replay):
    assert len({replay(TURNED).stdout for _ in range(3)}) == 1


@pytest.mark.parametrize("capture", expect.captures(), ids=lambda path: path.name)
def test_monitoring_forwards_every_frame_unchanged(replay, tmp_path, capture):
    out = tmp_path / "out.pcap"
    result = replay("--forward", out, capture)
    assert pcapfile.read(out) == pcapfile.read(capture)
    assert summary(result, "Accounting").startswith("adds up")
    # our own file again: now not a bit may differ, headers included
    again = tmp_path / "again.pcap"
    replay("--forward", again, out)
    assert again.read_bytes() == out.read_bytes()


def test_forward_keeps_cut_frames_and_their_own_times(replay, tmp_path):
    source, out = tmp_path / "in.pcap", tmp_path / "out.pcap"
    packets = [pcapfile.Packet(5 * 10**9, b"\x02" * 60, 1514), pcapfile.Packet(10**9 + 1, b"\x03" * 14)]
    pcapfile.write(source, packets, "pcapng")
    result = replay("--forward", out, source)
    assert pcapfile.read(out) == packets
    assert "1 packets were stamped earlier" in result.said


@pytest.mark.parametrize("option", ["--eve", "--forward"])
@pytest.mark.parametrize("link", [None, os.symlink, os.link])
def test_output_over_an_input_is_refused(replay, tmp_path, option, link):
    capture, other = tmp_path / "in.pcap", tmp_path / "other.pcap"
    shutil.copy(SSH, capture)
    if link:
        link(capture, other)
    name = other if link else tmp_path / "." / "in.pcap"
    result = replay(option, name, SSH_OTHER, capture, status=USAGE)
    assert f"{option} {name} would overwrite the input {capture}" in result.said
    assert capture.read_bytes() == SSH.read_bytes()


def test_events_and_frames_to_one_file_are_refused(replay, tmp_path):
    result = replay("--eve", tmp_path / "x", "--forward", tmp_path / "x", SSH, status=USAGE)
    assert "both name" in result.said and not (tmp_path / "x").exists()


@pytest.mark.parametrize("option, what", [("--eve", "events"), ("--forward", "frames")])
def test_full_disk_is_an_error(replay, option, what):
    result = replay(option, "/dev/full", SSH, status=INPUT)
    assert f"portreeve: {what} cannot be written to /dev/full: No space left on device" in result.said


def test_output_in_a_missing_folder_is_an_error(replay, tmp_path):
    result = replay("--eve", tmp_path / "no" / "eve.json", SSH, status=INPUT)
    assert "cannot write" in result.said and "No such file or directory" in result.said


def test_closed_pipe_is_an_error(replay):
    reader, writer = os.pipe()
    os.close(reader)
    result = replay(SSH, stdout=writer, status=INPUT)
    os.close(writer)
    assert "events cannot be written to standard output: Broken pipe" in result.said


# ---- signatures ----

@pytest.mark.parametrize("content", [b"", b"no set at all\n", bytes(range(256)) * 16],
                         ids=("empty", "text", "noise"))
def test_file_that_is_no_set_is_refused(replay, tmp_path, content):
    path, eve = tmp_path / "x.set", tmp_path / "eve.json"
    path.write_bytes(content)
    result = replay("--signatures", path, "--eve", eve, SSH, status=INPUT)
    assert f"portreeve: {path} cannot be used: " in result.said
    assert result.said.count("\n") == 1 and not eve.exists()


def test_missing_set_is_refused(replay, tmp_path):
    result = replay("--signatures", tmp_path / "x.set", SSH, status=INPUT)
    assert f"cannot read the signature set {tmp_path}/x.set: No such file or directory" in result.said


def test_signatures_alert_and_are_counted(replay, signature_set):
    result = replay("--signatures", signature_set(), TURNED)
    alerts = [e["alert"] for e in events(result) if e["event_type"] == "alert"]
    sids = [a["signature_id"] for a in alerts]
    assert {3000001, 3000002} == set(sids)
    assert {a["action"] for a in alerts} == {"allowed"}
    counts = {sid: sids.count(sid) for sid in set(sids)}
    assert summary(result, "Alerts") == f"{len(alerts)}: {counts[3000001]} critical, 0 high, {counts[3000002]} medium, 0 low"
    for sid, count in counts.items():
        assert re.search(rf"^ +{count}  .*\[{sid}\]: .*; passed(, would drop)?$", result.said, re.M)
    assert "3 rules, 3 values" in summary(result, "Signatures")
    assert "warning: 1 had expired before the first packet" in result.said


def test_enforcing_drops_and_accounts_for_it(replay, signature_set, tmp_path):
    out = tmp_path / "out.pcap"
    result = replay("--signatures", signature_set(), "--enforce", "--forward", out, TURNED)
    before, after = pcapfile.read(TURNED), pcapfile.read(out)
    dropped = len(before) - len(after)
    assert dropped > 0
    assert summary(result, "Forwarded") == f"{len(after):,}, dropped {dropped}, resets sent 0"
    assert re.search(rf"^ +{dropped}  signature-drop ", result.said, re.M)
    assert summary(result, "Accounting").startswith("adds up")
    rest = iter(before)
    assert all(packet in rest for packet in after), "frames changed or changed places"
    assert not any(b"\x0cqimpj6kkofzf" in packet.data for packet in after)
    assert any(b"\x0cqimpj6kkofzf" in packet.data for packet in before)


def test_reject_sends_resets(replay, signature_set, tmp_path):
    out = tmp_path / "out.pcap"
    software = {e["ssh"]["server"]["software_version"] for e in events(replay(SSH)) if e["event_type"] == "ssh"}
    rules = signature_set(f'3000009 high reject ssh.server.software {software.pop()}\n')
    result = replay("--signatures", rules, "--enforce", "--forward", out, SSH)
    resets = [p for p in pcapfile.read(out) if p not in pcapfile.read(SSH)]
    assert summary(result, "Forwarded").endswith(f"resets sent {len(resets)}") and len(resets) >= 2
    assert re.search(r"^ +\d+  signature-reject ", result.said, re.M)


def test_key_outside_is_needed_and_checked(replay, signature_set, tmp_path):
    key, wrong, short = tmp_path / "key", tmp_path / "wrong", tmp_path / "short"
    key.write_bytes(bytes(range(16)))
    wrong.write_bytes(bytes(16))
    short.write_bytes(bytes(15))
    rules = signature_set(SIGNATURES, "--hash-key", key, "--key-outside")
    assert "--hash-key FILE names it" in replay("--signatures", rules, SSH, status=INPUT).said
    assert "cannot be used" in replay("--signatures", rules, "--hash-key", wrong, SSH, status=INPUT).said
    assert "16 raw bytes, this has less" in replay("--signatures", rules, "--hash-key", short, SSH, status=INPUT).said
    assert "alert" in {e["event_type"] for e in events(replay("--signatures", rules, "--hash-key", key, TURNED))}


# ---- for people ----

def test_summary_is_complete(replay):
    result = replay(TURNED)
    titles = re.findall(r"^(\w+)  ", result.said, re.M)
    assert titles == ["Replayed", "Recorded", "Speed", "Signatures", "Flows", "Sessions", "Events", "Alerts", "Packets",
                      "Forwarded", "Accounting"]
    kinds = [e["event_type"] for e in events(result)]
    assert summary(result, "Events").startswith(f"{len(kinds):,}: ")
    for kind in set(kinds):
        assert re.search(rf"\b{kind} {kinds.count(kind):,}\b", summary(result, "Events"))
    assert "\r" not in result.said and "\x1b" not in result.said


def test_progress_is_shown_on_a_terminal_only(portreeve):
    """On a pipe there is no percentage; the line is taken away before the summary."""
    screen, terminal = pty.openpty()
    blob = TURNED.read_bytes()
    with subprocess.Popen([portreeve, "replay", "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                          stderr=terminal) as program:
        os.close(terminal)
        for part in (blob[:50000], blob[50000:]):
            program.stdin.write(part)
            program.stdin.flush()
            time.sleep(0.3)
        program.stdin.close()
        shown = b""
        while True:
            try:
                piece = os.read(screen, 65536)
            except OSError:  # the terminal's other side is closed
                break
            shown += piece
        assert program.wait(20) == DONE
    os.close(screen)
    assert re.search(rb"\r\d+ MB  \d+ packets/s  standard input\x1b\[K", shown)
    assert re.search(rb"\r\x1b\[KReplayed ", shown)
