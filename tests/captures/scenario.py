#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a scenario is: a name, a function that plays it on a net, and how its capture is written."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Scenario:
    """play(net) runs the programs to their end and returns what they said.

    ssh_ports: ports besides 22 on which tshark is told to expect SSH. originator: which SSH role
    opened the TCP connections. tags: VLAN tags (tpid, tci) put on afterwards, since not every
    kernel has VLAN devices. needs: a program without which the scenario is skipped.
    """

    name: str
    play: Callable
    ssh_ports: tuple = ()
    originator: str = "client"
    program: str = "tcpdump"
    nanoseconds: bool = False
    tags: tuple = ()
    needs: str = ""
    clean: bool = True

    @property
    def file_name(self):
        return self.name + (".pcapng" if self.program == "dumpcap" else ".pcap")
