#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Mail over TLS: STARTTLS accepted, refused and not offered, TLS from the first byte, by the
ClientHello of each client; and logins (AUTH) in the clear.
"""

import base64
from functools import partial

import transcript
from mailing import Talk, curl, openssl, smtplib, swaks
from mails import mail
from mta import Exim, Postfix, certificate
from net import CLIENT4
from scenario import Scenario
from scenarios_smtp import BOSUN, HELO, MATE, READERS, outcome

NAME = "mx.port.example"  # of the server outside, also in SNI
IMPLICIT = "{port} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes"
BROKEN = "smtpd_tls_security_level = may\nsmtpd_tls_cert_file = /nonexistent/certificate"


def tls_config(net, host=NAME):
    crt, key = certificate(net, host)
    return (f"smtpd_tls_security_level = may\nsmtpd_tls_cert_file = {crt}\n"
            f"smtpd_tls_key_file = {key}\n")


def tls_server(net, implicit=()):
    """Postfix outside with STARTTLS, and with TLS from the first byte on the ports given."""
    server = Postfix(net, net.client)
    services = "\n".join(IMPLICIT.format(port=port) for port in implicit)
    server.start(tls_config(net), services)
    for port in implicit:
        net.wait_listening(net.client, port)
    return server


def to_starttls(net):
    return tls_server(net), mail("over TLS")


def record_swaks(net):
    server, own = to_starttls(net)
    found = swaks(net, net.server, CLIENT4, "--tls", "--tls-sni", NAME, helo=HELO, sender=MATE,
                  to=[BOSUN], mail=own)
    server.wait_done()
    return outcome("STARTTLS by swaks", [found[0] | {"sni": NAME}], server)


def record_curl(net):
    server, own = to_starttls(net)
    found = curl(net, net.server, CLIENT4, "--ssl-reqd", helo=HELO, sender=MATE, to=[BOSUN],
                 mail=own, name=NAME)
    server.wait_done()
    return outcome("STARTTLS by curl", found, server)


def record_smtplib(net):
    server, own = to_starttls(net)
    found = smtplib(net, net.server, CLIENT4, [(MATE, [BOSUN], own)], helo=HELO, name=NAME,
                    tls="starttls")
    server.wait_done()
    return outcome("STARTTLS by Python's smtplib", found, server)


def record_openssl(net):
    server = tls_server(net)
    said = openssl(net, net.server, CLIENT4, 25, "-starttls", "smtp", "-name", HELO, name=NAME)
    session = {"banner": f"{server.host} ESMTP Postfix", "helo": HELO, "starttls": "accepted",
               "transactions": []}
    return outcome("STARTTLS by openssl s_client, no mail", [session | said])


def record_postfix(net):
    """Postfix's client asks for TLS because it may, and names the server in SNI."""
    outer, own = to_starttls(net)
    inner = Postfix(net, net.server, relay=f"[{CLIENT4}]").start(
        f"smtp_tls_security_level = may\nsmtp_tls_servername = {NAME}")
    smtplib(net, net.server, "127.0.0.1", [(MATE, [BOSUN], own)], helo=HELO)
    outer.wait_done()
    inner.wait_done()
    found = transcript.sessions(READERS[Postfix](inner.log()))
    return outcome("STARTTLS by Postfix", [found[0] | {"sni": NAME}], outer)


def record_refused(net):
    """The server offers what it cannot do (454); the mail goes in the clear."""
    server, own = Postfix(net, net.client).start(BROKEN), mail("TLS refused")
    found = smtplib(net, net.server, CLIENT4, [(MATE, [BOSUN], own)], helo=HELO, tls="try")
    server.wait_done()
    return outcome("STARTTLS refused (454), the mail goes in the clear", found, server)


def record_not_offered(net):
    """The client asks for what is not offered, is told so, and goes on in the clear."""
    server, own = Postfix(net, net.client).start(), mail("TLS not offered")
    talk = Talk().say(f"EHLO {HELO}", "STARTTLS").envelope(MATE, BOSUN).data(own).quit()
    found = talk.run(net, net.server, CLIENT4)
    server.wait_done()
    return outcome("STARTTLS asked for without an offer (502), the mail goes in the clear", found,
                   server)


def record_injected(net):
    """Commands behind STARTTLS in the same segment: the server has to forget them."""
    tls_server(net)
    talk = Talk().say(f"EHLO {HELO}")
    talk.raw("STARTTLS\r\n" + f"MAIL FROM:<{MATE}>\r\nRCPT TO:<{BOSUN}>\r\n")
    found = talk.step("starttls", NAME).run(net, net.server, CLIENT4)
    return outcome("commands in the clear behind STARTTLS, then a handshake",
                   [found[0] | {"sni": NAME}], anomalies=["smtp-starttls-injection"])


