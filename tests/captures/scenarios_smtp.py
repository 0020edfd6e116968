#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The SMTP scenarios: mail servers that deliver to each other, and each part of the protocol as
real clients and servers speak it. What mails hold is in scenarios_mail.py, what is hostile in
scenarios_mail_threats.py.

Most mail goes out: from the inside server 10.77.0.10 to a mail server outside.
"""

from functools import partial

import transcript
from frames import ETHERTYPE_VLAN
from mailing import Talk, curl, described, smtplib, swaks
from mails import TEXT, Mail, mail
from mta import Exim, OpenSmtpd, Postfix, Sink
from net import CLIENT4, CLIENT6, SERVER4, SERVER6, RecordingError
from scenario import Scenario

HELO = "mx.harbour.example"  # of the inside server when a plain client speaks for it
MATE, BOSUN = "mate@harbour.example", "bosun@port.example"
READERS = {Postfix: transcript.of_postfix, OpenSmtpd: transcript.of_opensmtpd,
           Exim: transcript.of_exim}


def bare(path):
    """An address without brackets, source route and quotes that need not be."""
    return path.strip("<>").split(":")[-1]


def envelopes(server):
    """A server's own view of the mails that it took."""
    return [{key: each[key] for key in ("from", "to", "status") if key in each}
            for each in (server.mails() if server else [])]


def outcome(notes, sessions, server=None, **more):
    """What a scenario says; the server's own view of the mails has to agree with the client's."""
    taken = server.mails() if server else []
    for session in sessions:
        for sent in session["transactions"] or []:
            to = {bare(one) for one, code in zip(sent["rcpt_to"], sent["rcpt_codes"])
                  if code == "250"}
            if server and sent.get("data_code") == "250" and not any(
                    bare(each["from"]) == bare(sent["mail_from"]) and
                    {bare(one) for one in each["to"]} <= to for each in taken):
                raise RecordingError(f"{sent} is not among {taken}: {server.program.said()}")
    return {"connections": sessions, "taken": envelopes(server), "notes": notes} | more


def relayed(own, server):
    """A mail's facts after a server of the same kind as others took it and sent it on: one more
    header on top; what the last server stored tells."""
    stored = server.stored()[-1].split(b"\n\n")[0].decode()
    names = [line.split(":")[0].lower() for line in stored.splitlines() if line[0] not in " \t"]
    order = own.facts["header_order"]
    if not ",".join(names).endswith(f"received,received,{order}"):
        raise RecordingError(f"{names} do not end with {order}")
    return type(own)(own.data, own.facts | {"header_order": f"received,{order}"})


def record_servers(first, second, net):
    """A mail submitted on the inside server itself, sent on by it, and stored outside."""
    bracketed = f"[{CLIENT4}]" if first is Postfix else CLIENT4
    inner = first(net, net.server, relay=bracketed).start()
    outer = second(net, net.client).start()
    own = mail("berth plan", cc="Cook <cook@port.example>")
    smtplib(net, net.server, "127.0.0.1", [(MATE, [BOSUN, "cook@port.example"], own)], helo=HELO)
    outer.wait_done()
    inner.wait_done()
    found = described(transcript.sessions(READERS[first](inner.log())), [relayed(own, outer)])
    return outcome(f"{first.title} delivers to {second.title}", found, outer)


def record_client(client, notes, net, address=CLIENT4, side=None, **options):
    """One mail by one client to Postfix outside."""
    server = Postfix(net, net.client).start()
    own = mail("berth plan")
    if client is smtplib:
        found = smtplib(net, net.server, address, [(MATE, [BOSUN], own)], helo=HELO)
    else:
        found = client(net, net.server, address, helo=HELO, sender=MATE, to=[BOSUN], mail=own)
    server.wait_done()
    return outcome(notes, found, server)


def record_inbound(net):
    """Mail for the inside server, from a mail server outside."""
    inner = Postfix(net, net.server).start()
    outer = Postfix(net, net.client, relay=f"[{SERVER4}]").start()
    own = mail("manifest", sender="Bosun <bosun@port.example>", to="Mate <mate@harbour.example>")
    smtplib(net, net.client, "127.0.0.1", [(BOSUN, [MATE], own)], helo="desk.port.example")
    inner.wait_done()
    outer.wait_done()
    found = described(transcript.sessions(transcript.of_postfix(outer.log())),
                      [relayed(own, inner)])
    return outcome("Postfix outside delivers to Postfix inside", found, inner)


