# SPDX-License-Identifier: BSD-2-Clause
"""What the scanner's objects need from outside: memory and string functions, and what the compiler itself calls.

No allocation, no input or output, no clock: read from the symbol table of the archive as the board's program
links it, so that nothing hides behind a macro or a header.
"""

import os
import pathlib
import re
import subprocess
import tempfile

ALLOWED = re.compile(
    r"mem(?:cpy|move|set|cmp|chr)|str(?:len|nlen|cmp|ncmp|chr|rchr|cspn|spn)"
    r"|__assert_fail|abort|__stack_chk_(?:fail|guard)|_GLOBAL_OFFSET_TABLE_|__popcountdi2"
)
FAULTS = {
    "malloc": {"scanner/a.c": "#include <stdlib.h>\nvoid *f(void);\nvoid *f(void)\n{\n\treturn malloc(1);\n}\n"},
    "a clock": {"scanner/a.c": "#include <time.h>\nlong f(void);\nlong f(void)\n{\n\treturn (long)time(0);\n}\n"},
    "output": {"scanner/a.c": '#include <stdio.h>\nvoid f(void);\nvoid f(void)\n{\n\tputs("a");\n}\n'},
}


def check(tree):
    if tree.planted is None:
        archive = "build/linux/scanner.a"
        made = subprocess.run(["make", "-s", f"-j{os.cpu_count()}", "BOARD=linux", archive], capture_output=True, text=True, check=False,
                              env={**os.environ, "MAKEFLAGS": ""}, stdin=subprocess.DEVNULL)
        if made.returncode != 0:
            yield archive, 1, made.stderr.strip()
        else:
            yield from foreign_symbols(archive)
        return
    with tempfile.TemporaryDirectory() as folder:
        for path in tree.c_files((".c",)):
            compiled = pathlib.Path(folder) / "a.o"
            subprocess.run(["gcc", "-O1", "-x", "c", "-", "-c", "-o", compiled], input=tree.text(path), text=True, check=True)
            yield from foreign_symbols(compiled)


def foreign_symbols(archive):
    output = subprocess.run(["nm", "-A", archive], capture_output=True, text=True, check=True).stdout
    symbols = re.findall(r"^(.*):(?:[0-9a-f]+| +) ([A-Za-z]) (\S+)$", output, re.M)
    defined = {name for _, kind, name in symbols if kind not in "Uw"}
    for where, kind, name in symbols:
        if kind in "Uw" and name not in defined and not ALLOWED.fullmatch(name):
            yield where, 1, f"the scanner needs {name}"
