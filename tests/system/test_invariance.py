# SPDX-License-Identifier: BSD-2-Clause
"""However a capture is cut, reordered, repeated, tagged or carried: the same events."""

import pytest
import pcapfile
import transform
from conftest import CAPTURES
from replaying import essence, replay
from test_detection import baseline, capture_of  # noqa: F401

NAMES = sorted(path.stem for path in CAPTURES.glob("*.json") if not path.stem.startswith("evasion"))
WAYS = {
    "bytes": lambda packets: transform.segment(packets, 1),
    "swapped": transform.swap,
    "twice": transform.twice,
    "ipv6": transform.to_ipv6,
    "tagged": lambda packets: transform.vlan(packets, (0x8100, 100)),
    "tagged-twice": transform.qinq,
}
TAGS = {"tagged": 1, "tagged-twice": 2}
# Two tags are followed; a frame that has some already takes fewer more.
CASES = [(name, way) for name in NAMES for way in WAYS
         if TAGS.get(way, 0) + {"smtp-vlan": 1, "ssh-vlan": 1, "ssh-qinq": 2}.get(name, 0) <= 2]


@pytest.fixture(scope="session")
def originals(portreeve, baseline):  # noqa: F811
    return {name: replay(portreeve, capture_of(name), signatures=baseline) for name in NAMES}


@pytest.mark.parametrize(("name", "way"), CASES)
def test_events_survive(portreeve, baseline, scratch, originals, name, way):  # noqa: F811
    packets = list(pcapfile.read(capture_of(name)))
    made = scratch / f"{name}.{way}.pcap"
    made.write_bytes(transform.lay_out(WAYS[way](packets)))
    run = replay(portreeve, made, signatures=baseline)
    made.unlink()
    assert run.status == 0, run.summary
    wanted = essence(originals[name].events)
    assert essence(run.events) == wanted