def talking(build, notes, net, server=Postfix, side=None, **options):
    """One conversation of our own client with Postfix outside; build(talk) says what is said.

    options: main, lines for the server's configuration; ports; further expectations.
    """
    main, ports = options.pop("main", ""), options.pop("ports", (25,))
    mta = server(net, net.client, ports).start(main) if main else server(
        net, net.client, ports).start()
    sessions = build(Talk()).run(net, net.server, CLIENT4, ports[0])
    count = sum(t.get("data_code") == "250" for s in sessions for t in s["transactions"])
    if count:
        mta.wait_done(count)
    return outcome(notes, sessions, mta, **options)


def pipelined(talk):
    """All that a client may send before it has to wait."""
    own = mail("pipelined")
    talk.say(f"EHLO {HELO}")
    talk.batch(f"MAIL FROM:<{MATE}>", f"RCPT TO:<{BOSUN}>", "RCPT TO:<cook@port.example>", "DATA")
    return talk.data_after_batch(own).quit()


def pipelined_two(talk):
    """Two mails; the second envelope comes with the first mail's content, in one segment."""
    first, second = mail("first of two", 1), mail("second of two", 2)
    talk.say(f"EHLO {HELO}")
    talk.batch(f"MAIL FROM:<{MATE}>", f"RCPT TO:<{BOSUN}>", "DATA")
    talk.data_after_batch(first, replies=0)
    talk.batch(f"MAIL FROM:<{MATE}>", "RCPT TO:<cook@port.example>", "DATA", extra=1)
    return talk.data_after_batch(second).quit()


def bdat_whole(talk):
    return talk.say(f"EHLO {HELO}").envelope(MATE, BOSUN).bdat(mail("one chunk")).quit()


def bdat_split(talk):
    """Cut inside the header block, inside CR LF, and with an empty chunk in between."""
    own = mail("chunks", body=TEXT * 8)
    return talk.say(f"EHLO {HELO}").envelope(MATE, BOSUN).bdat(own, 10, 30, 0, 1, 200).quit()


def bdat_empty_last(talk):
    """All in the first chunk, then BDAT 0 LAST."""
    own = mail("empty last chunk")
    return talk.say(f"EHLO {HELO}").envelope(MATE, BOSUN).bdat(own, len(own.data)).quit()


def bdat_pipelined(talk):
    own = mail("chunks at once", body=TEXT * 8)
    return talk.say(f"EHLO {HELO}").envelope(MATE, BOSUN).bdat(own, 100, 100, pipelined=True).quit()


def bdat_huge(talk):
    own = mail("a large chunk", body=TEXT * 700)
    return talk.say(f"EHLO {HELO}").envelope(MATE, BOSUN).bdat(own).quit()


def bdat_dots(talk):
    """Nothing ends the mail but its length: lines with a dot, commands, an end of data."""
    body = b".\r\n..\r\nMAIL FROM:<nobody@port.example>\r\n.\r\nQUIT\r\n"
    return talk.say(f"EHLO {HELO}").envelope(MATE, BOSUN).bdat(mail("dots", body=body)).quit()


def bdat_without_recipient(talk):
    """The chunk is read and refused; what looks like commands in it is none."""
    talk.say(f"EHLO {HELO}", f"MAIL FROM:<{MATE}>", "RCPT TO:<nobody@port.example>")
    talk.raw("BDAT 31 LAST\r\n", 0).content(b"MAIL FROM:<cook@port.example>\r\n")
    return talk.say("RSET").quit()


def bdat_overflow(talk):
    """A chunk beyond the server's limit of 100 KiB: it hangs up on what it cannot skip."""
    talk.say(f"EHLO {HELO}").envelope(MATE, BOSUN)
    return talk.raw("BDAT 99999999999999999999 LAST\r\n")


def rset_between(talk):
    talk.say(f"EHLO {HELO}").envelope(MATE, BOSUN).say("RSET").envelope(MATE, "cook@port.example")
    return talk.data(mail("after RSET")).quit()


