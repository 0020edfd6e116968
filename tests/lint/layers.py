# SPDX-License-Identifier: BSD-2-Clause
"""Dependencies point one way: board → drivers → hal; firmware → scanner, hal; tools → scanner; scanner → nothing.

The scanner may use the C library's memory and string functions and type headers, no configuration symbols.
"""

import posixpath
import re

MAY_USE = {
    "board": {"board", "drivers", "hal"},
    "drivers": {"drivers", "hal"},
    "firmware": {"firmware", "hal", "scanner"},
    "hal": {"hal"},
    "scanner": {"scanner"},
    "tools": {"scanner", "tools"},
}
SCANNER_HEADERS = {"assert.h", "limits.h", "stdalign.h", "stdatomic.h", "stdbool.h", "stddef.h", "stdint.h", "string.h"}
INTRINSICS = {"arm_neon.h", "immintrin.h"}  # in the files of one architecture
FAULTS = {
    "scanner including hal": {"scanner/a.c": '#include "hal/clock.h"\n'},
    "scanner including stdio": {"scanner/a.c": "#include <stdio.h>\n"},
    "scanner reaching up": {"scanner/hash/a.c": '#include "../../firmware/main.h"\n'},
    "scanner reading the configuration": {"scanner/a.c": "int a = CONFIG_FLOWS_IPV4;\n"},
    "intrinsics in portable code": {"scanner/a.c": "#include <immintrin.h>\n"},
    "hal including scanner": {"hal/a.h": '#include "scanner/event.h"\n'},
    "tools including firmware": {"tools/sig/a.c": '#include "firmware/eve.h"\n'},
    "firmware including a driver": {"firmware/a.c": '#include "drivers/net/virtio.h"\n'},
}


def check(tree):
    for path in tree.c_files():
        room = path.split("/")[0]
        if room not in MAY_USE:
            continue
        for number, line in tree.lines(path):
            quoted = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if quoted:
                used = room_of(tree, path, quoted[1])
                if used not in MAY_USE[room] and not (room == "firmware" and quoted[1] == "config.h"):
                    yield path, number, f"{room} must not include {quoted[1]}"
            angled = re.match(r"\s*#\s*include\s+<([^>]+)>", line)
            if angled and room == "scanner" and angled[1] not in SCANNER_HEADERS:
                if not (angled[1] in INTRINSICS and re.search(r"_(x86|arm)\.c$", path)):
                    yield path, number, f"scanner must not include <{angled[1]}>"
        if room != "firmware":
            for number, line in enumerate(tree.code(path).splitlines(), 1):
                if re.search(r"\bCONFIG_\w+", line):
                    yield path, number, "only firmware reads the configuration; it hands values on"


def room_of(tree, path, included):
    """The top folder of an included file: found beside the includer, or from the root of the tree."""
    beside = posixpath.normpath(posixpath.join(posixpath.dirname(path), included))
    found = beside if beside in tree.paths or included.startswith("..") else posixpath.normpath(included)
    return found.split("/")[0]
