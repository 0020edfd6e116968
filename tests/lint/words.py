# SPDX-License-Identifier: BSD-2-Clause
"""Words: licence line, names that say nothing, unfinished work, and traces of the machine a file was written on."""

import pathlib
import re

NAMELESS = {"manager", "handler", "util", "utils", "common", "misc", "helper", "helpers"}
FOREIGN = {"sa_handler"}  # names that POSIX gave
LICENSED = (".c", ".h", ".py", ".mk", ".sh", ".S", ".ld", "Makefile", "Kconfig")
# Written in pieces, so that this file does not hold what it looks for.
FOLDERS = re.compile("/" + r"(?:work|tmp|home)/" + r"[\w.]")
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|X" + r"XX)\b(?![\"'])")
PLANTED_HOST = "mirror.lint" + ".example"
APT = pathlib.Path("/etc/apt")
FAULTS = {
    "no licence line": {"a.c": "int a;\n"},
    "a name that says nothing": {"a.c": "/* SPDX-License-Identifier: BSD-2-Clause */\nint packet_" + "handler;\n"},
    "a file name that says nothing": {"scanner/" + "utils.h": "/* SPDX-License-Identifier: BSD-2-Clause */\n"},
    "a folder of the machine": {"docs/a.md": "see /" + "work/main\n"},
    "unfinished work": {"docs/a.md": "TO" + "DO: write\n"},
    "a mirror's host": {"docs/a.md": f"from http://{PLANTED_HOST}/debian\n"},
}


def mirror_hosts():
    """Hosts of the package sources that this machine is configured for, and that of the planted fault."""
    hosts = {PLANTED_HOST}
    for path in [APT / "sources.list", *APT.glob("sources.list.d/*"), *APT.glob("mirrors/*")]:
        for line in path.read_text(errors="replace").splitlines() if path.is_file() else ():
            if not line.startswith("#"):
                hosts.update(re.findall(r"\bhttps?://(?:[^/@\s]*@)?([\w.-]+)", line))
    return hosts


def check(tree):
    hosts = mirror_hosts()
    for path in tree.paths:
        stem = path.split("/")[-1].split(".")[0]
        if NAMELESS & set(stem.lower().split("_")):
            yield path, 1, "a file name that says nothing about its content"
        if path.endswith(LICENSED) and not any("SPDX-License-Identifier: BSD-2-Clause" in line
                                               for number, line in tree.lines(path) if number <= 3):
            yield path, 1, "no SPDX line on top"
        for number, line in tree.lines(path):
            if FOLDERS.search(line):
                yield path, number, "a folder of the machine this was written on"
            if UNFINISHED.search(line):
                yield path, number, "unfinished work"
            for host in hosts:
                if host in line:
                    yield path, number, "a package mirror's host"
    for path in tree.c_files():
        for number, line in enumerate(tree.code(path).splitlines(), 1):
            for name in re.findall(r"[A-Za-z_]\w*", line):
                if NAMELESS & set(name.lower().split("_")) and name not in FOREIGN:
                    yield path, number, f"{name}: a name that says nothing"
