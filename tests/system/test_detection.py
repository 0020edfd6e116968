# SPDX-License-Identifier: BSD-2-Clause
"""Every capture against what the programs in it said of themselves: the NAME.json beside it."""

import json
import shlex
import subprocess
from collections import Counter

import frames
import pcapfile
import pytest
from conftest import CAPTURES, ROOT, tshark
from eve import validate
from replaying import replay

SOURCES = ROOT / "tools" / "signatures" / "baseline.sig", ROOT / "tests" / "system" / "shapes.sig"
PLANTED_SID = 9100000
NAMES = sorted(path.stem for path in CAPTURES.glob("*.json"))


def capture_of(name):
    return next(path for path in CAPTURES.glob(f"{name}.pcap*"))


def quoted(value):
    return value.replace("\\", "\\\\").replace('"', '\\"')


def sids():
    """{(field, value): SID} of all signatures; those of mail and TLS that captures name and no file has come last."""
    lines = [shlex.split(line, comments=True) for path in SOURCES for line in path.read_text().splitlines()]
    found = {(word[3], word[4]): int(word[0]) for word in lines if word}
    named = {(alert["field"], alert["value"]) for path in CAPTURES.glob("*.json")
             for alert in json.loads(path.read_text())["alerts"] if alert["field"].startswith(("smtp.", "tls."))}
    return found | {pair: PLANTED_SID + number for number, pair in enumerate(sorted(named - found.keys()))}


@pytest.fixture(scope="session")
def baseline(portreeve_tool, scratch):
    target, key, planted = (scratch / f"baseline.{end}" for end in ("set", "key", "planted"))
    key.write_bytes(bytes(range(16)))
    planted.write_text("".join(f'{sid} low alert {field} "{quoted(value)}"\n'
                               for (field, value), sid in sids().items() if sid >= PLANTED_SID))
    subprocess.run([portreeve_tool, "sig", "compile", *SOURCES, planted, "-o", target, "--hash-key", key], check=True)
    return target


@pytest.fixture(scope="session")
def replayed(portreeve, baseline):
    done = {}

    def get(name):
        if name not in done:
            expected = json.loads((CAPTURES / f"{name}.json").read_text())
            inside = expected["inside_net"]
            done[name] = expected, replay(portreeve, capture_of(name), inside=inside, signatures=baseline)
        return done[name]

    return get


def endpoint(event, side):
    address = event[f"{side}_ip"]
    return f"[{address}]:{event[f'{side}_port']}" if ":" in address else f"{address}:{event[f'{side}_port']}"


@pytest.mark.parametrize("name", NAMES)
def test_ssh_events_equal_what_the_peers_said(replayed, name):
    expected, run = replayed(name)
    assert run.status == 0, run.summary
    wanted, found = Counter(), Counter()
    for session in expected["ssh"]:
        hidden = session.get("redacted", [])
        wanted[(session["client"], session["server"],
                None if "client" in hidden else session.get("client_software"),
                None if "server" in hidden else session.get("server_software"),
                session.get("hassh"), session.get("hassh_server"), session.get("hostkey"))] += 1
    for event in run.of("ssh"):
        extra = {k: v for one in event.get("metadata", {}).get("flowvars", []) for k, v in one.items()}
        originator, responder = endpoint(event, "src"), endpoint(event, "dest")
        ssh = event["ssh"]
        reverse = any(a["flow_id"] == event["flow_id"] and a["anomaly"]["event"] == "ssh-reverse"
                      for a in run.of("anomaly"))
        client, server = (responder, originator) if reverse else (originator, responder)

        def software(side):
            value = ssh.get(side, {}).get("software_version")
            return None if value is None or value.startswith("<ebury") else value

        found[(client, server, software("client"), software("server"),
               ssh.get("client", {}).get("hassh", {}).get("hash"),
               ssh.get("server", {}).get("hassh", {}).get("hash"), extra.get("ssh.hostkey.sha256"))] += 1
    assert found == wanted


@pytest.mark.parametrize("name", NAMES)
def test_dns_events_equal_the_queries(replayed, name):
    expected, run = replayed(name)
    wanted = Counter((q["rrname"], q["rrtype"], q["transport"]) for q in expected["dns"])
    found = Counter((e["dns"]["rrname"], e["dns"]["rrtype"], e["proto"].lower()) for e in run.of("dns"))
    assert found == wanted


