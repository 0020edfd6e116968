#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""An SMTP client that sends what it is told to, byte by byte, and writes down what it got.

usage: smtp_talk.py ADDRESS PORT [SOURCE]    (a JSON array of steps on standard input)

["read", N]          reads N whole replies
["send", TEXT]       sends commands (latin-1)
["content", TEXT]    sends a mail's content, or the rest of it
["starttls", NAME]   a TLS handshake; what follows is encrypted
["starttls", NAME, N]  the same, its ClientHello in TLS records of N bytes, a segment each
["drain"]            reads to the end
["reset"]            ends the connection by RST

Prints a JSON line for each thing sent and read: [">", commands], ["=", ""] for content,
["<", line].
"""

import json
import socket
import ssl
import struct
import sys


class Talk:
    def __init__(self, address, port, source):
        self.socket = socket.create_connection((address, port), 30, source and (source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.ahead = b""

    @staticmethod
    def note(direction, text):
        print(json.dumps([direction, text]), flush=True)

    def line(self):
        while b"\n" not in self.ahead:
            more = self.socket.recv(65536)
            if not more:
                break
            self.ahead += more
        line, _, self.ahead = self.ahead.partition(b"\n")
        return line.decode("latin-1").rstrip("\r")

    def read(self, count=1):
        while count:
            line = self.line()
            if not line:
                return
            self.note("<", line)
            count -= line[3:4] != "-"

    def send(self, text):
        self.note(">", text)
        self.socket.sendall(text.encode("latin-1"))

    def content(self, text):
        self.note("=", "")
        self.socket.sendall(text.encode("latin-1"))

    def starttls(self, name, cut=0):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if not cut:
            self.socket = context.wrap_socket(self.socket, server_hostname=name)
            return
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        session = context.wrap_bio(incoming, outgoing, server_hostname=name)
        for turn in range(8):
            try:
                session.do_handshake()
            except ssl.SSLWantReadError:
                flight = outgoing.read()
                if turn == 0:
                    self.fragmented(flight, cut)
                else:
                    self.socket.sendall(flight)
                incoming.write(self.socket.recv(65536))
            else:
                self.socket.sendall(outgoing.read())
                return
        raise ConnectionError("no handshake")

    def fragmented(self, record, cut):
        """One TLS record as several, a segment each (RFC 8446 section 5.1 allows it)."""
        for at in range(5, len(record), cut):
            piece = record[at : at + cut]
            self.socket.sendall(record[:3] + struct.pack(">H", len(piece)) + piece)

    def drain(self):
        self.read(-1)

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def main(address, port, source=None):
    talk = Talk(address, int(port), source)
    for step, *arguments in json.load(sys.stdin):
        getattr(talk, step)(*arguments)
    talk.socket.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
