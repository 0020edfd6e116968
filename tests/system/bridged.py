# SPDX-License-Identifier: BSD-2-Clause
"""The recorder's two namespaces (tests/captures/net.py) with the appliance in QEMU between them in place of a cable. Its
data ports are TAPs, one in each namespace; nothing of it is to be seen outside of them, and it goes with QEMU.
"""

import ctypes
import fcntl
import os
import struct
import threading

from appliance import Machine
from net import CLIENT_MAC, SERVER_MAC, Net, RecordingError, run

TUN = "/dev/net/tun"
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 2, 0x1000
CLONE_NEWNET = 0x40000000
MTU = 9224  # 9,216 bytes behind an Ethernet header with two tags
CANNOT = ("no TAP can be made, so the appliance cannot be put between real programs: {}. It takes root (CAP_NET_ADMIN) "
          "and " + TUN + "; in a chroot or container that lacks it: mkdir -p /dev/net && mknod " + TUN + " c 10 200")


def open_tap(namespace, interface):
    """A TAP that lives in a namespace; its descriptor. It is gone when nobody holds that any more."""
    made = []

    def within():  # a namespace is a thread's
        try:
            with open(f"/run/netns/{namespace}", "rb") as there:
                if ctypes.CDLL(None, use_errno=True).setns(there.fileno(), CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
            tap = os.open(TUN, os.O_RDWR)
            made.append(tap)
            fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", interface.encode(), IFF_TAP | IFF_NO_PI))
        except OSError as error:
            made.append(error)

    thread = threading.Thread(target=within)
    thread.start()
    thread.join()
    if isinstance(made[-1], OSError):
        raise RecordingError(CANNOT.format(made[-1]))
    return made[-1]


class Bridged(Net):
    """As Net, and .box is the appliance."""

    def __init__(self, flash):
        super().__init__()
        self._flash = flash
        self._taps = []
        self.box = None

    def _join(self):
        ports = []
        for name, mac in ((self.server, SERVER_MAC), (self.client, CLIENT_MAC)):
            port = self.interface[name]
            tap = open_tap(name, port)
            self._taps.append(tap)
            run("ip", "-n", name, "link", "set", port, "address", mac, "mtu", str(MTU))
            ports += ["-netdev", f"tap,id={port},fd={tap}", "-device", f"virtio-net-device,netdev={port}"]
        self.box = Machine(ports, self._flash, descriptors=self._taps).__enter__()
        self.box.wait_until_up()

    def __exit__(self, *failure):
        if self.box:
            self.box.__exit__(*failure)
        for tap in self._taps:
            os.close(tap)
        super().__exit__(*failure)
