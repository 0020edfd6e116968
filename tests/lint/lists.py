# SPDX-License-Identifier: BSD-2-Clause
"""Source lists in module.mk: alphabetical, and together they name every C source exactly once."""

import re

FAULTS = {
    "a list out of order": {"a/module.mk": "a-y := a/c.c a/b.c\n", "a/b.c": "", "a/c.c": ""},
    "a listed source that is absent": {"a/module.mk": "a-y := a/b.c\n"},
    "a source that no list names": {"a/module.mk": "a-y :=\n", "a/b.c": ""},
    "a source listed twice": {"a/module.mk": "a-y := a/b.c\nb-y := a/b.c\n", "a/b.c": ""},
}


def check(tree):
    listed = {}
    for path in tree.paths:
        if not path.endswith("module.mk"):
            continue
        text = tree.text(path).replace("\\\n", "  ")
        for name, value in re.findall(r"^([\w-]+-y) *[:+]?= *(.*)$", text, re.M):
            sources = value.split()
            if sources != sorted(sources):
                yield path, 1, f"{name} is not in alphabetical order"
            for source in sources:
                if source not in tree.paths:
                    yield path, 1, f"{name} names {source}, which does not exist"
                if source in listed:
                    yield path, 1, f"{name} names {source}, which {listed[source]} names too"
                listed[source] = name
    for path in tree.c_files((".c",)):
        if path not in listed:
            yield path, 1, "no module.mk names this source"
