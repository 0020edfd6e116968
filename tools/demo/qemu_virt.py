#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What `make run` shows: boots the appliance in QEMU with the baseline signatures in its flash, plays a day of a server
that was turned through its data ports, and shows the alerts as its serial line prints them. Then the serial line is the
user's; without a terminal it ends there.

Exits 0 only if every frame came out at the other port as it went in, every planted threat was reported, and nothing else
was; what is due stands in tests/captures/turned-server.json.
"""

import argparse
import ipaddress
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import appliance
import capture
import terminal
from due import CAPTURES, OUT, ROOT, SIGNATURES, STORY, TOOL, compile_signatures, expectations, planted, shown, sids_by_value

SEVERITIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW")
REDRAWN = "\x1b[K"  # the console clears what was being typed, prints a line, and writes the prompt again
ALERT = re.compile(rf"^\S+ \S+ ({'|'.join(SEVERITIES)}) (\S+) (<-|->) (\S+) +(.*?) ?\[(\d+)\]: (.*); "
                   r"(?:passed|dropped|rejected|quarantined)", re.M)


class Failure(Exception):
    """The demonstration cannot go on; the text says why."""


# ---- what the serial line said ----

def plain(text):
    """The serial line's lines without the prompts that were cleared."""
    return "".join(line.split(REDRAWN)[-1].rstrip("\r") + "\n" for line in text.split("\n")[:-1])


@dataclass(frozen=True)
class Alert:
    severity: str
    server: str
    originator: str
    responder: str
    sid: int
    what: str  # "SSH client ident shape ebury-hex"

    def is_about(self, field, value):
        """Whether it can have come from this field and value."""
        protocol, _, rest = field.partition(".")
        name = " ".join([protocol.upper(), *re.split(r"[._]", rest)])
        if self.what != name and not self.what.startswith(name + " "):
            return False
        held = self.what[len(name) + 1:]
        if field in ("ip.src", "ip.dst"):
            end = self.originator if field == "ip.src" else self.responder
            return value in (end, end.rpartition(":")[0].strip("[]"))
        if field == "dns.query":
            return held.lower() == value or held.lower().endswith("." + value)
        if field.endswith(".shape") and held:
            return value in held.split(",")
        return held in ("", value)  # not all values are shown


def alerts_in(text):
    whole = plain(text).replace("\n  ", " ")  # long lines are broken
    for severity, server, arrow, peer, _, sid, what in ALERT.findall(whole):
        originator, responder = (server, peer) if arrow == "->" else (peer, server)
        yield Alert(severity, server.rpartition(":")[0].strip("[]") or server, originator, responder, int(sid), what)


def all_alerts(box):
    """The alerts that were printed: all that the appliance counts, which it then shows once more."""
    shown_again = box.command("show alerts")
    counted = re.search(r"(\d+) critical, (\d+) high, (\d+) medium, (\d+) low", shown_again)
    total = sum(map(int, counted.groups()))

    def printed():
        return Counter(alerts_in(box.text)) - Counter(alerts_in(shown_again))

    box.wait_for(f"{total} alerts", lambda: printed().total() >= total)
    return list(printed().elements())


# ---- judging ----

def judge_alerts(alerts, expected):
    """Complaints: what is missing, and what should not be there."""
    sids = sids_by_value()
    due = {(sids.get(pair), *pair) for pair in planted(expected)}
    for sid, field, value in sorted(due, key=str):
        if not any(alert.sid == sid and alert.is_about(field, value) for alert in alerts):
            yield f"not reported: {field} {value}"
    for alert in alerts:
        if not any(alert.sid == sid and alert.is_about(field, value) for sid, field, value in due):
            yield f"not due: {alert}"


def judge_counts(box, sent):
    """Complaints: where the appliance's own counts are not what went through it."""
    ports = box.command("show ports")
    for port, frames in sent.items():
        found = re.search(rf"^{port} +up +(\d+) +\d+ +(\d+)", ports, re.M)
        counted = tuple(map(int, found.groups())) if found else "no"
        if counted != (len(frames), len(frames)):
            yield f"{port}: the appliance counts {counted} frames in and forwarded, {len(frames)} went in"
    if "events lost: 0" not in box.command("show drops"):
        yield "the appliance lost events"


# ---- the demonstration ----

def write_flash(signatures):
    """A flash with these signatures, whole from the start: another demonstration may be starting, too."""
    flash = OUT / "qemu-virt.flash"
    with tempfile.TemporaryDirectory(dir=OUT) as folder:
        new = Path(folder) / flash.name
        signature_set = compile_signatures(signatures, Path(folder) / "signatures.set")
        subprocess.run([TOOL, "flash", "write", shown(new), "--signatures", shown(signature_set)], cwd=ROOT, check=True)
        os.replace(new, flash)
    return flash


