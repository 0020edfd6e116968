# SPDX-License-Identifier: BSD-2-Clause
"""The manual names what the program names, and its links lead somewhere."""

import re

import pytest
from conftest import ROOT

LISTS = [("hal/port.h", r"X\(PORT_FAULT_\w+,\s*\"([^\"]+)\"", "docs/accounting.md"),
         ("hal/serial.h", r"X\(SERIAL_FAULT_\w+,\s*\"([^\"]+)\"", "docs/accounting.md"),
         ("scanner/reason.h", r"X\((?:FATE|SEEN)_\w+,\s*\"([^\"]+)\"", "docs/accounting.md"),
         ("scanner/anomaly.h", r"X\(ANOMALY_\w+,\s*\"([^\"]+)\"", "docs/events.md")]


@pytest.mark.parametrize(("source", "pattern", "page"), LISTS)
def test_docs_name_every_entry_of_the_list(source, pattern, page):
    names = re.findall(pattern, (ROOT / source).read_text().replace("\\\n", " "))
    text = (ROOT / page).read_text()
    assert len(names) > 4
    assert [name for name in names if f"| `{name}` |" not in text] == []


@pytest.mark.parametrize("page", ["README.md", *sorted(p.relative_to(ROOT).as_posix() for p in ROOT.glob("docs/*.md"))])
def test_links_lead_somewhere(page):
    path = ROOT / page
    targets = re.findall(r"\]\(([^)#:]+)\)", path.read_text())
    assert [target for target in targets if not (path.parent / target).exists()] == []
