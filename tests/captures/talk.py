#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Conversations written byte by byte: a clock, hosts, TCP and UDP talks, and the clear part of an
SSH session, DNS messages and an SMTP dialogue. threats.py and evasions.py are written with it.
Everything is a function of its arguments: no randomness, no wall clock.
"""

import base64
import hashlib
import ipaddress
import struct
from dataclasses import dataclass, field

from frames import (ACK, ETHERTYPE_IPV4, ETHERTYPE_IPV6, FIN, PROTO_TCP, PROTO_UDP, PSH, RST, SYN,
                    ethernet, ip, tcp, udp)
from pcapfile import Packet

START_NS = 1780308000 * 10**9  # 2026-06-01 10:00:00 UTC
STEP_NS = 1_000_000
MSS = 1448
INSIDE_MAC, OUTSIDE_MAC = bytes.fromhex("02005e4d000a"), bytes.fromhex("02005e33640a")
MSS_OPTION = struct.pack(">BBH", 2, 4, 1460)


def filler(seed, length):
    """Bytes that look encrypted, the same in each run."""
    out, block = b"", 0
    while len(out) < length:
        out += hashlib.sha256(f"{seed}/{block}".encode()).digest()
        block += 1
    return out[:length]


def number(seed, bits):
    return int.from_bytes(filler(seed, 8), "big") & (1 << bits) - 1


@dataclass
class Wire:
    """The capture under construction: frames in the order of a clock that only goes forward."""

    now_ns: int = START_NS
    packets: list = field(default_factory=list)

    def put(self, frame):
        self.packets.append(Packet(self.now_ns, frame))
        self.now_ns += STEP_NS

    def pause(self, seconds):
        self.now_ns += int(seconds * 10**9)

    def put_ip(self, source, destination, proto, payload, ident=0, ttl=64):
        packet = ip(source, destination, proto, payload, ident, ttl)
        self.put(link(source, destination, packet))


def is_inside(address):
    return address in INSIDE[address.version]


INSIDE = {4: ipaddress.ip_network("10.77.0.0/24"), 6: ipaddress.ip_network("fd77::/64")}


def link(source, destination, packet):
    """An Ethernet frame whose MAC addresses follow from which side is inside."""
    macs = (INSIDE_MAC, OUTSIDE_MAC) if is_inside(source) else (OUTSIDE_MAC, INSIDE_MAC)
    ethertype = ETHERTYPE_IPV4 if source.version == 4 else ETHERTYPE_IPV6
    return ethernet(*macs, ethertype, packet)


class Tcp:
    """One TCP connection. Roles are "originator" and "responder"; both have state next_seq.

    emit is called with (source, destination, TCP segment bytes, role); a Wire's method by default.
    """

    def __init__(self, wire, originator, responder, isn=None, emit=None):
        self.wire = wire
        hosts = [(ipaddress.ip_address(address), port) for address, port in (originator, responder)]
        self.end = dict(zip(("originator", "responder"), hosts))
        seed = f"{originator}>{responder}"
        self.next_seq = {role: number(f"{seed} {role}", 32) for role in self.end}
        self.next_seq |= isn or {}
        self.ident = {role: number(f"{seed} {role} id", 16) for role in self.end}
        self.emit = emit or self._emit

    def _emit(self, source, destination, segment, role):
        self.ident[role] = (self.ident[role] + 1) & 0xFFFF
        self.wire.put_ip(source, destination, PROTO_TCP, segment, self.ident[role])

    @staticmethod
    def other(role):
        return "responder" if role == "originator" else "originator"

    def segment(self, role, payload=b"", flags=PSH | ACK, seq=None, ack=None, **more):
        """The bytes of a segment; sequence and acknowledgement as they stand unless given."""
        source, destination = self.end[role], self.end[self.other(role)]
        seq = self.next_seq[role] if seq is None else seq
        ack = self.next_seq[self.other(role)] if ack is None else ack
        if not flags & ACK:
            ack = 0
        return tcp(*source, *destination, seq, ack, flags, payload, **more)

    def put(self, role, payload=b"", flags=PSH | ACK, seq=None, **more):
        """Emits a segment without moving the state: retransmissions, lies and insertions."""
        segment = self.segment(role, payload, flags, seq, **more)
        self.emit(self.end[role][0], self.end[self.other(role)][0], segment, role)

    def ack(self, role):
        self.put(role, flags=ACK)

    def advance(self, role, count):
        self.next_seq[role] = (self.next_seq[role] + count) & 0xFFFFFFFF

    def open(self):
        self.put("originator", flags=SYN, options=MSS_OPTION)
        self.advance("originator", 1)
        self.put("responder", flags=SYN | ACK, options=MSS_OPTION)
        self.advance("responder", 1)
        self.ack("originator")
        return self

    def send(self, role, data, mss=MSS, acknowledged=True):
        """Sends data in segments; the peer acknowledges when all is there, or with its reply."""
        for at in range(0, len(data), mss):
            piece = data[at : at + mss]
            self.put(role, piece)
            self.advance(role, len(piece))
        if acknowledged:
            self.ack(self.other(role))

    def close(self, first="originator"):
        for role in (first, self.other(first)):
            self.put(role, flags=FIN | ACK)
            self.advance(role, 1)
        self.ack(first)

    def reset(self, role):
        self.put(role, flags=RST | ACK)


def send_udp(wire, source, destination, payload):
    (source_ip, sport), (destination_ip, dport) = [
        (ipaddress.ip_address(address), port) for address, port in (source, destination)]
    ident = number(f"{source}>{destination} {len(wire.packets)}", 16)
    datagram = udp(source_ip, sport, destination_ip, dport, payload)
    wire.put_ip(source_ip, destination_ip, PROTO_UDP, datagram, ident)


# --- SSH --------------------------------------------------------------------------------------

NAME_LISTS = ("kex", "hostkey", "cipher_c2s", "cipher_s2c", "mac_c2s", "mac_s2c", "comp_c2s",
              "comp_s2c", "lang_c2s", "lang_s2c")
OPENSSH_CLIENT = "SSH-2.0-OpenSSH_8.4p1 Debian-5+deb11u3"
OPENSSH_SERVER = "SSH-2.0-OpenSSH_8.4p1 Debian-5+deb11u3"
CIPHERS = ("chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,"
           "aes128-gcm@openssh.com,aes256-gcm@openssh.com")
MACS = ("umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,"
        "hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,hmac-sha2-256,hmac-sha1")
COMPRESSIONS = "none,zlib@openssh.com"
KEX = "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256"
CLIENT_LISTS = {"kex": KEX + ",ext-info-c,kex-strict-c-v00@openssh.com"}
SERVER_LISTS = {"kex": KEX + ",kex-strict-s-v00@openssh.com", "comp_s2c": "none"}


def ssh_string(data):
    return struct.pack(">I", len(data)) + data


def ssh_packet(payload, block=8):
    """RFC 4253 section 6, before any keys: length, padding length, payload, padding."""
    padding = -(5 + len(payload)) % block
    padding += block if padding < 4 else 0
    return struct.pack(">IB", 1 + len(payload) + padding, padding) + payload + bytes(padding)


def kexinit(seed, lists):
    defaults = {"kex": KEX, "hostkey": "ssh-ed25519", "cipher_c2s": CIPHERS, "cipher_s2c": CIPHERS,
                "mac_c2s": MACS, "mac_s2c": MACS, "comp_c2s": COMPRESSIONS,
                "comp_s2c": COMPRESSIONS, "lang_c2s": "", "lang_s2c": ""}
    chosen = defaults | lists
    body = b"\x14" + filler(f"{seed} cookie", 16)
    body += b"".join(ssh_string(chosen[name].encode()) for name in NAME_LISTS)
    return ssh_packet(body + b"\0" + bytes(4))


def hassh(lists, direction):
    """MD5 over kex;cipher;mac;compression of one side's own direction (c2s or s2c)."""
    chosen = {"kex": KEX, f"cipher_{direction}": CIPHERS, f"mac_{direction}": MACS,
              f"comp_{direction}": COMPRESSIONS} | lists
    names = ("kex", f"cipher_{direction}", f"mac_{direction}", f"comp_{direction}")
    return hashlib.md5(";".join(chosen[name] for name in names).encode()).hexdigest()


