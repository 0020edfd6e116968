#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The SSH scenarios with other peers than OpenSSH, and with odd ways to connect: unusual ports,
lines before the ident, tunnels, reversed roles, resets and scans.
"""

import ipaddress
import os
import re
from functools import partial

import frames
import pcapfile
from net import CLIENT4, CLIENT_MAC, SERVER4, SERVER_MAC, RecordingError, run, wait_until
from peers import PASSWORD, PLUG, USER, Sshd, ended, ssh, start_ssh
from scenario import Scenario
from scenarios_ssh import BULK_BYTES, outcome

PARAMIKO_CLIENT = """
import sys, paramiko
client = paramiko.SSHClient()
client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
client.connect(sys.argv[1], username=sys.argv[2], password=sys.argv[3], look_for_keys=False,
               allow_agent=False)
client.exec_command("id -u")[1].read()
client.close()
"""

READ_PORT_2022 = """
import socket
connection = socket.create_connection(('127.0.0.1', 2022))
print(len(b''.join(iter(lambda: connection.recv(65536), b''))))
"""

PREFACE_LINES = 40
SCANNED = range(30, 70)  # last bytes of the inside addresses that are scanned; half of them exist


def record_port(port, net):
    sshd = Sshd(net, port=port).start()
    return outcome(sshd, [ssh(sshd)], f"OpenSSH's server on port {port}")


def record_banner(net):
    banner = net.files / "banner"
    banner.write_text("Harbour office. Trespassers will be towed.\n" * 12)
    sshd = Sshd(net, config=f"Banner {banner}\nDebianBanner no\nVersionAddendum berth-7").start()
    return outcome(sshd, [ssh(sshd, right=True)],
                   "a banner before the login (encrypted), and an addendum in the server's ident")


def record_pre_ident(net):
    preface = net.files / "preface"
    lines = [f"notice {number}: this berth is watched\r\n" for number in range(PREFACE_LINES)]
    preface.write_text("".join(lines), newline="")
    sshd = Sshd(net).start_behind(preface)
    return outcome(sshd, [ssh(sshd)], f"{PREFACE_LINES} lines before the server's ident",
                   alerts=[{"field": "ssh.server.ident.shape", "value": "pre-ident-lines"}],
                   anomalies=["ssh-pre-ident-lines"])


def record_reverse_tunnel(net):
    """Bulk data flows from the client's side into the server through a forwarded port."""
    cargo = net.files / "cargo"
    cargo.write_bytes(os.urandom(BULK_BYTES))
    source = net.start(net.client, "/usr/bin/python3", PLUG, "serve", 7000, cargo, "true")
    net.wait_listening(net.client, 7000)
    sshd = Sshd(net, config="AllowTcpForwarding yes").start()
    fetch = f"/usr/bin/python3 -c \"{READ_PORT_2022}\""
    client = start_ssh(sshd, "-R", "2022:127.0.0.1:7000", command=fetch)
    session = ended(client)
    source.end()
    if client.output().strip() != str(BULK_BYTES):
        raise RecordingError(f"tunnelled {client.output()}")
    return outcome(sshd, [session], "ssh -R: a program on the inside server uses a port of the "
                                    "outside client's")


def record_reversed(net):
    """The inside server connects out and is the SSH server on that connection."""
    sshd = Sshd(net)
    proxy = f"/usr/bin/python3 {PLUG} accept {CLIENT4} 4444"
    client = start_ssh(sshd, "-o", f"ProxyCommand={proxy}")
    net.wait_listening(net.client, 4444)
    sshd.dial(CLIENT4, 4444)
    return outcome(sshd, [ended(client)], "reverse SSH: the inside server opens the TCP "
                                          "connection and acts as the SSH server on it",
                   anomalies=["ssh-reverse"])


def record_reset(net):
    sshd = Sshd(net).start()
    proxy = f"/usr/bin/python3 {PLUG} abort {SERVER4} 22"
    session = ssh(sshd, "-o", f"ProxyCommand={proxy}")
    return outcome(sshd, [session], "a session that its client ends by RST")


def syn(destination, sport, dport):
    source = ipaddress.ip_address(CLIENT4)
    segment = frames.tcp(source, sport, destination, dport, 0x11000000 + sport, 0, frames.SYN,
                         window=1024)
    packet = frames.ip(source, destination, frames.PROTO_TCP, segment, sport)
    macs = [bytes.fromhex(mac.replace(":", "")) for mac in (CLIENT_MAC, SERVER_MAC)]
    return frames.ethernet(*macs, frames.ETHERTYPE_IPV4, packet)


def resets_seen(path):
    """How many RST frames stand in a capture that is still being written."""
    try:
        packets = pcapfile.read(path)
    except pcapfile.BadCapture:
        return 0
    layers = [(packet.data, frames.dissect(packet.data)) for packet in packets]
    return sum(1 for data, at in layers if at.is_tcp and data[at.l4 + 13] & frames.RST)


def record_scan(net):
    """SYNs by hand; the scanner's kernel knows no such connections and resets each answer."""
    Sshd(net).start()
    targets = [ipaddress.ip_address(f"10.77.0.{last}") for last in SCANNED]
    alive = targets[::2]
    for address in alive:
        net.add_address(net.server, f"{address}/24")
    net.send_frames(net.client, [syn(target, 50000 + turn, 22)
                                 for turn, target in enumerate(targets)])
    wait_until(lambda: resets_seen(net.files / "raw.pcap") == len(alive), "answers to the scan")
    return {"notes": f"a half-open scan of {len(targets)} inside addresses, {len(alive)} answer",
            "behaviour": ["ssh-scan"]}


