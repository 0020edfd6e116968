#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Hostile mail by real clients to real servers: what the baseline signatures know, values planted
for signatures that the tests write themselves (planted-*), and ends of data that are none, with
each server's own view of what came. Floods are in scenarios_mail_floods.py.
"""

from functools import partial

from mailing import Talk, smtplib, swaks
from mails import TEXT, attachment, cargo, mail, multipart, part
from mta import OpenSmtpd, Postfix, Sink
from net import CLIENT4, SERVER4
from scenario import Scenario
from scenarios_smtp import BOSUN, HELO, MATE, outcome
from threats import SSHDOOR_RECIPIENTS

PHP = "X-PHP-Originating-Script"
PHP_SCRIPTS = (("0:mailer.php", "php-root-script"), ("33:.cache.php", "php-hidden-script"),
               ("33:inc.php(3) : eval()'d code", "php-eval"))
WEB_USERS = ("www-data", "apache", "nginx", "nobody")
HELOS = (("localserver", "no-dot"), ("10.77.0.10", "bare-address"), ("localhost", "localhost"),
         ("web21.local", "local-suffix"))
SLOW = "smtpd_delay_reject = no\nsmtpd_client_restrictions = sleep 1"  # before the greeting
LOOKALIKES = (b"\n.\n", b"\n.\r", b"\r.\n", b"\r.\r", b"\n.\r\n", b"\r.\r\n", b"\r\n\0.\r\n",
              b"\r\n.\r\r\n", b"\r\r\n.\r\r\n")


def shape(value, field="smtp.shape"):
    return {"field": field, "value": value}


def record_drop(net):
    """A stolen login is mailed to its drop boxes."""
    server = Sink(net, net.client)
    jobs = [("root@web21.harbour.example", list(SSHDOOR_RECIPIENTS[at : at + 2]),
             mail("web21", at + 1, sender="root@web21.harbour.example", to=SSHDOOR_RECIPIENTS[at]))
            for at in (0, 2)]
    found = smtplib(net, net.server, CLIENT4, jobs, helo="web21.harbour.example")
    return outcome("mails to SSHDoor's drop boxes, by smtplib", found, server,
                   alerts=[{"field": "smtp.rcpt_to", "value": one} for one in SSHDOOR_RECIPIENTS])


def record_php(net):
    """What PHP says of the script that sends, and mail by web servers' own accounts."""
    server = Postfix(net, net.client).start()
    talk = Talk().say(f"EHLO {HELO}")
    for number, (script, name) in enumerate(PHP_SCRIPTS, 1):
        own = mail(f"offer {number}", number, headers=[(PHP, script)], shapes=[name])
        talk.envelope(MATE, BOSUN).data(own)
    for number, user in enumerate(WEB_USERS, 4):
        own = mail(f"offer {number}", number, shapes=["web-user-sender"])
        talk.envelope(f"{user}@harbour.example", BOSUN).data(own)
    found = talk.quit().run(net, net.server, CLIENT4)
    server.wait_done(len(PHP_SCRIPTS) + len(WEB_USERS))
    alerts = [shape(name) for _, name in PHP_SCRIPTS] + [shape("web-user-sender")]
    return outcome("mail from hacked web accounts: X-PHP-Originating-Script of root, hidden, "
                   "eval()'d; web servers' accounts as senders", found, server, alerts=alerts)


def record_php_honest(net):
    """A web form: an ordinary script and an ordinary sender."""
    server = Postfix(net, net.client).start()
    own = mail("your order", 1, headers=[(PHP, "33:contact.php"), ("X-Mailer", "PHP/8.2.7")])
    found = smtplib(net, net.server, CLIENT4, [("shop@harbour.example", [BOSUN], own)], helo=HELO)
    server.wait_done()
    return outcome("mail by an ordinary PHP script", found, server)


def record_helos(net):
    server = Postfix(net, net.client).start()
    sessions = []
    for number, (name, kind) in enumerate(HELOS, 1):
        talk = Talk().say(f"EHLO {name}").envelope(MATE, BOSUN).data(mail(f"{kind}", number)).quit()
        sessions += [session | {"helo_shape": kind}
                     for session in talk.run(net, net.server, CLIENT4)]
    server.wait_done(len(HELOS))
    return outcome("names in EHLO that are no mail server's", sessions, server,
                   alerts=[shape(kind, "smtp.helo.shape") for _, kind in HELOS],
                   anomalies=["smtp-helo-changes"])


def record_inbound_shapes(net):
    """The same from outside: signatures that say from=inside have nothing to say."""
    server = Postfix(net, net.server).start()
    own = mail("offer", 1, sender="bosun@port.example", to="mate@harbour.example",
               headers=[(PHP, "0:mailer.php")])
    talk = Talk().say("EHLO localhost").envelope("www-data@port.example", MATE).data(own).quit()
    found = talk.run(net, net.client, SERVER4)
    server.wait_done()
    return outcome("a hacked web account outside writes to the inside server", found, server)


def record_ylmf(net):
    server = Postfix(net, net.client).start()
    own = mail("hello", sender="info@harbour.example")
    found = swaks(net, net.server, CLIENT4, "--protocol", "SMTP", helo="ylmf-pc", sender=MATE,
                  to=[BOSUN], mail=own)
    server.wait_done()
    return outcome("a mail with the HELO of a spam bot, by swaks", found, server,
                   alerts=[{"field": "smtp.helo", "value": "ylmf-pc"},
                           shape("no-dot", "smtp.helo.shape")])


