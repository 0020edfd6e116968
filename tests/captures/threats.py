#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes the threats' own traffic, byte by byte from published descriptions: Ebury and its kin as
they look on the wire of an inside server. Deterministic: the same bytes on each run.

usage: threats.py [--to FOLDER] [NAME…]

Each capture comes with NAME.json: the (field, value) pairs of signatures that must fire. A capture
written from malware's own samples would hold stolen passwords; these hold made-up bytes.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import expect
import pcapfile
from talk import (SshTalk, Tcp, Wire, dns_query, filler, look_up, play_smtp, play_ssh,
                  send_udp)

INSIDE_NET = ["10.77.0.0/24", "fd77::/64"]
SERVER = "10.77.0.21"  # the one that turned
RESOLVER = "203.0.113.53"
ADMIN = "198.51.100.40"  # a good client
ATTACKER = "198.51.100.66"

EBURY_IDENTS = {
    "hex": "SSH-2.0-b479ec723a2ba590d6c4a0bf40f4ba",
    "base64": "SSH-2.0-XDbxdCP/G9Dcd1qDCE+t",
    "base64-space": "SSH-2.0-FcZpUkMuIY 2MfBBDvOJdFBTFUw==",
}
EBURY_DROPS = ("185.145.245.167", "135.181.148.230", "141.164.52.243")
EBURY_OPERATORS = ("45.59.120.146", "141.255.166.187", "146.70.124.102", "185.59.103.8",
                   "195.123.225.83", "213.232.235.104")
EBURY_DOMAINS = ("qimpj6kkofzf.biz", "op3f1libgh.biz", "larfj7g1vaz3y.net", "pbarsec.com",
                 "checklicence.net")
CALFBOT_DOMAINS = tuple(f"{name}.info" for name in (
    "vqvsaergek", "pbcgmmympm", "jmxkowzoen", "tyixfhsfax", "qgjhmerjec", "njdyqrbioh",
    "btloxcyrok", "afwyhvinmw", "wyfxanxjeu", "qemyxsdigi"))
CALFBOT_ADDRESSES = ("77.67.80.31", "85.214.80.4", "94.23.208.20")
MUMBLEHARD_TCP = (("194.54.81.163", 80), ("194.54.81.163", 54321), ("194.54.81.163", 25),
                  ("194.54.81.164", 25))
MUMBLEHARD_UDP = ("194.54.81.162", 53)
KOBALOS = ("151.80.57.191", 7070)
SSHDOOR = (("94.75.207.3", 35247), ("198.23.187.46", 32784), ("176.9.47.34", 28739),
           ("69.64.47.10", 1194))
SSHDOOR_RECIPIENTS = ("testrambo2@gmail.com", "jupitersimarte@gmail.com", "dann3bunu@yahoo.com",
                      "r0fl24@yahoo.com")
HOSTILE_IDENTS = ("SSH-2.0-PUTTY", "SSH-2.0-PuTTY_Local:_Feb__5_2013_18:26:54")


class Scene:
    """A wire, who is inside on it, and what has to be noticed so far."""

    def __init__(self, server=SERVER, first_port=40001):
        self.wire, self.server, self.port = Wire(), server, first_port
        self.sessions = []  # (begun, key of the expectation, entry)
        self.alerts, self.anomalies = [], []

    def not_dns(self):
        self.must_fire("dns.shape", "udp53-not-dns")
        self.anomalies = ["dns-malformed"]

    def note(self, key, play, *arguments):
        """Plays something and notes its expectation with the time at which it began."""
        begun = self.wire.now_ns
        self.sessions.append((begun, key, play(*arguments)))
        return self.sessions[-1][2]

    def source(self, host=None):
        self.port += 1
        return host or self.server, self.port

    def must_fire(self, field, value):
        alert = {"field": field, "value": value}
        if alert not in self.alerts:
            self.alerts.append(alert)

    def ssh_in(self, client, talk=None, port=22):
        """Somebody logs in to the server."""
        connection = Tcp(self.wire, self.source(client), (self.server, port))
        return self.note("ssh", play_ssh, connection, talk or SshTalk(host=self.server))

    def ssh_out(self, server):
        connection = Tcp(self.wire, self.source(), (server, 22))
        self.note("ssh", play_ssh, connection, SshTalk(host=server))

    def opaque(self, destination, first="originator", asked=None, source=None):
        """A TCP conversation in a protocol of nobody's."""
        connection = Tcp(self.wire, source or self.source(), destination).open()
        connection.send(first, asked or filler(f"{destination} asked", 120))
        connection.send(Tcp.other(first), filler(f"{destination} answered", 60))
        connection.close()

    def datagram(self, destination, payload):
        send_udp(self.wire, self.source(), destination, payload)

    def look_up(self, name, kind="A", address=None):
        self.note("dns", look_up, self.wire, self.source(), RESOLVER, name, kind, address)

    def mail(self, helo, sender, recipients, destination=("203.0.113.25", 25), verb="EHLO"):
        connection = Tcp(self.wire, self.source(), destination)
        self.note("smtp", play_smtp, connection, helo, sender, recipients, verb)


