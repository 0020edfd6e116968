#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What mails hold: attachments in each encoding and kind of name, nested parts, subjects in other
scripts; as our own client sends them, byte for byte, to Postfix outside. Honest mail, all of it.
"""

import base64
from functools import partial

from mailing import Talk
from mails import (CRLF, TEXT, attachment, cargo, encoded, joined, mail, multipart, part, wrapped,
                   with_file)
from scenario import Scenario
from scenarios_smtp import BOSUN, HELO, MATE, talking

HARBOUR = "Häfen und Schiffe – Übersicht.pdf"
LINES = b"".join(b"Berth %d is free from %d o'clock.\r\n" % (n, n % 24) for n in range(40))
LATIN = "Schöne Grüße vom Kai.\r\nÄpfel, Öl, Übersee.\r\n".encode("latin-1") * 8


def by_data(*mails):
    """Each mail in a transaction of its own, by DATA."""
    def build(talk):
        talk.say(f"EHLO {HELO}")
        for own in mails:
            talk.say(f"MAIL FROM:<{MATE}> BODY=8BITMIME", f"RCPT TO:<{BOSUN}>").data(own)
        return talk.quit()

    return build


def by_bdat(own, *sizes):
    def build(talk):
        talk.say(f"EHLO {HELO}", f"MAIL FROM:<{MATE}> BODY=8BITMIME", f"RCPT TO:<{BOSUN}>")
        return talk.bdat(own, *sizes).quit()

    return build


def base64_mails():
    return by_data(with_file("chart.bin", cargo("chart", 3000), subject="chart", number=1),
                   with_file("one.bin", cargo("one", 1), subject="one byte", number=2),
                   with_file("two.bin", cargo("two", 2), subject="two bytes", number=3))


def large():
    return by_data(with_file("log.bin", cargo("log", 24000), subject="ship's log"))


def text_encodings():
    """A text as an attachment: its own line ends are those of the wire."""
    return by_data(
        with_file("free.txt", LINES, "quoted-printable", kind="text/plain", subject="qp", number=1),
        with_file("gruss.txt", LATIN, "quoted-printable", kind="text/plain; charset=iso-8859-1",
                  subject="qp of 8 bits", number=2),
        with_file("free7.txt", LINES, "7bit", kind="text/plain", subject="7bit", number=3),
        with_file("none.txt", LINES, "", kind="text/plain", subject="no encoding", number=4),
        with_file("gruss8.txt", LATIN, "8bit", kind="text/plain; charset=iso-8859-1",
                  subject="8bit", number=5))


def no_line_end():
    """The line end before the boundary is the boundary's: the file ends without one."""
    return by_data(with_file("cut.txt", LINES.rstrip(), "7bit", kind="text/plain", subject="cut"))


def binary():
    """Any bytes, bare CR and LF and NUL among them, as they are."""
    own = with_file("raw.bin", cargo("raw", 4000), "binary", subject="binary")
    return by_bdat(own, 700, 1, 2000)


def empty():
    return by_data(with_file("empty.txt", b"", "base64", subject="empty, base64", number=1),
                   with_file("void.txt", b"", "7bit", subject="empty, 7bit", number=2))


def odd_base64():
    """Without the last line end, with padding in the middle, with blanks and empty lines."""
    data = cargo("odd", 200)
    text = base64.b64encode(data)
    forms = {
        "unended.bin": (text, data),
        "long.bin": (text + CRLF, data),
        "blanks.bin": (b" " + text[:50] + b" \r\n\r\n\t" + text[50:] + CRLF, data),
        "padded.bin": (base64.b64encode(data[:100]) + CRLF + base64.b64encode(data[100:]) + CRLF,
                       data[:100]),  # RFC 2045 section 6.8: padding tells that the end is reached
    }
    mails = []
    for number, (name, (written, read)) in enumerate(forms.items(), 1):
        head = part("application/octet-stream", b"", "base64", f'attachment; filename="{name}"')
        entity = multipart("=_odd_1", [part("text/plain", TEXT), head + written])
        mails.append(mail(name, number, entity, attachments=[attachment(name, read)]))
    return by_data(*mails)


