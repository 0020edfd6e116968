# SPDX-License-Identifier: BSD-2-Clause
"""tools/fetch/fetch.py: where source packages come from, which are accepted, what is taken out of them."""

import hashlib
import io
import pathlib
import sys
import tarfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tools/fetch"))
import fetch  # noqa: E402

BOOKWORM = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\n'
DEB822 = """\
# the archive
Types: deb deb-src
URIs: http://mirror.test.example/debian
Suites: bookworm bookworm-updates bookworm-backports
Components: main contrib
Signed-By: /usr/share/keyrings/a.gpg

Enabled: no
Types: deb
URIs: http://off.test.example/debian
Suites: bookworm
Components: main

Types: deb
URIs: http://mirror.test.example/security
Suites: bookworm-security
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQ==
 -----END PGP PUBLIC KEY BLOCK-----
"""
ONE_LINE = """\
deb [arch=amd64 signed-by=/usr/share/keyrings/b.gpg] http://mirror.test.example/debian bookworm main # archive
# deb http://off.test.example/debian bookworm main
deb-src http://mirror.test.example/debian bookworm main
deb http://mirror.test.example/security bookworm-security main contrib
deb http://other.test.example/tool stable main
"""


@pytest.fixture
def etc_apt(tmp_path):
    (tmp_path / "sources.list.d").mkdir()
    return tmp_path


def test_source_stanzas_deb822_follow_archive_and_security(etc_apt):
    (etc_apt / "sources.list.d/debian.sources").write_text(DEB822)
    archive, security = fetch.source_stanzas("trixie", etc_apt, BOOKWORM).split("\n\n")
    assert archive.splitlines() == ["Types: deb-src", "URIs: http://mirror.test.example/debian", "Suites: trixie",
                                    "Components: main", "Signed-By: /usr/share/keyrings/a.gpg"]
    assert "URIs: http://mirror.test.example/security\nSuites: trixie-security\n" in security
    assert security.rstrip().endswith("\n -----END PGP PUBLIC KEY BLOCK-----")


def test_source_stanzas_one_line_follow_archive_and_security(etc_apt):
    (etc_apt / "sources.list").write_text(ONE_LINE)
    archive, security = fetch.source_stanzas("trixie", etc_apt, BOOKWORM).split("\n\n")
    assert "URIs: http://mirror.test.example/debian\n" in archive
    assert "Signed-By: /usr/share/keyrings/b.gpg" in archive
    assert "Suites: trixie-security\n" in security and "Signed-By" not in security


def test_source_stanzas_other_suite_has_no_security(etc_apt):
    (etc_apt / "sources.list").write_text(ONE_LINE)
    assert fetch.source_stanzas("forky", etc_apt, BOOKWORM).count("Suites:") == 1


def test_source_stanzas_without_debian_mirror_name_the_way_out(etc_apt):
    (etc_apt / "sources.list").write_text("deb http://mirror.test.example/ubuntu noble main\n")
    with pytest.raises(fetch.FetchError, match="SOURCES_DIR"):
        fetch.source_stanzas("trixie", etc_apt, BOOKWORM)


PIN = {"name": "a", "suites": "trixie", "package": "a", "series": "1.2", "least": "1.2.5", "take": "upstream"}


@pytest.mark.parametrize("name, version", [
    ("a_1.2.5.orig.tar.xz", "1.2.5"),
    ("a_1.2.10+dfsg.orig.tar.gz", "1.2.10+dfsg"),
    ("a_1.2.6-3.1~deb13u1.dsc", "1.2.6-3.1~deb13u1"),
])
def test_version_of_same_series_is_accepted(name, version):
    assert fetch.version_of(PIN, [(name, "")]) == version


@pytest.mark.parametrize("name", ["a_1.2.4.orig.tar.xz", "a_1.3.0.orig.tar.xz", "a_1.20.0.orig.tar.xz", "a_2.0-1.dsc"])
def test_version_of_other_series_or_too_old_is_refused(name):
    with pytest.raises(fetch.FetchError, match="pinned series"):
        fetch.version_of(PIN, [(name, "")])


def archive_with(path, members):
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return [(path.name, hashlib.sha256(path.read_bytes()).hexdigest())]


def test_unpack_upstream_stays_in_its_folder(tmp_path):
    files = archive_with(tmp_path / "a_1.2.5.orig.tar.gz", {"a-1.2.5/src/a.c": b"int a;", "a-1.2.5/../../out": b"no"})
    fetch.unpack(PIN, files, tmp_path, tmp_path / "a")
    assert [p.name for p in (tmp_path / "a").rglob("*") if p.is_file()] == ["a.c"]
    assert not (tmp_path.parent / "out").exists()


def test_unpack_absent_file_is_an_error(tmp_path):
    files = archive_with(tmp_path / "a_1.2.5.orig.tar.gz", {"a-1.2.5/a.c": b"int a;"})
    with pytest.raises(fetch.FetchError, match="etc/schema.json"):
        fetch.unpack({**PIN, "take": "etc/schema.json"}, files, tmp_path, tmp_path / "a")


def test_fetch_from_folder_records_version_and_hash(tmp_path, monkeypatch):
    (tmp_path / "local").mkdir()
    (tmp_path / "sources").mkdir()
    files = archive_with(tmp_path / "local/a_1.2.7.orig.tar.gz", {"a-1.2.7/a.c": b"int a;"})
    monkeypatch.setattr(fetch, "SOURCES", tmp_path / "sources")
    monkeypatch.setattr(fetch, "read_pin", lambda name: PIN)
    monkeypatch.setenv("SOURCES_DIR", str(tmp_path / "local"))
    fetch.fetch("a")
    assert (tmp_path / "sources/a/a.c").read_bytes() == b"int a;"
    record = (tmp_path / "sources/a.json").read_text()
    assert '"1.2.7"' in record and files[0][1] in record and "local folder" in record
