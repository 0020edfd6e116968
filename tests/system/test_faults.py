#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Deliberate faults on both cores of the bare-metal image: each is reported with its cause, and has the outcome
that docs/qemu-virt.md promises. The image is the one that ships, linked with tests/faults.

Nothing here is measured by the host's clock: what has a limit in time runs by the board's own, which under -icount
counts instructions.
"""

import re
import subprocess
import sys

import pytest
from appliance import PROMPT, Appliance
from conftest import CAPTURES, ROOT
from qmp import Monitor
from replaying import replay
from test_appliance import ODD_FRAMES, play

sys.path.insert(0, str(ROOT / "tools" / "fault"))
import name as fault_name  # noqa: E402 — tools/fault/name.py

IMAGE = ROOT / "build/qemu-virt/portreeve-faults"
REBOOT = ["-action", "reboot=reset"]
VIRTUAL_TIME = ["-icount", "shift=7,sleep=off"]  # 128 ns an instruction; what is idle is skipped
CORES = ("data", "management")
DATA_CORE_RESETS = "portreeve: the board resets"
MANAGEMENT_STOPS = "portreeve: this core is off; forwarding goes on"
ALARM = "portreeve: management is dead; frames go on, alerts are lost"
FRAME_BYTES = 272  # hal/aarch64/layout.h
STALL_MS, RESET_MS, WATCHDOG_MS, LOOK_MS = 5000, 600000, 1000, 100  # firmware/Kconfig, supervisor.c

# what the report says, and where the program counter is then
EVERYWHERE = {
    "null-read": (r"read at 0x0{15}8 \(NULL\): nothing is mapped there", "act_null_read"),
    "null-call": (r"instruction fetch at 0x0{16} \(NULL\): nothing is mapped there", None),
    "write-text": (r"write at {__text_start} \(code\): not allowed there", "act_write_text"),
    "write-constants": (r"write at {__rodata_start}: not allowed there", "act_write_constants"),
    "write-maps": (r"write at {__maps_start}: not allowed there", "act_write_maps"),
    "execute-data": (r"instruction fetch at 0x\w+: not allowed there", r"code\.\d+"),
    "execute-device": (r"instruction fetch at 0x0000000004000000: not allowed there", None),
    "undefined": (r"undefined instruction", "act_undefined"),
    "overflow": (r"write at 0x\w+ \(stack overflow: the page below a stack\): nothing is mapped there", r"deeper(\.\w+\.\d+)?|memset"),
    "smash": (r"write at 0x0{16} \(NULL\): .* \(a stack's canary was overwritten\)", r"__stack_chk_fail(_local)?"),
    "null-in-call": (r"within an exception: read at 0x0{15}8 \(NULL\): nothing is mapped there", r"pl011_\w+"),
    "exception-overflow": (r"within an exception: write at {first_frame_below} \(stack overflow: .*", "vectors"),
}
MANAGEMENT_ONLY = {
    "write-pool": (r"write at 0x\w+: not allowed there", "act_write_pool"),
    "write-data-stack": (r"write at {stack_main}: not allowed there", "act_write_data_stack"),
    "write-watchdog": (r"write at 0x0000000010000000: nothing is mapped there", "act_write_watchdog"),
}
CASES = [(name, core) for core in CORES for name in (EVERYWHERE if core == "data" else EVERYWHERE | MANAGEMENT_ONLY)]


@pytest.fixture(scope="module")
def elf():
    if not IMAGE.exists():
        pytest.fail("build/qemu-virt/portreeve-faults is missing: run make BOARD=qemu-virt build/qemu-virt/portreeve-faults")
    return fault_name.read_image(IMAGE.with_suffix(".debug"))


def symbol(elf, wanted):
    return next(start for start, _, name in elf.symbols if name == wanted)


class FaultyBox(Appliance):
    """Boots again after a reset. Its faults are asked for on the console."""

    def __init__(self, folder, flash=None, options=()):
        self.monitor = Monitor(folder / "monitor")
        super().__init__(folder, flash, [*self.monitor.options, *REBOOT, *options], IMAGE)

    def __enter__(self):
        super().__enter__()
        self.monitor.connect()
        self.wait_until_up_again(0)
        return self

    def __exit__(self, *error):
        super().__exit__(*error)
        self.monitor.__exit__(*error)

    def be_as_new(self):
        """Resets it, unless it has just been."""
        if not self.sound:
            start = len(self.text)
            self.monitor.execute("system_reset")
            self.wait_until_up_again(start)
        self.forget_frames()

    def forget_frames(self):
        for frames in self.received.values():
            frames.clear()

    def fault(self, name, core):
        """Begins; where its text begins."""
        start = len(self.text)
        self.sound = False
        self.type(f"fault {name} {core}\r".encode())
        return start

    def wait_until_up_again(self, start):
        self.wait_for_text(r"portreeve \d[^\0]*" + PROMPT, start)
        self.sound = True
        self.crossed = 0  # frames, since then

    def cross(self, number):
        """A frame each way, the `number`th, comes out as it went in."""
        for near, far in (("inside", "outside"), ("outside", "inside")):
            sent = ODD_FRAMES["61 bytes"][:-1] + bytes([number])
            self.send(near, sent)
            self.wait_for(f"frame {number} from {near}", lambda: sent in self.received[far])
            assert self.received[far][-1] == sent
            self.crossed += 1


@pytest.fixture(scope="module")
def machine(tmp_path_factory, flash, elf):
    with FaultyBox(tmp_path_factory.mktemp("faults"), flash) as box:
        yield box


@pytest.fixture
def box(machine):
    machine.be_as_new()
    return machine


def wait_for_report(box, start, core):
    """The whole report, as the line had it."""
    end = DATA_CORE_RESETS if core == "data" else ALARM
    box.wait_for_text(re.escape(end), start)
    text = box.text[start:].replace("\r", "")
    return text[:text.index(end)]


def names(report, elf, label):
    """What the tool calls the addresses of that label."""
    return re.findall(rf"^    {label:<3} 0x\w+  (\S+)\+0x", "\n".join(fault_name.explain(report, elf)), re.M)


def check_report(report, elf, core, cause, function):
    places = {name: f"0x{start:016x}" for start, _, name in elf.symbols if name.startswith(("__", "stack_"))}
    of_exceptions = symbol(elf, "stack_boot" if core == "data" else "stack_second")
    places["first_frame_below"] = f"0x{of_exceptions - FRAME_BYTES:016x}"
    cause = re.sub(r"\{([a-z_]+)\}", lambda place: places[place[1]], cause)
    assert re.search(rf"^portreeve: {core} core: {cause}$", report, re.M), report
    assert re.findall(r"\bx(\d\d) 0x[0-9a-f]{16}", report) == [f"{n:02}" for n in range(31)]
    assert re.search(r"^portreeve: pc 0x[0-9a-f]{16} sp 0x[0-9a-f]{16} status 0x[0-9a-f]{16}$", report, re.M)
    assert f"portreeve: image {elf.build_id}" in report
    if function:
        assert re.fullmatch(function, names(report, elf, "pc")[0])


@pytest.mark.parametrize("name,core", CASES)
def test_fault_is_reported_and_has_its_outcome(box, elf, name, core):
    cause, function = (EVERYWHERE | MANAGEMENT_ONLY)[name]
    box.cross(1)
    start = box.fault(name, core)
    report = wait_for_report(box, start, core)
    check_report(report, elf, core, cause, function)
    if core == "data":
        assert MANAGEMENT_STOPS not in report
        box.wait_until_up_again(start)
        assert "the watchdog has reset the board" not in box.text[start:]  # it is not needed for that
        box.cross(2)
    else:
        assert MANAGEMENT_STOPS in report
        box.cross(2)
        box.wait_for_text(f"faults: management stopped 1, forwarded {box.crossed},", start)
        assert "portreeve 0." not in box.text[start:]
    if name not in ("overflow", "smash"):  # too deep, and overwritten
        assert {"data": "main", "management": "run"}[core] in names(report, elf, "")


def test_scanning_goes_on_without_management(box, portreeve, scratch):
    crossed = box.crossed
    before, after = CAPTURES / "threat-ebury-domains.pcap", CAPTURES / "threat-ebury-drop.pcap"
    due = [len(replay(portreeve, c, signatures=scratch / "appliance.set").of("alert")) for c in (before, after)]
    sent = play(box, before)
    start = box.fault("null-read", "management")
    box.wait_for_text(ALARM, start)
    box.forget_frames()
    more = play(box, after)
    assert box.received == {"outside": more["inside"], "inside": more["outside"]}
    frames = crossed + sum(len(s) for side in (sent, more) for s in side.values())
    box.wait_for_text(rf"forwarded {frames}, alerts {sum(due)}\r", start)
    assert all(due)


def test_unknown_system_call_is_refused_and_counted(box):
    start = box.fault("unknown-call", "management")
    box.wait_for_text("faults: result -38", start)  # ENOSYS
    start = box.fault("null-read", "management")
    report = wait_for_report(box, start, "management")
    assert "portreeve: refused system calls 0x0000000000000001 last 0x00000000000003e7" in report


def test_hung_management_is_stopped_and_forwarding_goes_on(box, elf):
    box.cross(1)
    start = box.fault("hang", "management")
    box.cross(2)
    report = wait_for_report(box, start, "management")
    assert "portreeve: management core: made no progress and is stopped" in report
    assert names(report, elf, "pc") == ["act_hang"]
    box.cross(3)
    box.wait_for_text(f"faults: management stopped 1, forwarded {box.crossed},", start)


# ---- by the board's own clock ----

def milliseconds(text, pattern):
    return [int(ms) for ms in re.findall(pattern + r" (\d+) ms", text)]


def test_hung_data_core_is_reset_by_the_watchdog_within_a_second(tmp_path, elf):
    """It waits for good: management tells for how long."""
    with FaultyBox(tmp_path, options=VIRTUAL_TIME) as box:
        start = box.fault("hang-asleep", "data")
        box.wait_until_up_again(start)
        assert WATCHDOG_MS - 2 * LOOK_MS <= milliseconds(box.text[start:], "asleep for")[-1] <= WATCHDOG_MS
        box.cross(1)


def test_spinning_data_core_is_reset_by_the_watchdog(tmp_path, elf):
    with FaultyBox(tmp_path, options=VIRTUAL_TIME) as box:
        start = box.fault("hang", "data")
        box.wait_until_up_again(start)
        assert "portreeve: the watchdog has reset the board" in box.text[start:]
        assert DATA_CORE_RESETS not in box.text
        box.monitor.execute("query-status")
        assert "WATCHDOG" in box.monitor.events
        box.cross(1)


@pytest.mark.parametrize("name,function", [("hang", "act_hang"), ("hang-in-call", r"core_sleep_until|wait_for_interrupt")])
def test_hung_management_is_stopped_then_the_board_reset_in_time(tmp_path, elf, name, function):
    with FaultyBox(tmp_path, options=VIRTUAL_TIME) as box:
        start = box.fault(name, "management")
        report = wait_for_report(box, start, "management")
        assert "portreeve: management core: made no progress and is stopped" in report
        assert re.fullmatch(function, names(report, elf, "pc")[0])
        box.wait_for_text("portreeve: management has been dead for so long that the board resets", start)
        box.wait_until_up_again(start)
        # what the second boot took is in it, too, and what the host's entropy let it wait
        took = milliseconds(box.text[start:], "forwarding after")[0] - milliseconds(box.text[start:], "faults: at")[0]
        assert 0 <= took - STALL_MS - RESET_MS <= 20000
        box.monitor.execute("query-status")
        assert "WATCHDOG" not in box.monitor.events
        box.cross(1)


# ---- the address spaces, read from outside ----

READ_ONLY, NEVER_HERE, GUARDED = 1 << 7, 1 << 53, 1 << 50
WXN, SIGNS, STRICT = 1 << 19, 1 << 31, 1 << 36


def registers(box, core):
    start = box.fault("registers", core)
    found = box.wait_for_text(r"faults: sctlr (\w+) ttbr0 (\w+) signed (\w+)\r", start)
    box.wait_for_text(PROMPT + "$", start)
    return [int(value, 16) for value in found.groups()]


def walk(box, root):
    """{page address: descriptor} of all that is mapped, by 4 KiB, as the architecture reads the tables at `root`."""
    def entries(table):
        return ((i, entry) for i, entry in enumerate(box.monitor.words(table & (1 << 48) - 4096, 512, 8)) if entry & 1)

    pages = {}
    for i, first in entries(root):
        for j, second in entries(first):
            base = i << 30 | j << 21
            if second & 2 == 0:  # a block
                assert second & (1 << 48) - (2 << 20) == base  # the identity
                pages.update((base + page, second) for page in range(0, 2 << 20, 4096))
                continue
            for k, third in entries(second):
                assert third & (1 << 48) - 4096 == base | k << 12
                pages[base | k << 12] = third
    return pages


def span(elf, start, end):
    return range(symbol(elf, start), symbol(elf, end), 4096)


def test_maps_are_what_the_manual_says(box, elf):
    maps = {}
    for core in CORES:
        control, root, _ = registers(box, core)
        assert control & WXN
        maps[core] = walk(box, root)
    data, management = maps["data"], maps["management"]
    code = set(span(elf, "__text_start", "__text_end"))
    guards = {start for start, _, name in elf.symbols if re.fullmatch(r"stack_\w+_guard", name)}
    assert len(guards) == 6

    for pages in maps.values():
        assert 0 not in pages and not guards & set(pages)
        assert {page for page, entry in pages.items() if not entry & NEVER_HERE} == code
        assert all(pages[page] & READ_ONLY for page in code)
        assert all(pages[page] & READ_ONLY for page in span(elf, "__rodata_start", "__rodata_end"))
        assert all(pages[page] & READ_ONLY for page in span(elf, "__maps_start", "__maps_end"))
        assert 0x40000000 not in pages  # below the image
        # devices: memory of another kind, below RAM
        assert all((entry >> 2 & 7 == 0) == (page < 0x40000000) for page, entry in pages.items())
    for start, end in (("__pool_start", "__ram_end"), ("stack_main", "stack_main_end"), ("stack_boot", "stack_boot_end")):
        assert all(not data[page] & READ_ONLY and management[page] & READ_ONLY for page in span(elf, start, end))
    watchdog = {0x10000000, *range(0x3f000000, 0x3f100000, 4096)}
    assert watchdog <= set(data) and not watchdog & set(management)
    assert set(data) - set(management) == watchdog and set(management) <= set(data)


# ---- other machines: entered at EL2 and EL3, and a core with all that AArch64 has ----

@pytest.mark.parametrize("cpu,options", [("cortex-a72", "virtualization=on"), ("cortex-a72", "secure=on"),
                                         ("max", "secure=on,virtualization=on")])
def test_boots_at_any_level_and_faults_as_elsewhere(tmp_path, elf, cpu, options):
    with FaultyBox(tmp_path, options=["-M", options, "-cpu", cpu]) as box:
        box.cross(1)
        start = box.fault("null-read", "data")
        report = wait_for_report(box, start, "data")
        check_report(report, elf, "data", *EVERYWHERE["null-read"])
        box.wait_until_up_again(start)
        start = box.fault("null-read", "management")
        report = wait_for_report(box, start, "management")
        check_report(report, elf, "management", *EVERYWHERE["null-read"])
        box.cross(2)


@pytest.fixture(scope="module")
def newest(tmp_path_factory, flash, elf):
    with FaultyBox(tmp_path_factory.mktemp("newest"), flash, ["-cpu", "max"]) as box:
        yield box


def test_newest_core_works_as_others_do(newest, portreeve, scratch):
    """The C library's hand-written parts have no landing places for calls by pointer: nothing calls them so."""
    capture = CAPTURES / "threat-ebury-domains.pcap"
    newest.be_as_new()
    sent = play(newest, capture)
    assert newest.received == {"outside": sent["inside"], "inside": sent["outside"]}
    due = len(replay(portreeve, capture, signatures=scratch / "appliance.set").of("alert"))
    counts = re.search(r"(\d+) critical, (\d+) high, (\d+) medium, (\d+) low", newest.command("show alerts"))
    assert sum(map(int, counts.groups())) == due > 0
    for line in ("events eve", "show ports", "show drops", "show accounts", "signatures load", "help"):
        assert "no such command" not in newest.command(line)
    newest.cross(1)


