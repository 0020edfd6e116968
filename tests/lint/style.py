# SPDX-License-Identifier: BSD-2-Clause
"""C code stands as clang-format leaves it."""

import concurrent.futures
import difflib
import subprocess

FAULTS = {
    "spaces for tabs": {"a.c": "int f(void)\n{\n        return 0;\n}\n"},
    "a brace out of place": {"a.c": "int f(void) {\n\treturn 0;\n}\n"},
}


def formatted(path, text):
    return subprocess.run(["clang-format", "--style=file", f"--assume-filename={path}"], input=text, text=True,
                          capture_output=True, check=True).stdout


def check(tree):
    paths = tree.c_files()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        results = pool.map(lambda path: formatted(path, tree.text(path)), paths)
    for path, result in zip(paths, results):
        difference = difflib.unified_diff(tree.text(path).splitlines(), result.splitlines(), n=0, lineterm="")
        for line in difference:
            if line.startswith("@@"):
                yield path, int(line.split()[1].lstrip("-").split(",")[0]), "clang-format would change this"
