#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Names the addresses in a fault report of the bare-metal image: functions, and lines of the source.

    tools/fault/name.py IMAGE [REPORT]

IMAGE is the file that was running: portreeve or, with lines, portreeve.debug; or its portreeve.map. REPORT is a file
with what the serial line said, standard input without. It is printed as it came, and below each line what the
addresses in it are. Exit 0, 1 when the image is another one than the report's or cannot be read, 2 usage.
"""

import bisect
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

ADDRESS_BITS = 39  # what is above is a signature
CALL_BYTES = 4  # a return address is behind its call
ADDRESS = re.compile(r"(?:\b([a-z]\w*) )?0x([0-9a-f]{16})")
NOT_ADDRESSES = {"syndrome", "status", "calls", "last"}
ADDR2LINE = ("aarch64-linux-gnu-addr2line", "llvm-addr2line", "addr2line")
SECTION_SYMBOLS, SECTION_NOTE, SYMBOL_SECTION = 2, 7, 3


class Image:
    """symbols: (start, size, name) by start; a size of 0: up to the next one."""

    def __init__(self, symbols, build_id=None, debug=None):
        self.symbols = symbols
        self.starts = [s[0] for s in self.symbols]
        self.build_id = build_id
        self.debug = debug  # a file that addr2line can read

    def name(self, address):
        """`function+0x10`, or None; of several names for one place the one that holds the address."""
        place = bisect.bisect_right(self.starts, address) - 1
        for at in range(place, max(-1, place - 4), -1):
            start, size, name = self.symbols[at]
            end = start + size if size else self.starts[place + 1] if place + 1 < len(self.starts) else start
            if address < end and (size or not name.startswith("__")):  # no name but a border of the linker's
                return f"{name}+{address - start:#x}"
        return None

    def lines(self, addresses):
        """{address: "file:line"} for those that are known."""
        tool = next(filter(None, map(shutil.which, ADDR2LINE)), None)
        if not (self.debug and tool and addresses):
            return {}
        output = subprocess.run([tool, "-e", str(self.debug), *map(hex, addresses)], capture_output=True, text=True, check=False)
        found = zip(addresses, (line.split(" ")[0].removeprefix("./") for line in output.stdout.splitlines()))
        return {address: line for address, line in found if not re.search(r"\?|:0$", line)}


def read_elf(path, data):
    table, = struct.unpack_from("<Q", data, 0x28)
    entry_bytes, count = struct.unpack_from("<HH", data, 0x3a)
    sections = [struct.unpack_from("<IIQQQQII", data, table + i * entry_bytes) for i in range(count)]
    symbols, build_id = [], None
    for _, kind, _, _, offset, size, link, _ in sections:
        if kind == SECTION_SYMBOLS:
            names = sections[link][4]
            for at in range(offset, offset + size, 24):
                name, info, _, section, start, length = struct.unpack_from("<IBBHQQ", data, at)
                text = data[names + name:data.index(b"\0", names + name)].decode()
                if section and info & 15 < SYMBOL_SECTION and text and not text.startswith("$"):
                    symbols.append((start, length, text))
        elif kind == SECTION_NOTE and data[offset + 12:offset + 16] == b"GNU\0":
            build_id = data[offset + 16:offset + size].hex()
    return Image(sorted(symbols), build_id, path)


def read_map(text):
    symbols = [(int(start, 16), int(size, 16), name) for name, start, size in
               re.findall(r"^ \.(?:text|rodata|data|bss)\.(\S+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) \S+$", text, re.M)]
    symbols += [(int(start, 16), 0, name) for start, name in re.findall(r"^ +0x([0-9a-f]{16}) +(\w+)(?: = \.)?$", text, re.M)]
    return Image(sorted(s for s in symbols if s[0]))


def read_image(path):
    data = Path(path).read_bytes()
    if data.startswith(b"\x7fELF\x02\x01"):
        return read_elf(path, data)
    return read_map(data.decode(errors="replace"))


def named(line, image):
    """What the addresses in a line are, a text each: return addresses are looked up at their calls."""
    back = CALL_BYTES if "called from" in line else 0
    found = []
    for label, digits in ADDRESS.findall(line):
        address = int(digits, 16) & (1 << ADDRESS_BITS) - 1
        name = image.name(address - back)
        if name and label not in NOT_ADDRESSES:
            function, offset = name.rsplit("+", 1)
            found.append((label if label != "from" and len(label) < 4 else "", address - back,
                          f"0x{digits}  {function}+{int(offset, 16) + back:#x}"))
    lines = image.lines([address for _, address, _ in found])
    return [f"    {label:<3} {text}" + (f"  {lines[address]}" if address in lines else "") for label, address, text in found]


def explain(report, image):
    """The report's lines with the names between them; raises ValueError when it is another image's."""
    written_by = re.search(r"portreeve: image ([0-9a-f]{40})", report)
    if written_by and image.build_id and written_by[1] != image.build_id:
        raise ValueError(f"the report is of image {written_by[1]}, this one is {image.build_id}")
    for line in report.replace("\r", "").splitlines():
        yield line
        if line.startswith("portreeve: "):
            yield from named(line, image)


def main():
    if len(sys.argv) not in (2, 3):
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        sys.exit(2)
    try:
        report = Path(sys.argv[2]).read_text(errors="replace") if len(sys.argv) > 2 else sys.stdin.read()
        for line in explain(report, read_image(sys.argv[1])):
            print(line)
    except (OSError, ValueError, struct.error) as error:
        sys.exit(f"{sys.argv[0]}: {error}")


if __name__ == "__main__":
    main()