def test_core_that_can_sign_does_with_a_key_of_its_own(newest):
    signed = set()
    for _ in range(2):
        newest.be_as_new()
        for each in CORES:
            control, _, value = registers(newest, each)
            assert control & SIGNS and control & STRICT
            signed.add(value)
    assert len(signed) == 4, "the same key twice"


@pytest.mark.parametrize("core", CORES)
def test_core_that_can_sign_returns_nowhere_else(newest, elf, core):
    newest.be_as_new()
    newest.cross(1)
    start = newest.fault("bad-return", core)
    report = wait_for_report(newest, start, core)
    # newer processors (FEAT_FPAC) fault where the signature is looked at, older ones where it leads to
    cause = (r"(?:pointer authentication|"
             r"instruction fetch at 0x\w+ \(no address: overwritten, or its signature was wrong\): nothing is mapped there)")
    check_report(report, elf, core, cause, "act_hang|act_bad_return")


@pytest.mark.parametrize("core", CORES)
def test_core_that_can_guard_its_branches_does(newest, elf, core):
    newest.be_as_new()
    _, root, _ = registers(newest, core)
    pages = walk(newest, root)
    assert {page for page, entry in pages.items() if entry & GUARDED} == set(span(elf, "__text_start", "__text_end"))
    start = newest.fault("bad-jump", core)
    check_report(wait_for_report(newest, start, core), elf, core, "branch target", None)  # pc is behind a function's first word


