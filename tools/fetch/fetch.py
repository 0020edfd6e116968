#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Fetch one pinned source package of Debian into build/sources/NAME.

    fetch.py NAME     a name in tools/fetch/pins

The package comes from the mirror that this machine's apt is configured for, through apt with lists and cache of
its own: the system's package lists stay as they are, and authenticity is apt's chain of signatures. With
SOURCES_DIR=folder it comes from a folder of source packages (.dsc, .orig.tar.*, .debian.tar.*) instead, such as
another machine's build/sources/archives; their origin is then the caller's word.

Writes build/sources/NAME.json: version, origin and SHA-256 of every archive used.
"""

import fcntl
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile

HERE = pathlib.Path(__file__).resolve().parent
SOURCES = pathlib.Path("build/sources")
STABLE = {"trixie"}  # of the suites in pins, those that have a security suite
KEYRING_HINT = (
    "This machine's keyring does not know the key of that release. Install a current debian-archive-keyring\n"
    "(on Debian 12: 2023.3+deb12u2 or later; 'apt-get install debian-archive-keyring'), or point SOURCES_DIR to a\n"
    "folder with the source packages."
)


class FetchError(Exception):
    """Something that the user has to know and can act on."""


def read_pin(name):
    for line in (HERE / "pins").read_text().splitlines():
        fields = line.split("#")[0].split()
        if fields and fields[0] == name:
            return dict(zip(("name", "suites", "package", "series", "least", "take"), fields))
    raise FetchError(f"no pin for {name} in tools/fetch/pins")


# ---- the machine's apt sources -----------------------------------------------------------------------------

def stanzas_of_sources_file(text):
    """The enabled `deb` stanzas of a deb822 .sources file, as dicts with lower-case keys."""
    for block in re.split(r"\n\s*\n", text):
        fields, key = {}, None
        for line in block.splitlines():
            if line.startswith("#"):
                continue
            if line[:1] in " \t" and key:
                fields[key] += "\n" + line
            elif ":" in line:
                key, value = line.split(":", 1)
                key = key.strip().lower()
                fields[key] = value.strip()
        if "deb" in fields.get("types", "").split() and fields.get("enabled", "yes").lower() != "no":
            yield fields


def stanzas_of_list_file(text):
    """The `deb` lines of a one-line-style .list file, in the same form."""
    for line in text.splitlines():
        match = re.match(r"deb\s+(?:\[([^]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]+)", line.strip())
        if match:
            options = dict(o.split("=", 1) for o in (match[1] or "").split() if "=" in o)
            fields = {"uris": match[2], "suites": match[3], "components": match[4].strip()}
            if "signed-by" in options:
                fields["signed-by"] = options["signed-by"]
            yield fields


def configured_stanzas(etc_apt):
    parts = etc_apt / "sources.list.d"
    for path in [etc_apt / "sources.list", *sorted(parts.glob("*.list")), *sorted(parts.glob("*.sources"))]:
        if path.is_file():
            reader = stanzas_of_sources_file if path.suffix == ".sources" else stanzas_of_list_file
            yield from reader(path.read_text())


def debian_releases(os_release):
    """Names under which this Debian's own suite may stand in its apt sources."""
    values = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', os_release, re.M))
    names = {"stable", "oldstable", "testing", "unstable", "sid"}
    return names | ({values["VERSION_CODENAME"]} if "VERSION_CODENAME" in values else set())


def mirror_stanzas(suite, etc_apt, os_release):
    """{suite: fields of an apt stanza} for a suite and its security suite, on the mirrors that serve this machine's own
    release; empty where this machine has none."""
    releases, found = debian_releases(os_release), {}
    for fields in configured_stanzas(etc_apt):
        if "main" not in fields.get("components", "").split():
            continue
        for configured in fields.get("suites", "").split():
            release, kind = re.fullmatch(r"([^-/]+)(.*)", configured).groups()
            wanted = {"": suite, "-security": f"{suite}-security", "/updates": f"{suite}-security"}.get(kind)
            if release in releases and wanted:
                found.setdefault(wanted, fields)
    return found


