# SPDX-License-Identifier: BSD-2-Clause
"""What the demonstrations are held to: the baseline signatures, and what is due for each capture, which stands in
tests/captures/NAME.json.
"""

import json
import shlex
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "build/tools/portreeve-tool"
SIGNATURES = ROOT / "tools/signatures/baseline.sig"
CAPTURES = ROOT / "tests/captures"
OUT = ROOT / "build/run"
STORY = "turned-server"


def shown(path):
    """A path as messages and the programs we run have it: from the root of the tree."""
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def compile_signatures(signatures, target):
    subprocess.run([TOOL, "sig", "compile", shown(signatures), "-o", shown(target)], cwd=ROOT, check=True)
    return target


def expectations(name):
    return json.loads((CAPTURES / f"{name}.json").read_text())


def without_protocol(value):
    """A port's protocol may be left out, in signatures as in expectations."""
    return value.removesuffix("/tcp").removesuffix("/udp")


def planted(expected):
    """(field, value) of each alert that is due."""
    return [(alert["field"], without_protocol(alert["value"])) for alert in expected["alerts"]]


def sids_by_value():
    """(field, value) of each baseline signature line: its SID."""
    words = (shlex.split(line, comments=True) for line in SIGNATURES.read_text().splitlines())
    return {(word[3], without_protocol(word[4])): int(word[0]) for word in words if word}