def test_older_core_has_neither(box):
    for core in CORES:
        control, _, value = registers(box, core)
        assert not control & (SIGNS | STRICT) and value < 1 << 39


# ---- the tool, and what ships ----

def name_tool(image, report):
    return subprocess.run([sys.executable, ROOT / "tools/fault/name.py", image], input=report, capture_output=True, text=True, check=False)


def test_name_tool_names_a_report_by_every_kind_of_image(box, elf):
    start = box.fault("null-read", "management")
    report = wait_for_report(box, start, "management")
    with_lines = name_tool(IMAGE.with_suffix(".debug"), report)
    assert re.search(r"^    pc  0x\w+  act_null_read\+0x\w+  tests/faults/acts\.c:\d+$", with_lines.stdout, re.M)
    assert re.search(r"^        0x\w+  __wrap_console_command\+0x\w+  tests/faults/faults\.c:\d+$", with_lines.stdout, re.M)
    assert re.search(r"^        0x\w+  console_poll\+0x\w+  firmware/console\.c:\d+$", with_lines.stdout, re.M)
    assert report.strip() in re.sub(r"^    .*\n", "", with_lines.stdout, flags=re.M)
    for image in (IMAGE, IMAGE.with_suffix(".map")):
        result = name_tool(image, report)
        assert re.search(r"^    pc  0x\w+  act_null_read\+0x\w+$", result.stdout, re.M), image
        assert re.search(r"^        0x\w+  console_poll\+0x\w+$", result.stdout, re.M), image


def test_name_tool_refuses_another_image(elf):
    report = f"portreeve: pc 0x{symbol(elf, 'act_null_read'):016x}\nportreeve: image {'0' * 40}\n"
    result = name_tool(IMAGE, report)
    assert result.returncode == 1 and elf.build_id in result.stderr and not result.stdout
    assert name_tool(__file__ + ".absent", report).returncode == 1
    assert subprocess.run([sys.executable, ROOT / "tools/fault/name.py"], capture_output=True, check=False).returncode == 2


def test_image_that_ships_holds_no_fault(image, elf):
    def acts(of):
        return [name for _, _, name in of.symbols if name.startswith("act_")]

    assert acts(elf) and not acts(fault_name.read_image(image))