def ebury_ident(scene, which):
    talk = SshTalk(client_ident=EBURY_IDENTS[which], host=scene.server)
    scene.ssh_in(ATTACKER, talk)["redacted"] = ["client"]
    scene.must_fire("ssh.client.ident.shape", f"ebury-{which.split('-')[0]}")


def ebury_drop(scene):
    for address, port in zip(EBURY_DROPS, (443, 80, 8080)):
        scene.opaque((address, port))
        scene.must_fire("ip.dst", address)


def ebury_operators(scene):
    for address in EBURY_OPERATORS:
        scene.ssh_in(address)
        scene.must_fire("ip.src", address)


def exfiltrate(scene, destination, secret, host):
    """The older form: id 0x120b, flags 0x0100, one question HEX.A.B.C.D, class IN, type A."""
    scene.datagram(destination, dns_query(0x120B, f"{secret.hex()}.{host}"))
    return {"rrname": f"<redacted:{2 * len(secret)}>.{host}", "rrtype": "A", "transport": "udp"}


def ebury_exfil_old(scene, destination=("203.0.113.99", 53)):
    for turn, victim in enumerate(("198.51.100.77", "192.0.2.8")):
        secret = filler(f"secret {turn}", 11 + 4 * turn)
        scene.note("dns", exfiltrate, scene, destination, secret, victim)
    scene.must_fire("dns.shape", "ebury-exfil")


def ebury_exfil_new(scene, destination=("203.0.113.99", 53)):
    for turn in range(2):
        scene.datagram(destination, b"\xff" * 4 + filler(f"sealed {turn}", 61))
    scene.not_dns()


def ebury_exfil_to_drop(scene):
    """Both forms to real drop servers: the address and the shape must be noticed."""
    ebury_exfil_old(scene, (EBURY_DROPS[0], 53))
    ebury_exfil_new(scene, (EBURY_DROPS[2], 53))
    scene.must_fire("ip.dst", EBURY_DROPS[0])
    scene.must_fire("ip.dst", EBURY_DROPS[2])


def ebury_domains(scene):
    for name in EBURY_DOMAINS:
        scene.look_up(name)
        scene.must_fire("dns.query", name)
    scene.look_up(f"a7.mail.{EBURY_DOMAINS[0]}", address="192.0.2.80")
    scene.look_up(EBURY_DOMAINS[1].upper(), "TXT")


def look_alike_domains(scene):
    """Names that contain a hostile one and are not under it."""
    for name in (f"not{EBURY_DOMAINS[0]}", f"{EBURY_DOMAINS[0]}.example", "biz",
                 EBURY_DOMAINS[0].removesuffix("z"), CALFBOT_DOMAINS[0].replace(".", "-")):
        scene.look_up(name)


def calfbot(scene):
    for name in CALFBOT_DOMAINS:
        scene.look_up(name)
        scene.must_fire("dns.query", name)
    for address in CALFBOT_ADDRESSES:
        asked = b"POST /b/index.php HTTP/1.0\r\nContent-Length: 4\r\n\r\nping"
        scene.opaque((address, 80), asked=asked)
        scene.must_fire("ip.dst", address)


def sshdoor_address(scene):
    for address, port in SSHDOOR:
        scene.opaque((address, port))
        scene.must_fire("ip.dst", f"{address}:{port}")