def ehlo_between(talk):
    """EHLO in a transaction ends it, as RSET does."""
    talk.say(f"EHLO {HELO}").envelope(MATE, BOSUN).say("EHLO web21.harbour.example")
    return talk.envelope(MATE, "cook@port.example").data(mail("after EHLO")).quit()


def ehlo_twice(talk):
    return talk.say(f"EHLO {HELO}", "EHLO web21.harbour.example").envelope(MATE, BOSUN).data(
        mail("after two EHLO")).quit()


def helo_only(talk):
    return talk.say(f"HELO {HELO}").envelope(MATE, BOSUN).data(mail("HELO")).quit()


def no_helo(talk):
    """RFC 5321 section 4.1.1.1 wants it; this server does not insist."""
    return talk.envelope(MATE, BOSUN).data(mail("no HELO")).quit()


def three_mails(talk):
    talk.say(f"EHLO {HELO}")
    for number, to in enumerate((BOSUN, "cook@port.example", "purser@port.example"), 1):
        talk.envelope(MATE, to).data(mail(f"mail {number} of three", number))
    return talk.quit()


def refused_recipients(talk):
    """Of five recipients two are taken, one is unknown, one greylisted, one elsewhere."""
    talk.say(f"EHLO {HELO}").envelope(MATE, BOSUN, "nobody@port.example", "newcomer@port.example",
                                      "cook@port.example", "someone@elsewhere.example")
    return talk.data(mail("to five")).quit()


def all_refused(talk):
    talk.say(f"EHLO {HELO}").envelope(MATE, "nobody@port.example", "newcomer@port.example")
    return talk.say("DATA", "RSET").quit()


def null_sender(talk):
    return talk.say(f"EHLO {HELO}").envelope("", BOSUN).data(
        mail("Undelivered Mail Returned to Sender", sender="MAILER-DAEMON@harbour.example")).quit()


def too_large(talk):
    """Refused for its size, then for what MAIL says of it."""
    talk.say(f"EHLO {HELO}").envelope(MATE, BOSUN)
    talk.data(mail("larger than 8 KiB", body=TEXT * 200))
    return talk.say(f"MAIL FROM:<{MATE}> SIZE=20000").quit()


def verbs(talk):
    """What else a client may say, and what it may not."""
    return talk.say("NOOP", f"EHLO {HELO}", f"VRFY {BOSUN}", "EXPN crew", "HELP", "NOOP why not",
                    "RSET", "ETRN harbour.example", "MAIL", "RCPT TO:<bosun@port.example>", "DATA",
                    "SIDEWAYS", "MAIL FROM:<mate@harbour.example> COLOUR=RED", "QUIT now")


def odd_spelling(talk):
    """Commands of any case, with spaces where there are none and none where there is one."""
    talk.say(f"eHLo   {HELO}  ", f"mAiL fRoM:   <{MATE}>   sIzE=500", f"rcpt TO:<{BOSUN}>  ",
             "Rcpt tO: <cook@port.example>").data(mail("odd spelling"), b".\r\n")
    return talk.say("nOOp").say("quit")


def without_brackets(talk):
    """Addresses without their angle brackets, and with a source route."""
    talk.say(f"EHLO {HELO}", f"MAIL FROM: {MATE}", f"RCPT TO: {BOSUN}",
             "RCPT TO:<@relay.example,@other.example:cook@port.example>")
    return talk.data(mail("no brackets")).quit()


def quoted_addresses(talk):
    """A quoted local part may hold what else would end the path."""
    talk.say(f"EHLO {HELO}", 'MAIL FROM:<"first mate"@harbour.example>',
             'RCPT TO:<"odd > one"@port.example>', f"RCPT TO:<{BOSUN}>")
    return talk.data(mail("quoted")).quit()


def eight_bit(talk):
    own = mail("8 bit", body="Schöne Grüße vom Hafen\r\n".encode(), encoding="8bit",
               entity=None)
    talk.say(f"EHLO {HELO}", f"MAIL FROM:<{MATE}> BODY=8BITMIME", f"RCPT TO:<{BOSUN}>")
    return talk.data(own).quit()


