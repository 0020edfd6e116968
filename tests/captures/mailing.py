#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The mail clients of the recordings, run to their end: swaks, curl, Python's smtplib, and a client
that sends what it is told byte by byte (smtp_talk.py). Each returns the sessions that it printed
(transcript.py), their transactions joined with what is known of the mails it sent.
"""

import json
import subprocess
from pathlib import Path

import transcript
from net import RecordingError

TALK = Path(__file__).resolve().parent / "smtp_talk.py"
PYTHON = "/usr/bin/python3"

SMTPLIB = """
import json, smtplib, ssl, sys
job = json.load(sys.stdin)
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
if job["tls"] == "implicit":
    client = smtplib.SMTP_SSL(local_hostname=job["helo"], context=context)
else:
    client = smtplib.SMTP(local_hostname=job["helo"])
client.set_debuglevel(1)
client._host = job["name"]
client.connect(job["address"], job["port"])
if job["tls"] in ("starttls", "try"):
    client.ehlo()
    try:
        client.starttls(context=context)
    except (smtplib.SMTPResponseException, smtplib.SMTPNotSupportedError) as error:
        if job["tls"] != "try":
            raise
for sender, recipients, data, options in job["mails"]:
    try:
        client.sendmail(sender, recipients, data.encode("latin-1"), options)
    except smtplib.SMTPException as error:
        if not job["may_fail"]:
            raise
client.quit()
"""


def finished(net, side, *command, stdin=b"", status=0):
    """A client's run to its end; status None: however it ends. Returns the ended program."""
    path = net.files / f"stdin-{net.programs}"
    path.write_bytes(stdin)
    with open(path, "rb") as source:
        program = net.start(side, *command, stdin=source,
                            env={"PATH": "/usr/bin:/bin", "HOME": str(net.files)})
    ended = program.wait_end()
    if status not in (ended, None):
        raise RecordingError(f"{command} ended with {ended}: {program.said()}{program.output()}")
    return program


def described(sessions, mails):
    """The sessions; each transaction whose content was sent gets the facts of the next mail."""
    mails = iter(mails)
    for session in sessions:
        for transaction in session["transactions"]:
            content = transaction.pop("content", False)
            if transaction.get("mail_code") == "250":
                del transaction["mail_code"]
            if content:
                own = next(mails, None)
                transaction.update(own.facts if own else {})
    if left := list(mails):
        raise RecordingError(f"{len(left)} mails were not sent: {sessions}")
    return sessions


def swaks(net, side, address, *options, helo, sender, to, mail=None, status=0):
    """mail: a Mail, sent as it is; None: swaks' own."""
    words = ["swaks", "--server", address, "--helo", helo, "--from", sender, "--to", ",".join(to)]
    if mail:
        path = net.files / f"mail-{net.programs}"
        path.write_bytes(mail.data.replace(b"\r\n", b"\n"))
        words += ["--data", f"@{path}"]
    program = finished(net, side, *words, *options, status=status)
    found = transcript.sessions(transcript.of_swaks(program))
    encrypted = found[0].get("starttls") == "accepted"
    return found if encrypted else described(found, [mail] if mail else [])


def curl(net, side, address, *options, helo, sender, to, mail, name="", port=25, scheme="smtp"):
    """name: by which the server is called (and asked for in TLS), instead of by its address."""
    path = net.files / f"mail-{net.programs}"
    path.write_bytes(mail.data)
    host = name or (f"[{address}]" if ":" in address else address)
    words = ["curl", "-sS", "-v", "-k", "--resolve", f"{name}:{port}:{address}"] if name else [
        "curl", "-sS", "-v", "-k"]
    words += ["--url", f"{scheme}://{host}:{port}/{helo}", "--mail-from", sender]
    words += [word for recipient in to for word in ("--mail-rcpt", recipient)]
    program = finished(net, side, *words, "--upload-file", path, *options)
    if scheme == "smtps":
        return [{"transactions": None} | ({"sni": name} if name else {})]
    found = transcript.sessions(transcript.of_curl(program))
    if found[0].get("starttls") == "accepted":
        return [found[0] | ({"sni": name} if name else {})]
    return described(found, [mail])


