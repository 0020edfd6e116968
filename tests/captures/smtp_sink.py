#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Mail servers of Python's aiosmtpd, as many as there are addresses and ports.

usage: smtp_sink.py OPTIONS    (a JSON object; runs until it is ended)

ports, addresses  listen on each pair; an address of "" is any
protocol          "smtp" (default) or "lmtp"
refuse            [pattern, reply]…: a recipient that matches gets the reply instead of 250
refuse_mail       a reply for every mail after its data, by address: {address: reply}
certificate       [certificate, key] files: offers STARTTLS
size              the largest mail, in bytes

Prints a JSON line for each mail it took: peer, host, from, to, data (bytes as latin-1).
"""

import asyncio
import json
import re
import ssl
import sys

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP


class Taker:
    def __init__(self, options, address):
        self.options, self.address = options, address

    async def handle_RCPT(self, _server, _session, envelope, address, options):
        for pattern, reply in self.options.get("refuse", []):
            if re.search(pattern, address):
                return reply
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, _server, session, envelope):
        refused = self.options.get("refuse_mail", {}).get(self.address)
        if refused:
            return refused
        mail = {"peer": session.peer[0], "host": self.address, "from": f"<{envelope.mail_from}>",
                "to": [f"<{address}>" for address in envelope.rcpt_tos],
                "data": envelope.content.decode("latin-1")}
        print(json.dumps(mail), flush=True)
        return "250 2.0.0 Ok: taken"


async def serve(options):
    loop, tls = asyncio.get_running_loop(), None
    if "certificate" in options:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*options["certificate"])
    protocol = LMTP if options.get("protocol") == "lmtp" else SMTP
    for number, address in enumerate(options["addresses"]):
        host = options.get("host", "mx{}.example").format(number)
        for port in options["ports"]:
            await loop.create_server(
                lambda a=address, h=host: protocol(
                    Taker(options, a), hostname=h, ident="ESMTP", tls_context=tls,
                    enable_SMTPUTF8=True, decode_data=False,
                    data_size_limit=options.get("size", 33554432)),
                address or None, port)
    await asyncio.Event().wait()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    asyncio.run(serve(json.loads(sys.argv[1])))
