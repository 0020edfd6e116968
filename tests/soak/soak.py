#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The appliance under floods for a time: SYNs, out-of-order segments, fragments, datagrams and tiny frames as fast as QEMU
takes them, and SSH and mail sessions among them. No frame is lost on the way to it or from it (unix sockets wait), so at
the end everything has to add up:

- the frames that came out are those that went in, in their order (number and CRC of each stream);
- both accounting identities, at instants while frames pass and at the end; every buffer is in one place;
- no reset, and no event lost; for each session, those that were established before the floods and those that came later,
  the alert that tells that it was read;
- when all flows have ended, no session is left and every block of the inspection's memory is free.

usage: soak.py [--seconds N] [--seed N]
"""

import argparse
import ctypes
import re
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("tools/demo", "tests/captures", "tests/soak")]
sys.dont_write_bytecode = True

from appliance import OTHER_PORT, PROMPT, Appliance  # noqa: E402
from floods import endless  # noqa: E402
from sessions import Session, signatures  # noqa: E402

TOOL = ROOT / "build" / "tools" / "portreeve-tool"
ESTABLISHED = 20  # sessions that begin before the floods and last through them
LATER_SECONDS, LATER_EVERY_SECONDS = 4, 0.5  # those that begin later
RUN = 128  # frames of floods at a time
ACCOUNTS_EVERY_SECONDS = 5
PATIENCE_S = 300  # of a loaded machine
QUIET_S = 20
ALERT = re.compile(rb"(198\.18\.\d+\.\d+):\d+\s+[^[\x1b]*\[(\d+)\]")  # over rows
ALERT_BYTES = 400  # at most, up to there
CLONE_NEWNET = 0x40000000
QUEUE = 1000  # frames in a socket: fewer make QEMU wait for us
IDENTITY = re.compile(r"^(inside|outside) +(\d+) in = (\d+) forwarded \+ (\d+) dropped(.*)$", re.M)


class Soaked(Appliance):
    """As Appliance, but frames that come out are only counted, and their CRC kept; of what the serial line says the alerts
    on sessions are kept."""

    def __init__(self, folder, flash):
        super().__init__(folder, flash, on_serial=self._hear, patience_s=PATIENCE_S)
        self.sent = {port: [0, 0] for port in OTHER_PORT}
        self.came = {port: [0, 0] for port in OTHER_PORT}
        self.alerts = []
        self._heard = b""

    def _read_port(self, port):
        stream = self.came[port]
        try:
            while True:
                frame = self._sockets[port].recv(70000)
                stream[1] = zlib.crc32(frame, stream[1])
                stream[0] += 1
        except OSError:
            pass  # closed at the end

    def _hear(self, chunk):
        self._heard += chunk
        end = 0
        for found in ALERT.finditer(self._heard):
            self.alerts.append((found[1].decode(), int(found[2])))
            end = found.end()
        self._heard = self._heard[max(end, len(self._heard) - ALERT_BYTES) :]

    def forget(self):
        """What the serial line said, but for its end."""
        with self._changed:
            self.text = self.text[-len(PROMPT) :]

    def send(self, port, frame):
        stream = self.sent[port]
        super().send(port, frame)
        stream[1] = zlib.crc32(frame, stream[1])
        stream[0] += 1
        return port, stream[0]

    def step(self, session):
        """Sends a session's next frame, unless the one before has not come out yet; whether it did."""
        if session.before and self.came[OTHER_PORT[session.before[0]]][0] < session.before[1]:
            return False
        session.before = self.send(*session.waiting.popleft())
        return True


def go_on(box, sessions, now):
    """Sends what is due of each session; returns those that have more."""
    for session in sessions:
        while session.waiting and session.due <= now and box.step(session):
            session.due += session.pace
    return [session for session in sessions if session.waiting]


def establish(box):
    """Sessions up to the server's identification or greeting."""
    sessions = [Session(number) for number in range(ESTABLISHED)]
    for session in sessions:
        for _ in range(session.head):
            while not box.step(session):
                time.sleep(0.001)
    return sessions


def check_accounts(box):
    """The accounts, which must add up, whatever is on its way."""
    accounts = box.command("show accounts")
    box.forget()
    if "DOES NOT ADD UP" in accounts or len(IDENTITY.findall(accounts)) != 2:
        sys.exit(f"the accounts do not add up:\n{accounts}")
    return accounts


