#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""TCP across the bare-metal image, against the same image without its scanner (tests/bench/image/no_scanner.c).

Each in a QEMU of its own between two namespaces, both up at once: the one that is not measured sleeps. As root.
"""

import json
import statistics
import subprocess
from dataclasses import dataclass

import image  # noqa: F401  makes the folders of what follows importable
from measure import RUNS, Unmeasurable

import net
from appliance import BOUND, IMAGE, MACHINE, QEMU

NO_SCANNER = IMAGE.parent / "tests/bench/image/no_scanner"
PORT = 5201
SECONDS = 2


class Crossed(net.Net):
    """The two namespaces with a machine between them."""

    def __init__(self, image):
        super().__init__()
        self._image = image
        self._machine = None

    def __exit__(self, *failure):
        if self._machine:
            self._machine.end()  # its interfaces go away with it
        super().__exit__(*failure)

    def _join(self):
        sides = ((self.server, net.SERVER_MAC), (self.client, net.CLIENT_MAC))
        taps = {name: f"tap{id(self) & 0xFFFFFF:06x}{self.interface[name][0]}" for name, _ in sides}
        ports = [word for name, _ in sides for word in (
            "-netdev", f"tap,id={self.interface[name]},ifname={taps[name]},script=no,downscript=no",
            "-device", f"virtio-net-device,netdev={self.interface[name]}")]
        self._machine = net.Program([*BOUND, QEMU, *MACHINE, "-kernel", str(self._image), *ports], self.files / "qemu.log",
                                    stdin=subprocess.PIPE)
        net.wait_until(lambda: "portreeve> " in self._machine.output(), "the machine to boot")
        for name, mac in sides:
            net.run("ip", "link", "set", taps[name], "netns", name, "name", self.interface[name], "address", mac)

    def serve(self):
        self.start(self.server, "iperf3", "-s", "-p", PORT)
        self.wait_listening(self.server, PORT)

    def bits_per_second(self):
        said = self.run(self.client, "iperf3", "-J", "-c", net.SERVER4, "-p", str(PORT), "-t", str(SECONDS))
        return json.loads(said)["end"]["sum_received"]["bits_per_second"]


@dataclass(frozen=True)
class Speed:
    with_scanner: float  # bit/s, medians
    without: float
    low: float  # of the ratio
    high: float

    @property
    def ratio(self):
        return self.with_scanner / self.without


def compare():
    """In turns, after one run each for nothing."""
    try:
        with Crossed(IMAGE) as ours, Crossed(NO_SCANNER) as other:
            for each in (ours, other):
                each.serve()
                each.bits_per_second()
            pairs = [(ours.bits_per_second(), other.bits_per_second()) for _ in range(RUNS)]
    except (net.RecordingError, OSError, KeyError) as error:
        raise Unmeasurable(error) from error
    ratios = [one / two for one, two in pairs]
    return Speed(statistics.median(one for one, _ in pairs), statistics.median(two for _, two in pairs),
                 min(ratios), max(ratios))
