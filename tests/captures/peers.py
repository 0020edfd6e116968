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

PLUG = Path(__file__).resolve().parent / "plug.py"
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
LogLevel DEBUG1
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
        entries = {"/etc/passwd": f"{USER}:x:{USER_ID}:{USER_ID}::{self.home}:/bin/sh\n",
                   "/etc/shadow": f"{USER}:{crypted}:20000::::::\n"}
        self.binds = {}
        for path, entry in entries.items():
            own = net.files / Path(path).name
            own.write_text(Path(path).read_text() + entry)
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
                "HOME": str(self.net.files), "SSH_ASKPASS_REQUIRE": "force",
                "SSH_ASKPASS": str(program)}


def make_key(net, name, kind, bits=None):
    path = net.files / f"key-{name}"
    size = ["-b", str(bits)] if bits else []
    run("ssh-keygen", "-q", "-t", kind, *size, "-N", "", "-C", name, "-f", str(path))
    return path


def fingerprint(path):
    """The SHA-256 fingerprint of a key or certificate file, as 43 base64 characters."""
    return run("ssh-keygen", "-lf", str(path)).split()[1].removeprefix("SHA256:")


class Sshd:
    """OpenSSH's server, by default on the inside. Its log tells how logins went."""

    def __init__(self, net, hostkey=None, port=22, config="", side=None):
        self.net, self.port, self.side = net, port, side or net.server
        self.account = Account(net)
        self.hostkey = hostkey or make_key(net, "host", "ed25519")
        self.config = net.files / "sshd_config"
        text = SSHD_CONFIG.format(port=port, hostkey=self.hostkey, files=net.files)
        self.config.write_text(text + config + "\n")
        self.program = None

    def _start(self, *command):
        self.program = self.net.start_privately(self.side, self.account.binds, *command)

    def start(self):
        self._start("/usr/sbin/sshd", "-D", "-e", "-f", self.config)
        self.net.wait_listening(self.side, self.port)
        return self

    def start_behind(self, preface):
        """For one connection, after the bytes of the file preface."""
        self._start("/usr/bin/python3", PLUG, "serve", self.port, preface, "/usr/sbin/sshd", "-i",
                    "-e", "-f", self.config)
        self.net.wait_listening(self.side, self.port)
        return self

    def dial(self, address, port):
        """As the server of a connection that it opens itself."""
        self._start("/usr/bin/python3", PLUG, "dial", address, port, "/usr/sbin/sshd", "-i", "-e",
                    "-f", self.config)

    @property
    def hostkey_sha256(self):
        return fingerprint(f"{self.hostkey}.pub")

    def logins(self):
        said = self.program.said()
        return {"accepted": len(re.findall(r"^Accepted \w+ for ", said, re.M)),
                "failed": len(re.findall(r"^Failed password ", said, re.M))}

    def session(self):
        """The first session as this server's log tells it, for clients that say nothing."""
        return Session(self.program.said(), speaker="server")


class Session:
    """What one OpenSSH program (ssh -v, or sshd's log) said about a session."""

    def __init__(self, said, speaker="client"):
        self.said, self.speaker = said, speaker

    def _one(self, pattern):
        found = re.search(pattern, self.said, re.M)
        if not found:
            raise RecordingError(f"{self.speaker} did not say {pattern!r}: {self.said}")
        return found.group(1).strip()

    def times(self, text):
        return self.said.count(text)

    def expectation(self, hostkey_sha256):
        listener = "server" if self.speaker == "client" else "client"
        if self.speaker == "client":
            key = r"Server host (?:key|certificate): \S+ SHA256:([A-Za-z0-9+/]{43})"
            if self._one(key) != hostkey_sha256:
                raise RecordingError(f"host key is not {hostkey_sha256}: {self.said}")
        end = r"(?: \[preauth\])?\s*$"
        remote = self._one(r"Remote protocol version 2\.0, remote software version (.*?)" + end)
        method = self._one(r"kex: client->server (.*?)" + end)
        cipher, mac, compression = re.fullmatch(
            r"cipher: (\S+) MAC: (\S+) compression: (\S+)", method).groups()
        return {
            f"{self.speaker}_ident": self._one(r"Local version string (SSH-.*)$"),
            f"{listener}_ident": f"SSH-2.0-{remote}",
            "kex": self._one(r"kex: algorithm: (\S+)"),
            "hostkey_algorithm": self._one(r"kex: host key algorithm: (\S+)"),
            "hostkey": hostkey_sha256, "cipher": cipher, "mac": mac, "compression": compression,
        }


def client_options(net, password):
    """ssh, scp and sftp options: only what this recording made, nothing of the machine's."""
    options = ["-v", "-F", "none", "-o", f"UserKnownHostsFile={net.files}/known_hosts",
               "-o", "GlobalKnownHostsFile=none", "-o", "StrictHostKeyChecking=no",
               "-o", "ControlPath=none", "-o", "IdentitiesOnly=yes"]
    if password:
        return options + ["-o", "PreferredAuthentications=password", "-o", "IdentityFile=none"]
    return options + ["-o", "PreferredAuthentications=publickey", "-i", str(net.files / "key-user")]


def start_ssh(sshd, *more, command="id -u", host=SERVER4, right=None, side=None):
    """Starts one ssh. right: None by key, True and False by the right or a wrong password."""
    net = sshd.net
    line = ["ssh", *client_options(net, right is not None), *more, "-p", str(sshd.port),
            f"{USER}@{host}", command]
    return net.start(side or net.client, *line, env=sshd.account.askpass(right is not False))


def ended(program, status=0):
    """The Session of a client that has run to its end."""
    if program.wait_end() != status:
        raise RecordingError(f"{program.command} did not end with {status}: {program.said()}")
    return Session(program.said())


def ssh(sshd, *more, status=0, **options):
    return ended(start_ssh(sshd, *more, **options), status)


def copy(sshd, *more, program="scp", paths, stdin=subprocess.DEVNULL):
    """Runs scp or sftp to its end by key; returns its Session."""
    line = [program, *client_options(sshd.net, False), *more, "-P", str(sshd.port), *paths]
    return ended(sshd.net.start(sshd.net.client, *line, env=sshd.account.askpass(), stdin=stdin))


def available(program):
    return subprocess.run(["which", program], capture_output=True, check=False).returncode == 0
