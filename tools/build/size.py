#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a board's program weighs, and which functions need the most stack.

    size.py SIZE-PROGRAM FOLDER LIMIT     FOLDER holds portreeve.debug and the compiler's .su files

Fails when code, constants and initialised data exceed LIMIT bytes; 0 means no limit.
"""

import pathlib
import subprocess
import sys

STACK_LINES = 10


def sections(size_program, program):
    """(name, bytes, takes room in the image) of the sections that are loaded."""
    output = subprocess.run([size_program, "-A", program], capture_output=True, text=True, check=True).stdout
    for line in output.splitlines():
        fields = line.split()
        if len(fields) == 3 and fields[0].startswith(".") and int(fields[2]) > 0:
            yield fields[0], int(fields[1]), not fields[0].endswith("bss")


def stack_use(folder):
    """(bytes, place and function, kind) in the program, most first; the compiler writes a line a function."""
    files = (path for path in folder.rglob("*.su") if not {"tests", "tools"} & set(path.relative_to(folder).parts))
    lines = (line.split("\t") for path in files for line in path.read_text().splitlines())
    return sorted(((int(size), where, kind) for where, size, kind in lines), reverse=True)


def main():
    size_program, folder, limit = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
    loaded = list(sections(size_program, folder / "portreeve.debug"))
    for name, size, in_image in loaded:
        print(f"{size:>9}  {name}{'' if in_image else '  (zeroed at start)'}")
    image = sum(size for _, size, in_image in loaded if in_image)
    print(f"{image:>9}  {folder}/portreeve, limit {limit or 'none'}\n\nlargest stack frames (bytes):")
    for size, where, kind in stack_use(folder)[:STACK_LINES]:
        print(f"{size:>9}  {where.split(':')[0]}: {where.split(':')[-1]}{'' if kind == 'static' else ' (' + kind + ')'}")
    if limit and image > limit:
        sys.exit(f"{folder}/portreeve exceeds its limit by {image - limit} bytes")


if __name__ == "__main__":
    main()
