# SPDX-License-Identifier: BSD-2-Clause
"""The user's terminal: whether there is one, and handing it to the appliance's serial line."""

import contextlib
import os
import select
import signal
import sys
import termios
import tty

CTRL_A = 0x01
READ_BYTES = 1024
LEAVING = "Ctrl-A X leaves"
KEYS = f"\r\n{LEAVING}; Ctrl-A Ctrl-A sends Ctrl-A; Ctrl-A H is this\r\n"


def is_here():
    """Whether someone reads what we print and can type."""
    return all(stream and not stream.closed and stream.isatty() for stream in (sys.stdin, sys.stdout))


def write(data):
    """All of it, at once, to where print() goes; what nobody reads any more is let go."""
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError:
        pass


@contextlib.contextmanager
def noted_signals():
    """A descriptor that is ready once a signal has come: one that comes right before select() does not interrupt it."""
    noted, note = os.pipe()
    os.set_blocking(note, False)
    before = signal.set_wakeup_fd(note)
    try:
        yield noted
    finally:
        signal.set_wakeup_fd(before)
        os.close(noted)
        os.close(note)


def relay(source, process, send):
    """Sends keys until Ctrl-A X, or until the terminal or the process has ended."""
    ended = os.pidfd_open(process.pid)
    command = False
    try:
        while True:
            with noted_signals() as noted:
                ready = select.select([source, ended, noted], [], [])[0]
            if ended in ready:
                return
            if source not in ready:
                continue
            keys = os.read(source, READ_BYTES)
            if not keys:
                return
            for key in keys:
                if not command and key == CTRL_A:
                    command = True
                    continue
                if not command or key == CTRL_A:
                    send(bytes([key]))
                elif key in b"xX":
                    return
                elif key in b"hH":
                    write(KEYS.encode())
                command = False
    finally:
        os.close(ended)


def hand_over(process, send):
    """Gives the keyboard, raw, to send() until the user leaves; the terminal is then as it was, whatever happens."""
    source = sys.stdin.fileno()
    before = termios.tcgetattr(source)
    try:
        tty.setraw(source)
        relay(source, process, send)
    finally:
        termios.tcsetattr(source, termios.TCSANOW, before)
