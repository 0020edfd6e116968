# SPDX-License-Identifier: BSD-2-Clause
"""`portreeve run` between the two namespaces of a recording: a third one holds it, with the ports `lan`
(towards the server) and `wan` (towards the client). The test can put frames on both far ends itself.
"""

import contextlib
import ctypes
import json
import os
import re
import select
import signal
import socket
import struct
import subprocess
import threading
import time

from net import CLIENT_MAC, PATIENCE_S, SERVER_MAC, Net, run, wait_until

PORTS = {"inside": "lan", "outside": "wan"}
SOL_PACKET, PACKET_AUXDATA, PACKET_IGNORE_OUTGOING = 263, 8, 23
VLAN_VALID, TPID_VALID = 1 << 4, 1 << 6
CLONE_NEWNET = 0x40000000
PROMPT = "portreeve> "
PATIENT = ("--heartbeat", "10000")
DRIVERS = ("packet", "xdp")


@contextlib.contextmanager
def within(namespace):
    """This thread is in the namespace meanwhile."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/thread-self/ns/net") as own, open(f"/run/netns/{namespace}") as other:
        if libc.setns(other.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        try:
            yield
        finally:
            libc.setns(own.fileno(), CLONE_NEWNET)


def bpf(command, attributes):
    """bpf(2)"""
    libc, given = ctypes.CDLL(None, use_errno=True), ctypes.create_string_buffer(attributes)
    result = libc.syscall(321 if os.uname().machine == "x86_64" else 280, command, given, len(attributes))
    assert result >= 0, ctypes.get_errno()
    return result


def load_program(kind, *instructions):
    """Instructions as (code, register, immediate). Its descriptor."""
    code = ctypes.create_string_buffer(b"".join(struct.pack("=BBhi", code, register, 0, value) for code, register, value in instructions))
    license_text = ctypes.create_string_buffer(b"GPL")
    return bpf(5, struct.pack("=IIQQIIQII16s", kind, len(instructions), ctypes.addressof(code), ctypes.addressof(license_text),
                              0, 0, 0, 0, 0, b"foreign"))  # BPF_PROG_LOAD


def tag_all(namespace, interface, vlan):
    """What leaves by the interface from now on has a tag beside it, as a VLAN device's frames have."""
    program = load_program(3, (0xb7, 2, socket.htons(0x8100)), (0xb7, 3, vlan), (0x85, 0, 18), (0xb7, 0, 0), (0x95, 0, 0))
    with within(namespace):  # BPF_PROG_ATTACH, TCX at egress
        bpf(8, struct.pack("=IIIII", socket.if_nametoindex(interface), program, 47, 0, 0))
    os.close(program)


def put_xdp_program(namespace, interface):
    """One that lets everything pass, and is none of ours. The interface keeps it."""
    program = load_program(6, (0xb7, 0, 2), (0x95, 0, 0))
    with within(namespace), socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as netlink:
        # RTM_SETLINK, acknowledged: IFLA_XDP with the descriptor and XDP_FLAGS_SKB_MODE
        body = struct.pack("=BxHiIIHHHHiHHI", 0, 0, socket.if_nametoindex(interface), 0, 0, 20, 43 | 0x8000, 8, 1, program, 8, 3, 2)
        netlink.send(struct.pack("=IHHII", 16 + len(body), 19, 5, 1, 0) + body)
        assert struct.unpack_from("=i", netlink.recv(4096), 16)[0] == 0
    os.close(program)


class Wire:
    """One far end: sends frames, and keeps those that came."""

    def __init__(self, namespace, interface):
        with within(namespace):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self.socket.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
            self.socket.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
            self.socket.bind((interface, 3))
        self.received = []
        self._changed = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        while not self._ended:
            if not select.select([self.socket], [], [], 0.1)[0]:
                continue
            frame, control, _, _ = self.socket.recvmsg(70000, 64)
            frame = self._with_tag(frame, control)
            with self._changed:
                self.received.append(frame)
                self._changed.notify_all()

    @staticmethod
    def _with_tag(frame, control):
        """The kernel takes the outer tag out."""
        for _, kind, data in control:
            status, _, _, _, _, tci, tpid = struct.unpack_from("=IIIHHHH", data)
            if kind == PACKET_AUXDATA and status & VLAN_VALID:
                tpid = tpid if status & TPID_VALID else 0x8100
                return frame[:12] + struct.pack("!HH", tpid, tci) + frame[12:]
        return frame

    def send(self, frame):
        self.socket.send(frame)

    def wait_for(self, what, condition):
        with self._changed:
            if not self._changed.wait_for(condition, PATIENCE_S):
                raise AssertionError(f"{what} did not come; {len(self.received)} frames did")

    def close(self):
        self._ended = True
        self._thread.join()
        self.socket.close()


