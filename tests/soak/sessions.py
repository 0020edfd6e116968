# SPDX-License-Identifier: BSD-2-Clause
"""SSH and mail sessions out of the recorded captures, each with a peer outside of its own, and as long as they are wanted
to last. An alert on what stands deep inside tells that one was read to there, and names that peer.
"""

import ipaddress
import struct
from collections import deque

import expect
import pcapfile
from frames import PROTO_TCP, checksum, dissect, l4_checksum
from net import CLIENT4, SERVER_MAC

# A capture; what its alert is on: the server's key, told late in the key exchange, or the header of the mail; how many
# frames there are up to the server's identification or greeting.
KINDS = (("ssh-key", "ssh.hostkey.sha256 InyWIhHal9P6hHuhxcB2pvmFk334mR8AOIpIcKlIEaQ", 5),
         ("smtp-swaks", "smtp.header.order date,from,to,subject,message-id", 4))
SID = 51
INSIDE = bytes.fromhex(SERVER_MAC.replace(":", ""))
PEER = ipaddress.IPv4Address(CLIENT4).packed
FIRST = int(ipaddress.IPv4Address("198.18.0.1"))


def signatures():
    return "".join(f"{SID + number} low alert {match}\n" for number, (_, match, _) in enumerate(KINDS))


def moved(frame, peer):
    """A TCP frame with another address in place of the recorded peer's."""
    at = dissect(frame)
    head = frame[14:34].replace(PEER, peer.packed)
    head = head[:10] + bytes(2) + head[12:]
    head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
    segment = frame[at.l4 : at.end]
    segment = segment[:16] + bytes(2) + segment[18:]
    value = l4_checksum(ipaddress.IPv4Address(head[12:16]), ipaddress.IPv4Address(head[16:20]), PROTO_TCP, segment)
    return frame[:14] + head + segment[:16] + struct.pack(">H", value) + segment[18:]


class Session:
    """A session to be sent frame by frame, each at `due` at the earliest, and only when the one before has come out."""

    recorded = {}

    def __init__(self, number):
        name, _, self.head = KINDS[number % len(KINDS)]
        self.peer = ipaddress.IPv4Address(FIRST + number)
        self.sid = SID + number % len(KINDS)
        if name not in self.recorded:
            self.recorded[name] = [p.data for p in pcapfile.read(expect.FOLDER / f"{name}.pcap") if dissect(p.data).is_tcp
                                   and PEER in p.data[26:34]]
        self.waiting = deque(("inside" if frame[6:12] == INSIDE else "outside", moved(frame, self.peer))
                             for frame in self.recorded[name])
        self.due, self.pace = 0.0, 0.0
        self.before = None  # of the frame that was sent last: its port, and how many had been sent there then

    def spread(self, start, seconds):
        """What waits is sent evenly from `start` on."""
        self.due, self.pace = start, seconds / max(1, len(self.waiting))
        return self
