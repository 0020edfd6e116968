#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Mails written by hand: header block, MIME parts in each encoding, and beside each the values that
a reader has to find in it. The same bytes in each run; sizes and hashes of attachments are those
that wc and sha256sum tell of the file that goes in.
"""

import base64
import quopri
import subprocess
from dataclasses import dataclass, field

from talk import filler

DATE = "Mon, 01 Jun 2026 10:00:00 +0000"
CRLF = b"\r\n"
TEXT = b"The tide turns at six.\r\nMind the lock gates.\r\n"


@dataclass(frozen=True)
class Mail:
    """data: lines that end in CR LF, not dot-stuffed. facts: of an entry of "smtp" in NAME.json."""

    data: bytes
    facts: dict = field(default_factory=dict)


def sha256sum(data):
    done = subprocess.run(["sha256sum"], input=data, capture_output=True, check=True)
    return done.stdout.decode().split()[0]


def attachment(name, data):
    """What is expected of an attached file; a name of None: it has none."""
    named = {"filename": name} if name else {}
    return named | {"size": len(data), "sha256": sha256sum(data)}


def cargo(name, size):
    """A file's content: bytes of any value."""
    return filler(f"cargo {name}", size)


def wrapped(text, width=76):
    return CRLF.join(text[at : at + width] for at in range(0, len(text), width)) + CRLF


def encoded(data, encoding):
    if encoding == "base64":
        return wrapped(base64.b64encode(data))
    if encoding == "quoted-printable":
        return quopri.encodestring(data.replace(CRLF, b"\n")).replace(b"\n", CRLF)
    return data


def part(kind, body, encoding="", disposition="", more=()):
    """A MIME entity: kind is the whole Content-Type value."""
    lines = [f"Content-Type: {kind}"] if kind else []
    lines += [f"Content-Transfer-Encoding: {encoding}"] if encoding else []
    lines += [f"Content-Disposition: {disposition}"] if disposition else []
    return "\r\n".join([*lines, *more, "", ""]).encode() + encoded(body, encoding)


def joined(boundary, parts, preamble=b"", epilogue=b""):
    """The body of a multipart; the line end before a delimiter belongs to the delimiter."""
    mark = b"--" + boundary.encode()
    out = preamble + b"".join(mark + CRLF + piece + CRLF for piece in parts)
    return out + mark + b"--" + CRLF + epilogue


def multipart(boundary, parts, subtype="mixed", **more):
    """An entity to nest: (Content-Type value, body)."""
    return f'multipart/{subtype}; boundary="{boundary}"', joined(boundary, parts, **more)


def mail(subject="tide table", number=1, entity=None, headers=(), body=TEXT, **options):
    """A mail of ordinary headers in an ordinary order.

    subject: as written, or (as written, as read). entity: (Content-Type value, body) or None for
    plain text. headers: (name, value) pairs in front of MIME's; options: sender, to, cc, drop
    (names of headers to leave out), attachments, encoding and further facts.
    """
    sender = options.pop("sender", "Mate <mate@harbour.example>")
    to, cc = options.pop("to", "Bosun <bosun@port.example>"), options.pop("cc", "")
    drop, encoding = options.pop("drop", ()), options.pop("encoding", "")
    written, read = subject if isinstance(subject, tuple) else (subject, subject)
    domain = sender.rstrip(">").split("@")[-1]
    pairs = [("Date", DATE), ("From", sender), ("To", to)] + ([("Cc", cc)] if cc else [])
    pairs += [("Subject", written), ("Message-ID", f"<berth-{number}@{domain}>"), *headers]
    if entity:
        pairs += [("MIME-Version", "1.0"), ("Content-Type", entity[0])]
        body = entity[1]
    if encoding:
        pairs.append(("Content-Transfer-Encoding", encoding))
    pairs = [pair for pair in pairs if pair[0] not in drop]
    block = "".join(f"{name}: {value}\r\n" for name, value in pairs)
    return Mail(block.encode() + CRLF + body, facts_of(pairs, read) | options)


def facts_of(pairs, subject):
    """The header fields that are reported, and the order of all."""
    found = {name.lower(): value for name, value in pairs}
    names = [name.lower() for name, _ in pairs]
    order = [name for at, name in enumerate(names)
             if name != "received" or at == 0 or names[at - 1] != name]
    out = {"from": found.get("from"), "to": _addresses(found, "to"), "cc": _addresses(found, "cc"),
           "subject": subject if "subject" in found else None, "date": found.get("date"),
           "message_id": found.get("message-id"), "x_mailer": found.get("x-mailer"),
           "header_order": ",".join(order)}
    return {key: value for key, value in out.items() if value}


def _addresses(found, name):
    return [word.strip() for word in found.get(name, "").split(",") if word.strip()]


def with_file(name, data, encoding="base64", **options):
    """A mail of a text and one attachment whose name stands in Content-Disposition."""
    boundary = options.pop("boundary", "=_berth_4711")
    kind = options.pop("kind", "application/octet-stream")
    disposition = options.pop("disposition", f'attachment; filename="{name}"')
    parts = [part("text/plain; charset=us-ascii", TEXT),
             part(kind, data, encoding, disposition)]
    return mail(entity=multipart(boundary, parts), attachments=[attachment(name, data)], **options)
