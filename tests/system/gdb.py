# SPDX-License-Identifier: BSD-2-Clause
"""Stops a machine that QEMU runs, by its gdb stub, and writes into it: what a programmer of flash does to a board. The
machine stands still meanwhile, and its clocks with it.
"""

import socket

CHUNK = 1900  # as hexadecimal in a packet of less than 4,096 characters


def stub(path):
    """QEMU's options for a stub at a unix socket."""
    return ["-chardev", f"socket,id=gdb,path={path},server=on,wait=off", "-gdb", "chardev:gdb"]


class Gdb:
    """`with Gdb(path) as gdb:` stops the machine; it goes on at the end."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(str(path))
        self.ahead = b""

    def __enter__(self):
        self._ask("?")
        return self

    def __exit__(self, *_):
        self._ask("D")
        self.socket.close()

    def run_to(self, address):
        """Lets the machine run until it is there, and stand still again."""
        self._ask(f"Z1,{address:x},4")
        self._ask("c")
        self._ask(f"z1,{address:x},4")

    def write(self, address, content):
        for at in range(0, len(content), CHUNK):
            chunk = content[at : at + CHUNK]
            self._ask(f"M{address + at:x},{len(chunk):x}:{chunk.hex()}")

    def _byte(self):
        if not self.ahead:
            self.ahead = self.socket.recv(4096)
            if not self.ahead:
                raise AssertionError("QEMU's gdb stub is gone")
        first, self.ahead = self.ahead[:1], self.ahead[1:]
        return first

    def _ask(self, command):
        self.socket.sendall(f"${command}#{sum(command.encode()) & 0xFF:02x}".encode())
        while self._byte() != b"$":
            pass
        answer = b""
        while (byte := self._byte()) != b"#":
            answer += byte
        self._byte(), self._byte()  # the checksum
        self.socket.sendall(b"+")
        if not answer or answer.startswith(b"E"):
            raise AssertionError(f"QEMU's gdb stub says {answer} to {command[:40]}")
        return answer