def sshdoor_near_misses(scene):
    """The right address with another port, and the right port elsewhere: nothing to fire."""
    scene.opaque((SSHDOOR[0][0], SSHDOOR[0][1] + 1))
    scene.opaque(("203.0.113.7", SSHDOOR[0][1]))


def sshdoor_mail(scene):
    for recipient in SSHDOOR_RECIPIENTS:
        scene.mail("web21.harbour.example", "root@web21.harbour.example", [recipient])
        scene.must_fire("smtp.rcpt_to", recipient)


def mumblehard(scene):
    post = b"POST / HTTP/1.1\r\nContent-Length: 6\r\n\r\nstatus"
    scene.datagram(MUMBLEHARD_UDP, b"\xff" * 4 + filler("mumble", 28))
    scene.must_fire("ip.dst", f"{MUMBLEHARD_UDP[0]}:{MUMBLEHARD_UDP[1]}/udp")
    scene.not_dns()
    for address, port in MUMBLEHARD_TCP:
        scene.opaque((address, port), asked=post)
        scene.must_fire("ip.dst", f"{address}:{port}/tcp")
    scene.must_fire("smtp.shape", "client-first-http")


def client_first_http(scene):
    """The same to an address that is on no list."""
    post = b"POST / HTTP/1.0\r\nContent-Length: 6\r\n\r\nstatus"
    scene.opaque(("203.0.113.26", 25), asked=post)
    scene.must_fire("smtp.shape", "client-first-http")


def kobalos(scene):
    scene.opaque(KOBALOS)
    scene.must_fire("ip.dst", f"{KOBALOS[0]}:{KOBALOS[1]}")


def hostile_idents(scene):
    for ident in HOSTILE_IDENTS:
        scene.ssh_in(ATTACKER, SshTalk(client_ident=ident, host=scene.server))
        scene.must_fire("ssh.client.ident", ident)


def ylmf_helo(scene):
    scene.mail("ylmf-pc", "info@harbour.example", ["someone@example.net"], verb="HELO")
    scene.must_fire("smtp.helo", "ylmf-pc")
    scene.must_fire("smtp.helo.shape", "no-dot")


def clean_life(scene):
    """What the server does besides: logins, lookups, mail, its own SSH."""
    scene.ssh_in(ADMIN)
    scene.look_up("updates.example", address="192.0.2.44")
    scene.look_up("updates.example", "AAAA")
    scene.ssh_out("203.0.113.90")
    scene.mail("web21.harbour.example", "cron@harbour.example", ["ops@example.net"])
    scene.opaque(("192.0.2.44", 443))


def clean_idents(scene):
    """Idents of honest programs that are near the hostile shapes."""
    for ident in ("SSH-2.0-PuTTY_Release_0.78", "SSH-2.0-Go", "SSH-2.0-paramiko_2.12.0",
                  "SSH-2.0-libssh_0.10.6", "SSH-2.0-1.82_sshlib", "SSH-2.0-Cisco-1.25",
                  "SSH-2.0-dropbear_2022.83", "SSH-2.0-AsyncSSH_2.13.1",
                  "SSH-2.0-JSCH-0.1.54", "SSH-2.0-deadbeefcafe"):
        scene.ssh_in(ADMIN, SshTalk(client_ident=ident, host=scene.server))