def several_files():
    """Three files, each in its own encoding, with a preamble and an epilogue."""
    files = [("a.bin", cargo("a", 500), "base64"), ("b.txt", LINES, "quoted-printable"),
             ("c.txt", LINES, "7bit")]
    parts = [part("application/octet-stream", data, how, f'attachment; filename="{name}"')
             for name, data, how in files]
    entity = multipart("=_three", [part("text/plain", TEXT), *parts],
                       preamble=b"This is a message with parts in MIME.\r\n",
                       epilogue=b"nobody reads this: --=_three\r\n")
    return by_data(mail("three files", 1, entity,
                        attachments=[attachment(name, data) for name, data, _ in files]))


def nested():
    """mixed (related (alternative (plain, html), image), file): boundaries that begin alike."""
    picture, book = cargo("picture", 900), cargo("book", 700)
    alternative = multipart("=_n_1_1_1", [part("text/plain", TEXT), part(
        "text/html", b"<p>The tide turns at six.</p>\r\n", "quoted-printable")], "alternative")
    related = multipart("=_n_1_1", [part(alternative[0], alternative[1]), part(
        "image/png; name=\"flag.png\"", picture, "base64", "inline", ["Content-ID: <flag>"])],
        "related")
    entity = multipart("=_n_1", [part(related[0], related[1]), part(
        "application/octet-stream", book, "base64", 'attachment; filename="logbook.bin"')])
    return by_data(mail("nested", 1, entity, attachments=[attachment("flag.png", picture),
                                                          attachment("logbook.bin", book)]))


def message_inside():
    """A forwarded mail with a file of its own."""
    inner = with_file("inner.bin", cargo("inner", 300), subject="inner", boundary="=_inner",
                      sender="Cook <cook@port.example>", to="Mate <mate@harbour.example>")
    entity = multipart("=_outer", [part("text/plain", TEXT), part("message/rfc822", inner.data)])
    return by_data(mail("Fwd: inner", 2, entity, attachments=inner.facts["attachments"]))


def named(*disposition, kind="application/octet-stream", read, number=1):
    data = cargo(read, 120)
    piece = part(kind, data, "base64", ";\r\n ".join(disposition))
    entity = multipart("=_names", [part("text/plain", TEXT), piece])
    return mail(f"name {number}", number, entity, attachments=[attachment(read, data)])


def names_2231():
    """RFC 2231: charset and language, continuations, both, and out of order."""
    percent = ("utf-8''H%C3%A4fen%20und%20Schiffe%20", "%E2%80%93%20%C3%9Cbersicht.pdf")
    return by_data(
        named("attachment", f"filename*={''.join(percent)}", read=HARBOUR, number=1),
        named("attachment", f"filename*0*={percent[0]}", f"filename*1*={percent[1]}", read=HARBOUR,
              number=2),
        named("attachment", 'filename*0="a very long name "', 'filename*1="of a file.txt"',
              read="a very long name of a file.txt", number=3),
        named("attachment", 'filename*1="of a file.txt"', 'filename*0="the other order "',
              read="the other order of a file.txt", number=4),
        named("attachment", "filename*=iso-8859-1'de'Gr%FC%DFe.txt", read="Grüße.txt", number=5),
        named("attachment", f"filename*0*={percent[0]}", 'filename*1="plain.pdf"',
              read="Häfen und Schiffe plain.pdf", number=6))


def names_2047():
    """Names as encoded words, which RFC 2047 forbids and most mailers write."""
    word = base64.b64encode(HARBOUR.encode()).decode()
    return by_data(
        named("attachment", f'filename="=?utf-8?B?{word}?="', read=HARBOUR, number=1),
        named("attachment", 'filename="=?iso-8859-1?Q?Gr=FC=DFe_vom_Kai=2Etxt?="',
              read="Grüße vom Kai.txt", number=2))


def names_plain():
    """Tokens, quoted pairs, names in Content-Type only, odd case and spacing."""
    return by_data(
        named("attachment", "filename=token.txt", read="token.txt", number=1),
        named("attachment", 'filename="with \\"quotes\\" and \\\\ in it.txt"',
              read='with "quotes" and \\ in it.txt', number=2),
        named(kind='application/octet-stream; name="type only.bin"', read="type only.bin",
              number=3),
        named("ATTACHMENT", 'FileName = "odd case.TXT"', read="odd case.TXT", number=4),
        named("attachment", 'filename="a; b=c.txt"', "size=120", read="a; b=c.txt", number=5),
        named("attachment", 'filename="both.txt"', kind='text/plain; name="other.txt"',
              read="both.txt", number=6))


