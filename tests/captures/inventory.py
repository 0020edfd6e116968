#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes the table of captures into README.md, from the captures and their expectations."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import expect
import pcapfile

BEGIN, END = "<!-- table: inventory.py -->", "<!-- end of table -->"
README = expect.FOLDER / "README.md"


def table():
    """The lines of the table."""
    lines = ["| Capture | Packets | Bytes | SSH | DNS | Mail | TLS | Alerts | What it shows |",
             "|---|--:|--:|--:|--:|--:|--:|--:|---|"]
    for capture in expect.captures():
        expected = expect.load(capture)
        counts = [len(pcapfile.read(capture)), capture.stat().st_size,
                  *(len(expected.get(key, [])) for key in ("ssh", "dns", "smtp", "tls", "alerts"))]
        cells = [capture.name, *map(str, counts), expected["notes"]]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def main():
    before, rest = README.read_text().split(BEGIN)
    after = rest.split(END)[1]
    README.write_text(before + "\n".join([BEGIN, *table(), END]) + after)


if __name__ == "__main__":
    main()