def flood(box, seconds, seed):
    """Returns the sessions that took part."""
    everyone = establish(box)
    flooding, start = endless(seed), time.monotonic()
    running = [session.spread(0, 0.9 * seconds) for session in everyone]
    next_session, next_accounts = 0, ACCOUNTS_EVERY_SECONDS
    while (now := time.monotonic() - start) < seconds:
        for _ in range(RUN):
            box.send(*next(flooding))
        running = go_on(box, running, now)
        if now >= next_session and now < seconds - LATER_SECONDS:
            everyone.append(Session(len(everyone)).spread(now, LATER_SECONDS))
            running.append(everyone[-1])
            next_session = now + LATER_EVERY_SECONDS
        if now >= next_accounts:
            check_accounts(box)
            next_accounts = now + ACCOUNTS_EVERY_SECONDS
    while running := go_on(box, running, float("inf")):
        box.send(*next(flooding))
    return everyone


def wait_until_through(box):
    """Until as many frames have come out as went in, or none has come for a while: faults() tells them apart."""
    came = None
    while came != (came := [stream[0] for stream in box.came.values()]):
        deadline = time.monotonic() + QUIET_S
        while time.monotonic() < deadline and [stream[0] for stream in box.came.values()] == came:
            if all(box.came[OTHER_PORT[port]][0] == box.sent[port][0] for port in OTHER_PORT):
                return
            time.sleep(0.01)


def last_words(box):
    """Ends all flows; what the appliance says before it restarts, which ends QEMU."""
    box.type(b"reboot\r")
    box.wait_for("the reboot", lambda: "portreeve: rebooting" in box.text)
    box.wait_for_end()
    return box.text.replace("\r", "")


def faults(box, everyone, accounts, ending):
    """Whatever is not as it must be."""
    for port, (count, crc) in box.sent.items():
        if box.came[OTHER_PORT[port]] != [count, crc]:
            yield f"{port}: {count} frames went in, others came out: {box.came[OTHER_PORT[port]][0]}"
        if (port, str(count), str(count), "0", "") not in IDENTITY.findall(accounts):
            yield f"{port}: {count} frames went in, but the accounts say otherwise"
    if not re.search(r"^events +0 lost", accounts, re.M):
        yield "events were lost"
    told = sorted(box.alerts)
    due = sorted((str(session.peer), session.sid) for session in everyone)
    if told != due:
        yield f"sessions without their alert: {sorted(set(due) - set(told))}; alerts too many: {len(told) - len(due)}"
    if not re.search(r"^scanner +0 flows, 0 half-open, 0 inspected;\s+(\d+) of \1 stream blocks free", ending, re.M):
        yield "flows or blocks were not given back"


def soak(seconds, seed):
    """Returns what is wrong; prints the figures."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        rules, signature_set, flash = (folder / name for name in ("sig", "set", "flash"))
        rules.write_text(signatures())
        subprocess.run([TOOL, "sig", "compile", rules, "-o", signature_set], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([TOOL, "flash", "write", flash, "--signatures", signature_set], check=True)
        with Soaked(folder, flash) as box:
            box.wait_until_up()
            start = time.monotonic()
            everyone = flood(box, seconds, seed)
            took = time.monotonic() - start
            wait_until_through(box)
            accounts = check_accounts(box)
            drops = box.command("show drops")
            box.forget()
            ending = last_words(box)
            wrong = list(faults(box, everyone, accounts, ending))
    frames = sum(count for count, _ in box.sent.values())
    print(f"{frames} frames in {took:.0f} s, {frames / took:.0f} a second; {len(everyone)} sessions, {ESTABLISHED} of them "
          f"established before the floods; {len(box.alerts)} alerts\n\n{accounts}\n{drops}\nafter all flows have ended:\n"
          f"{ending[ending.index('scanner') :]}")
    return wrong


def deepen_queues():
    """In a network of our own, which is where the length of a socket's queue is set. Without root: as long as it is."""
    if ctypes.CDLL(None).unshare(CLONE_NEWNET) == 0:
        Path("/proc/sys/net/unix/max_dgram_qlen").write_text(str(QUEUE))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    deepen_queues()
    wrong = soak(options.seconds, options.seed)
    for line in wrong:
        print(f"FAILED: {line}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