def whole_mail():
    """No multipart: the mail's body is the file."""
    data = cargo("whole", 600)
    own = mail("whole", 1, ("application/octet-stream", encoded(data, "base64")),
               encoding="base64", headers=[("Content-Disposition",
                                            'attachment; filename="whole.bin"')],
               attachments=[attachment("whole.bin", data)])
    return by_data(own)


def unended():
    """A multipart whose last delimiter is missing: the end of the mail ends its last part."""
    data = cargo("unended", 250)
    body = joined("=_unended", [part("text/plain", TEXT), part(
        "application/octet-stream", data, "base64", 'attachment; filename="unended.bin"')])
    body = body[: -len(b"--=_unended--\r\n")]
    return by_data(mail("unended", 1, ('multipart/mixed; boundary="=_unended"', body),
                        attachments=[attachment("unended.bin", data)]))


def word(text, charset="utf-8", how="B"):
    """One encoded word."""
    raw = text.encode(charset)
    if how == "B":
        return f"=?{charset}?B?{base64.b64encode(raw).decode()}?="
    quoted = "".join(chr(b) if chr(b).isalnum() and b < 128 else "_" if b == 32 else f"={b:02X}"
                     for b in raw)
    return f"=?{charset}?Q?{quoted}?="


SUBJECTS = (
    (word("Hafenverwaltung – Liegeplätze", how="Q"), "Hafenverwaltung – Liegeplätze"),
    (word("Порт закрыт"), "Порт закрыт"),
    (word("港は閉鎖されています"), "港は閉鎖されています"),
    (word("الميناء مغلق"), "الميناء مغلق"),
    (f"{word('Two words ')}\r\n {word('joined')}", "Two words joined"),
    (f"Re: {word('Grüße', 'iso-8859-1', 'Q')} and plain text", "Re: Grüße and plain text"),
    ("a subject that is\r\n folded\r\n\tthree times", "a subject that is folded\tthree times"),
    (word("lower case q", how="Q").replace("?Q?", "?q?"), "lower case q"),
    ("=?not an encoded word?= and =?utf-8?Z?abc?=", "=?not an encoded word?= and =?utf-8?Z?abc?="),
    ("", None),
)


def subjects():
    return by_data(*(mail(subject, number) for number, subject in enumerate(SUBJECTS, 1)))


def crew():
    """Many addresses: folded To and Cc, encoded names, groups left out."""
    people = [f"Hand {n} <hand{n}@port.example>" for n in range(6)]
    own = mail("muster", 1, to=", ".join(people[:3]), cc=",\r\n ".join(people[3:]),
               headers=[("X-Mailer", "Harbour Mailer 2.1")])
    own.facts["cc"] = people[3:]
    return by_data(own)


MAILS = {
    "mail-base64": (base64_mails, "attachments in base64: 3000 bytes, one byte, two bytes"),
    "mail-large": (large, "an attachment of 24 KB in base64"),
    "mail-text": (text_encodings, "text attachments in quoted-printable, 7bit and 8bit"),
    "mail-no-line-end": (no_line_end, "a text attachment whose last line does not end"),
    "mail-binary": (binary, "an attachment of any bytes, unencoded, by BDAT in four chunks"),
    "mail-empty": (empty, "empty attachments"),
    "mail-base64-odd": (odd_base64, "base64 in one long line, with blanks, with padding in the "
                        "middle, without its last line end"),
    "mail-files": (several_files, "three attachments in three encodings, a preamble and an "
                   "epilogue"),
    "mail-nested": (nested, "multiparts three deep, with boundaries that begin alike"),
    "mail-message": (message_inside, "a mail inside a mail, with an attachment of its own"),
    "mail-names-2231": (names_2231, "attachment names after RFC 2231: charsets, continuations"),
    "mail-names-2047": (names_2047, "attachment names as RFC 2047 encoded words"),
    "mail-names": (names_plain, "attachment names: tokens, quoted pairs, in Content-Type only"),
    "mail-whole": (whole_mail, "an attachment that is the whole mail, without a multipart"),
    "mail-unended": (unended, "a multipart whose last delimiter is missing"),
    "mail-subjects": (subjects, "subjects in other scripts: encoded words, folded, joined, none"),
    "mail-addresses": (crew, "folded To and Cc, X-Mailer"),
}

SCENARIOS = [Scenario(name, partial(lambda build, notes, net: talking(build(), notes, net),
                                    build, notes))
             for name, (build, notes) in MAILS.items()]
