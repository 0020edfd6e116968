# SPDX-License-Identifier: BSD-2-Clause
"""The appliance in QEMU. Its serial line is a pipe (Machine), and we are at both ends of its data ports (Appliance): unix
sockets carry one frame a datagram, so no network, no namespace and no privilege is needed. For the demonstration and the
system tests.
"""

import codecs
import fcntl
import re
import socket
import subprocess
import termios
import threading
from pathlib import Path

IMAGE = Path(__file__).resolve().parents[2] / "build/qemu-virt/portreeve"
QEMU = "qemu-system-aarch64"
MACHINE = ["-M", "virt,gic-version=3,highmem=off", "-cpu", "cortex-a72", "-smp", "2", "-m", "256M",
           "-display", "none", "-serial", "stdio", "-monitor", "none", "-global", "virtio-mmio.force-legacy=false",
           "-no-reboot", "-device", "virtio-rng-device", "-device", "i6300esb", "-action", "watchdog=reset"]
# A program that dies takes QEMU with it.
BOUND = ["setpriv", "--pdeathsig", "KILL"]
PROMPT = "portreeve> "
PATIENCE_S = 60  # of a loaded machine; nothing is measured by it
OTHER_PORT = {"inside": "outside", "outside": "inside"}


class NoAnswer(Exception):
    """Something did not come in time, or QEMU ended before it came; the text holds what the serial line said."""


def option_value(path):
    """A path in an option of QEMU's, which are separated by commas."""
    return str(path).replace(",", ",,")


class Machine:
    """QEMU and the appliance's serial line, from `with` to its end.

    ports: QEMU's options for the data ports, the inside one first; descriptors: what of ours QEMU needs for them.
    on_serial is called with the bytes that the serial line says, as they come, in a thread of its own. patience_s: how
    long anything is waited for.
    """

    def __init__(self, ports, flash=None, options=(), image=IMAGE, on_serial=None, patience_s=PATIENCE_S,
                 descriptors=()):
        self.text = ""
        self.ended = False
        self._on_serial = on_serial or (lambda chunk: None)
        self._patience_s = patience_s
        self._changed = threading.Condition()
        self._descriptors = descriptors
        self._command = [*BOUND, QEMU, *MACHINE, "-kernel", str(image), *options, *ports]
        if flash:
            self._command += ["-drive", f"if=pflash,format=raw,unit=1,readonly=on,file={option_value(flash)}"]

    def __enter__(self):
        self.process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, bufsize=0, start_new_session=True,
                                        pass_fds=self._descriptors)
        self._reader = threading.Thread(target=self._read_serial, daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self._reader.join()

    def _note(self, act):
        with self._changed:
            act()
            self._changed.notify_all()

    def _add_text(self, text):
        self.text += text

    def _end(self):
        self.ended = True

    def _read_serial(self):
        letters = codecs.getincrementaldecoder("utf-8")("replace")
        while chunk := self.process.stdout.read(4096):
            self._on_serial(chunk)
            self._note(lambda: self._add_text(letters.decode(chunk)))
        self._note(self._end)

    def wait_for(self, what, condition):
        """Until condition() is true; what it is about stands in the failure."""
        with self._changed:
            self._changed.wait_for(lambda: condition() or self.ended, self._patience_s)
            if condition():
                return
        if self.ended:
            how = f"QEMU ended with status {self.process.wait()} before"
        else:
            how = f"{self._patience_s:g} s were not enough for"
        raise NoAnswer(f"{how}: {what}; the serial line said:\n{self.text[-3000:]}")

    def wait_for_text(self, pattern, start=0):
        self.wait_for(pattern, lambda: re.search(pattern, self.text[start:]))
        return re.search(pattern, self.text[start:])

    def wait_until_up(self):
        self.wait_for_text(PROMPT)
        return self

    def wait_for_end(self):
        """Until the machine stopped (-no-reboot: also by a reset)."""
        self.process.wait(self._patience_s)

    def type(self, keys):
        """Bytes to the serial line."""
        self.process.stdin.write(keys)

    def command(self, line):
        """What the console answers."""
        start = len(self.text)
        self.type(line.encode() + b"\r")
        answer = self.wait_for_text(re.escape(PROMPT + line) + r"\r\n((?s:.*?))" + PROMPT, max(0, start - len(PROMPT)))
        return answer[1].replace("\r", "")


class Appliance(Machine):
    """`with Appliance(folder) as box:` boots it; box.send("inside", frame), box.received["outside"].

    folder: where the sockets are; its path has at most some 90 bytes. The rest is as for Machine.
    """

    def __init__(self, folder, flash=None, options=(), *more, **named):
        self.folder = Path(folder)
        self.received = {port: [] for port in OTHER_PORT}
        self._sockets = {}
        ports = []
        for port in OTHER_PORT:
            near, far = self.folder / f"{port}.test", self.folder / f"{port}.qemu"
            for path in (near, far):
                path.unlink(missing_ok=True)
            self._sockets[port] = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._sockets[port].bind(str(near))
            ports += ["-netdev", f"dgram,id={port},local.type=unix,local.path={option_value(far)},"
                                 f"remote.type=unix,remote.path={option_value(near)}",
                      "-device", f"virtio-net-device,netdev={port}"]
        super().__init__(ports, flash, options, *more, **named)

    def __enter__(self):
        super().__enter__()
        for port in OTHER_PORT:
            threading.Thread(target=self._read_port, args=(port,), daemon=True).start()
        return self

    def __exit__(self, *failure):
        super().__exit__(*failure)
        for end in self._sockets.values():
            end.close()

    def _read_port(self, port):
        try:
            while True:
                frame = self._sockets[port].recv(70000)
                self._note(lambda: self.received[port].append(frame))
        except OSError:
            pass  # closed at the end

    def send(self, port, frame):
        """Waits while QEMU does not take more."""
        self._sockets[port].sendto(frame, str(self.folder / f"{port}.qemu"))

    def carry(self, port, frame):
        """Sends a frame and waits until one comes out at the other port, which is returned: one at a time, so that
        the two directions keep their order and no queue runs over."""
        far = self.received[OTHER_PORT[port]]
        count = len(far)
        self.send(port, frame)
        self.wait_for(f"a frame of {len(frame)} bytes that went in {port}", lambda: len(far) > count)
        return far[count]

    def taken(self, port):
        """Whether QEMU has taken all that was sent there."""
        return fcntl.ioctl(self._sockets[port], termios.TIOCOUTQ, bytes(4)) == bytes(4)