def record_client_first(net):
    """Two clients that speak before they are greeted; the server greets them a second later."""
    Postfix(net, net.client).start(SLOW)
    said = ("POST / HTTP/1.1\r\nHost: 198.51.100.10\r\nContent-Length: 6\r\n\r\nstatus",
            "NICK gull\r\nUSER gull 0 * :gull\r\nQUIT\r\n")
    sessions = []
    for text in said:
        talk = Talk(greeted=False).raw(text, 0).step("drain")
        talk.run(net, net.server, CLIENT4)
        sessions.append({"transactions": None})
    return outcome("HTTP, then a chat client's words, spoken first on port 25", sessions,
                   alerts=[shape("client-first-http"), shape("client-first-other")])


def record_planted(net):
    """One mail that signatures of every mail field look for."""
    server = Sink(net, net.client, host="mx{}.victims.example")
    data = cargo("invoice", 2500)
    name, boundary = "invoice_2026.js", "=_Part_0042_01DB.5A7E"
    entity = multipart(boundary, [part("text/plain", TEXT), part(
        "application/javascript", data, "base64", f'attachment; filename="{name}"')])
    own = mail("invoice", 1, entity, sender="promo@bulk.example", to="bosun@victims.example",
               headers=[("X-Mailer", "Leaf Mailer 2.8"), ("X-Priority", "1"), ("X-Batch", "7")],
               boundary_shape="=_A1a3_94_92A2.91A191A1", attachments=[attachment(name, data)])
    talk = Talk().say("EHLO relay9.bulk.example")
    talk.envelope("promo@bulk.example", "bosun@victims.example").data(own).quit()
    found = talk.run(net, net.server, CLIENT4)
    values = {
        "smtp.banner": "mx0.victims.example ESMTP", "smtp.helo": "relay9.bulk.example",
        "smtp.mail_from": "promo@bulk.example", "smtp.mail_from.domain": "bulk.example",
        "smtp.mail_from.local": "promo", "smtp.rcpt_to": "bosun@victims.example",
        "smtp.rcpt_to.domain": "victims.example", "smtp.header.x-mailer": "Leaf Mailer 2.8",
        "smtp.header.order": own.facts["header_order"],
        "smtp.boundary.shape": own.facts["boundary_shape"], "smtp.attachment.name": name,
        "smtp.attachment.sha256": own.facts["attachments"][0]["sha256"]}
    return outcome("one mail, told by every field that signatures of mail know", found, server,
                   alerts=[{"field": field, "value": value} for field, value in values.items()])


def record_literal(net):
    server = Postfix(net, net.client).start()
    talk = Talk().say("EHLO [10.77.0.10]").envelope(MATE, BOSUN).data(mail("literal")).quit()
    found = talk.run(net, net.server, CLIENT4)
    server.wait_done()
    return outcome("an address literal in EHLO", [found[0] | {"helo_shape": "address-literal"}],
                   server, alerts=[shape("address-literal", "smtp.helo.shape")])


def smuggling(number, end):
    """A mail with what may pass for its end, and behind that a second one."""
    content = (f"Subject: look-alike {number}\r\n\r\nfirst".encode() + end +
               b"MAIL FROM:<smuggled@harbour.example>\r\nRCPT TO:<cook@port.example>\r\nDATA\r\n"
               b"Subject: smuggled\r\n\r\nhidden\r\n.\r\n")
    talk = Talk().say(f"EHLO {HELO}").envelope(MATE, BOSUN).say("DATA").content(content, 0)
    return talk.raw("QUIT\r\n", 0).step("drain")


def record_lookalikes(server_kind, title, net):
    """RFC 5321 section 2.3.8: only CR LF ends a line; so each of these is one mail. How many each
    server took of them stands in "taken"."""
    server = server_kind(net, net.client)
    if server_kind is not Sink:
        server.start()
    sessions = []
    for number, end in enumerate(LOOKALIKES, 1):
        found = smuggling(number, end).run(net, net.server, CLIENT4)[0]
        found["transactions"][0] |= {"subject": f"look-alike {number}", "header_order": "subject",
                                     "shapes": ["end-of-data-lookalike"]}
        sessions.append(found)
    if server_kind is not Sink:
        server.wait_settled()
    hidden = sum(each["from"] == "<smuggled@harbour.example>" for each in server.mails())
    return outcome(f"nine look-alikes of the end of data; {title} takes {hidden} of them for it",
                   sessions, server, alerts=[shape("end-of-data-lookalike")],
                   anomalies=["smtp-end-of-data-lookalike"])


SCENARIOS = [
    Scenario("threat-mail-drop", record_drop, clean=False),
    Scenario("threat-mail-php", record_php, clean=False),
    Scenario("threat-mail-helo", record_helos, clean=False),
    Scenario("threat-mail-ylmf", record_ylmf, needs="swaks", clean=False),
    Scenario("threat-mail-client-first", record_client_first, clean=False),
    *(Scenario(f"threat-smuggling-{title.lower()}", partial(record_lookalikes, kind, title),
               clean=False)
      for kind, title in ((Postfix, "Postfix"), (OpenSmtpd, "OpenSMTPD"), (Sink, "aiosmtpd"))),
    Scenario("planted-mail", record_planted, clean=False),
    Scenario("planted-literal", record_literal, clean=False),
    Scenario("mail-php", record_php_honest),
    Scenario("mail-inbound-shapes", record_inbound_shapes),
]