def say(text):
    print(f"\n{text}\n", flush=True)


def serial_printer():
    """What is done with the serial line's bytes: as they are to a terminal, else line by line."""
    if terminal.is_here():
        return terminal.write
    unfinished = b""

    def write_lines(chunk):
        nonlocal unfinished
        *lines, unfinished = (unfinished + chunk).split(b"\n")
        terminal.write("".join(plain(f"{line.decode(errors='replace')}\n") for line in lines).encode())

    return write_lines


def play(box, packets, nets):
    """Sends every frame by the port it belongs to. Returns what was sent by port, and complaints."""
    sent, complaints = {port: [] for port in appliance.OTHER_PORT}, []
    for _, frame in packets:
        port = capture.port_of(frame, nets)
        sent[port].append(frame)
        if box.carry(port, frame) != frame:
            complaints.append(f"frame {len(sent[port])} of {port} came out changed")
    for port, far in appliance.OTHER_PORT.items():
        if len(box.received[far]) != len(sent[port]):
            complaints.append(f"{len(sent[port])} frames went in {port}, {len(box.received[far])} came out {far}")
    return sent, complaints


def sum_up(sent, alerts, expected, complaints):
    unchanged = "identical" if not any("came out" in c for c in complaints) else "NOT ALL IDENTICAL"
    frames = ", ".join(f"{len(sent[port])} {port} to {far}" for port, far in appliance.OTHER_PORT.items())
    print(f"\n\nframes: {frames}, {unchanged}")
    for server in sorted({alert.server for alert in alerts}):
        count = Counter(alert.severity for alert in alerts if alert.server == server)
        print(f"{server} turned: " + ", ".join(f"{count[s]} {s.lower()}" for s in SEVERITIES if count[s]) + " alerts")
    missing = any("not reported" in c for c in complaints)
    print(f"{len(planted(expected))} planted threats looked for: {'SOME MISSING' if missing else 'all reported'}")
    for complaint in complaints:
        print(f"FAILED {complaint}")
    sys.stdout.flush()


def demonstrate(options, folder):
    """Returns the exit status."""
    packets, expected = capture.read(CAPTURES / f"{STORY}.pcap"), expectations(STORY)
    nets = [ipaddress.ip_network(net) for net in expected["inside_net"]]
    flash = write_flash(options.signatures)
    began = datetime.fromtimestamp(packets[0][0], timezone.utc)
    say(f"{shown(options.image)} on two AArch64 cores in QEMU, {shown(options.signatures)} in its flash. Its clock\n"
        f"is set to {began:%Y-%m-%d %H:%M:%S} UTC, when {STORY}.pcap begins. Its serial line:")
    machine = ["-rtc", f"base={began:%Y-%m-%dT%H:%M:%S}", "-action", "reboot=reset"]
    with appliance.Appliance(folder, flash, machine, options.image, serial_printer(), options.patience) as box:
        box.wait_until_up()
        say(f"{len(packets)} frames of {STORY}.pcap, those from {' and '.join(expected['inside_net'])} into the inside port:")
        sent, complaints = play(box, packets, nets)
        alerts = all_alerts(box)
        complaints += [*judge_counts(box, sent), *judge_alerts(alerts, expected)]
        sum_up(sent, alerts, expected, complaints)
        if terminal.is_here():
            say(f"The serial line is yours: try 'help'. {terminal.LEAVING}.")
            box.type(b"\r")
            terminal.hand_over(box.process, box.type)
            if box.process.poll() is not None:
                raise Failure(f"the appliance ended by itself, QEMU with status {box.process.returncode}")
            say("The appliance is off.")
    return 1 if complaints else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--image", type=Path, default=appliance.IMAGE, help="the appliance's program")
    parser.add_argument("--signatures", type=Path, default=SIGNATURES, help="what it is to look for")
    parser.add_argument("--patience", type=float, default=appliance.PATIENCE_S, metavar="S",
                        help="seconds that a frame, or the start, may take")
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda signum, frame: sys.exit(128 + signum))
    try:
        for file in (options.image, TOOL):
            if not file.exists():
                raise Failure(f"{shown(file)} is missing: run make first")
        if not shutil.which(appliance.QEMU):
            raise Failure(f"{appliance.QEMU} is missing: make run installs it")
        OUT.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="portreeve-") as folder:
            sys.exit(demonstrate(options, folder))
    except (Failure, appliance.NoAnswer, OSError) as error:
        sys.exit(f"\nFAILED {error}")
    except subprocess.CalledProcessError as error:
        sys.exit(f"\nFAILED {' '.join(map(str, error.cmd))} ended with status {error.returncode}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
