#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The real SSH programs of the recordings: sshd with a throw-away user, ssh, keys, and what these
programs say about a session. Nothing of the machine changes: the user exists only in bind-mounted
copies of passwd and shadow (net.start_privately), keys live in the recording's scratch folder.
"""

import re
import subprocess
from pathlib import Path

from net import SERVER4, RecordingError, run

USER, PASSWORD = "harbour", "Tr4wl-n3t-9"
USER_ID = 64321

SSHD_CONFIG = """
Port {port}
AddressFamily any
HostKey {hostkey}
PidFile none
UsePAM no
UseDNS no
StrictModes no
PrintMotd no
LogLevel VERBOSE
PermitRootLogin no
AuthorizedKeysFile {files}/authorized_keys
Subsystem sftp internal-sftp
"""


class Account:
    """A user with a password and a key pair, known only inside the recording."""

    def __init__(self, net):
        self.net = net
        self.home = net.files / "home"
        self.home.mkdir()
        self.home.chmod(0o777)
        self.key = make_key(net, "user", "ed25519")
        public = Path(f"{self.key}.pub").read_text()
        (net.files / "authorized_keys").write_text(public)
        crypted = run("openssl", "passwd", "-6", PASSWORD).strip()
        entry = f"{USER}:x:{USER_ID}:{USER_ID}::{self.home}:/bin/sh\n"
        self.binds = {}
        for path, line in (("/etc/passwd", entry), ("/etc/shadow", f"{USER}:{crypted}:20000::::::\n")):
            own = net.files / Path(path).name
            own.write_text(Path(path).read_text() + line)
            self.binds[path] = own
        self._write_askpass("askpass-right", PASSWORD)
        self._write_askpass("askpass-wrong", "not-the-password")

    def _write_askpass(self, name, answer):
        path = self.net.files / name
        path.write_text(f"#!/bin/sh\necho '{answer}'\n")
        path.chmod(0o755)

    def askpass(self, right=True):
        """Environment for a client that takes its password without a terminal."""
        program = self.net.files / ("askpass-right" if right else "askpass-wrong")
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DISPLAY": "none", "LANG": "C.UTF-8",
                "SSH_ASKPASS_REQUIRE": "force", "SSH_ASKPASS": str(program)}


def make_key(net, name, kind, bits=None):
    path = net.files / f"key-{name}"
    size = ["-b", str(bits)] if bits else []
    run("ssh-keygen", "-q", "-t", kind, *size, "-N", "", "-C", name, "-f", str(path))
    return path


def fingerprint(path):
    """The SHA-256 fingerprint of a key or certificate file, as 43 base64 characters."""
    return run("ssh-keygen", "-lf", str(path)).split()[1].removeprefix("SHA256:")


class Sshd:
    """OpenSSH's server on the inside. Its log tells how many logins failed and succeeded."""

    def __init__(self, net, account, hostkey=None, port=22, config=""):
        self.net, self.account, self.port = net, account, port
        self.hostkey = hostkey or make_key(net, "host", "ed25519")
        self.config = net.files / "sshd_config"
        text = SSHD_CONFIG.format(port=port, hostkey=self.hostkey, files=net.files)
        self.config.write_text(text + config + "\n")
        self.program = None

    def start(self):
        self.program = self.net.start_privately(
            self.net.server, self.account.binds, "/usr/sbin/sshd", "-D", "-e", "-f", self.config)
        self.net.wait_listening(self.net.server, self.port)
        return self

    @property
    def hostkey_sha256(self):
        return fingerprint(f"{self.hostkey}.pub")

    def logins(self):
        said = self.program.said()
        return {"accepted": len(re.findall(r"^Accepted ", said, re.M)),
                "failed": len(re.findall(r"^Failed password ", said, re.M))}


class Session:
    """What one OpenSSH client said about its session (ssh -v), as an expectation."""

    def __init__(self, said):
        self.said = said

    def _one(self, pattern):
        found = re.search(pattern, self.said, re.M)
        if not found:
            raise RecordingError(f"client did not say {pattern!r}: {self.said}")
        return found.group(1).strip()

    def expectation(self, hostkey_sha256):
        said_key = self._one(r"Server host (?:key|certificate): \S+ SHA256:(\S+?),? ?(?:serial.*)?$")
        if said_key != hostkey_sha256:
            raise RecordingError(f"host key {said_key} is not {hostkey_sha256}")
        remote = self._one(r"Remote protocol version 2\.0, remote software version (.*)$")
        return {
            "client_ident": self._one(r"Local version string (SSH-.*)$"),
            "server_ident": f"SSH-2.0-{remote}",
            "kex": self._one(r"kex: algorithm: (\S+)"),
            "hostkey_algorithm": self._one(r"kex: host key algorithm: (\S+)"),
            "hostkey": hostkey_sha256,
            "cipher": self._one(r"kex: client->server cipher: (\S+)"),
            "mac": self._one(r"kex: client->server cipher: \S+ MAC: (\S+)"),
            "compression": self._one(r"kex: client->server cipher: .* compression: (\S+)"),
        }


def client_options(net, password):
    """ssh, scp and sftp options: only what this recording made, nothing of the machine's."""
    options = ["-v", "-F", "none", "-o", f"UserKnownHostsFile={net.files}/known_hosts",
               "-o", "GlobalKnownHostsFile=none", "-o", "StrictHostKeyChecking=no",
               "-o", "ControlPath=none", "-o", "IdentitiesOnly=yes"]
    if password:
        return options + ["-o", "PreferredAuthentications=password", "-o", "IdentityFile=none"]
    return options + ["-o", "PreferredAuthentications=publickey", "-i", str(net.files / "key-user")]


def ssh(sshd, *more, command="id -u", host=SERVER4, right=None, side=None, expect_status=0):
    """Runs one ssh to its end; returns its Session. right: None by key, else by password."""
    net = sshd.net
    line = ["ssh", *client_options(net, right is not None), *more, "-p", str(sshd.port),
            f"{USER}@{host}", *([command] if command else [])]
    env = sshd.account.askpass(right is not False)
    program = net.start(side or net.client, *line, env=env)
    status = program.wait_end()
    if status != expect_status:
        raise RecordingError(f"{line} ended with {status}: {program.said()}")
    return Session(program.said())


def copy(sshd, *more, program="scp", source, target):
    """Runs scp or sftp to its end by key; returns its Session."""
    net = sshd.net
    line = [program, *client_options(net, False), *more, "-P", str(sshd.port), source, target]
    started = net.start(net.client, *line, env=sshd.account.askpass())
    if started.wait_end():
        raise RecordingError(f"{line}: {started.said()}")
    return Session(started.said())


def available(program):
    return subprocess.run(["which", program], capture_output=True, check=False).returncode == 0