def dropbear_key(net):
    path = net.files / "dropbear-host"
    run("dropbearkey", "-t", "ed25519", "-f", str(path))
    said = run("dropbearkey", "-y", "-f", str(path))
    return path, re.search(r"SHA256:([A-Za-z0-9+/]{43})", said).group(1)


def start_dropbear(net, sshd):
    """Dropbear's server with the user of an sshd that is not started; returns its host key."""
    path, sha256 = dropbear_key(net)
    ssh_folder = sshd.account.home / ".ssh"
    ssh_folder.mkdir()
    (ssh_folder / "authorized_keys").write_text((net.files / "authorized_keys").read_text())
    for item in (sshd.account.home, ssh_folder):
        os.chown(item, 64321, 64321)
        item.chmod(0o755)
    net.start_privately(net.server, sshd.account.binds, "dropbear", "-F", "-E", "-r", path,
                        "-P", "/run/dropbear.pid", "-p", str(sshd.port))
    net.wait_listening(net.server, sshd.port)
    return sha256


def record_dropbear(net):
    """OpenSSH's client, then dropbear's own, against dropbear's server."""
    sshd = Sshd(net)
    sha256 = start_dropbear(net, sshd)
    version = run("dropbear", "-V").strip().replace("Dropbear v", "dropbear_")
    said = ssh(sshd).expectation(sha256)
    dbclient(net)
    own = {key: f"SSH-2.0-{version}" for key in ("client_ident", "server_ident")}
    return {"ssh": [said, own | {"hostkey": sha256}],
            "notes": "dropbear's server, with OpenSSH's client and with dropbear's"}


def dbclient(net):
    env = {"PATH": "/usr/bin:/bin", "HOME": str(net.files), "DROPBEAR_PASSWORD": PASSWORD}
    program = net.start(net.client, "dbclient", "-y", f"{USER}@{SERVER4}", "id -u", env=env)
    if program.wait_end():
        raise RecordingError(program.said())


def record_dbclient(net):
    sshd = Sshd(net).start()
    dbclient(net)
    return outcome(sshd, [sshd.session()], "dropbear's client, login by password")


def record_client(notes, command, net):
    """A client that tells nothing useful: the server's log tells about the session.

    The word HOSTKEY in its command becomes the server's fingerprint.
    """
    sshd = Sshd(net).start()
    command = [str(word).replace("HOSTKEY", sshd.hostkey_sha256) for word in command]
    program = net.start(net.client, *command, env={"PATH": "/usr/bin:/bin", "HOME": str(net.files)})
    if program.wait_end():
        raise RecordingError(f"{command}: {program.said()}")
    return outcome(sshd, [sshd.session()], notes)


def record_go(net):
    binary = net.files / "go_client"
    env = {"PATH": "/usr/bin:/bin", "HOME": str(net.files), "GO111MODULE": "off",
           "GOPATH": "/usr/share/gocode", "GOCACHE": str(net.files / "go"), "GOFLAGS": "-p=1"}
    source = PLUG.with_name("go_client.go")
    run("go", "build", "-o", str(binary), str(source), env=env)
    return record_client("Go's x/crypto/ssh, login by password",
                         [binary, f"{SERVER4}:22", USER, PASSWORD], net)


def record_curl(net):
    url = f"sftp://{SERVER4}/etc/hostname"
    return record_client("libssh2 (curl), one file by sftp, login by password",
                         ["curl", "-sS", "-k", "-u", f"{USER}:{PASSWORD}", url], net)


PARAMIKO = ["/usr/bin/python3", "-c", PARAMIKO_CLIENT, SERVER4, USER, PASSWORD]
PLINK = ["plink", "-batch", "-ssh", "-hostkey", "SHA256:HOSTKEY", "-pw", PASSWORD,
         f"{USER}@{SERVER4}", "id -u"]

SCENARIOS = [
    Scenario("ssh-port-2222", partial(record_port, 2222), ssh_ports=(2222,)),
    Scenario("ssh-port-443", partial(record_port, 443), ssh_ports=(443,)),
    Scenario("ssh-banner", record_banner),
    Scenario("ssh-pre-ident", record_pre_ident, clean=False),
    Scenario("ssh-reverse-tunnel", record_reverse_tunnel),
    Scenario("ssh-reversed", record_reversed, ssh_ports=(4444,), originator="server",
             clean=False),
    Scenario("ssh-reset", record_reset),
    Scenario("ssh-scan", record_scan, clean=False),
    Scenario("ssh-dropbear", record_dropbear, needs="dropbear"),
    Scenario("ssh-dbclient", record_dbclient, needs="dbclient"),
    Scenario("ssh-paramiko", partial(record_client, "paramiko, login by password", PARAMIKO)),
    Scenario("ssh-putty", partial(record_client, "PuTTY's plink, login by password", PLINK),
             needs="plink"),
    Scenario("ssh-libssh2", record_curl, needs="curl"),
    Scenario("ssh-go", record_go, needs="go"),
]
