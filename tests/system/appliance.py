# SPDX-License-Identifier: BSD-2-Clause
"""The appliance in QEMU with the test at both ends of its data ports: unix sockets carry one frame a
datagram, so no network, no namespace and no privilege is needed. Its serial line is a pipe.
"""

import codecs
import re
import socket
import subprocess
import threading
from pathlib import Path

IMAGE = Path(__file__).resolve().parents[2] / "build/qemu-virt/portreeve"
MACHINE = ["qemu-system-aarch64", "-M", "virt,gic-version=3,highmem=off", "-cpu", "cortex-a72", "-smp", "2", "-m", "256M",
           "-display", "none", "-serial", "stdio", "-monitor", "none", "-global", "virtio-mmio.force-legacy=false",
           "-no-reboot", "-device", "virtio-rng-device", "-device", "i6300esb", "-action", "watchdog=reset"]
PROMPT = "portreeve> "
PATIENCE_S = 60  # of a loaded machine; nothing is measured by it


class Appliance:
    """`with Appliance(folder) as box:` boots it; box.send("inside", frame), box.received["outside"]."""

    def __init__(self, folder, flash=None, options=(), image=IMAGE):
        self.folder = Path(folder)
        self.received = {"inside": [], "outside": []}
        self.text = ""
        self._changed = threading.Condition()
        self._sockets = {}
        command = [*MACHINE, "-kernel", str(image), *options]
        if flash:
            command += ["-drive", f"if=pflash,format=raw,unit=1,readonly=on,file={flash}"]
        for port in self.received:
            near, far = self.folder / f"{port}.test", self.folder / f"{port}.qemu"
            for path in (near, far):
                path.unlink(missing_ok=True)
            self._sockets[port] = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._sockets[port].bind(str(near))
            command += ["-netdev", f"dgram,id={port},local.type=unix,local.path={far},remote.type=unix,remote.path={near}",
                        "-device", f"virtio-net-device,netdev={port}"]
        self._command = command

    def __enter__(self):
        self.process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, bufsize=0)
        threading.Thread(target=self._read_serial, daemon=True).start()
        for port in self.received:
            threading.Thread(target=self._read_port, args=(port,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        for end in self._sockets.values():
            end.close()

    def _note(self, act):
        with self._changed:
            act()
            self._changed.notify_all()

    def _add_text(self, text):
        self.text += text

    def _read_serial(self):
        decoder = codecs.getincrementaldecoder("utf-8")("replace")  # a character may come in two pieces
        while chunk := self.process.stdout.read(4096):
            self._note(lambda: self._add_text(decoder.decode(chunk)))
        self._note(lambda: None)

    def _read_port(self, port):
        try:
            while True:
                frame = self._sockets[port].recv(70000)
                self._note(lambda: self.received[port].append(frame))
        except OSError:
            pass  # closed at the end

    def wait_for(self, what, condition):
        """Until condition() is true; what it is about stands in the failure."""
        with self._changed:
            if not self._changed.wait_for(condition, PATIENCE_S):
                raise AssertionError(f"{what} did not come; the serial line said:\n{self.text[-3000:]}")

    def wait_for_text(self, pattern, start=0):
        self.wait_for(pattern, lambda: re.search(pattern, self.text[start:]))
        return re.search(pattern, self.text[start:])

    def wait_until_up(self):
        self.wait_for_text(PROMPT)
        return self

    def wait_for_end(self):
        """Until the machine stopped (-no-reboot: also by a reset)."""
        self.process.wait(PATIENCE_S)

    def send(self, port, frame):
        """Waits while QEMU does not take more."""
        self._sockets[port].sendto(frame, str(self.folder / f"{port}.qemu"))

    def command(self, line):
        """What the console answers."""
        start = len(self.text)
        self.process.stdin.write(line.encode() + b"\r")
        answer = self.wait_for_text(re.escape(PROMPT + line) + r"\r\n((?s:.*?))" + PROMPT, max(0, start - len(PROMPT)))
        return answer[1].replace("\r", "")

