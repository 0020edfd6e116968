# SPDX-License-Identifier: BSD-2-Clause
"""Real programs across the appliance: OpenSSH, Postfix and iperf3 talk to each other through it as if it were not there,
it tells what they said, and frames of every other kind pass between the two TAPs bit for bit.
"""

import json
import os
import re
import subprocess

import eve
import pytest
from bridged import Bridged
from conftest import ROOT
from frame_listener import __file__ as LISTENER
from mailing import smtplib
from mails import mail
from mta import Postfix
from net import CLIENT4, SERVER4, wait_until
from peers import USER, Sshd, copy, ssh
from test_appliance import ODD_FRAMES

IDENT = "SSH-2.0-b479ec723a2ba590d6c4a0bf40f4ba"
TALK = """
import socket, sys
with socket.create_connection((sys.argv[1], 22)) as server:
    server.sendall(sys.argv[2].encode() + b"\\r\\n")
    print(server.recv(65536))
"""
OWN = '9000001 medium alert smtp.rcpt_to bosun@port.example msg="planted recipient"\n'
COPIED_BYTES = 3_000_001
IPERF_BYTES, SOCKET_BYTES = 16 << 20, 128 << 10
SEGMENT_BYTES_MAX = 64 << 10
COUNTS = re.compile(r"^(inside|outside) +(\d+) in = (\d+) forwarded \+ 0 dropped$", re.M)


@pytest.fixture(scope="module")
def flash(tmp_path_factory, portreeve_tool):
    folder = tmp_path_factory.mktemp("peers")
    own, target, file = (folder / name for name in ("own.sig", "set", "flash"))
    own.write_text(OWN)
    subprocess.run([portreeve_tool, "sig", "compile", ROOT / "tools/signatures/baseline.sig", own, "-o", target], check=True)
    subprocess.run([portreeve_tool, "flash", "write", file, "--signatures", target], check=True)
    return file


@pytest.fixture
def net(flash, image):
    if os.geteuid() != 0:
        pytest.fail("TAPs in namespaces need root: run make check as root")
    with Bridged(flash) as world:
        yield world
        accounts = world.box.command("show accounts")
        assert "DOES NOT ADD UP" not in accounts and "events   0 lost" in accounts
        assert len(COUNTS.findall(accounts)) == 2, accounts  # nothing was dropped


def events(box):
    """What the appliance told since it was asked for EVE, as a consumer reads it."""
    return eve.validate(re.findall(r"^[^{\n]*(\{.*\})\r$", box.text, re.M))


def told(box, kind, what):
    """The first event of a kind that `what` holds for."""
    box.wait_for(f"an event {kind}", lambda: any(event["event_type"] == kind and what(event) for event in events(box)))
    return next(event for event in events(box) if event["event_type"] == kind and what(event))


def test_openssh_logs_in_and_copies_both_ways(net):
    net.box.command("events eve")
    sshd = Sshd(net).start()
    assert ssh(sshd, right=True).times("Authenticated to") == 1
    data = os.urandom(COPIED_BYTES)
    (net.files / "there").write_bytes(data)
    account = f"{USER}@{SERVER4}:"
    copy(sshd, paths=[str(net.files / "there"), f"{account}{sshd.account.home}/put"])
    copy(sshd, paths=[f"{account}{sshd.account.home}/put", str(net.files / "back")])
    assert (net.files / "back").read_bytes() == data

    version = subprocess.run(["ssh", "-V"], capture_output=True, text=True, check=True).stderr.split()[0].rstrip(",")
    seen = told(net.box, "ssh", lambda event: True)
    assert version.startswith(seen["ssh"]["client"]["software_version"])
    flowvars = {key: value for one in seen["metadata"]["flowvars"] for key, value in one.items()}
    assert flowvars["ssh.hostkey.sha256"] == sshd.hostkey_sha256


def test_planted_ident_raises_an_alert_on_the_serial_line(net):
    Sshd(net).start()
    net.run(net.client, "/usr/bin/python3", "-c", TALK, SERVER4, IDENT)
    alert = "Ebury backdoor login [2018264]: SSH client ident shape ebury-hex; passed"
    net.box.wait_for("the alert", lambda: alert in " ".join(net.box.text.split()))  # it is broken into rows
    assert IDENT not in net.box.text


def test_postfix_delivers_to_postfix_and_the_planted_recipient_is_told(net):
    inner = Postfix(net, net.server, relay=f"[{CLIENT4}]").start()
    outer = Postfix(net, net.client).start()
    net.box.command("events eve")
    own = mail("berth plan")
    sender, recipient = "mate@harbour.example", "bosun@port.example"
    smtplib(net, net.server, "127.0.0.1", [(sender, [recipient], own)], helo="mx.harbour.example")
    outer.wait_done()
    inner.wait_done()

    body = own.data.replace(b"\r\n", b"\n").split(b"\n\n", 1)[1]
    assert [stored.split(b"\n\n", 1)[1] for stored in outer.stored()] == [body]
    alert = told(net.box, "alert", lambda event: event["alert"]["signature_id"] == 9000001)
    assert alert["smtp"]["rcpt_to"] == [f"<{recipient}>"] and alert["src_ip"] == SERVER4
    seen = told(net.box, "smtp", lambda event: True)
    assert seen["smtp"]["mail_from"] == f"<{sender}>"
    assert seen["email"]["subject"] == "berth plan"


def iperf(net, *options):
    server = net.start(net.server, "iperf3", "-s", "-1", "-B", SERVER4)
    net.wait_listening(net.server, 5201)
    done = json.loads(net.run(net.client, "iperf3", "-c", SERVER4, "-n", str(IPERF_BYTES), "-w", str(SOCKET_BYTES), "-J", *options))
    server.wait_end()
    return done["end"]


@pytest.mark.parametrize("way", ([], ["-R"]), ids=("inwards", "outwards"))
def test_iperf3_moves_its_bytes(net, way):
    """The sender may write some blocks more before it looks at what it was asked for. The receiver is told of the end over
    another connection, so that it may leave unread what the two sockets then hold: each twice what it was asked to hold
    (socket(7)), and a segment beyond that.
    """
    done = iperf(net, *way)
    sent, received = (done[side]["bytes"] for side in ("sum_sent", "sum_received"))
    assert sent >= IPERF_BYTES
    assert sent - 2 * (2 * SOCKET_BYTES + SEGMENT_BYTES_MAX) <= received <= sent


def test_frames_of_every_kind_pass_between_taps_unchanged(net):
    for near, far in ((net.client, net.server), (net.server, net.client)):
        listener = net.start(far, "/usr/bin/python3", LISTENER, net.interface[far])
        listener.wait_said("listening")
        wanted = [frame.hex() for frame in ODD_FRAMES.values()]
        net.send_frames(near, ODD_FRAMES.values())

        def came():
            return [line for line in listener.output().splitlines() if line in wanted]

        wait_until(lambda: len(came()) >= len(wanted), f"all frames from {net.interface[near]}")
        assert came() == wanted
        listener.end()
