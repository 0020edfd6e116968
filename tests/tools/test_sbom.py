# SPDX-License-Identifier: BSD-2-Clause
"""tools/build/sbom.py: the bill of materials of the built program holds what SPDX 2.3 requires, and the truth."""

import hashlib
import json
import pathlib
import re
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools/build"))
import sbom  # noqa: E402

BUILD = ROOT / "build/linux"


@pytest.fixture(scope="module")
def document():
    return json.loads((BUILD / "sbom.spdx.json").read_text())


def test_document_has_the_fields_that_spdx_requires(document):
    assert document["spdxVersion"] == "SPDX-2.3" and document["dataLicense"] == "CC0-1.0"
    assert document["SPDXID"] == "SPDXRef-DOCUMENT" and document["name"]
    assert re.fullmatch(r"[a-z][a-z0-9+.-]*:[^#\s]+", document["documentNamespace"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", document["creationInfo"]["created"])
    assert all(re.match(r"(Person|Organization|Tool): ", c) for c in document["creationInfo"]["creators"])
    for package in document["packages"]:
        assert {"SPDXID", "name", "downloadLocation"} <= package.keys()
        assert re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", package["SPDXID"])
        assert package["filesAnalyzed"] is False


def test_relationships_join_existing_elements(document):
    known = {p["SPDXID"] for p in document["packages"]} | {"SPDXRef-DOCUMENT"}
    ends = [(r["spdxElementId"], r["relatedSpdxElement"]) for r in document["relationships"]]
    assert all(a in known and b in known for a, b in ends)
    assert ("SPDXRef-DOCUMENT", "SPDXRef-portreeve") in ends
    assert {b for _, b in ends} == known - {"SPDXRef-DOCUMENT"}


def test_hashes_are_those_of_program_and_fetched_archive(document):
    packages = {p["name"]: p for p in document["packages"]}

    def recorded(name):
        return packages[name]["checksums"][0]["checksumValue"]

    assert recorded("portreeve") == hashlib.sha256((BUILD / "portreeve").read_bytes()).hexdigest()
    archive = ROOT / "build/sources/archives" / packages["musl"]["packageFileName"]
    assert recorded("musl") == hashlib.sha256(archive.read_bytes()).hexdigest()
    assert packages["musl"]["versionInfo"].startswith("1.2.")


def test_linked_archives_reads_members_above_the_discarded_sections():
    head = ("Archive member included to satisfy reference by file (symbol)\n\n"
            "build/musl-x86_64/lib/libc.a(printf.lo)\n                              build/a.o (printf)\n"
            "/usr/lib/gcc/x86_64-linux-gnu/12/libgcc.a(_popcountdi2.o)\n                              build/a.o (x)\n\n")
    tail = "Discarded input sections\n\n .text  0x0 0x0 /usr/lib/libother.a(a.o)\n"
    assert sbom.linked_archives(head + tail) == {"libc.a", "libgcc.a"}
