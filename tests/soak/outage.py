#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""SSH handshakes across `portreeve run` while it is killed, stopped and replaced, again and again. OpenSSH's server stands
inside; outside ssh-keyscan exchanges keys with it, many at a time, and ssh logs in, one after the other. None may fail: TCP
repeats what an outage takes. Beside them frames pass at a fixed pace, which tell how long each outage was:

- killed, or stopped: from the first lost frame to the first that came again;
- ended in an orderly way and started again, as an upgrade does: not one frame may be lost.

In each round the program is killed, started, stopped, continued, ended and started; each lasts until enough of the
handshakes have come to their end. Needs root. Of a machine that is busy with other things the gaps tell little.

Without --driver, with packet sockets and then with AF_XDP.

usage: outage.py [--handshakes N] [--rounds N] [--heartbeat MS] [--driver packet|xdp] [--bars]
"""

import argparse
import math
import signal
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("tests/captures", "tests/system", "tests/soak")]
sys.dont_write_bytecode = True

from live import DRIVERS, Bridged, Live  # noqa: E402
from net import SERVER4, end_on_signal  # noqa: E402
from pace import __file__ as PACE  # noqa: E402
from peers import Sshd, ssh  # noqa: E402

PORTREEVE = ROOT / "build" / "linux" / "portreeve"
SSHD = "MaxStartups 2000\nLoginGraceTime 600\nKexAlgorithms curve25519-sha256\n"
SCANS_AT_A_TIME = 40  # what ssh-keyscan makes of its file descriptors
DESCRIPTORS = SCANS_AT_A_TIME + 16
SCAN_TIMEOUT_S = 120
PATIENCE_S = 600
AFTER_NS = 50_000_000
KILL_MS, HEARTBEATS = 10, 2  # the bars: after a kill, and when it is stopped


class Handshakes:
    """As many as are asked for, under way from the start of the block on; the end of the block waits for them."""

    def __init__(self, net, count):
        self.net, self.count = net, count
        self.logins, self.failures = 0, []
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._log_in, daemon=True)

    def __enter__(self):
        self.sshd = Sshd(self.net, config=SSHD).start()
        servers = self.net.files / "servers"
        servers.write_text(f"{SERVER4}\n" * self.count)
        limited = f"ulimit -n {DESCRIPTORS} && exec stdbuf -oL ssh-keyscan -T {SCAN_TIMEOUT_S} -t ed25519 -f {servers}"
        self.scan = self.net.start(self.net.client, "sh", "-c", limited)
        self._line_bytes = len(f"{SERVER4} ssh-ed25519 \n") + len(Path(f"{self.sshd.hostkey}.pub").read_text().split()[1])
        self._thread.start()
        return self

    def _log_in(self):
        while not self._ends.is_set():
            try:
                ssh(self.sshd, command="true")
                self.logins += 1
            except Exception as error:  # whatever it was, a login failed
                self.failures.append(str(error))

    def scanned(self):
        """How many key exchanges have succeeded."""
        return Path(f"{self.scan.log}.out").stat().st_size // self._line_bytes

    def under_way(self):
        return self.scan.process.poll() is None

    def wait_for(self, count):
        """Until so many more have succeeded, or all have come to their end."""
        due, deadline = self.scanned() + count, time.monotonic() + PATIENCE_S
        while self.under_way() and self.scanned() < due:
            if time.monotonic() > deadline:
                sys.exit(f"no handshake succeeds any more: {self.scanned()} of {self.count} did")
            time.sleep(0.02)

    def __exit__(self, *failure):
        if failure[0] is None:
            self.wait_for(self.count)
        self._ends.set()
        self._thread.join()
        self.succeeded, self.said = self.scanned(), self.scan.said()


class Frames:
    """The frames of pace.py from outside to inside, from the start of the block to its end."""

    def __init__(self, net):
        self.net = net

    def __enter__(self):
        self._receiver = self.net.start(self.net.server, "/usr/bin/python3", PACE, "receive", "inside")
        self._receiver.wait_said("receiving")
        self._sender = self.net.start(self.net.client, "/usr/bin/python3", PACE, "send", "outside")
        return self

    def __exit__(self, *_):
        self._sender.end()
        time.sleep(1)  # what is under way comes
        self._receiver.end()
        self.sent = int(self._sender.output())
        self.came = [tuple(map(int, line.split())) for line in self._receiver.output().splitlines()]

    def repeated(self):
        return len(self.came) - len({number for number, _, _ in self.came})

    def gaps(self):
        """(when the frames before and after were sent, how many were lost between them, for how many ns), by time. When the
        lost ones were sent is not known: each a pace after the one before."""
        ordered = sorted(self.came)
        for (before, sent_ns, _), (after, next_ns, _) in zip(ordered, ordered[1:]):
            if after > before + 1:
                lost = after - before - 1
                yield sent_ns, next_ns, lost, (next_ns - sent_ns) * lost // (lost + 1)


def rounds(box, handshakes, each):
    """Yields (what was done, when it was begun, when it was done), for as long as there are handshakes."""
    steps = (("kill", lambda: box.end(signal.SIGKILL)), ("start", box.__enter__),
             ("stop", lambda: box.program.process.send_signal(signal.SIGSTOP)),
             ("continue", lambda: box.program.process.send_signal(signal.SIGCONT)),
             ("restart", box.end), ("restart", box.__enter__))
    while handshakes.under_way():
        for name, step in steps:
            begun_ns = time.time_ns()
            step()
            yield name, begun_ns, time.time_ns()
            handshakes.wait_for(each)


def sort_out(gaps, outages):
    """{what was done: [(frames lost, ms) of each time]}; what was lost meanwhile, and right after it, unless the next thing was
    done before it ended. The rest is "none": a scanner that this machine had no time for, which is stalled like any other."""
    losses = {name: [] for name in ("kill", "start", "stop", "continue", "restart", "none")}
    ends_ns = [begun_ns for _, begun_ns, _ in outages[1:]] + [math.inf]
    for (name, begun_ns, done_ns), end_ns in zip(outages, ends_ns):
        own = [gap for gap in gaps if begun_ns <= gap[1] < end_ns and gap[0] <= done_ns + AFTER_NS]
        gaps = [gap for gap in gaps if gap not in own]
        losses[name].append((sum(lost for _, _, lost, _ in own), max((ns for _, _, _, ns in own), default=0) / 1e6))
    losses["none"] = [(lost, ns / 1e6) for _, _, lost, ns in gaps]
    return losses


def report(losses, options):
    """Prints a row for each kind of outage; yields what is beyond its bar."""
    bars = {"kill": KILL_MS, "stop": HEARTBEATS * options.heartbeat}
    print(f"{'':10} {'times':>6} {'frames lost':>12} {'at most':>8} {'gap at most':>12}  {'median':>9}  bar")
    for name, of in losses.items():
        lost, gaps = [lost for lost, _ in of], sorted(ms for _, ms in of)
        bar = f"<= {bars[name]} ms" if name in bars else "0 frames" if name == "restart" else ""
        if of:
            print(f"{name:10} {len(of):6} {sum(lost):12} {max(lost):8} {gaps[-1]:9.1f} ms  {gaps[len(gaps) // 2]:6.1f} ms  {bar}")
        if name == "restart" and sum(lost):
            yield f"{sum(lost)} frames were lost in planned restarts"
        if options.bars and name in bars and of and gaps[-1] > bars[name]:
            yield f"a {name}'s gap was {gaps[-1]:.1f} ms"


def outage(driver, options):
    """Returns what is wrong; prints the figures."""
    each, outages = max(1, options.handshakes // (6 * options.rounds)), []
    with Bridged(driver=driver) as net, Live(net, PORTREEVE, "--heartbeat", str(options.heartbeat)) as box:
        start = time.monotonic()
        with Frames(net) as frames, Handshakes(net, options.handshakes) as handshakes:
            for done in rounds(box, handshakes, each):
                outages.append(done)
        took = time.monotonic() - start
        read = len(box.events("ssh"))
    print(f"{handshakes.succeeded} of {options.handshakes} key exchanges and {handshakes.logins} of "
          f"{handshakes.logins + len(handshakes.failures)} logins succeeded in {took:.0f} s, {len(outages)} outages among them; "
          f"{read} were read\n{len(frames.came)} of {frames.sent} frames came, {frames.repeated()} of them twice; a pace of 1 ms, "
          f"heartbeat {options.heartbeat} ms, driver {driver}\n")
    wrong = list(report(sort_out(list(frames.gaps()), outages), options)) + handshakes.failures
    if handshakes.succeeded != options.handshakes:
        wrong.append(f"key exchanges failed: {handshakes.said[-2000:]}")
    if frames.repeated():
        wrong.append("frames came twice")
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--handshakes", type=int, default=10000)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--heartbeat", type=int, default=10)
    parser.add_argument("--driver", choices=DRIVERS)
    parser.add_argument("--bars", action="store_true", help="hold the gaps to the bars, too")
    options = parser.parse_args()
    end_on_signal()
    wrong = [line for driver in ([options.driver] if options.driver else DRIVERS) for line in outage(driver, options)]
    for line in wrong:
        print(f"FAILED: {line}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