def hostkey_blob(seed):
    return ssh_string(b"ssh-ed25519") + ssh_string(filler(f"{seed} host key", 32))


def hostkey_sha256(seed):
    digest = hashlib.sha256(hostkey_blob(seed)).digest()
    return base64.b64encode(digest).decode().rstrip("=")


def kex_reply(seed):
    signature = ssh_string(b"ssh-ed25519") + ssh_string(filler(f"{seed} signature", 64))
    return ssh_packet(b"\x1f" + ssh_string(hostkey_blob(seed)) +
                      ssh_string(filler(f"{seed} server ephemeral", 32)) + ssh_string(signature))


NEWKEYS = ssh_packet(b"\x15")


@dataclass
class SshTalk:
    """The two sides of an SSH session as told to play_ssh, and what must be read from them."""

    client_ident: str = OPENSSH_CLIENT
    server_ident: str = OPENSSH_SERVER
    client_lists: dict = field(default_factory=lambda: dict(CLIENT_LISTS))
    server_lists: dict = field(default_factory=lambda: dict(SERVER_LISTS))
    host: str = "host"  # names the host key: the same name, the same key
    line_end: bytes = b"\r\n"

    def expectation(self, connection, client="originator"):
        server = Tcp.other(client)
        ends = {role: _printed(connection.end[role]) for role in connection.end}
        return {
            "client": ends[client], "server": ends[server],
            "originator": "client" if client == "originator" else "server",
            "client_ident": self.client_ident, "server_ident": self.server_ident,
            "client_software": self.client_ident.split("-", 2)[2].split(" ", 1)[0],
            "server_software": self.server_ident.split("-", 2)[2].split(" ", 1)[0],
            "hassh": hassh(self.client_lists, "c2s"),
            "hassh_server": hassh(self.server_lists, "s2c"),
            "kex": "curve25519-sha256", "hostkey_algorithm": "ssh-ed25519",
            "hostkey": hostkey_sha256(self.host),
        }


