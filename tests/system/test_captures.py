#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The golden captures themselves: complete, in bounds, agreeing with tshark and reproducible; and
the recorder, which records one live and cleans up after itself whatever happens.
"""

import ipaddress
import os
import re
import subprocess
from collections import Counter
from pathlib import Path

import evasions
import expect
import expect_mail
import inventory
import jsonschema
import net
import pcapfile
import pytest
import record
import threats
from frames import addresses, dissect
from scenario import Scenario

ALL = expect.captures()
RECORDED = [path for path in ALL if path.name in {s.file_name for s in record.SCENARIOS}]
WRITTEN = {f"{name}.pcap" for name in (*threats.THREATS, "turned-server", *evasions.EVASIONS)}
ONE_MAX_BYTES, TOTAL_MAX_BYTES = 200_000, 4_000_000
DOCUMENTATION = [ipaddress.ip_network(text) for text in (
    "10.77.0.0/24", "fd77::/64", "198.51.100.0/24", "2001:db8::/32", "fe80::/10", "ff02::/16")]
SSH_PORTS = (443, 2222, 4444)
SMTP_PORTS = (24, 587, 2525)
# BDAT behind pipelined commands, quoted local parts, UTF-8 and unknown options of MAIL are beyond
# tshark's dissector; in starttls-injected it counts what the server has to forget.
MAIL_TSHARK_LOSES = ("smtp-exim-to-postfix", "smtp-quoted", "smtp-utf8", "smtp-verbs",
                     "starttls-injected")
MAIL = [path for path in ALL if "smtp_sessions" in expect.load(path) and
        path.stem not in MAIL_TSHARK_LOSES]
# What follows a hole, a lie or lines before the ident is beyond tshark's dissector.
TSHARK_LOSES = ("evasion_", "tunnel_", "ssh-pre-ident")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")


def names(paths):
    return [path.stem for path in paths]


def test_captures_all_have_expectations_and_a_maker():
    assert {path.stem for path in expect.FOLDER.glob("*.json")} == set(names(ALL))
    made = WRITTEN | {scenario.file_name for scenario in record.SCENARIOS}
    assert {path.name for path in ALL} == made


def test_readme_table_is_current():
    text = (expect.FOLDER / "README.md").read_text()
    assert "\n".join(inventory.table()) in text, "run tests/captures/inventory.py"


def test_captures_sizes_within_bounds():
    sizes = {path.name: path.stat().st_size for path in ALL}
    assert not {name: size for name, size in sizes.items() if size > ONE_MAX_BYTES}
    assert sum(sizes.values()) <= TOTAL_MAX_BYTES


@pytest.mark.parametrize("capture", ALL, ids=names(ALL))
def test_expectation_valid_and_coherent(capture):
    expected = expect.load(capture)
    jsonschema.validate(expected, expect.SCHEMA)
    if expected["clean"]:
        assert not expected["alerts"] and not expected["anomalies"]
    for field, value in ((alert["field"], alert["value"]) for alert in expected["alerts"]):
        assert field.split(".")[0] in ("ip", "ssh", "dns", "smtp", "tls") and value


@pytest.mark.parametrize("capture", RECORDED, ids=names(RECORDED))
def test_recorded_capture_holds_only_its_own_network_and_day(capture):
    packets = pcapfile.read(capture)
    for packet in packets:
        at = dissect(packet.data)
        if at.version:
            for address in addresses(packet.data, at):
                if not address.is_unspecified:
                    assert any(address in known for known in DOCUMENTATION if
                               known.version == address.version), address
        assert not net.is_sentinel(packet.data)
        assert packet.original_length == len(packet.data)
    days = {packet.time_ns // (86400 * 10**9) for packet in packets}
    assert days == {record.START_NS // (86400 * 10**9)}


FOLLOWED = [path for path in ALL if not path.name.startswith(TSHARK_LOSES)]


def seen_by_tshark(capture):
    return [stream for stream in expect.ssh_seen(capture, SSH_PORTS)
            if {"originator_ident", "responder_ident"} & stream.keys()]


HOUR_NS = 3600 * 10**9


@pytest.fixture(scope="module")
def merged(tmp_path_factory):
    """The recorded captures as a single file, the n-th of ALL in hour n, since starting tshark
    costs more than reading. Written ones repeat ports and sequence numbers and are not in it."""
    packets = []
    for turn, path in enumerate(ALL):
        if path in RECORDED:
            own = pcapfile.read(path)
            packets += [p.at(p.time_ns - own[0].time_ns + turn * HOUR_NS) for p in own]
    file = tmp_path_factory.mktemp("merged") / "all.pcap"
    pcapfile.write(file, packets)
    return file


def origin(epoch):
    """The capture that a time in the merged file belongs to."""
    return ALL[int(float(epoch) * 10**9) // HOUR_NS]


@pytest.fixture(scope="module")
def seen(merged):
    """tshark's view of the SSH sessions of each capture that it can follow."""
    views = {path: [] if path in RECORDED else seen_by_tshark(path) for path in FOLLOWED}
    for stream in seen_by_tshark(merged):
        if origin(stream["begun"]) in views:
            views[origin(stream["begun"])].append(stream)
    return views