def dot_lines(talk):
    """Lines that begin with dots are stuffed on the way; the content is the same."""
    body = b".\r\n..\r\n...\r\n.hidden\r\n..two\r\nend\r\n"
    return talk.say(f"EHLO {HELO}").envelope(MATE, BOSUN).data(mail("dots", body=body)).quit()


def long_line(talk):
    """A line of 64 KiB, where 1000 bytes are the limit."""
    own = mail("a long line", body=b"x" * 65536 + b"\r\nend\r\n")
    return talk.say(f"EHLO {HELO}").envelope(MATE, BOSUN).data(own).quit()


def long_command(talk):
    """A command of 4 KiB is no command for the server; a mail follows."""
    talk.say(f"EHLO {HELO}", "NOOP " + "y" * 4090).envelope(MATE, BOSUN)
    return talk.data(mail("after a long command")).quit()


def nul_bytes(talk):
    own = mail("NUL", body=b"before\0after\r\n\0\r\n\0\0\0\r\nend\r\n")
    return talk.say(f"EHLO {HELO}").envelope(MATE, BOSUN).data(own).quit()


def bare_line_feeds(talk):
    """Servers take them; RFC 5321 section 2.3.8 does not."""
    talk.say(f"EHLO {HELO}")
    talk.raw(f"MAIL FROM:<{MATE}>\n").raw(f"RCPT TO:<{BOSUN}>\n")
    return talk.data(mail("bare line feeds")).quit()


def nul_in_command(talk):
    """One inside a verb, one behind it: no commands, or others than they look like."""
    talk.say(f"EHLO {HELO}", "NO\0OP", "NOOP \0").envelope(MATE, BOSUN)
    return talk.data(mail("NUL in commands")).quit()


def reset_in_data(talk):
    """The client goes away in the middle of a mail: nothing is delivered."""
    talk.say(f"EHLO {HELO}").envelope(MATE, BOSUN).say("DATA")
    talk.mails.append(Mail(b"", {"subject": "unfinished", "header_order": "subject"}))
    return talk.content(b"Subject: unfinished\r\n\r\nhalf a", 0).step("reset")


def utf8(talk):
    """RFC 6531: addresses and header fields in UTF-8."""
    own = mail("Überfahrt nach Größe", sender="Käpt'n <käptn@harbour.example>")
    talk.say(f"EHLO {HELO}", "MAIL FROM:<käptn@harbour.example> BODY=8BITMIME SMTPUTF8",
             f"RCPT TO:<{BOSUN}>")
    return talk.data(own).quit()


def plain(talk):
    return talk.say(f"EHLO {HELO}").envelope(MATE, BOSUN).data(mail("any port")).quit()


def record_lmtp(net):
    server = Sink(net, net.client, ports=[24], protocol="lmtp")
    talk = Talk().say(f"LHLO {HELO}").envelope(MATE, BOSUN).data(mail("LMTP")).quit()
    return outcome("LMTP on port 24", talk.run(net, net.server, CLIENT4, 24), server)


