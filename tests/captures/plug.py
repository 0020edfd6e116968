#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Plugs a program into a TCP connection in the ways that ssh and sshd cannot by themselves.

plug.py dial ADDRESS PORT PROGRAM…     connects out and becomes PROGRAM on the connection
plug.py serve PORT PREFACE PROGRAM…    accepts one connection, sends the file PREFACE, then the same
plug.py accept ADDRESS PORT            accepts one connection and relays standard input and output
plug.py abort ADDRESS PORT             connects out, relays, and ends the connection by RST
"""

import os
import select
import socket
import struct
import sys


def become(connection, program):
    os.dup2(connection.fileno(), 0)
    os.dup2(connection.fileno(), 1)
    os.execvp(program[0], program)


def accept_one(address, port):
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(1)
        return listener.accept()[0]


def relay(connection):
    """Until either side ends."""
    while True:
        for ready in select.select([0, connection], [], [])[0]:
            data = os.read(0, 65536) if ready == 0 else connection.recv(65536)
            if not data:
                return
            if ready == 0:
                connection.sendall(data)
            else:
                os.write(1, data)


def main(mode, *arguments):
    if mode == "dial":
        address, port, *program = arguments
        become(socket.create_connection((address, int(port))), program)
    elif mode == "serve":
        port, preface, *program = arguments
        connection = accept_one("0.0.0.0", int(port))
        with open(preface, "rb") as lines:
            connection.sendall(lines.read())
        become(connection, program)
    elif mode == "accept":
        relay(accept_one(arguments[0], int(arguments[1])))
    elif mode == "abort":
        connection = socket.create_connection((arguments[0], int(arguments[1])))
        relay(connection)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:])
