#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A Debian with Suricata 7 beside this machine's own, for `make bench` to measure against.

    suricata_chroot.py [FOLDER]     builds it unless it is there (build/bench/trixie) and prints how to call Suricata

Installs nothing on this machine: debootstrap puts Debian trixie's smallest base system and its package `suricata`,
with what that depends on (about 500 MB), into FOLDER, from the mirror that this machine's apt is configured for and
checked with its keyring. Needs root and debootstrap. What is mounted meanwhile is mounted in a namespace of its own
and gone with it, however the building ends; a folder that was not finished is never taken for one that was.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools/fetch"))

import fetch  # noqa: E402

FOLDER = ROOT / "build/bench/trixie"
SUITE = "trixie"
SURICATA = "usr/bin/suricata"
PATIENCE_S = 1800


class Unavailable(RuntimeError):
    """Why there is no Suricata in a folder."""


def mirror():
    """(URI, keyring or None) of the mirror to install from."""
    release = Path("/etc/os-release")
    stanzas = fetch.mirror_stanzas(SUITE, Path("/etc/apt"), release.read_text() if release.exists() else "")
    if SUITE not in stanzas:
        raise Unavailable("this machine's apt sources name no Debian mirror to install it from")
    keyring = stanzas[SUITE].get("signed-by", "")
    return stanzas[SUITE]["uris"].split()[0], keyring if keyring.startswith("/") else None


def environment():
    """debootstrap fetches by itself: through apt's proxy, if apt has one."""
    proxy = subprocess.run(["apt-config", "dump", "--format", "%v", "Acquire::http::Proxy"], capture_output=True,
                           text=True, check=False).stdout.strip()
    return {"http_proxy": proxy, **os.environ} if proxy else dict(os.environ)


def bootstrap(folder):
    uri, keyring = mirror()
    checked_with = [f"--keyring={keyring}"] if keyring else []
    command = ["unshare", "--mount", "--propagation", "private", "debootstrap", "--variant=minbase",
               "--include=suricata", *checked_with, SUITE, str(folder), uri]
    log = folder.with_suffix(".log")
    with open(log, "w", encoding="utf-8") as said:
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, check=False,
                                  env=environment(), timeout=PATIENCE_S)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Unavailable(f"debootstrap: {error}") from error
    if done.returncode or not (folder / SURICATA).exists():
        raise Unavailable(f"debootstrap failed, see {log}:\n" + "".join(log.read_text().splitlines(True)[-3:]).rstrip())


def build(folder=FOLDER):
    """Makes the folder unless it is there; returns how to call Suricata in it."""
    folder = Path(folder).absolute()
    words = ["chroot", str(folder), "suricata"]
    if os.geteuid() != 0:
        raise Unavailable("only root can build and enter the folder that it runs in")
    if (folder / SURICATA).exists():
        return words
    if folder.exists():
        raise Unavailable(f"{folder} is there, but has no Suricata in it")
    if not shutil.which("debootstrap"):
        raise Unavailable("debootstrap is missing")
    part = folder.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    part.parent.mkdir(parents=True, exist_ok=True)
    print(f"installing Debian {SUITE}'s suricata into {folder} (debootstrap; some minutes, once)", file=sys.stderr)
    try:
        bootstrap(part)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    os.replace(part, folder)
    return words


def main():
    try:
        print(*build(*sys.argv[1:2]))
    except Unavailable as error:
        sys.exit(f"no Suricata: {error}")


if __name__ == "__main__":
    main()
