# SPDX-License-Identifier: BSD-2-Clause
"""portreeve-tool sig: options, files, exit statuses; what the lines may say is tests/tools/sig_test.c's."""

import hashlib
import ipaddress
import os
import pathlib
import random
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parents[2]
TOOL = ROOT / "build/tools/portreeve-tool"
BASELINE = ROOT / "tools/signatures/baseline.sig"
KEY = bytes(range(16))
GOOD = "1 low alert dns.query evil.example msg=\"a \\\"b\\\" \\\\c\" expires=2027-06-30\n"
OLD = "2 high quarantine=90m ip.dst 192.0.2.1 from=inside class=x ref=\"a report\" rev=4 expires=2020-01-01\n"
BAD = "3 low alert dns.query *.evil.example\n"


@pytest.fixture
def run(tmp_path):
    """Runs the tool in a folder of its own that holds good.sig, old.sig, bad.sig and key."""
    (tmp_path / "good.sig").write_text(GOOD)
    (tmp_path / "old.sig").write_text(OLD)
    (tmp_path / "bad.sig").write_text(BAD)
    (tmp_path / "key").write_bytes(KEY)

    def run_tool(*arguments, stdin=""):
        return subprocess.run([TOOL, "sig", *arguments], cwd=tmp_path, input=stdin, capture_output=True, text=True,
                              timeout=60, check=False)

    run_tool.folder = tmp_path
    return run_tool


def names(folder):
    return sorted(p.name for p in folder.iterdir())


def test_compile_writes_set_and_says_so(run):
    done = run("compile", "good.sig", "old.sig", "-o", "out.set")
    assert (done.returncode, done.stderr) == (0, "")
    size = (run.folder / "out.set").stat().st_size
    assert done.stdout == f"out.set: 2 values of 2 SIDs, {size} bytes\n"
    assert names(run.folder) == ["bad.sig", "good.sig", "key", "old.sig", "out.set"]


def test_compile_same_input_and_key_give_same_bytes(run):
    for out in ("a.set", "b.set"):
        assert run("compile", "--hash-key", "key", "good.sig", "-o", out, "old.sig").returncode == 0
    assert (run.folder / "a.set").read_bytes() == (run.folder / "b.set").read_bytes()
    assert KEY in (run.folder / "a.set").read_bytes()


def test_compile_random_keys_differ(run):
    for out in ("a.set", "b.set"):
        assert run("compile", "good.sig", "-o", out).returncode == 0
    assert (run.folder / "a.set").read_bytes() != (run.folder / "b.set").read_bytes()


def test_compile_order_of_files_and_lines_leaves_no_trace(run):
    lines = BASELINE.read_text().splitlines()
    random.Random(1).shuffle(lines)
    (run.folder / "shuffled.sig").write_text("\n".join(lines))
    assert run("compile", BASELINE, "good.sig", "-o", "a.set", "--hash-key", "key").returncode == 0
    assert run("compile", "good.sig", "shuffled.sig", "-o", "b.set", "--hash-key", "key").returncode == 0
    assert (run.folder / "a.set").read_bytes() == (run.folder / "b.set").read_bytes()


def test_compile_digest_covers_all_but_itself(run):
    run("compile", "good.sig", "-o", "out.set")
    blob = (run.folder / "out.set").read_bytes()
    assert blob[24:56] == hashlib.sha256(blob[:24] + blob[56:]).digest()


def test_compile_clear_values_are_not_in_the_set(run):
    run("compile", BASELINE, "-o", "out.set")
    blob = (run.folder / "out.set").read_bytes()
    assert b"Ebury drop server" in blob
    for secret in (b"qimpj6kkofzf", b"testrambo2", bytes([135, 181, 148, 230]), b"ylmf-pc", b"PuTTY_Local"):
        assert secret not in blob


def test_compile_standard_input_is_a_dash(run):
    done = run("compile", "-", "-o", "out.set", stdin=GOOD)
    assert done.returncode == 0
    done = run("compile", "-", "-o", "out.set", stdin=BAD)
    assert done.returncode == 1
    assert done.stderr.startswith("<stdin>:1:23: error: no wildcards, expected ")


def test_compile_error_names_file_and_leaves_old_set_alone(run):
    (run.folder / "out.set").write_bytes(b"old")
    done = run("compile", "good.sig", "bad.sig", "-o", "out.set")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == ("bad.sig:1:23: error: no wildcards, expected the name alone: "
                           "it matches everything below it\n")
    assert (run.folder / "out.set").read_bytes() == b"old"
    assert names(run.folder) == ["bad.sig", "good.sig", "key", "old.sig", "out.set"]


