#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a board's program weighs, what RAM it takes, and which functions need the most stack.

    size.py PREFIX FOLDER LIMIT RAM-LIMIT   PREFIX: of size and nm; FOLDER holds portreeve.debug, the compiler's .su
                                            files and host/ram, which says what the program takes when it starts

Fails when code, constants and initialised data exceed LIMIT bytes, or all that is in RAM exceeds RAM-LIMIT; 0 means no
limit.
"""

import pathlib
import subprocess
import sys

STACK_LINES = 10
# Of an image with a memory map of its own: what lies between is the program, its stacks and the C library's heap.
RESERVED = "__image_start", "__pool_start"


def output(*command):
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True).stdout


def sections(size_program, program):
    """(name, bytes, takes room in the image) of the sections that are loaded."""
    for line in output(size_program, "-A", program).splitlines():
        fields = line.split()
        if len(fields) == 3 and fields[0].startswith(".") and int(fields[2]) > 0:
            yield fields[0], int(fields[1]), not fields[0].endswith("bss")


def reserved(nm_program, program):
    """Bytes of RAM that the linker gave away, or None: it gave only the sections."""
    symbols = {fields[2]: int(fields[0], 16) for fields in map(str.split, output(nm_program, program).splitlines())
               if len(fields) == 3 and fields[2] in RESERVED}
    return symbols[RESERVED[1]] - symbols[RESERVED[0]] if len(symbols) == len(RESERVED) else None


def stack_use(folder):
    """(bytes, place and function, kind) in the program, most first; the compiler writes a line a function."""
    files = (path for path in folder.rglob("*.su") if not {"tests", "tools"} & set(path.relative_to(folder).parts))
    lines = (line.split("\t") for path in files for line in path.read_text().splitlines())
    return sorted(((int(size), where, kind) for where, size, kind in lines), reverse=True)


def main():
    prefix, folder, limit, ram_limit = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    program = folder / "portreeve.debug"
    loaded = list(sections(f"{prefix}size", program))
    for name, size, in_image in loaded:
        print(f"{size:>9}  {name}{'' if in_image else '  (zeroed at start)'}")
    image = sum(size for _, size, in_image in loaded if in_image)
    print(f"{image:>9}  {folder}/portreeve, limit {limit or 'none'}\n\nRAM (bytes):")

    linked = reserved(f"{prefix}nm", program)
    parts = [(sum(size for _, size, _ in loaded), "the program")] if linked is None else [
        (linked, "the program, its stacks and the C library's heap")]
    for line in output(folder / "host/ram").splitlines():
        size, _, what = line.partition(" ")
        parts.append((int(size), what))
    for size, what in parts:
        print(f"{size:>9}  {what}")
    ram = sum(size for size, _ in parts)
    print(f"{ram:>9}  in all, limit {ram_limit or 'none'}\n\nlargest stack frames (bytes):")

    for size, where, kind in stack_use(folder)[:STACK_LINES]:
        print(f"{size:>9}  {where.split(':')[0]}: {where.split(':')[-1]}{'' if kind == 'static' else ' (' + kind + ')'}")
    exceeded = [f"{what} exceeds its limit by {used - most} bytes" for what, used, most in
                ((f"{folder}/portreeve", image, limit), (f"RAM of {folder}/portreeve", ram, ram_limit)) if most and used > most]
    if exceeded:
        sys.exit("\n".join(exceeded))


if __name__ == "__main__":
    main()
