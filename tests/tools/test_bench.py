# SPDX-License-Identifier: BSD-2-Clause
"""tests/bench: when there is a Suricata to measure beside, what a ratio is, and which results do not count."""

import json
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tests/bench"))
import bench  # noqa: E402
import measure  # noqa: E402
import suricata_chroot  # noqa: E402


@pytest.fixture
def as_root(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)


def nothing_is_installed(monkeypatch):
    monkeypatch.setattr(suricata_chroot, "bootstrap", lambda folder: pytest.fail("installs"))


def test_a_folder_that_has_suricata_is_used_again(monkeypatch, as_root, tmp_path):
    nothing_is_installed(monkeypatch)
    program = tmp_path / suricata_chroot.SURICATA
    program.parent.mkdir(parents=True)
    program.touch()
    assert suricata_chroot.build(tmp_path) == ["chroot", str(tmp_path), "suricata"]


@pytest.mark.parametrize("euid, folder, why", [(1000, "new", "only root"), (0, "", "no Suricata in it")])
def test_what_stands_in_the_way_is_said(monkeypatch, tmp_path, euid, folder, why):
    nothing_is_installed(monkeypatch)
    monkeypatch.setattr(os, "geteuid", lambda: euid)
    with pytest.raises(suricata_chroot.Unavailable, match=why):
        suricata_chroot.build(tmp_path / folder)


def test_a_failed_installation_leaves_nothing_that_would_be_used(monkeypatch, as_root, tmp_path):
    def fail(folder):
        (folder / suricata_chroot.SURICATA).parent.mkdir(parents=True)
        (folder / suricata_chroot.SURICATA).touch()
        raise suricata_chroot.Unavailable("no mirror")

    monkeypatch.setattr(suricata_chroot, "bootstrap", fail)
    monkeypatch.setattr(suricata_chroot.shutil, "which", lambda name: name)
    with pytest.raises(suricata_chroot.Unavailable, match="no mirror"):
        suricata_chroot.build(tmp_path / "new")
    assert not list(tmp_path.iterdir())


def test_the_mirror_is_that_of_this_machines_release(monkeypatch):
    monkeypatch.setattr(suricata_chroot.fetch, "configured_stanzas", lambda _: [
        {"uris": "http://a.test.example/debian http://b.test.example/debian", "suites": "stable", "components": "main",
         "signed-by": "/usr/share/keyrings/a.gpg"}])
    assert suricata_chroot.mirror() == ("http://a.test.example/debian", "/usr/share/keyrings/a.gpg")
    monkeypatch.setattr(suricata_chroot.fetch, "configured_stanzas", lambda _: [])
    with pytest.raises(suricata_chroot.Unavailable, match="no Debian mirror"):
        suricata_chroot.mirror()


def test_no_suricata_is_no_failure(monkeypatch):
    monkeypatch.setenv("SURICATA", "no")
    assert bench.suricata_words() == (None, "SURICATA=no")
    assert list(bench.ratio_rows(None)) == []


def test_a_ratio_is_of_medians_without_the_start():
    ours, theirs = ([3.0, 2.0, 9.0], [1.0, 1.0, 1.5]), ([21.0, 41.0, 31.0], [1.0, 1.0, 1.0])
    ratio = measure.ratio_of(ours, theirs)
    assert (ratio.first_s, ratio.second_s, ratio.value) == (2.0, 30.0, 15.0)
    assert (ratio.low, ratio.high) == (30.0 / 8.0, 40.0 / 1.0)


def test_a_run_as_short_as_a_start_is_not_measured():
    with pytest.raises(measure.Unmeasurable, match="too short"):
        measure.ratio_of(([1.0], [1.0]), ([2.0], [1.0]))


@pytest.mark.parametrize("mails, sums, hashes", [
    (1, ["aa", "bb"], True), (2, ["aa"], True), (2, ["aa", "cc"], True), (2, ["aa", "bb"], False)])
def test_a_program_that_reports_something_else_is_not_measured(monkeypatch, tmp_path, mails, sums, hashes):
    monkeypatch.setattr(bench.traffic, "facts", lambda name: {"mails": 2, "sha256": ["aa", "bb"]})
    eve = tmp_path / "eve.json"

    def write(mails, sums):
        events = [{"event_type": "smtp", "smtp": {"mail_from": "<>"}}] * mails
        events += [{"event_type": "fileinfo", "fileinfo": {"sha256": each}} for each in sums]
        eve.write_text("".join(json.dumps(event) + "\n" for event in events))

    write(2, ["bb", "aa"] if hashes else [])
    bench.verify("it", eve, "attachments", hashes)
    write(mails, sums)
    with pytest.raises(measure.Unmeasurable, match="it reports"):
        bench.verify("it", eve, "attachments", hashes)