def smtplib(net, side, address, mails, *, helo, name="", port=25, tls="", may_fail=False):
    """mails: (sender, recipients, Mail) or with a list of ESMTP options as a fourth."""
    jobs = [[sender, to, mail.data.decode("latin-1"), list(*options)]
            for sender, to, mail, *options in mails]
    job = {"address": address, "port": port, "helo": helo, "name": name or address, "tls": tls,
           "mails": jobs, "may_fail": may_fail}
    program = finished(net, side, PYTHON, "-c", SMTPLIB, stdin=json.dumps(job).encode())
    sni = {"sni": name} if name else {}
    if tls == "implicit":
        return [{"transactions": None} | sni]
    found = transcript.sessions(transcript.of_smtplib(program))
    if found[0].get("starttls") == "accepted":
        return [found[0] | sni]
    sent = [mail for _, _, mail, *_ in mails]
    wanted = sum(t.get("content", False) for session in found for t in session["transactions"])
    return described(found, sent[:wanted] if may_fail else sent)


class Talk:
    """A conversation of smtp_talk.py under construction; commands are sent with CR LF."""

    def __init__(self, greeted=True):
        self.steps, self.mails = [["read", 1]] if greeted else [], []

    def say(self, *commands):
        """One after the other, each answered before the next is sent."""
        for command in commands:
            self.raw(command.encode().decode("latin-1") + "\r\n")
        return self

    def raw(self, text, replies=1):
        self.steps.append(["send", text])
        if replies:
            self.steps.append(["read", replies])
        return self

    def batch(self, *commands, extra=0):
        """All in one segment, then all replies, and those still due (PIPELINING)."""
        return self.raw("".join(command + "\r\n" for command in commands), len(commands) + extra)

    def content(self, data, replies=1):
        """Bytes of a mail, as they are."""
        self.steps.append(["content", data.decode("latin-1")])
        if replies:
            self.steps.append(["read", replies])
        return self

    def data(self, mail, end=b".\r\n"):
        """DATA and a mail, dot-stuffed."""
        return self.say("DATA").data_after_batch(mail, end)

    def data_after_batch(self, mail, end=b".\r\n", replies=1):
        """The mail alone; its command has been answered."""
        stuffed = b"".join(b"." + line if line.startswith(b".") else line
                           for line in mail.data.splitlines(keepends=True))
        self.mails.append(mail)
        return self.content(stuffed + end, replies)

    def bdat(self, mail, *sizes, pipelined=False):
        """A mail in chunks of the sizes given, what is left as the last."""
        at, pieces = 0, []
        for size in sizes:
            pieces.append(mail.data[at : at + size])
            at += size
        pieces.append(mail.data[at:])
        for number, piece in enumerate(pieces, 1):
            last = " LAST" if number == len(pieces) else ""
            self.raw(f"BDAT {len(piece)}{last}\r\n", 0)
            self.content(piece, 0 if pipelined else 1)
        if pipelined:
            self.steps.append(["read", len(pieces)])
        self.mails.append(mail)
        return self

    def envelope(self, sender, *recipients):
        return self.say(f"MAIL FROM:<{sender}>", *(f"RCPT TO:<{one}>" for one in recipients))

    def step(self, *words):
        self.steps.append(list(words))
        return self

    def quit(self):
        return self.say("QUIT")

    def run(self, net, side, address, port=25, source=None):
        extra = [source] if source else []
        program = finished(net, side, PYTHON, TALK, address, port, *extra,
                           stdin=json.dumps(self.steps).encode())
        return described(transcript.sessions(transcript.of_talk(program)), self.mails)


def openssl(net, side, address, port, *options, name=""):
    """openssl s_client: a handshake and QUIT."""
    words = ["openssl", "s_client", "-connect", f"{address}:{port}", "-quiet", "-crlf"]
    words += ["-servername", name] if name else ["-noservername"]
    program = net.start(side, *words, *options, stdin=subprocess.PIPE)
    program.wait_said("verify")
    program.process.stdin.write(b"QUIT\n")
    program.process.stdin.close()
    program.wait_end()
    return {"sni": name} if name else {}
