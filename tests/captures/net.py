#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A small network of its own to record in: a client and a server namespace joined by a veth pair.

The server side stands for the inside (10.77.0.0/24, fd77::/64), the client side for the world
(198.51.100.0/24, 2001:db8:51::/64). Everything started runs inside these namespaces, is ended by
process id, and the namespaces go away with it, also after a failure. Needs root.
"""

import os
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

CLIENT4, SERVER4 = "198.51.100.10", "10.77.0.10"
CLIENT6, SERVER6 = "2001:db8:51::10", "fd77::10"
CLIENT_MAC, SERVER_MAC = "02:00:5e:33:64:0a", "02:00:5e:4d:00:0a"
INSIDE_NET = ["10.77.0.0/24", "fd77::/64"]
SENTINEL_ETHERTYPE = 0x88B5  # IEEE 802 local experimental: marks the end of a recording
PATIENCE_S = 60

TCP_TIME_WAIT, TCP_CLOSE, TCP_LISTEN = 6, 7, 10
TCP_QUIET = (TCP_TIME_WAIT, TCP_CLOSE, TCP_LISTEN)

SEND_FRAME = """
import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((sys.argv[1], 0))
for frame in sys.stdin.read().split():
    s.send(bytes.fromhex(frame))
"""


class RecordingError(RuntimeError):
    """A program that takes part in a recording did not do what it was asked to."""


def run(*command, **options):
    """Runs a short program to its end; returns what it printed."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, **options)
    if done.returncode:
        raise RecordingError(f"{' '.join(command)}: {done.stderr.strip() or done.returncode}")
    return done.stdout or done.stderr


