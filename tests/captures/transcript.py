#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What mail clients print about a connection, as facts: who greeted whom, what was asked for and
what was answered. Each client prints commands and replies in its own way; here they become the same
(">" or "<", text) lines, and from these lines sessions with their transactions are read. A line
"=" says that a mail's content has been sent whole; clients that do not tell it wait for the reply.
"""

import ast
import json
import re

COMMAND = re.compile(r"\s*([A-Za-z]+)\s*(.*)", re.S)
ENVELOPE = re.compile(r'(?:from|to)\s*:\s*(<(?:"[^"]*"|[^">])*>|\S*)', re.I)


def of_swaks(program):
    """A ">" or "<" line each; what is encrypted (~> and <~) is left out."""
    for line in program.output().splitlines():
        if found := re.match(r" ?(->|\*\*>?|<-|<\*\*) +(.*)", line):
            yield (">" if ">" in found[1] else "<"), found[2]


def of_smtplib(program):
    """set_debuglevel(1): content is a bytes literal after send, commands are text."""
    for line in program.said().splitlines():
        if found := re.match(r"send: ('.*'|\".*\")$", line):
            yield ">", ast.literal_eval(found[1]).rstrip("\r\n")
        elif found := re.match(r"reply: (b'.*'|b\".*\")$", line):
            yield "<", ast.literal_eval(found[1]).decode("latin-1").rstrip("\r\n")


def of_curl(program):
    for line in program.said().splitlines():
        if line[:2] in ("> ", "< "):
            yield line[0], line[2:].rstrip("\r")


def of_postfix(log):
    """The smtp and lmtp clients with -v."""
    for line in log.splitlines():
        if found := re.search(r"postfix/[sl]mtp\[\d+\]: ([<>]) [^ ]*\]:[^ :]*: (.*)", line):
            yield found[1], found[2]


def of_opensmtpd(log):
    for line in log.splitlines():
        if found := re.match(r"mta: 0x\w+: (>>>|<<<) (.*)", line):
            yield found[1][0], found[2]


def of_exim(log):
    """-d+transport. A reply's lines are indented after the first."""
    for line in log.splitlines():
        if found := re.match(r"(?: *\d+ )?  SMTP(<<|>>|\|>|\+>) (.*)", line):
            yield ("<" if found[1] == "<<" else ">"), found[2]
        elif found := re.match(r"(?: *\d+ )? {9}(\d\d\d[ -].*)", line):
            yield "<", found[1]


def utf8(text):
    """What was sent as bytes; latin-1 text where they are no UTF-8."""
    raw = text.encode("latin-1")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return text


def of_talk(program):
    for line in program.output().splitlines():
        direction, text = json.loads(line)
        text = utf8(text)
        if direction == "=":
            yield direction, ""
        elif direction == ">":
            for command in re.findall(r"[^\n]*\n|[^\n]+", text):
                yield ">", command.rstrip("\r\n")
        else:
            yield direction, text


class Reader:
    """Reads lines into sessions: each command waits for its reply, in order."""

    def __init__(self):
        self.sessions, self.waiting, self.content, self.deaf = [], [], False, False
        self.helo = self.mail = None

    def line(self, direction, text):
        if self.deaf:
            pass  # encrypted: only the client can read it
        elif direction == "<":
            if re.match(r"\d\d\d( |$)", text):
                self.reply(text)
        elif direction == "=":
            if self.content:
                self.content = False
                self.waiting.append(("CONTENT", ""))
        elif self.content:
            pass
        elif self.waiting and self.waiting[-1][0] == "AUTH":
            pass  # what is said in a login
        else:
            word, rest = COMMAND.match(text or "?").groups() if COMMAND.match(text) else ("", text)
            self.waiting.append((word.upper(), rest))

    def reply(self, text):
        code = text[:3]
        if self.content:
            self.content = False
            self.end_mail(code)
        elif not self.waiting:
            self.sessions.append({"banner": text[4:], "transactions": []})
            self.helo = self.mail = None
        elif code == "334":
            pass
        else:
            word, rest = self.waiting.pop(0)
            getattr(self, f"on_{word.lower()}", self.on_other)(code, rest)

    @property
    def session(self):
        return self.sessions[-1]

    def on_other(self, code, rest):
        pass

    def on_ehlo(self, code, rest):
        if code == "250":
            self.helo = rest.strip()
            self.session.setdefault("helo", self.helo)
            self.abort()

    on_helo = on_lhlo = on_ehlo

    def on_starttls(self, code, _rest):
        self.deaf = code == "220"
        self.session["starttls"] = "accepted" if self.deaf else "refused"

    def on_auth(self, code, rest):
        self.session["auth"] = {"mechanism": rest.split()[0].upper(), "code": code}

    def on_mail(self, code, rest):
        found = ENVELOPE.match(rest)
        if not found:
            return
        mail = {"helo": self.helo, "mail_from": found[1], "rcpt_to": [], "rcpt_codes": [],
                "mail_code": code}
        if not self.helo:
            del mail["helo"]
        if self.mail is None or "mail_from" not in self.mail:
            self.session["transactions"].append(mail)
            self.mail = mail if code[0] == "2" else None

    def on_rcpt(self, code, rest):
        found = ENVELOPE.match(rest)
        if self.mail is None and found:  # without MAIL
            self.mail = {"rcpt_to": [], "rcpt_codes": []}
            self.mail |= {"helo": self.helo} if self.helo else {}
            self.session["transactions"].append(self.mail)
        if self.mail is not None:
            self.mail["rcpt_to"].append(found[1] if found else rest)
            self.mail["rcpt_codes"].append(code)

    def on_data(self, code, _rest):
        if code == "354":
            self.content = True
            if self.mail is not None:
                self.mail["content"] = True
        elif self.mail is not None:
            self.mail["data_code"] = code

    def on_content(self, code, _rest):
        self.end_mail(code)

    def on_bdat(self, code, rest):
        if self.mail is not None:
            self.mail["content"] = True
            if code[0] != "2" or re.search(r"\blast\b", rest, re.I):
                self.end_mail(code)

    def end_mail(self, code):
        if self.mail is not None:
            self.mail["data_code"] = code
            self.mail = None

    def on_rset(self, _code, _rest):
        self.abort()

    def abort(self):
        if self.mail is not None:
            self.mail["aborted"] = True
        self.mail = None


def sessions(lines):
    reader = Reader()
    for direction, text in lines:
        reader.line(direction, text)
    return reader.sessions
