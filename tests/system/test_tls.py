# SPDX-License-Identifier: BSD-2-Clause
"""ClientHellos as tshark reads them at test time against what EVE says of them: those of the captures, and those of
OpenSSL set up in many ways, cut into records and segments of several sizes.
"""

import ipaddress
import json
import ssl
from collections import Counter

import frames
import pcapfile
import pytest
from conftest import CAPTURES
from expect_mail import hellos
from replaying import replay
from test_detection import capture_of, endpoint

pytestmark = pytest.mark.filterwarnings("ignore:ssl.TLSVersion")  # old versions are asked for on purpose

# what follows STARTTLS is told by test_mail.py
RECORDED = [path.stem for path in sorted(CAPTURES.glob("*.json"))
            if (one := json.loads(path.read_text())).get("tls") and "smtp_sessions" not in one]
CLIENT, SERVER = ipaddress.ip_address("10.77.0.10"), ipaddress.ip_address("198.51.100.10")
START_NS = 1_780_308_000 * 10**9
SERVER_HELLO = b"\x16\x03\x03\x00\x7a\x02" + bytes(0x79)
SYN, SYN_ACK, ACK = 0x02, 0x12, 0x10


def told(run):
    return Counter((endpoint(event, "src"), endpoint(event, "dest"), event["tls"].get("sni"),
                    event["tls"]["ja3"]["hash"], event["tls"]["ja3"]["string"], event["tls"]["ja4"])
                   for event in run.of("tls"))


def witnessed(capture, ports=()):
    """The first ClientHello of each connection: another one follows a HelloRetryRequest."""
    first = {}
    for one in hellos(capture, ports):
        first.setdefault(one["client"], one)
    return Counter((one["client"], one["server"], one.get("sni"), one["ja3"], one["ja3_string"], one["ja4"])
                   for one in first.values())


@pytest.mark.parametrize("name", RECORDED)
def test_hellos_of_captures_equal_tshark(portreeve, name):
    run = replay(portreeve, capture_of(name))
    expected = json.loads((CAPTURES / f"{name}.json").read_text())["tls"]
    ports = {int(one["server"].rsplit(":", 1)[1]) for one in expected}
    wanted = witnessed(capture_of(name), ports)
    assert sum(wanted.values()) == len(expected)
    assert told(run) == wanted


def setups():
    """(SSLContext, server name) of many kinds."""
    def context(oldest=ssl.TLSVersion.TLSv1_2, newest=ssl.TLSVersion.TLSv1_3, ciphers=None, alpn=None):
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
        made.minimum_version, made.maximum_version = oldest, newest
        if ciphers:
            made.set_ciphers(ciphers)
        if alpn:
            made.set_alpn_protocols(alpn)
        return made

    yield context(), "mx.port.example"
    yield context(), None
    yield context(), "MX.Harbour.Example"
    yield context(newest=ssl.TLSVersion.TLSv1_2), "mx.port.example"
    yield context(oldest=ssl.TLSVersion.TLSv1_3), "mx.port.example"
    yield context(ciphers="ALL:@SECLEVEL=0"), "mx.port.example"
    yield context(ciphers="ALL:COMPLEMENTOFALL:@SECLEVEL=0"), None
    yield context(ciphers="AES128-SHA", newest=ssl.TLSVersion.TLSv1_2), "x"
    for old in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        yield context(oldest=old, newest=old, ciphers="ALL:@SECLEVEL=0"), "mx.port.example"
    for alpn in (["h2", "http/1.1"], ["http/1.1"], ["q"], ["acme-tls/1"]):
        yield context(alpn=alpn), "mx.port.example"


def hello_of(context, name):
    """What OpenSSL sends first."""
    inward, outward = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(inward, outward, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outward.read()


def in_records(hello, size):
    message = hello[5:]
    assert len(message) == int.from_bytes(hello[3:5], "big")
    pieces = [message[at : at + size] for at in range(0, len(message), size)]
    return b"".join(hello[:3] + len(piece).to_bytes(2, "big") + piece for piece in pieces)


def connection(port, hello, segment):
    """Frames: the handshake, the hello in segments, the answer."""
    def frame(inside, seq, ack, flags, payload=b""):
        ends = (CLIENT, port, SERVER, 465) if inside else (SERVER, 465, CLIENT, port)
        body = frames.tcp(*ends, seq, ack, flags, payload)
        return frames.ethernet(bytes(6), bytes(6), 0x0800, frames.ip(ends[0], ends[2], 6, body))

    yield frame(True, 100, 0, SYN)
    yield frame(False, 500, 101, SYN_ACK)
    yield frame(True, 101, 501, ACK)
    for at in range(0, len(hello), segment):
        yield frame(True, 101 + at, 501, ACK, hello[at : at + segment])
    yield frame(False, 501, 101 + len(hello), ACK, SERVER_HELLO)


@pytest.mark.parametrize("record, segment", [(16384, 1460), (16384, 64), (200, 1460), (7, 100), (1, 1)])
def test_hellos_of_openssl_equal_tshark(portreeve, scratch, record, segment):
    capture = scratch / f"tls-{record}-{segment}.pcap"
    made = [hello_of(*setup) for setup in setups()]
    packets = [frame for turn, hello in enumerate(made)
               for frame in connection(40000 + turn, in_records(hello, record), segment)]
    pcapfile.write(capture, [pcapfile.Packet(START_NS + turn * 10**6, frame) for turn, frame in enumerate(packets)])
    run = replay(portreeve, capture)
    wanted = witnessed(capture, [465])
    assert sum(wanted.values()) == len(made)
    assert told(run) == wanted
    assert not run.of("anomaly")
