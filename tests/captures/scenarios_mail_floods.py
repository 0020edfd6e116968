#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a server's mail amounts to when it is taken together: a spam run, floods of error mails, and
the list mailing that must not be taken for either. Real clients (smtplib, and our own with
PIPELINING) against aiosmtpd with an address for each mail server.
"""

from mailing import Talk, smtplib
from mails import mail
from mta import Sink
from net import CLIENT4, SERVER4
from scenario import Scenario
from scenarios_smtp import HELO, envelopes, outcome

SPAMMED = 32  # mail servers, a domain each
FIRST = 101  # last byte of the first one's address
BLOCKED = ("554 5.7.1 Service unavailable; Client host [10.77.0.10] blocked using "
           "zen.spamhaus.org; https://check.spamhaus.org/query/ip/10.77.0.10")
UNKNOWN = "550 5.1.1 <{}>: Recipient address rejected: User unknown"
SPAM_HELOS = ("mail.harbour.example", "smtp1.example.net", "mta7.example.org", "mx.shop.example",
              "post.example.com", "out3.bulk.example", "relay.example.net", "host21.example.org")
WATCH_ROOT = "root@web21.harbour.example"


def many_servers(net, count, **options):
    """count mail servers outside; their addresses."""
    addresses = [f"198.51.100.{FIRST + number}" for number in range(count)]
    for address in addresses:
        net.add_address(net.client, f"{address}/24")
    return Sink(net, net.client, addresses=addresses, **options), addresses


def record_spam_run(net):
    """Two mails to each server: made-up recipients, a new name every fourth server, and every
    third server has had enough of the sender."""
    server, addresses = many_servers(net, SPAMMED, host="mx.domain{}.example", refuse=[
        ["^info", UNKNOWN.format("info")], ["^sales", UNKNOWN.format("sales")],
        [r"@domain\d*[258]\.example$", BLOCKED]])
    sessions = []
    for number, address in enumerate(addresses):
        domain, own = f"domain{number}.example", f"offer{number}@harbour.example"
        jobs = [(own, [f"{name}{number}@{domain}" for name in names],
                 mail(f"Last chance {number}-{turn}", 10 * number + turn, sender=own,
                      to=f"info{number}@{domain}"))
                for turn, names in enumerate((("info", "anna"), ("sales", "info")))]
        sessions += smtplib(net, net.server, address, jobs, helo=SPAM_HELOS[number // 4],
                            may_fail=True)
    return outcome(f"a spam run: {SPAMMED} mail servers and domains, {len(SPAM_HELOS)} names in "
                   "EHLO, unknown users, replies that tell of block lists", sessions, server,
                   behaviour=["spam-run"], anomalies=[
                       "smtp-mails", "smtp-senders", "smtp-recipients", "smtp-domains",
                       "smtp-servers", "smtp-refusals", "smtp-unknown-users", "smtp-helo-changes",
                       "smtp-blocklisted"])


def record_bounces(net):
    """Undeliverable mail comes back to one person, again and again."""
    server = Sink(net, net.client)
    sessions = []
    for turn in range(2):
        jobs = [("", ["bosun@port.example"],
                 mail("Undelivered Mail Returned to Sender", 60 * turn + number, body=b"5.1.1\r\n",
                      sender="MAILER-DAEMON@harbour.example", to="bosun@port.example"))
                for number in range(55)]
        sessions += smtplib(net, net.server, CLIENT4, jobs, helo=HELO)
    return outcome("a flood of error mails: 110 with the null sender and the same subject",
                   sessions, server, behaviour=["error-mail-flood"],
                   anomalies=["smtp-error-flood", "smtp-mails"])


def record_cron(net):
    """A job that fails each second, and cron that tells so each time."""
    server = Sink(net, net.client)
    talk = Talk().say("EHLO web21.harbour.example")
    for number in range(200):
        own = mail("Cron <root@web21> /usr/local/bin/poll", number, sender=WATCH_ROOT,
                   to="ops@port.example", body=b"poll: not found\r\n",
                   headers=[("Auto-Submitted", "auto-generated")])
        talk.batch(f"MAIL FROM:<{WATCH_ROOT}>", "RCPT TO:<ops@port.example>", "DATA")
        talk.data_after_batch(own)
    found = talk.quit().run(net, net.server, CLIENT4)
    return outcome("a flood of error mails: 200 by cron to one person, the same subject, "
                   "pipelined", found, server, behaviour=["error-mail-flood"],
                   anomalies=["smtp-error-flood", "smtp-mails"])


def record_list(net):
    """A newsletter by a server that takes mail as well: one subject too, to many people at a few
    servers, some of them gone."""
    inner = Sink(net, net.server, host="mx{}.harbour.example")
    join = mail("join", sender="reader1@town0.example", to="harbour-news@harbour.example")
    sessions = smtplib(net, net.client, SERVER4, [("reader1@town0.example", [
        "harbour-news@harbour.example"], join)], helo="mx0.example.net")
    server, addresses = many_servers(net, 3, host="mx{}.example.net", refuse=[
        ["^reader(17|58|111)@", UNKNOWN.format("reader")]])
    for number, address in enumerate(addresses):
        readers = [f"reader{n}@town{number}.example" for n in range(number * 60, number * 60 + 60)]
        jobs = [("harbour-news-bounces@harbour.example", readers[at : at + 5],
                 mail("Harbour news, June", 100 * number + at, to="harbour-news@harbour.example",
                      sender="Harbour news <news@harbour.example>",
                      headers=[("List-Id", "Harbour news <harbour-news.harbour.example>"),
                               ("List-Unsubscribe", "<mailto:harbour-news@harbour.example>"),
                               ("Precedence", "list")]))
                for at in range(0, len(readers), 5)]
        sessions += smtplib(net, net.server, address, jobs, helo=HELO)
    said = outcome("a list mailing by a mail host: 36 mails with one subject to 180 readers at "
                   "three servers, three of them unknown", sessions[1:], server)
    return said | {"connections": sessions, "taken": envelopes(inner) + said["taken"]}


SCENARIOS = [
    Scenario("flood-spam-run", record_spam_run, clean=False),
    Scenario("flood-bounces", record_bounces, clean=False),
    Scenario("flood-cron", record_cron, clean=False),
    Scenario("mail-list", record_list),
]
