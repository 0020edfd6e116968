# SPDX-License-Identifier: BSD-2-Clause
"""QEMU's monitor (QMP): stops and goes on, and looks at the machine from outside."""

import json
import re
import socket

PATIENCE_S = 60


class Monitor:
    """`with Monitor(path) as monitor:` listens for the QEMU that gets .options; monitor.connect() once it was started."""

    def __init__(self, path):
        self.options = ["-chardev", f"socket,id=qmp,path={path},server=off", "-mon", "chardev=qmp,mode=control"]
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.settimeout(PATIENCE_S)
        path.unlink(missing_ok=True)
        self._listener.bind(str(path))
        self._listener.listen()
        self._file = None
        self.events = []  # the names of those that came before the last answer

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._file:
            self._file.close()
        self._listener.close()

    def connect(self):
        connection, _ = self._listener.accept()
        connection.settimeout(PATIENCE_S)
        self._file = connection.makefile("rw")
        connection.close()  # the file keeps it
        self._file.readline()
        self.execute("qmp_capabilities")

    def execute(self, command, **arguments):
        self._file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self._file.flush()
        while True:  # events come in between
            answer = json.loads(self._file.readline())
            if "return" in answer:
                return answer["return"]
            self.events += [answer["event"]] if "event" in answer else []
            if "error" in answer:
                raise RuntimeError(f"{command}: {answer['error']['desc']}")

    def say(self, line):
        """A line for people's monitor; what it answers."""
        return self.execute("human-monitor-command", **{"command-line": line})

    def words(self, address, count, size):
        """`count` little-endian words of `size` bytes of the machine's memory."""
        unit = {1: "b", 2: "h", 4: "w", 8: "g"}[size]
        return [int(word, 16) for line in self.say(f"xp /{count}x{unit} {address:#x}").splitlines()
                for word in re.findall(r"0x[0-9a-f]+", line.split(":", 1)[1])]