def test_compile_disagreeing_sid_names_both_files(run):
    (run.folder / "other.sig").write_text("\n" + GOOD.replace("low", "high").replace("evil", "more"))
    done = run("compile", "good.sig", "other.sig", "-o", "out.set")
    assert done.returncode == 1
    assert done.stderr.startswith("other.sig:2:1: error: SID 1 differs from good.sig:1 in severity, expected ")


def test_compile_missing_file_or_folder_is_an_error(run):
    done = run("compile", "none.sig", "-o", "out.set")
    assert (done.returncode, done.stderr) == (1, "none.sig: error: cannot be opened: No such file or directory\n")
    done = run("compile", "good.sig", "-o", "no/out.set")
    assert done.returncode == 1 and "no/out.set: No such file" in done.stderr
    done = run("compile", ".", "-o", "out.set")
    assert done.returncode == 1 and "cannot be read" in done.stderr
    assert not (run.folder / "out.set").exists()


@pytest.mark.parametrize("size", [0, 15, 17])
def test_compile_key_of_wrong_size_is_refused(run, size):
    (run.folder / "short").write_bytes(bytes(size))
    done = run("compile", "good.sig", "-o", "out.set", "--hash-key", "short")
    assert (done.returncode, done.stderr) == (1, "portreeve-tool: short: not a key, expected exactly 16 bytes\n")
    assert not (run.folder / "out.set").exists()


def test_compile_key_outside_is_not_in_the_set(run):
    done = run("compile", "good.sig", "-o", "out.set", "--hash-key", "key", "--key-outside")
    assert done.returncode == 0
    assert KEY not in (run.folder / "out.set").read_bytes()
    assert "\nkey outside\n" in run("show", "out.set").stdout


@pytest.mark.parametrize("arguments", [
    [], ["compile"], ["compile", "good.sig"], ["compile", "-o", "out.set"], ["compile", "good.sig", "-o"],
    ["compile", "good.sig", "-o", "a", "-o", "b"], ["compile", "good.sig", "-o", "a", "--key-outside"],
    ["compile", "good.sig", "-o", "a", "--nonsense"], ["show"], ["show", "a", "b"], ["nonsense"],
])
def test_usage_mistakes_end_with_2(run, arguments):
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage:" in done.stderr
    assert names(run.folder) == ["bad.sig", "good.sig", "key", "old.sig"]


def test_show_tells_header_counts_and_rules(run):
    run("compile", "good.sig", "old.sig", "-o", "out.set", "--hash-key", "key")
    done = run("show", "out.set")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    blob = (run.folder / "out.set").read_bytes()
    assert lines[:4] == ["version 1", f"bytes {len(blob)}", f"digest {blob[24:56].hex()}", "key inside"]
    assert lines[5:] == [
        "values 2", "rules 2", "expired 1", "field ip.dst 1", "field dns.query 1",
        'rule 1 low alert msg="a \\"b\\" \\\\c" rev=1 expires=2027-06-30',
        'rule 2 high quarantine=5400s ref="a report" class="x" rev=4 from=inside expires=2020-01-01 # expired']


def test_show_damaged_or_foreign_file_is_refused(run):
    run("compile", "good.sig", "-o", "out.set")
    blob = bytearray((run.folder / "out.set").read_bytes())
    blob[200] ^= 1
    (run.folder / "damaged").write_bytes(blob)
    (run.folder / "cut").write_bytes(blob[:-1])
    for name, reason in (("damaged", "damaged: the digest does not match the content"),
                         ("cut", "cut short, or something follows the set"),
                         ("good.sig", "too short for a signature set"), ("none", "No such file or directory"),
                         (".", "not a file")):
        done = run("show", name)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == f"portreeve-tool: {name}: {reason}\n"


def test_baseline_compiles_without_a_word_and_every_address_expires(run):
    done = run("compile", BASELINE, "-o", "out.set")
    assert (done.returncode, done.stderr) == (0, "")
    for line in BASELINE.read_text().splitlines():
        words = line.split()
        if line and not line.startswith("#") and words[3] in ("ip.src", "ip.dst", "dns.query"):
            assert words[-1].startswith("expires="), line


def test_set_keeps_the_usual_permissions(run):
    mask = os.umask(0o022)
    os.umask(mask)
    run("compile", "good.sig", "-o", "out.set")
    assert (run.folder / "out.set").stat().st_mode & 0o777 == 0o666 & ~mask


def test_compile_100000_addresses_take_no_more_than_their_share(run):
    numbers = random.Random(1).sample(range(1 << 24, 1 << 32), 100000)
    lines = [f"1 high alert ip.dst {ipaddress.IPv4Address(number)}" for number in numbers]
    done = run("compile", "-", "-o", "out.set", stdin="\n".join(lines))
    assert (done.returncode, done.stderr) == (0, "")
    assert (run.folder / "out.set").stat().st_size <= 24 * 1024 * 1024 / 10