def record_implicit(port, net):
    """The same port, three clients: each has its own ClientHello."""
    server, own = tls_server(net, [port]), mail("TLS at once")
    sessions = curl(net, net.server, CLIENT4, helo=HELO, sender=MATE, to=[BOSUN], mail=own,
                    name=NAME, port=port, scheme="smtps")
    sessions += smtplib(net, net.server, CLIENT4, [(MATE, [BOSUN], own)], helo=HELO, name=NAME,
                        port=port, tls="implicit")
    sessions.append(openssl(net, net.server, CLIENT4, port, name=NAME) | {"transactions": None})
    sessions.append(openssl(net, net.server, CLIENT4, port, "-tls1_2") | {"transactions": None})
    server.wait_done(2)
    return outcome(f"TLS from the first byte on port {port}: curl, smtplib, openssl with SNI and "
                   "without", sessions, server, tls_ports=[port])


def record_fragmented(net):
    """A ClientHello in TLS records of 60 bytes, each cut into segments."""
    tls_server(net, [465])
    talk = Talk(greeted=False).step("starttls", NAME, 60)
    talk.run(net, net.server, CLIENT4, 465)
    return outcome("a ClientHello in records of 60 bytes, a segment each",
                   [{"transactions": None, "sni": NAME}])


def record_planted(net):
    """One client's handshake that signatures look for by name, JA3 and JA4."""
    name = "drop.bulk.example"
    server, own = tls_server(net, [465]), mail("planted")
    sessions = curl(net, net.server, CLIENT4, "--tls-max", "1.2", "--ciphers",
                    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305", helo=HELO,
                    sender=MATE, to=[BOSUN], mail=own, name=name, port=465, scheme="smtps")
    server.wait_done()
    alerts = [{"field": "tls.sni", "value": name}, {"field": "tls.ja3"}, {"field": "tls.ja4"}]
    return outcome("curl to port 465, told by SNI, JA3 and JA4", sessions, server, alerts=alerts)


def login(net, mechanism, password):
    own = mail(f"login by {mechanism}")
    return swaks(net, net.server, CLIENT4, "--auth", mechanism, "--auth-user", "mate",
                 "--auth-password", password, helo=HELO, sender=MATE, to=[BOSUN],
                 mail=own if password == Exim.password else None,
                 status=0 if password == Exim.password else None)


def record_auth(mechanisms, notes, net, alerts=()):
    """Each mechanism with the right password, then with a wrong one."""
    server = Exim(net, net.client).start()
    wrong = "n0t-th1s-0ne"
    sessions = [session for mechanism in mechanisms for password in (server.password, wrong)
                for session in login(net, mechanism, password)]
    secrets = [text for password in (server.password, wrong) for text in (
        password, base64.b64encode(password.encode()).decode(),
        base64.b64encode(f"\0mate\0{password}".encode()).decode())]
    server.wait_done(len(mechanisms))
    return outcome(notes, sessions, server, secrets=secrets, alerts=list(alerts))


SCENARIOS = [
    Scenario("starttls-swaks", record_swaks, needs="swaks"),
    Scenario("starttls-curl", record_curl, needs="curl"),
    Scenario("starttls-smtplib", record_smtplib),
    Scenario("starttls-openssl", record_openssl),
    Scenario("starttls-postfix", record_postfix),
    Scenario("starttls-refused", record_refused),
    Scenario("starttls-not-offered", record_not_offered),
    Scenario("starttls-injected", record_injected, clean=False),
    Scenario("tls-465", partial(record_implicit, 465), needs="curl"),
    Scenario("tls-8465", partial(record_implicit, 8465), needs="curl"),
    Scenario("tls-fragmented", record_fragmented),
    Scenario("planted-tls", record_planted, needs="curl", clean=False),
    Scenario("smtp-auth", partial(record_auth, ("PLAIN", "LOGIN"), "AUTH PLAIN and LOGIN, taken "
                                  "and refused"), needs="swaks"),
    Scenario("planted-auth", partial(record_auth, ("CRAM-MD5",), "AUTH CRAM-MD5, taken and refused",
                                     alerts=[{"field": "smtp.auth.mechanism",
                                              "value": "CRAM-MD5"}]),
             needs="swaks", clean=False),
]
