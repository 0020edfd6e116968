#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The SSH scenarios: each records one capture of real programs and says what to expect of it.

A scenario is a function of (net, capture); it returns the expectation without what tshark adds.
record.py runs it; SCENARIOS is the list.
"""

from net import CLIENT4, SERVER4, SERVER6
from peers import USER, Account, Sshd, copy, fingerprint, make_key, ssh
from scenario import Scenario

BULK_BYTES = 30000


def outcome(sshd, sessions, notes, **more):
    said = [session.expectation(sshd.hostkey_sha256) for session in sessions]
    return {"ssh": said, "logins": sshd.logins(), "notes": notes} | more


def start_sshd(net, **options):
    return Sshd(net, Account(net), **options).start()


def record_password(net):
    sshd = start_sshd(net)
    return outcome(sshd, [ssh(sshd, right=True)], "OpenSSH, login by password, one command")


def record_key(net):
    sshd = start_sshd(net)
    return outcome(sshd, [ssh(sshd)], "OpenSSH, login by ed25519 key, one command")


def bulk_file(net, name="cargo"):
    path = net.files / name
    path.write_bytes(bytes((i * i >> 3 ^ i) & 0xFF for i in range(BULK_BYTES)))
    return path


def record_scp(net):
    sshd = start_sshd(net)
    path = bulk_file(net)
    remote = f"{USER}@{SERVER4}:cargo"
    up = copy(sshd, "-O", source=str(path), target=remote)
    down = copy(sshd, source=remote, target=str(net.files / "cargo-back"))
    if (net.files / "cargo-back").read_bytes() != path.read_bytes():
        raise RuntimeError("the copy came back different")
    return outcome(sshd, [up, down], f"scp of {BULK_BYTES} bytes: up by the old scp protocol, "
                                     "then down by sftp as OpenSSH 9 does it")


SCENARIOS = [
    Scenario("ssh-password", record_password),
    Scenario("ssh-key", record_key, nanoseconds=True),
    Scenario("ssh-scp", record_scp),
]
