# SPDX-License-Identifier: BSD-2-Clause
"""Runs `portreeve replay` and reads what it says."""

import json
import subprocess
from dataclasses import dataclass


@dataclass
class Replay:
    status: int
    events: list
    lines: list
    summary: str

    def of(self, *types):
        return [event for event in self.events if event["event_type"] in types]


def replay(portreeve, *captures, inside=("10.77.0.0/24", "fd77::/64"), signatures=None, options=()):
    command = [str(portreeve), "replay"]
    for net in inside:
        command += ["--inside-net", net]
    if signatures:
        command += ["--signatures", str(signatures)]
    command += [*map(str, options), *map(str, captures)]
    done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=120)
    lines = done.stdout.decode().splitlines()
    return Replay(done.returncode, [json.loads(line) for line in lines], lines, done.stderr.decode())


# What may differ between a capture and what was made from it.
VOLATILE = ("timestamp", "flow_id", "community_id", "vlan", "src_ip", "dest_ip")


def essence(events):
    """Protocol events and content alerts, sorted, without what a transformation changes."""
    kept = []
    for event in events:
        if event["event_type"] in ("flow", "anomaly"):
            continue
        field = event.get("alert", {}).get("metadata", {}).get("portreeve_field", [""])[0]
        if field.startswith("ip."):
            continue
        kept.append(json.dumps({k: v for k, v in event.items() if k not in VOLATILE}, sort_keys=True))
    return sorted(kept)