class Bridged(Net):
    """The two ends of Net, and between them a namespace that forwards nothing by itself."""

    def __init__(self, offloads=True, mtu=1500, driver="packet", queues=1):
        """driver: the one that is going to be used; AF_XDP cannot carry what is left for a network card to do."""
        super().__init__()
        self.middle = self.client.replace("client", "middle")
        self.offloads, self.mtu, self.driver, self.queues = offloads and driver != "xdp", mtu, driver, queues
        self.wires = []

    def names(self):
        return self.client, self.server, self.middle

    def _join(self):
        for side, mac, far, port in ((self.client, CLIENT_MAC, "outside", "wan"),
                                     (self.server, SERVER_MAC, "inside", "lan")):
            size = ("mtu", str(self.mtu), "numrxqueues", str(self.queues), "numtxqueues", str(self.queues))
            run("ip", "-n", side, "link", "add", far, *size, "address", mac, "type", "veth",
                "peer", "name", port, *size, "netns", self.middle)
            for name, interface in ((side, far), (self.middle, port)) if self.queues > 1 else ():
                run("ip", "netns", "exec", name, "ethtool", "-L", interface, "rx", str(self.queues), "tx", str(self.queues))
            run("ip", "-n", self.middle, "link", "set", port, "up")
        self.holders[self.middle] = self.start(self.middle, "sleep", "infinity")

    def __exit__(self, *failure):
        self.close_wires()
        super().__exit__(*failure)

    def silence(self):
        """The hosts at both ends say nothing of their own from now on."""
        for side, name in (("inside", self.server), ("outside", self.client)):
            self.run(name, "ip", "address", "flush", "dev", side)
            self.run(name, "ip", "link", "set", side, "arp", "off")
            self.run(name, "sysctl", "-qw", f"net.ipv6.conf.{side}.disable_ipv6=1")

    def close_wires(self):
        while self.wires:
            self.wires.pop().close()

    def wire(self, side):
        """The far end of the port on that side."""
        self.wires.append(Wire(self.server if side == "inside" else self.client, side))
        return self.wires[-1]

    def carrier(self, namespace, interface):
        """Whether an interface that is on has a link."""
        return " LOWER_UP" in run("ip", "-n", namespace, "link", "show", interface).replace(",", " ")

    def settings(self, port):
        """All that `run` may change of an interface."""
        flags = int(self.run(self.middle, "cat", f"/sys/class/net/{port}/flags"), 16)
        ipv6 = self.run(self.middle, "cat", f"/proc/sys/net/ipv6/conf/{port}/disable_ipv6")
        return flags, ipv6, self.run(self.middle, "ethtool", "-k", port)

    def xdp(self):
        """The ports that a program of XDP is at."""
        return [port for port in ("lan", "wan") if "xdp" in run("ip", "-n", self.middle, "link", "show", port).split("mtu")[1]]

    def address(self, port):
        return bytes.fromhex(self.run(self.middle, "cat", f"/sys/class/net/{port}/address").replace(":", ""))


class Live:
    """`with Live(net, portreeve, options) as box:` the program, up and forwarding. It counts as stalled only after longer
    than a busy machine may leave it without a processor, unless the options say otherwise: its frames would be lost then.
    """

    def __init__(self, net, portreeve, *options, inside="lan", outside="wan", eve=True):
        self.net = net
        self.state = net.files / "state"
        self.eve = net.files / "eve.json"
        self.command = [portreeve, "run", "--inside", inside, "--outside", outside, "--state", self.state,
                        *(["--eve", self.eve] if eve else []), "--driver", net.driver,
                        *([] if "--heartbeat" in options else PATIENT), *options]
        self._console = None

    def __enter__(self):
        self._close_console()  # of a program that ran before
        self.program = self.net.start(self.net.middle, *self.command)
        self.program.wait_said("forwarding between")
        if "closed" in self.command:  # what comes before its data cores have begun is dropped
            wait_until(lambda: "does not answer" not in self.command_line("show accounts"), "it to take frames")
        return self

    def __exit__(self, *failure):
        self._close_console()
        self.program.end(signal.SIGTERM)

    def _close_console(self):
        if self._console is not None:
            os.close(self._console)
            self._console = None

    def end(self, signum=signal.SIGTERM):
        """Its exit status."""
        self.program.end(signum)
        return self.program.process.returncode

    def detach(self):
        """Ends what the program leaves in the kernel; what that says."""
        done = subprocess.run(["ip", "netns", "exec", self.net.middle, self.command[0], "detach", *map(str, self.command[2:8])],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=PATIENCE_S)
        return done.returncode, done.stderr

    def events(self, *types):
        lines = self.eve.read_text().splitlines() if self.eve.exists() else []
        return [event for event in map(json.loads, lines) if not types or event["event_type"] in types]

    def wait_events(self, what, condition):
        wait_until(lambda: condition(self.events()), what)

    def _open_console(self):
        link = self.state / "console"
        wait_until(link.exists, "the console")
        self._console = os.open(link, os.O_RDWR | os.O_NOCTTY)
        self._text = ""

    def command_line(self, line):
        """What the console answers."""
        if self._console is None:
            self._open_console()
        start = len(self._text)
        os.write(self._console, line.encode() + b"\r")
        answer = re.compile(re.escape(line) + r"\r\n((?s:.*?))" + PROMPT)
        deadline = time.monotonic() + PATIENCE_S
        while not (found := answer.search(self._text, start)):
            if time.monotonic() > deadline:
                raise AssertionError(f"no answer to {line!r}: {self._text!r}")
            if select.select([self._console], [], [], 0.1)[0]:
                self._text += os.read(self._console, 4096).decode("utf-8", "replace")
        return found[1].replace("\r", "")