def wait_until(condition, what):
    """Waits for a state, not for a time; gives up loudly."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise RecordingError(f"gave up waiting for {what}")
        time.sleep(0.01)


class Program:
    """A program in a namespace. Its standard error goes to a file, so that it never blocks."""

    def __init__(self, command, log, stdin=subprocess.DEVNULL, env=None):
        self.command, self.log = command, Path(log)
        with open(self.log, "wb") as sink, open(f"{log}.out", "wb") as out:
            self.process = subprocess.Popen(command, stdin=stdin, stdout=out, stderr=sink, env=env,
                                            start_new_session=True)

    @property
    def pid(self):
        return self.process.pid

    def said(self):
        return self.log.read_text(errors="replace")

    def output(self):
        return Path(f"{self.log}.out").read_text(errors="replace")

    def wait_said(self, text):
        def there():
            if text in self.said():
                return True
            if self.process.poll() is not None:
                raise RecordingError(f"{self.command[-1]} ended before {text!r}: {self.said()}")
            return False

        wait_until(there, f"{text!r} from {self.command}")

    def wait_end(self):
        try:
            return self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            raise RecordingError(f"{self.command} does not end: {self.said()}") from None

    def end(self, signum=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(signum)
        self.wait_end()


class Net:
    """The two namespaces. Use as a context manager; .files is a private scratch folder."""

    offloads = False  # frames leave as they would be on a wire

    def __init__(self):
        self.client = f"portreeve-{os.getpid()}-{id(self) & 0xFFFF:04x}-client"
        self.server = self.client.replace("client", "server")
        self.interface = {self.client: "outside", self.server: "inside"}
        self.holders = {}
        self.programs = 0
        self._folder = tempfile.TemporaryDirectory(prefix="portreeve-record-")
        self.files = Path(self._folder.name)
        self.files.chmod(0o755)

    def __enter__(self):
        try:
            self._build()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, *failure):
        for name in self.names():
            if Path("/run/netns", name).exists():
                self._end_all_in(name)
                subprocess.run(["ip", "netns", "del", name], check=False)
        self._folder.cleanup()

    def names(self):
        return self.client, self.server

    def _build(self):
        for name in self.names():
            run("ip", "netns", "add", name)
        self._join()
        sides = ((self.client, CLIENT4, CLIENT6, "10.77.0.0/24", "fd77::/64"),
                 (self.server, SERVER4, SERVER6, "198.51.100.0/24", "2001:db8:51::/64"))
        for name, *_ in sides:
            self._start_side(name)
        for name, address4, address6, route4, route6 in sides:
            port = self.interface[name]
            self.add_address(name, f"{address4}/24")
            self.add_address(name, f"{address6}/64")
            run("ip", "-n", name, "route", "add", route4, "dev", port)
            run("ip", "-n", name, "-6", "route", "add", route6, "dev", port)
        for name, *_ in sides:
            wait_until(lambda n=name: "tentative" not in run("ip", "-n", n, "-6", "addr"), "IPv6")

    def _join(self):
        """Gives each side its interface."""
        run("ip", "-n", self.client, "link", "add", "outside", "address", CLIENT_MAC,
            "type", "veth", "peer", "name", "inside", "address", SERVER_MAC, "netns", self.server)

    def _start_side(self, name):
        port = self.interface[name]
        self.holders[name] = self.start(name, "sleep", "infinity")
        if not self.offloads:
            off = [word for which in ("rx", "tx", "sg", "tso", "gso", "gro") for word in (which, "off")]
            self.run(name, "ethtool", "-K", port, *off)
        for key in ("disable_ipv6=0", "accept_dad=0", "router_solicitations=0"):
            self.run(name, "sysctl", "-qw", f"net.ipv6.conf.{port}.{key}")
        run("ip", "-n", name, "link", "set", "lo", "up")
        run("ip", "-n", name, "link", "set", port, "up")

    def add_address(self, name, address):
        extra = ["nodad"] if ":" in address else []
        run("ip", "-n", name, "addr", "add", address, "dev", self.interface[name], *extra)

    def _end_all_in(self, name):
        """The namespace is ours, so all that runs in it is: end it by its process ids."""
        for signum in (signal.SIGTERM, signal.SIGKILL):
            for _ in range(50):
                pids = [int(pid) for pid in run("ip", "netns", "pids", name).split()]
                if not pids:
                    return
                for pid in pids:
                    try:
                        os.kill(pid, signum)
                    except ProcessLookupError:
                        pass
                self._reap()
                time.sleep(0.01)

    def _reap(self):
        for holder in self.holders.values():
            holder.process.poll()

    def run(self, name, *command, **options):
        return run("ip", "netns", "exec", name, *command, **options)

    def start(self, name, *command, **options):
        self.programs += 1
        log = self.files / f"{self.programs:03}-{Path(command[0]).name}.log"
        return Program(["ip", "netns", "exec", name, *map(str, command)], log, **options)

    def start_privately(self, name, binds, *command, steps=(), **options):
        """Starts a program that sees its own files in place of the machine's.

        binds: {path on the machine: file to show there}. /run and /var/log are empty and vanish
        with the program, so neither user database nor login records of the machine change.
        steps: shell commands that mount what else the program needs, before all this.
        """
        steps = [*steps, "mount -t tmpfs none /var/log", "mount -t tmpfs none /run",
                 "mkdir /run/sshd"]
        steps += [f"mount --bind '{source}' '{target}'" for target, source in binds.items()]
        script = " && ".join(steps) + ' && exec "$@"'
        return self.start(name, "unshare", "-m", "--propagation", "private", "sh", "-c", script,
                          "sh", *command, **options)

    def send_frames(self, name, frames):
        text = "\n".join(frame.hex() for frame in frames)
        self.run(name, "/usr/bin/python3", "-c", SEND_FRAME, self.interface[name], input=text)

    def _sockets(self, name):
        """(port, state) of each TCP socket in a namespace."""
        for table in ("tcp", "tcp6"):
            text = Path(f"/proc/{self.holders[name].pid}/net/{table}").read_text()
            for line in text.splitlines()[1:]:
                words = line.split()
                yield int(words[1].split(":")[-1], 16), int(words[3], 16)

    def wait_listening(self, name, port):
        wait_until(lambda: (port, TCP_LISTEN) in self._sockets(name), f"port {port} listening")

    def wait_quiet(self):
        """Until each TCP connection is closed at both ends: its last packet has been sent."""
        def quiet():
            return all(state in TCP_QUIET for name in (self.client, self.server)
                       for _, state in self._sockets(name))

        wait_until(quiet, "all connections to close")


class Capturer:
    """tcpdump (or dumpcap) on the inside port, from really capturing to really flushed.

    It captures once it says so. It is flushed once a frame sent after all others stands in its
    file; that frame is recognised by its EtherType and left out of the result.
    """

    def __init__(self, net, program="tcpdump", nanoseconds=False):
        self.net = net
        self.path = net.files / "raw.pcap"
        if program == "tcpdump":
            extra = ["--time-stamp-precision=nano"] if nanoseconds else []
            command = ["tcpdump", "-i", "inside", "-s", "0", "-U", "--immediate-mode", "-n", "-p",
                       "-Z", "root", "-w", self.path, *extra]
            ready = "listening on"
        else:
            command = ["dumpcap", "-q", "-i", "inside", "-p", "-w", self.path]
            ready = "File: "
        self.program = net.start(net.server, *command)
        self.program.wait_said(ready)

    def finish(self):
        self.net.wait_quiet()
        marker = bytes.fromhex((SERVER_MAC + CLIENT_MAC).replace(":", ""))
        marker += struct.pack(">H", SENTINEL_ETHERTYPE) + os.urandom(46)
        self.net.send_frames(self.net.client, [marker])
        wait_until(lambda: marker in self.path.read_bytes(), "the capture to be flushed")
        self.program.end(signal.SIGINT)
        return self.path


def is_sentinel(frame):
    return frame[12:14] == struct.pack(">H", SENTINEL_ETHERTYPE)


def end_on_signal():
    """SIGTERM and SIGINT unwind like an error, so that everything started is ended."""
    def unwind(signum, _frame):
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, signal.SIG_IGN)  # let the cleaning up end
        raise KeyboardInterrupt(f"signal {signum}")

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, unwind)
        signal.signal(signal.SIGINT, unwind)