@pytest.mark.parametrize("capture", FOLLOWED, ids=lambda path: path.stem)
def test_expectation_ssh_agrees_with_tshark(capture, seen):
    """Also holds malware's traffic to it, whose expectations come from threats.py alone."""
    expected = expect.load(capture)["ssh"]
    assert len(seen[capture]) == len(expected)
    by_ends = {(stream["originator"], stream["responder"]): stream for stream in seen[capture]}
    for session in expected:
        reverse = session["originator"] == "server"
        ends = (session["client"], session["server"])
        stream = by_ends[ends[::-1] if reverse else ends]
        client, server = ("responder", "originator") if reverse else ("originator", "responder")
        assert stream[f"{client}_ident"] == session["client_ident"]
        assert stream[f"{server}_ident"] == session["server_ident"]
        if not reverse:
            assert stream[f"{client}_hassh"] == session["hassh"]
            assert stream[f"{server}_hassh_server"] == session["hassh_server"]


@pytest.fixture(scope="module")
def spoken(merged):
    """tshark's view: (client, verb, path) of each MAIL and RCPT, by capture."""
    options = [word for port in SMTP_PORTS for word in ("-d", f"tcp.port=={port},smtp")]
    names = ("frame.time_epoch", *expect_mail.END_FIELDS, "smtp.req.command", "smtp.req.parameter")
    found = {path: Counter() for path in ALL}
    for row in expect.fields(merged, "smtp.req.command", names, *options, "-E", "occurrence=a",
                             "-E", "aggregator=\x1f"):
        client = expect_mail.ends(row)["client"]
        for verb, rest in zip(*(row[name].split("\x1f") for name in names[-2:])):
            if path := re.match(r"(?:from|to)\s*:\s*(\S*)", rest, re.I):
                found[origin(row["frame.time_epoch"])][client, verb.upper(), path[1]] += 1
    return found


@pytest.mark.parametrize("capture", MAIL, ids=names(MAIL))
def test_expectation_mail_agrees_with_tshark(capture, spoken):
    """Two witnesses for each envelope: the client's own words, and tshark's reading of the wire."""
    expected = expect.load(capture)
    wanted = Counter((one["client"], "MAIL", one["mail_from"]) for one in expected.get("smtp", [])
                     if "mail_from" in one)
    wanted.update((one["client"], "RCPT", to) for one in expected.get("smtp", [])
                  for to in one["rcpt_to"])
    assert spoken[capture] == wanted


def test_reversed_session_same_programs_same_hassh():
    """The one capture whose roles tshark takes the wrong way round."""
    reversed_ssh, plain = (expect.load(expect.FOLDER / f"{name}.pcap")["ssh"][0]
                           for name in ("ssh-reversed", "ssh-key"))
    for key in ("client_ident", "server_ident", "hassh", "hassh_server"):
        assert reversed_ssh[key] == plain[key]


@pytest.mark.parametrize("writer", (threats, evasions), ids=lambda module: module.__name__)
def test_written_captures_come_out_the_same_again(writer, tmp_path):
    for path in writer.write_all(tmp_path):
        committed = expect.FOLDER / path.name
        assert path.read_bytes() == committed.read_bytes(), path.name
        assert expect.load(path) == expect.load(committed), path.name


# --- the recorder -----------------------------------------------------------------------------


def leftovers():
    """Namespaces of this process's recordings that are still there."""
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True)
    return [line.split()[0] for line in listed.stdout.splitlines()
            if line.startswith(f"portreeve-{os.getpid()}-")]


def machine():
    """What a recording must leave as it is."""
    files = ("/etc/passwd", "/etc/shadow", "/var/log/lastlog", "/var/log/btmp", "/var/log/wtmp")
    folders = (Path("/run/sshd"), Path.home() / ".ssh")
    return ([Path(name).read_bytes() for name in files if Path(name).exists()],
            [folder.exists() for folder in folders])


@needs_root
def test_record_small_scenario_live_equals_the_golden_one(scratch):
    """The same programs say the same on any day but for keys and ports."""
    before = machine()
    folder = scratch / "live"
    folder.mkdir(exist_ok=True)
    scenario = next(s for s in record.SCENARIOS if s.name == "ssh-key")
    live = expect.load(record.record(scenario, folder))
    golden = expect.load(expect.FOLDER / "ssh-key.pcap")
    for expected in (live, golden):
        for key in ("client", "hostkey"):
            del expected["ssh"][0][key]
    assert live == golden
    jsonschema.validate(expect.load(folder / "ssh-key.pcap"), expect.SCHEMA)
    assert not leftovers()
    assert machine() == before


@needs_root
@pytest.mark.parametrize("failure", (RuntimeError, KeyboardInterrupt))
def test_record_scenario_that_fails_leaves_nothing_behind(failure, tmp_path):
    started = []

    def play(world):
        started.append(world.start(world.client, "sleep", "infinity"))
        started.append(world.start(world.server, "sh", "-c", "trap '' TERM; sleep infinity & wait"))
        raise failure("on purpose")

    with pytest.raises(failure):
        record.record(Scenario("failing", play), tmp_path)
    assert not leftovers()
    assert all(program.process.wait(10) is not None for program in started)
    assert not list(tmp_path.iterdir())


@needs_root
def test_record_command_line_refuses_unknown_scenario():
    done = subprocess.run(["/usr/bin/python3", record.__file__, "no-such"], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 2 and "no-such" in done.stderr