def field_name(field):
    """As alerts name it: without the name of a header."""
    return "smtp.header" if field.startswith("smtp.header.") and field != "smtp.header.order" else field


@pytest.mark.parametrize("name", NAMES)
def test_alerts_equal_the_planted_threats(replayed, name):
    expected, run = replayed(name)
    wanted = {field_name(a["field"]) for a in expected["alerts"]}
    found = {e["alert"]["metadata"]["portreeve_field"][0] for e in run.of("alert")}
    assert found == wanted
    if expected["clean"]:
        assert not run.of("alert")


@pytest.mark.parametrize("name", NAMES)
def test_anomalies_are_those_expected(replayed, name):
    expected, run = replayed(name)
    found = {e["anomaly"]["event"] for e in run.of("anomaly")}
    missing = set(expected["anomalies"]) - found
    assert not missing
    if expected["clean"]:
        assert not found - set(expected["anomalies"])


@pytest.mark.parametrize("name", NAMES)
def test_events_validate_and_frames_add_up(replayed, name):
    _, run = replayed(name)
    validate(run.lines)
    assert "adds up" in run.summary


@pytest.mark.parametrize("name", [n for n in NAMES if n.startswith("ssh-")])
def test_hassh_agrees_with_tshark(replayed, name):
    _, run = replayed(name)
    fields = tshark(capture_of(name), "-d", "tcp.port==2222,ssh", "-d", "tcp.port==443,ssh", "-Y", "ssh.kex.hassh or ssh.kex.hasshserver",
                    "-T", "fields", "-e", "ssh.kex.hassh", "-e", "ssh.kex.hasshserver")
    theirs = {value for line in fields.split() for value in line.split(",") if value}
    ours = {side["hassh"]["hash"] for e in run.of("ssh") for side in e["ssh"].values() if "hassh" in side}
    if theirs:
        assert ours <= theirs and ours


def ident_then(*later):
    """Both idents of an Ebury login, then other frames of the capture at other times (seconds, index)."""
    packets = list(pcapfile.read(CAPTURES / "threat-ebury-ident-hex.pcap"))
    start = packets[0].time_ns
    return packets[:7] + [pcapfile.Packet(start + int(second * 1e9), frame) for second, frame in later]


def unrelated():
    return next(pcapfile.read(CAPTURES / "dns-udp.pcap")[i].data for i in range(5))


def reset_of(packet):
    """The client's segment as a reset without payload, checksums made right."""
    layers = frames.dissect(packet.data)
    frame = bytearray(packet.data[: layers.l4 + 20])
    frame[layers.l3 + 2 : layers.l3 + 4] = (40).to_bytes(2, "big")
    frame[layers.l4 + 12 : layers.l4 + 14] = bytes([0x50, 0x14])
    frame[layers.l3 + 10 : layers.l3 + 12] = bytes(2)
    frame[layers.l4 + 16 : layers.l4 + 18] = bytes(2)
    frame[layers.l3 + 10 : layers.l3 + 12] = frames.checksum(bytes(frame[layers.l3 : layers.l4])).to_bytes(2, "big")
    value = frames.l4_checksum(*frames.addresses(bytes(frame), layers), 6, bytes(frame[layers.l4 :]))
    frame[layers.l4 + 16 : layers.l4 + 18] = value.to_bytes(2, "big")
    return bytes(frame)


def alert_second(run):
    return run.of("alert")[0]["timestamp"][17:19]


def test_alert_reset_before_key_exchange_comes_at_once(portreeve, baseline, scratch):
    packets = ident_then()
    last = [p for p in pcapfile.read(CAPTURES / "threat-ebury-ident-hex.pcap")][7]
    made = scratch / "reset.pcap"
    pcapfile.write(made, packets + [pcapfile.Packet(packets[0].time_ns + 2 * 10**9, reset_of(last)),
                                    pcapfile.Packet(packets[0].time_ns + 50 * 10**9, unrelated())])
    assert alert_second(replay(portreeve, made, signatures=baseline)) == "02"


def test_alert_silent_before_key_exchange_comes_within_seconds(portreeve, baseline, scratch):
    made = scratch / "silent.pcap"
    pcapfile.write(made, ident_then((8, unrelated()), (9, unrelated()), (50, unrelated())))
    assert alert_second(replay(portreeve, made, signatures=baseline)) in ("08", "09")
