#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Mails and the SMTP sessions that carry them, drawn from a fixed random generator.

Four clients that speak as their models do (what is pipelined, case, order, what the last dot goes with), three
servers with their texts, and mailers that differ in headers, encodings and MIME structure. Every mail is accepted,
so that whoever counts transactions has to come to the number that was written.
"""

import base64
import hashlib
import quopri
from dataclasses import dataclass, field

WORDS = ("harbour quay lantern tide ledger cargo anchor pilot bell tower gate watch ferry barrel rope market lamp river "
         "bridge charter warden sheriff oxen wool timber granary herring salt mill stone wall ditch moat tallow candle "
         "the a of to and in that is was for on with as at by from or an be this which you we they invoice meeting "
         "please attached regards tomorrow update report server backup completed warning delivery order").split()
NAMES = "alice bob carol dave erin frank grace heidi ivan judy mallory niaj olivia peggy rupert sybil trent victor".split()
DOMAINS = tuple(f"{word}.example" for word in WORDS[:30])
DATE = "Mon, 1 Jun 2026 10:%02d:%02d +0000"
RECIPIENTS = (1, 1, 1, 1, 1, 1, 2, 2, 3, 8)  # how many a mail goes to
BODY_BYTES = 1024, 8192
REJECTED_OF = 20  # one of so many mails goes to an unknown user, too


@dataclass
class Mail:
    sender: str
    recipients: list
    content: bytes  # lines end in CR LF; the last one, too
    unknown: list = field(default_factory=list)  # recipients that the server rejects
    sha256: str = ""  # of the attachment


def words(chance, count):
    return " ".join(chance.choices(WORDS, k=count))


def address(chance):
    return f"{chance.choice(NAMES)}.{chance.choice(WORDS)}{chance.randrange(100)}@{chance.choice(DOMAINS)}"


def name_of(host):
    """What the host with an IPv4 address calls itself: always the same."""
    *_, third, last = map(int, host.split("."))
    return f"{NAMES[last % len(NAMES)]}{third}.{DOMAINS[last % len(DOMAINS)]}"


def identifier(chance, digits=16):
    return f"{chance.getrandbits(4 * digits):0{digits}x}"


def prose(chance, size):
    """About `size` bytes of lines; one begins with a dot now and then."""
    lines, length = [], 0
    while length < size:
        line = words(chance, chance.randrange(6, 13)) if chance.randrange(6) else ""
        if chance.randrange(80) == 0:
            line = "." + line
        lines.append(line)
        length += len(line) + 2
    return "\n".join(lines) + "\n"


def encoded_word(text):
    return "=?UTF-8?B?" + base64.b64encode(text.encode()).decode() + "?="


def html(text):
    paragraphs = "\n".join(f'<p style="margin:0">{line}</p>' for line in text.splitlines() if line)
    return f'<html><head><meta charset="utf-8"></head><body>\n{paragraphs}\n</body></html>\n'


def alternative(chance, size, boundary):
    text = prose(chance, size // 3) + "Grüße vom Kai\n"
    parts = "".join(f"--{boundary}\nContent-Type: text/{kind}; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
                    f"{quopri.encodestring(content.encode()).decode()}\n" for kind, content in
                    (("plain", text), ("html", html(text))))
    return f"This is a multi-part message in MIME format.\n{parts}--{boundary}--\n"


# ---- mailers: (headers, body) -----------------------------------------------------------------------------------

def received(chance, names):
    return (f"from {chance.choice(NAMES)}-pc (unknown [192.0.2.{chance.randrange(1, 255)}])\n\tby {names['helo']} (Postfix)"
            f" with ESMTPSA id {identifier(chance, 10).upper()}\n\tfor <{names['to']}>; {names['date']}")


def person(chance, names, size):
    headers = [("Received", received(chance, names)),
               ("Message-ID", f"<{identifier(chance, 8)}-{identifier(chance, 4)}-4@{names['domain']}>"),
               ("Date", names["date"]), ("MIME-Version", "1.0"), ("User-Agent", "Mozilla Thunderbird"),
               ("Content-Language", "en-GB"), ("Subject", f"Re: {names['subject']}"), ("To", names["to"]),
               ("References", f"<{identifier(chance)}@{names['domain']}>\n <{identifier(chance)}@mail.example>"),
               ("From", names["from"]), ("Content-Type", "text/plain; charset=UTF-8; format=flowed"),
               ("Content-Transfer-Encoding", "7bit")]
    return headers, prose(chance, size)


def office(chance, names, size):
    boundary = f"----=_NextPart_000_{identifier(chance, 4).upper()}_01DC{identifier(chance, 4).upper()}.{identifier(chance, 8).upper()}"
    headers = [("Received", received(chance, names)), ("From", names["from"]), ("To", names["to"]),
               ("Subject", encoded_word(names["subject"] + " für Dienstag")), ("Date", names["date"]),
               ("Message-ID", f"<{identifier(chance)}$@{names['domain']}>"), ("MIME-Version", "1.0"),
               ("Content-Type", f'multipart/alternative;\n\tboundary="{boundary}"'),
               ("X-Mailer", "Microsoft Outlook 16.0"), ("Thread-Index", identifier(chance, 24)),
               ("Content-Language", "de")]
    return headers, alternative(chance, size, boundary)


def newsletter(chance, names, size):
    boundary = f"b1_{identifier(chance, 32)}"
    signature = base64.b64encode(chance.randbytes(128)).decode()
    folded = "\n ".join(signature[at : at + 70] for at in range(0, len(signature), 70))
    headers = [("DKIM-Signature", f"v=1; a=rsa-sha256; c=relaxed/simple; d={names['domain']};\n\ts=mail; h=From:To:Subject:"
                                  f"Date;\n\tb={folded}"),
               ("Received", received(chance, names)), ("Date", names["date"]), ("To", names["to"]),
               ("From", names["from"]), ("Subject", names["subject"]),
               ("Message-ID", f"<{identifier(chance, 32)}@{names['domain']}>"), ("X-Mailer", "PHPMailer 6.9.1"),
               ("List-Unsubscribe", f"<https://{names['domain']}/u/{identifier(chance)}>"), ("Precedence", "bulk"),
               ("MIME-Version", "1.0"), ("Content-Type", f'multipart/alternative; boundary="{boundary}"')]
    return headers, alternative(chance, size, boundary)


def cron(chance, names, size):
    headers = [("From", f"root@{names['domain']} (Cron Daemon)"), ("To", names["to"]),
               ("Subject", f"Cron <root@{chance.choice(WORDS)}> /usr/local/bin/{chance.choice(WORDS)}"),
               ("MIME-Version", "1.0"), ("Content-Type", "text/plain; charset=UTF-8"),
               ("Content-Transfer-Encoding", "8bit"), ("X-Cron-Env", "<SHELL=/bin/sh>"), ("X-Cron-Env", "<HOME=/root>"),
               ("Message-Id", f"<20260601100000.{identifier(chance, 10).upper()}@{names['domain']}>"),
               ("Date", names["date"])]
    return headers, prose(chance, size)


def web_form(chance, names, size):
    headers = [("To", names["to"]), ("Subject", names["subject"]),
               ("X-PHP-Originating-Script", f"10{chance.randrange(10, 99)}:contact.php"), ("From", names["from"]),
               ("Reply-To", address(chance)), ("Content-type", "text/plain; charset=iso-8859-1"),
               ("Message-Id", f"<{identifier(chance, 12)}@{names['domain']}>"), ("Date", names["date"])]
    return headers, prose(chance, size)


MAILERS = (person, person, person, office, office, newsletter, newsletter, cron, web_form)


def assemble(headers, body):
    text = "".join(f"{name}: {value}\n" for name, value in headers) + "\n" + body
    return text.replace("\n", "\r\n").encode()


def mail(chance, helo):
    sender, recipients = address(chance), [address(chance) for _ in range(chance.choice(RECIPIENTS))]
    names = {"helo": helo, "domain": sender.split("@")[1], "to": recipients[0],
             "from": f"{chance.choice(NAMES).title()} {chance.choice(WORDS).title()} <{sender}>",
             "subject": words(chance, chance.randrange(2, 8)).capitalize(),
             "date": DATE % (chance.randrange(60), chance.randrange(60))}
    content = assemble(*chance.choice(MAILERS)(chance, names, chance.randrange(*BODY_BYTES)))
    return Mail(sender, recipients, content, [address(chance)] if chance.randrange(REJECTED_OF) == 0 else [])


def mail_with_attachment(chance, helo, size):
    sender, recipient = address(chance), address(chance)
    boundary, attached = f"=_{identifier(chance, 24)}", chance.randbytes(size)
    name = f"{chance.choice(WORDS)}-{chance.randrange(1000)}.pdf"
    body = (f"--{boundary}\nContent-Type: text/plain; charset=us-ascii\n\n{prose(chance, 400)}\n--{boundary}\n"
            f'Content-Type: application/pdf; name="{name}"\nContent-Transfer-Encoding: base64\n'
            f'Content-Disposition: attachment; filename="{name}"\n\n{base64.encodebytes(attached).decode()}'
            f"--{boundary}--\n")
    headers = [("From", sender), ("To", recipient), ("Subject", words(chance, 4)), ("Date", DATE % (0, 0)),
               ("Message-ID", f"<{identifier(chance)}@{helo}>"), ("MIME-Version", "1.0"),
               ("Content-Type", f'multipart/mixed; boundary="{boundary}"')]
    return Mail(sender, [recipient], assemble(headers, body), sha256=hashlib.sha256(attached).hexdigest())


# ---- servers: what they answer -----------------------------------------------------------------------------------

@dataclass(frozen=True)
class Server:
    banner: str
    extensions: tuple
    mail: str
    rcpt: str
    unknown: str
    data: str
    queued: str
    bye: str

    def ehlo(self, name):
        lines = (name, *self.extensions)
        return "".join(f"250{' ' if at == len(lines) - 1 else '-'}{line}\r\n" for at, line in enumerate(lines))


SERVERS = (
    Server("220 %s ESMTP Postfix (Debian/GNU)", ("PIPELINING", "SIZE 10240000", "VRFY", "ETRN", "ENHANCEDSTATUSCODES",
                                                 "8BITMIME", "DSN", "SMTPUTF8", "CHUNKING"),
           "250 2.1.0 Ok", "250 2.1.5 Ok", "550 5.1.1 <%s>: Recipient address rejected: User unknown",
           "354 End data with <CR><LF>.<CR><LF>", "250 2.0.0 Ok: queued as %s", "221 2.0.0 Bye"),
    Server("220 %s ESMTP Exim 4.96 Mon, 01 Jun 2026 10:00:00 +0000", ("SIZE 52428800", "8BITMIME", "PIPELINING",
                                                                      "PIPECONNECT", "CHUNKING", "HELP"),
           "250 OK", "250 Accepted", "550 <%s>: Unrouteable address",
           '354 Enter message, ending with "." on a line by itself', "250 OK id=1wT%s", "221 closing connection"),
    Server("220 %s ESMTP OpenSMTPD", ("8BITMIME", "ENHANCEDSTATUSCODES", "SIZE 36700160", "DSN", "PIPELINING", "HELP"),
           "250 2.0.0 Ok", "250 2.1.5 Destination address valid: Recipient ok", "550 Invalid recipient: <%s>",
           '354 Enter mail, end with "." on a line by itself', "250 2.0.0 %s Message accepted for delivery",
           "221 2.0.0 Bye"),
)


# ---- clients: how they speak -------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Client:
    hello: str
    mail: str
    rcpt: str
    data: str
    quit: str
    pipelines: bool
    quits_with_dot: bool


CLIENTS = {
    "postfix": Client("EHLO %s", "MAIL FROM:<%s> SIZE=%d", "RCPT TO:<%s>", "DATA", "QUIT", True, True),
    "exim": Client("EHLO %s", "MAIL FROM:<%s> SIZE=%d", "RCPT TO:<%s>", "DATA", "QUIT", True, False),
    "smtplib": Client("ehlo %s", "mail FROM:<%s> size=%d", "rcpt TO:<%s>", "data", "quit", False, False),
    "plain": Client("HELO %s", "MAIL FROM:<%s>", "RCPT TO:<%s>", "DATA", "QUIT", False, False),
}
CLIENT_KINDS = ("postfix",) * 5 + ("exim",) * 2 + ("smtplib",) * 2 + ("plain",)


def stuffed(content):
    """RFC 5321, 4.5.2: a dot before each line that begins with one, and the end."""
    return (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n"


class Session:
    """A client delivers mails over one connection (traffic_tcp.Connection) and closes it."""

    def __init__(self, chance, connection, kind, helo):
        self.chance, self.connection, self.helo = chance, connection, helo
        self.client, self.server = CLIENTS[kind], SERVERS[connection.addresses[1].packed[-1] % len(SERVERS)]
        self.name = name_of(str(connection.addresses[1]))

    def _command(self, *lines):
        self.connection.send(0, "".join(f"{line}\r\n" for line in lines).encode())

    def _answer(self, *lines):
        self.connection.send(1, "".join(f"{line}\r\n" for line in lines).encode())

    def _envelope(self, mail):
        """(command, its answer) up to DATA."""
        size = (mail.sender, len(mail.content))
        yield self.client.mail % (size if "%d" in self.client.mail else size[:1]), self.server.mail
        for recipient in mail.recipients:
            yield self.client.rcpt % recipient, self.server.rcpt
        for recipient in mail.unknown:
            yield self.client.rcpt % recipient, self.server.unknown % recipient
        yield self.client.data, self.server.data

    def _deliver(self, mail, last):
        exchange = list(self._envelope(mail))
        if self.client.pipelines:
            commands, answers = zip(*exchange)
            self._command(*commands)
            self._answer(*answers)
        else:
            for command, answer in exchange:
                self._command(command)
                self._answer(answer)
        queued = self.server.queued % identifier(self.chance, 10).upper()
        quitting = last and self.client.quits_with_dot
        self.connection.send(0, stuffed(mail.content) + (f"{self.client.quit}\r\n".encode() if quitting else b""))
        self._answer(queued, *([self.server.bye] if quitting else []))
        if last and not quitting:
            self._command(self.client.quit)
            self._answer(self.server.bye)

    def deliver(self, mails):
        self.connection.open()
        self._answer(self.server.banner % self.name)
        self._command(self.client.hello % self.helo)
        if self.client.hello.startswith("HELO"):
            self._answer(f"250 {self.name}")
        else:
            self.connection.send(1, self.server.ehlo(self.name).encode())
        for at, mail in enumerate(mails, 1):
            self._deliver(mail, at == len(mails))
        self.connection.close(1)
        return self.connection.packets