TALKS = {  # name: (what is said, notes, more)
    "smtp-pipelining": (pipelined, "an envelope and DATA in one segment", {}),
    "smtp-pipelining-mails": (pipelined_two, "a second envelope behind the first mail's content, "
                              "in one segment", {}),
    "smtp-bdat": (bdat_whole, "BDAT: one chunk", {}),
    "smtp-bdat-split": (bdat_split, "BDAT: chunks that end inside the header block and inside a "
                        "line end, and an empty one", {}),
    "smtp-bdat-empty-last": (bdat_empty_last, "BDAT: the last chunk is empty", {}),
    "smtp-bdat-pipelined": (bdat_pipelined, "BDAT: chunks that do not wait for replies", {}),
    "smtp-bdat-huge": (bdat_huge, "BDAT: one chunk of 33 KB", {}),
    "smtp-bdat-dots": (bdat_dots, "BDAT: a mail that holds commands and an end of data", {}),
    "smtp-bdat-refused": (bdat_without_recipient, "BDAT without a recipient: the chunk is refused, "
                          "and is no command", {}),
    "smtp-bdat-overflow": (bdat_overflow, "BDAT with a length of 20 digits",
                           {"clean": False, "anomalies": ["smtp-bdat-malformed"]}),
    "smtp-rset": (rset_between, "RSET inside a transaction, then a mail", {}),
    "smtp-ehlo-inside": (ehlo_between, "EHLO inside a transaction, then a mail", {}),
    "smtp-ehlo-twice": (ehlo_twice, "EHLO twice, another name the second time", {}),
    "smtp-helo": (helo_only, "HELO, and no extensions", {}),
    "smtp-no-helo": (no_helo, "neither HELO nor EHLO", {"clean": False}),
    "smtp-three-mails": (three_mails, "three mails on one connection", {}),
    "smtp-recipients": (refused_recipients, "five recipients: two taken, one unknown (550), one "
                        "greylisted (450), one not ours (554)", {}),
    "smtp-recipients-none": (all_refused, "no recipient is taken, DATA is refused", {}),
    "smtp-null-sender": (null_sender, "a bounce: the null sender", {}),
    "smtp-size": (too_large, "refused for the size sent (552), then for the size announced",
                  {"main": "message_size_limit = 8192"}),
    "smtp-verbs": (verbs, "VRFY, EXPN, HELP, ETRN, commands out of order and unknown ones", {}),
    "smtp-spelling": (odd_spelling, "commands of odd case and spacing", {}),
    "smtp-no-brackets": (without_brackets, "addresses without angle brackets, and a source route",
                         {"main": "strict_rfc821_envelopes = no"}),
    "smtp-quoted": (quoted_addresses, "quoted local parts with a space and an angle bracket", {}),
    "smtp-8bitmime": (eight_bit, "8BITMIME, UTF-8 in the body", {}),
    "smtp-dots": (dot_lines, "lines that begin with dots", {}),
    "smtp-long-line": (long_line, "a line of 64 KiB in a mail", {"clean": False}),
    "smtp-long-command": (long_command, "a command of 4 KiB",
                          {"clean": False, "anomalies": ["smtp-line-oversize"]}),
    "smtp-bare-lf": (bare_line_feeds, "commands that end with a bare line feed",
                     {"clean": False, "anomalies": ["smtp-bare-line-feed"]}),
    "smtp-nul-command": (nul_in_command, "commands with NUL bytes in them",
                         {"clean": False, "anomalies": ["smtp-nul"]}),
    "smtp-nul": (nul_bytes, "NUL bytes in a mail", {"clean": False}),
    "smtp-utf8": (utf8, "SMTPUTF8: addresses and header fields in UTF-8", {}),
    "smtp-port-587": (plain, "mail submission, port 587", {"ports": (587,)}),
    "smtp-port-2525": (plain, "SMTP on port 2525", {"ports": (2525,)}),
    "smtp-reset": (reset_in_data, "the client resets the connection inside a mail", {}),
}


def talk_scenario(name):
    build, notes, more = TALKS[name]
    kept = {key: value for key, value in more.items() if key != "clean"}
    return Scenario(name, partial(talking, build, notes, **kept), clean=more.get("clean", True))


SCENARIOS = [
    *(Scenario(f"smtp-{first.name}-to-{second.name}", partial(record_servers, first, second))
      for first, second in ((Postfix, OpenSmtpd), (OpenSmtpd, Postfix), (Exim, Postfix),
                            (Postfix, Exim), (Exim, OpenSmtpd), (OpenSmtpd, Exim))),
    Scenario("smtp-inbound", record_inbound),
    Scenario("smtp-swaks", partial(record_client, swaks, "a mail by swaks"), needs="swaks"),
    Scenario("smtp-curl", partial(record_client, curl, "a mail by curl"), needs="curl"),
    Scenario("smtp-smtplib", partial(record_client, smtplib, "a mail by Python's smtplib")),
    Scenario("smtp-ipv6", partial(record_client, curl, "a mail by curl over IPv6",
                                  address=CLIENT6), needs="curl"),
    Scenario("smtp-vlan", partial(record_client, smtplib, "a mail inside one 802.1Q tag, VLAN 77"),
             tags=((ETHERTYPE_VLAN, 77),)),
    *(talk_scenario(name) for name in TALKS),
    Scenario("smtp-lmtp", record_lmtp),
]