def source_stanzas(suite, etc_apt, os_release):
    """The deb-src stanzas of mirror_stanzas(), as text."""
    found = mirror_stanzas(suite, etc_apt, os_release)
    if suite not in found:
        raise FetchError(
            "this machine's apt sources name no Debian mirror, so there is nowhere to fetch source packages from.\n"
            "Set SOURCES_DIR=folder to a folder that holds them (.dsc, .orig.tar.*, .debian.tar.*)."
        )
    if suite not in STABLE:
        found.pop(f"{suite}-security", None)
    return "\n".join(
        f"Types: deb-src\nURIs: {fields['uris']}\nSuites: {wanted}\nComponents: main\n"
        + (f"Signed-By: {fields['signed-by']}\n" if "signed-by" in fields else "")
        for wanted, fields in found.items())


# ---- apt with lists and cache of its own -------------------------------------------------------------------

class Apt:
    def __init__(self, suite):
        self.suite = suite
        self.folder = (SOURCES / "apt" / suite).resolve()
        for part in ("lists/partial", "cache/archives/partial"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        self.stanzas = self.folder / "deb.sources"
        self.options = [
            "-o", f"Dir::Etc::sourcelist={self.stanzas}",
            "-o", "Dir::Etc::sourceparts=/dev/null",
            "-o", f"Dir::State::Lists={self.folder}/lists",
            "-o", f"Dir::Cache={self.folder}/cache",
            "-o", "APT::Update::Error-Mode=any",
            "-o", "APT::Sandbox::User=root",  # the sandbox user may not be able to enter this folder
            "-o", "Acquire::Retries=3",
            "-o", "Acquire::Languages=none",
        ]

    def run(self, *arguments, cwd=None):
        result = subprocess.run(["apt-get", "-q", *self.options, *arguments], cwd=cwd, text=True, check=False,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if result.returncode:
            hint = KEYRING_HINT if "NO_PUBKEY" in result.stdout else ""
            raise FetchError(f"apt-get {' '.join(arguments)} failed:\n{result.stdout}{hint}")
        return result.stdout

    def update(self):
        os_release = pathlib.Path("/etc/os-release").read_text()
        self.stanzas.write_text(source_stanzas(self.suite, pathlib.Path("/etc/apt"), os_release))
        self.run("update")

    def has_lists(self):
        return self.stanzas.exists() and any(self.folder.glob("lists/*Sources*"))


def apt_archives(pin, suite, folder):
    """Download the package's archives of a suite to folder; returns their (name, SHA-256)."""
    apt = Apt(suite)
    only = [] if pin["take"] == "patched" else ["--tar-only"]
    arguments = ["source", "--download-only", *only, pin["package"]]
    fresh = not apt.has_lists()
    if fresh:
        apt.update()
    try:
        apt.run(*arguments, cwd=folder)
    except FetchError:
        if fresh:
            raise
        apt.update()  # the lists were of an earlier day and name a revision that the mirror no longer has
        apt.run(*arguments, cwd=folder)
    uris = apt.run("source", "--print-uris", *only, pin["package"])
    return re.findall(r"^'\S+' (\S+) \d+ SHA256:([0-9a-f]{64})$", uris, re.M)


def first_suite(pin, folder):
    """The archives and the suite, of the first of the pinned suites that serves the package."""
    errors = []
    for suite in pin["suites"].split(","):
        try:
            return apt_archives(pin, suite, folder), f"suite {suite}"
        except FetchError as error:
            errors.append(str(error))
    raise FetchError("\n".join(errors))


def newest(paths, wanted):
    found = sorted(paths, key=lambda path: path.stat().st_mtime)
    if not found:
        raise FetchError(f"SOURCES_DIR holds no {wanted}")
    return found[-1]


def folder_archives(pin, source, folder):
    """Copy the package's archives from a local folder, the patched ones as its .dsc lists them."""
    if pin["take"] == "patched":
        description = newest(source.glob(f"{pin['package']}_*.dsc"), f"{pin['package']}_*.dsc")
        checksums = re.search(r"^Checksums-Sha256:\n((?: .*\n)+)", description.read_text(), re.M)
        files = [(line.split()[2], line.split()[0]) for line in checksums[1].splitlines()]
        files.append((description.name, sha256(description)))
    else:
        archives = (p for p in source.glob(f"{pin['package']}_*") if re.search(r"\.orig\.tar\.\w+$", p.name))
        archive = newest(archives, f"{pin['package']}_*.orig.tar.*")
        files = [(archive.name, sha256(archive))]
    for file, _ in files:
        if not (source / file).is_file():
            raise FetchError(f"SOURCES_DIR={source} holds no {file}")
        shutil.copy(source / file, folder / file)
    return files


# ---- unpacking ---------------------------------------------------------------------------------------------

def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def version_of(pin, files):
    """The version in the file names: with Debian's revision if the .dsc is among them."""
    by_end = {file.split(".")[-1]: file for file, _ in files}
    name = by_end.get("dsc") or next(f for f, _ in files if ".orig.tar." in f)
    version = re.fullmatch(r"[^_]+_(.+?)(?:\.dsc|\.orig\.tar\.\w+)", name)[1]
    upstream = re.match(r"[\d.]+", version)[0].rstrip(".")
    as_numbers = lambda v: [int(n) for n in v.split(".")]
    if not upstream.startswith(pin["series"] + ".") or as_numbers(upstream) < as_numbers(pin["least"]):
        raise FetchError(f"{pin['package']} {version} is not of the pinned series {pin['series']} (at least {pin['least']});\n"
                         "look at what changed, then move the pin in tools/fetch/pins")
    return version


def unpack(pin, files, archives, target):
    shutil.rmtree(target, ignore_errors=True)
    if pin["take"] == "patched":
        description = next(f for f, _ in files if f.endswith(".dsc"))
        subprocess.run(["dpkg-source", "--no-check", "--no-copy", "-x", archives / description, target], check=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        return
    target.mkdir()
    archive = archives / next(f for f, _ in files if re.search(r"\.orig\.tar\.\w+$", f))
    with tarfile.open(archive) as tar:
        for member in tar:
            inner = member.name.split("/", 1)[-1]
            if member.isfile() and ".." not in inner.split("/") and pin["take"] in ("upstream", inner):
                path = target / (inner if pin["take"] == "upstream" else pathlib.Path(inner).name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(tar.extractfile(member).read())
    if not any(target.iterdir()):
        raise FetchError(f"{archive} holds no {pin['take']}")


def fetch(name):
    pin = read_pin(name)
    archives = SOURCES / "archives"
    archives.mkdir(parents=True, exist_ok=True)
    local = os.environ.get("SOURCES_DIR")
    if local:
        files, origin = folder_archives(pin, pathlib.Path(local), archives), "local folder"
    else:
        files, origin = first_suite(pin, archives)
    for file, expected in files:
        if sha256(archives / file) != expected:
            raise FetchError(f"{archives / file} does not have the SHA-256 {expected}")
    version = version_of(pin, files)
    unpack(pin, files, archives, SOURCES / name)
    record = {
        "name": pin["package"],
        "version": version,
        "origin": f"Debian source package, {origin}",
        "files": [{"name": file, "sha256": digest} for file, digest in sorted(files)],
    }
    (SOURCES / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n")
    print(f"  SOURCE  {pin['package']} {version} ({record['origin']})")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    SOURCES.mkdir(parents=True, exist_ok=True)
    with open(SOURCES / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two fetches of a parallel build share the lists
        try:
            fetch(sys.argv[1])
        except FetchError as error:
            sys.exit(f"fetch {sys.argv[1]}: {error}")


if __name__ == "__main__":
    main()
