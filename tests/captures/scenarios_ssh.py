#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The SSH scenarios between OpenSSH programs: logins, copies, and each algorithm on offer.

A scenario's play(net) runs real programs to their end and returns what they said; record.py adds
what tshark witnesses. Odd peers and odd ways to connect are in scenarios_ssh_odd.py.
"""

from functools import partial

from frames import ETHERTYPE_QINQ, ETHERTYPE_VLAN
from net import CLIENT4, SERVER4, SERVER6, RecordingError, run
from peers import USER, Sshd, copy, make_key, ssh
from scenario import Scenario

BULK_BYTES = 30000
FAILING_CONNECTIONS = 12

KEX = ("sntrup761x25519-sha512@openssh.com", "curve25519-sha256", "curve25519-sha256@libssh.org",
       "ecdh-sha2-nistp256", "ecdh-sha2-nistp384", "ecdh-sha2-nistp521",
       "diffie-hellman-group-exchange-sha256", "diffie-hellman-group-exchange-sha1",
       "diffie-hellman-group1-sha1", "diffie-hellman-group14-sha1",
       "diffie-hellman-group14-sha256", "diffie-hellman-group16-sha512",
       "diffie-hellman-group18-sha512")

# algorithm: (key type, bits)
HOSTKEYS = {"ssh-ed25519": ("ed25519", None), "ecdsa-sha2-nistp256": ("ecdsa", 256),
            "ecdsa-sha2-nistp384": ("ecdsa", 384), "ecdsa-sha2-nistp521": ("ecdsa", 521),
            "rsa-sha2-512": ("rsa", 3072), "rsa-sha2-256": ("rsa", 2048), "ssh-rsa": ("rsa", 2048),
            "ssh-dss": ("dsa", None)}
CERTIFICATES = {"ssh-ed25519-cert-v01@openssh.com": ("ed25519", None),
                "rsa-sha2-512-cert-v01@openssh.com": ("rsa", 2048)}

CIPHERS = {"chacha20": ["-c", "chacha20-poly1305@openssh.com"],
           "aes-gcm": ["-c", "aes256-gcm@openssh.com"],
           "aes-ctr-etm": ["-c", "aes128-ctr", "-m", "hmac-sha2-256-etm@openssh.com"],
           "aes-ctr": ["-c", "aes128-ctr", "-m", "hmac-sha2-256"],
           "aes-cbc": ["-c", "aes128-cbc", "-m", "hmac-sha1"]}


def outcome(sshd, sessions, notes, **more):
    said = [session.expectation(sshd.hostkey_sha256) for session in sessions]
    return {"ssh": said, "logins": sshd.logins(), "notes": notes} | more


def record_password(net):
    sshd = Sshd(net).start()
    return outcome(sshd, [ssh(sshd, right=True)], "OpenSSH, login by password, one command")


def record_key(net, notes="OpenSSH, login by ed25519 key, one command"):
    sshd = Sshd(net).start()
    return outcome(sshd, [ssh(sshd)], notes)


def record_failed(net):
    """Wrong passwords until the server hangs up on each connection, then one that is right."""
    sshd = Sshd(net).start()
    wrong = [ssh(sshd, "-o", "KexAlgorithms=curve25519-sha256", right=False, status=255)
             for _ in range(FAILING_CONNECTIONS)]
    return outcome(sshd, wrong, f"{FAILING_CONNECTIONS} connections with three wrong passwords "
                                "each: password guessing", behaviour=["ssh-guessing"],
                   anomalies=["ssh-login-failures"])


def record_guessed(net):
    sshd = Sshd(net).start()
    sessions = [ssh(sshd, right=False, status=255), ssh(sshd, right=True)]
    return outcome(sshd, sessions, "three wrong passwords, then a connection with the right one: "
                                   "a person, not a guesser")


def record_outbound(net):
    sshd = Sshd(net, side=net.client).start()
    session = ssh(sshd, host=CLIENT4, side=net.server)
    return outcome(sshd, [session], "an inside server logs in to an outside one")


def record_ipv6(net):
    sshd = Sshd(net).start()
    session = ssh(sshd, host=SERVER6)
    return outcome(sshd, [session], "OpenSSH over IPv6, as dumpcap's own pcapng")


def bulk_file(net):
    path = net.files / "cargo"
    path.write_bytes(bytes((i * i >> 3 ^ i) & 0xFF for i in range(BULK_BYTES)))
    return path


def check_same(path, other):
    if path.read_bytes() != other.read_bytes():
        raise RecordingError(f"{other} came back different")


def record_scp(net):
    sshd = Sshd(net).start()
    path, back = bulk_file(net), net.files / "cargo-back"
    remote = f"{USER}@{SERVER4}:cargo"
    up = copy(sshd, "-O", paths=[path, remote])
    down = copy(sshd, paths=[remote, back])
    check_same(path, back)
    return outcome(sshd, [up, down], f"scp of {BULK_BYTES} bytes: up by the old scp protocol, "
                                     "then down by sftp as OpenSSH 9 does it")


def record_sftp(net):
    sshd = Sshd(net).start()
    path, back = bulk_file(net), net.files / "cargo-back"
    batch = net.files / "batch"
    batch.write_text(f"put {path} cargo\nls -l\nget cargo {back}\nrm cargo\n")
    session = copy(sshd, "-b", batch, program="sftp", paths=[f"{USER}@{SERVER4}"])
    check_same(path, back)
    return outcome(sshd, [session], f"an sftp session: {BULK_BYTES} bytes up and down")


def record_rekey(net):
    sshd = Sshd(net, config="RekeyLimit 16K").start()
    session = ssh(sshd, "-o", "RekeyLimit=16K",
                  command=f"dd if=/dev/zero bs={BULK_BYTES} count=1 status=none")
    if session.times("rekeying out") < 2:
        raise RecordingError("no rekeying: " + session.said)
    return outcome(sshd, [session], "keys exchanged again in mid-session, twice or more")


def record_compression(net):
    sshd = Sshd(net).start()
    return outcome(sshd, [ssh(sshd, "-C")], "zlib@openssh.com compression after the login")


def record_kex(name, net):
    sshd = Sshd(net, config=f"KexAlgorithms {name}").start()
    return outcome(sshd, [ssh(sshd, "-o", f"KexAlgorithms={name}")], f"key exchange {name}")


def record_hostkey(algorithm, kind, bits, net):
    hostkey = make_key(net, "host", kind, bits)
    sshd = Sshd(net, hostkey, config=f"HostKeyAlgorithms {algorithm}").start()
    session = ssh(sshd, "-o", f"HostKeyAlgorithms={algorithm}")
    return outcome(sshd, [session], f"host key algorithm {algorithm}")


def record_certificate(algorithm, kind, bits, net):
    """The fingerprint of a host certificate is that of the key it certifies."""
    hostkey, authority = make_key(net, "host", kind, bits), make_key(net, "authority", "ed25519")
    run("ssh-keygen", "-q", "-s", str(authority), "-h", "-I", "berth", "-n", SERVER4,
        "-V", "20260101:20360101", f"{hostkey}.pub")
    public = (net.files / "key-authority.pub").read_text()
    (net.files / "known_hosts").write_text(f"@cert-authority {SERVER4} {public}")
    config = f"HostCertificate {hostkey}-cert.pub\nHostKeyAlgorithms {algorithm}"
    sshd = Sshd(net, hostkey, config=config).start()
    session = ssh(sshd, "-o", f"HostKeyAlgorithms={algorithm}")
    return outcome(sshd, [session], f"a host certificate, {algorithm}")


def record_cipher(name, options, net):
    sshd = Sshd(net, config="Ciphers +aes128-cbc").start()
    return outcome(sshd, [ssh(sshd, *options)], f"encryption {name}")


def short(algorithm):
    return algorithm.removesuffix("@openssh.com").replace("@", "-").replace(".", "-")


VLAN_NOTES = "OpenSSH inside one 802.1Q tag, VLAN 77"
QINQ_NOTES = "OpenSSH inside two tags, 802.1ad 300 and 802.1Q 77"

SCENARIOS = [
    Scenario("ssh-password", record_password),
    Scenario("ssh-key", record_key, nanoseconds=True),
    Scenario("ssh-failed", record_failed, clean=False),
    Scenario("ssh-mistyped", record_guessed),
    Scenario("ssh-outbound", record_outbound),
    Scenario("ssh-ipv6", record_ipv6, program="dumpcap"),
    Scenario("ssh-vlan", partial(record_key, notes=VLAN_NOTES), tags=((ETHERTYPE_VLAN, 77),)),
    Scenario("ssh-qinq", partial(record_key, notes=QINQ_NOTES),
             tags=((ETHERTYPE_QINQ, 300), (ETHERTYPE_VLAN, 77))),
    Scenario("ssh-scp", record_scp),
    Scenario("ssh-sftp", record_sftp),
    Scenario("ssh-rekey", record_rekey),
    Scenario("ssh-compression", record_compression),
    *(Scenario(f"ssh-kex-{short(name)}", partial(record_kex, name)) for name in KEX),
    *(Scenario(f"ssh-hostkey-{name}", partial(record_hostkey, name, *kind))
      for name, kind in HOSTKEYS.items()),
    *(Scenario(f"ssh-hostkey-{short(name)}", partial(record_certificate, name, *kind))
      for name, kind in CERTIFICATES.items()),
    *(Scenario(f"ssh-cipher-{name}", partial(record_cipher, name, options))
      for name, options in CIPHERS.items()),
]