# name: (what the capture shows, the pieces it is made of)
THREATS = {
    "threat-ebury-ident-hex": ("Ebury backdoor login, hexadecimal ident",
                               [lambda scene: ebury_ident(scene, "hex")]),
    "threat-ebury-ident-base64": ("Ebury backdoor login, base64 ident",
                                  [lambda scene: ebury_ident(scene, "base64")]),
    "threat-ebury-ident-space": ("Ebury backdoor login, base64 ident with a space in it",
                                 [lambda scene: ebury_ident(scene, "base64-space")]),
    "threat-ebury-drop": ("the server connects to Ebury drop servers over TCP", [ebury_drop]),
    "threat-ebury-operators": ("logins from the addresses of Ebury's operators", [ebury_operators]),
    "threat-ebury-exfil-old": ("Ebury sends a recorded login as a DNS question",
                               [ebury_exfil_old]),
    "threat-ebury-exfil-new": ("Ebury sends a recorded login as UDP/53 that is not DNS",
                               [ebury_exfil_new]),
    "threat-ebury-exfil-drop": ("both exfiltration forms to drop servers' addresses",
                                [ebury_exfil_to_drop]),
    "threat-ebury-domains": ("lookups of Ebury's domains: exact, a subdomain, upper case",
                             [ebury_domains, look_alike_domains]),
    "threat-calfbot": ("lookups of Calfbot's domains, connections to its addresses", [calfbot]),
    "threat-sshdoor-address": ("connections to SSHDoor's address and port pairs, and near misses",
                               [sshdoor_address, sshdoor_near_misses]),
    "threat-sshdoor-mail": ("mails to SSHDoor's drop boxes", [sshdoor_mail]),
    "threat-mumblehard": ("Mumblehard's UDP/53 and TCP, the client speaking HTTP first on 25",
                          [mumblehard]),
    "threat-client-first-http": ("HTTP spoken first on port 25 to an unlisted address",
                                 [client_first_http]),
    "threat-kobalos": ("a connection to Kobalos's address and port", [kobalos]),
    "threat-ssh-idents": ("brute-force tools' SSH idents", [hostile_idents]),
    "threat-ylmf-pc": ("a mail with the HELO of a spam bot", [ylmf_helo]),
    "clean-life": ("an honest server's logins, lookups, mail and own SSH",
                   [clean_life, look_alike_domains, sshdoor_near_misses]),
    "clean-idents": ("honest SSH idents near the hostile shapes", [clean_idents]),
}

TURNED_PIECES = [
    clean_life, lambda scene: ebury_ident(scene, "hex"), ebury_exfil_old, clean_life,
    lambda scene: ebury_ident(scene, "base64"), ebury_exfil_new, ebury_domains,
    lambda scene: ebury_ident(scene, "base64-space"), ebury_drop, ebury_exfil_to_drop,
    ebury_operators, hostile_idents, calfbot, sshdoor_address, kobalos, mumblehard,
    ylmf_helo, sshdoor_mail, clean_life,
]


def expectation(scenes, notes):
    """What to expect of the scenes' common capture, sessions in the order in which they began."""
    said = {key: [] for key in ("ssh", "dns", "smtp")}
    played = sorted((played for scene in scenes for played in scene.sessions),
                    key=lambda session: session[0])
    for _, key, entry in played:
        said[key].append(entry)
    for key in ("alerts", "anomalies"):
        every = [value for scene in scenes for value in getattr(scene, key)]
        said[key] = [value for at, value in enumerate(every) if value not in every[:at]]
    return {"inside_net": INSIDE_NET} | said | {"clean": not said["alerts"], "notes": notes}


def play(notes, pieces):
    scene = Scene()
    for piece in pieces:
        piece(scene)
        scene.wire.pause(2)
    return scene.wire.packets, expectation([scene], notes)


def play_turned_server():
    """All threats of one server between its honest sessions, three of them under way at a time."""
    scenes = [Scene(first_port=41001 + 1000 * lane) for lane in range(3)]
    for turn, piece in enumerate(TURNED_PIECES):
        scene = scenes[turn % 3]
        scene.wire.pause(0.0137 * (turn % 3 + 1))
        piece(scene)
    packets = sorted((packet for scene in scenes for packet in scene.wire.packets),
                     key=lambda packet: packet.time_ns)
    return packets, expectation(scenes, "one inside server's day: every SSH, DNS, address and mail "
                                        "threat above, between clean sessions")


def write_all(folder, names=()):
    """Writes the named captures, or all, with their expectations; returns their paths."""
    written = []
    for name in names or [*THREATS, "turned-server"]:
        packets, expected = play(*THREATS[name]) if name in THREATS else play_turned_server()
        target = Path(folder) / f"{name}.pcap"
        pcapfile.write(target, packets)
        expect.save(target, expected)
        written.append(target)
    return written


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("names", nargs="*", choices=[*THREATS, "turned-server", []], metavar="NAME")
    parser.add_argument("--to", type=Path, default=expect.FOLDER, metavar="FOLDER")
    arguments = parser.parse_args()
    for path in write_all(arguments.to, arguments.names):
        print(f"{path.name}: {path.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