def _printed(end):
    address, port = end
    return f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"


def key_exchange(connection, talk, client="originator"):
    """KEXINIT to NEWKEYS and a little that looks encrypted; the idents have been sent."""
    server, seed = Tcp.other(client), f"{connection.end}"
    connection.send(client, kexinit(f"{seed} client", talk.client_lists))
    connection.send(server, kexinit(f"{seed} server", talk.server_lists))
    connection.send(client, ssh_packet(b"\x1e" + ssh_string(filler(f"{seed} ephemeral", 32))))
    connection.send(server, kex_reply(talk.host) + NEWKEYS)
    connection.send(client, NEWKEYS)
    sizes = ((44, 44), (68, 52), (148, 28), (112, 500), (36, 176))
    for turn, (asked, answered) in enumerate(sizes):
        connection.send(client, filler(f"{seed} asked {turn}", asked), acknowledged=False)
        connection.send(server, filler(f"{seed} answered {turn}", answered))


def play_ssh(connection, talk=None, client="originator"):
    """A whole session on an unopened connection; returns its expectation."""
    talk = talk or SshTalk()
    connection.open()
    server = Tcp.other(client)
    connection.send(server, talk.server_ident.encode("latin-1") + talk.line_end)
    connection.send(client, talk.client_ident.encode("latin-1") + talk.line_end)
    key_exchange(connection, talk, client)
    connection.close()
    return talk.expectation(connection, client)


# --- DNS --------------------------------------------------------------------------------------

DNS_TYPES = {"A": 1, "MX": 15, "TXT": 16, "AAAA": 28}


def dns_name(name):
    labels = name.rstrip(".").split(".")
    return b"".join(bytes([len(label)]) + label.encode("latin-1") for label in labels) + b"\0"


def dns_query(ident, name, kind="A", flags=0x0100):
    head = struct.pack(">6H", ident, flags, 1, 0, 0, 0)
    return head + dns_name(name) + struct.pack(">2H", DNS_TYPES[kind], 1)


def dns_answer(query, address=None):
    """The reply to a query: one A record, or NXDOMAIN."""
    flags, count = (0x8180, 1) if address else (0x8183, 0)
    head = query[:2] + struct.pack(">5H", flags, 1, count, 0, 0)
    record = struct.pack(">3HIH", 0xC00C, 1, 1, 300, 4) if address else b""
    return head + query[12:] + record + (ipaddress.ip_address(address).packed if address else b"")


def look_up(wire, source, resolver, name, kind="A", address=None):
    """A question and its answer over UDP; returns the expectation."""
    query = dns_query(number(f"{source}{name}", 16), name, kind)
    send_udp(wire, source, (resolver, 53), query)
    send_udp(wire, (resolver, 53), source, dns_answer(query, address))
    return {"rrname": name, "rrtype": kind, "transport": "udp",
            "rcode": "NOERROR" if address else "NXDOMAIN", "answers": 1 if address else 0}


# --- SMTP -------------------------------------------------------------------------------------


def play_smtp(connection, helo, sender, recipients, verb="EHLO"):
    """A plain mail dialogue on an unopened connection; returns its expectation."""
    connection.open()
    connection.send("responder", b"220 mx.example ESMTP\r\n")
    steps = [(f"{verb} {helo}", "250 mx.example"), (f"MAIL FROM:<{sender}>", "250 2.1.0 Ok")]
    steps += [(f"RCPT TO:<{recipient}>", "250 2.1.5 Ok") for recipient in recipients]
    steps += [("DATA", "354 End data with <CR><LF>.<CR><LF>")]
    for command, reply in steps:
        connection.send("originator", command.encode() + b"\r\n")
        connection.send("responder", reply.encode() + b"\r\n")
    mail = f"From: <{sender}>\r\nTo: <{recipients[0]}>\r\nSubject: report\r\n\r\nall well\r\n.\r\n"
    connection.send("originator", mail.encode())
    connection.send("responder", b"250 2.0.0 Ok: queued\r\n")
    connection.send("originator", b"QUIT\r\n")
    connection.send("responder", b"221 2.0.0 Bye\r\n")
    connection.close()
    return {"helo": helo, "mail_from": f"<{sender}>", "rcpt_to": [f"<{r}>" for r in recipients]}
