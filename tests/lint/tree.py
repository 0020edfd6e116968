# SPDX-License-Identifier: BSD-2-Clause
"""The files that a lint looks at: those of the checkout, or a few planted ones held in memory."""

import pathlib
import re
import subprocess

STRING = r'"(?:\\.|[^"\\\n])*"' + r"|'(?:\\.|[^'\\\n])*'"
COMMENT = r"/\*.*?\*/|//[^\n]*"


class Tree:
    def __init__(self, planted=None):
        self.planted = planted
        self.paths = sorted(planted if planted is not None else checkout_files())
        self.texts = dict(planted or {})

    def text(self, path):
        if path not in self.texts:
            self.texts[path] = pathlib.Path(path).read_text(encoding="utf-8", errors="replace")
        return self.texts[path]

    def lines(self, path):
        """(number, line) of a file."""
        return enumerate(self.text(path).splitlines(), 1)

    def code(self, path):
        """The text of a C file with comments blanked and string contents emptied; line numbers stay."""
        def blank(match):
            if match[0][0] in "\"'":
                return match[0][0] * 2
            return " " + "\n" * match[0].count("\n")

        return re.sub(f"{STRING}|{COMMENT}", blank, self.text(path), flags=re.S)

    def c_files(self, suffixes=(".c", ".h")):
        return [p for p in self.paths if p.endswith(suffixes)]


def checkout_files():
    """What git tracks; in a source archive without git, everything but build/."""
    result = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=False)
    if result.returncode == 0:
        return [p for p in result.stdout.splitlines() if pathlib.Path(p).is_file()]
    return [str(p) for p in pathlib.Path(".").rglob("*") if p.is_file() and p.parts[0] not in ("build", ".git")]
