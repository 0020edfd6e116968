# SPDX-License-Identifier: BSD-2-Clause
"""The EVE encoder's lines against Suricata's schema: the golden ones of the unit test, and those of events whose texts
hold any bytes, made by the encoder itself, called through ctypes.
"""

import ctypes
import json
import pathlib
import random
import re
import subprocess

import pytest

import eve

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests/firmware/eve_golden.jsonl"
SOURCES = [ROOT / "firmware/eve.c", *sorted(ROOT.glob("firmware/eve_*.c")), *(ROOT / path for path in (
    "firmware/community_memory.c", "firmware/json.c", "firmware/line.c", "scanner/anomaly.c", "scanner/community_id.c", "scanner/event.c",
    "scanner/field.c", "scanner/hash/merkle.c", "scanner/hash/sha1.c", "scanner/hex.c", "scanner/letter.c", "scanner/plain.c",
    "scanner/pool.c", "scanner/reason.c"))]
EVENT_MAX_BYTES = 16384
LINE_MAX = 14 * EVENT_MAX_BYTES  # as firmware/eve.h has it


def enum(header, name):
    """The values of an enum in one of scanner's headers, by name."""
    text = re.sub(r"/\*.*?\*/", "", (ROOT / "scanner" / header).read_text(), flags=re.S)
    body = re.search(rf"enum {name} {{(.*?)}}", text, re.S).group(1)
    values, value = {}, -1
    for entry in filter(None, (part.strip() for part in body.split(","))):
        key, _, number = (part.strip() for part in entry.partition("="))
        value = int(number, 0) if number else value + 1
        values[key] = value
    return values


KINDS = enum("event.h", "event_attribute_kind")
TYPES = enum("event.h", "event_type")
APPS = enum("event.h", "app")
SHAPES = enum("field.h", "shape")
FIELDS = enum("field.h", "field")


def test_golden_lines_are_valid():
    lines = GOLDEN.read_bytes().splitlines()
    events = eve.validate(lines)
    assert {event["event_type"] for event in events} >= {"ssh", "dns", "tls", "flow", "anomaly", "alert"}


def test_validate_finds_what_the_schema_refuses():
    line = GOLDEN.read_text().splitlines()[0]
    for fault in (line.replace('"flow_id":', '"flow":'), line.replace("+0000", "Z"), line.replace('"ssh":', '"sshd":'),
                  line.replace('"proto":', '"src_ip":'), line[:-1]):
        with pytest.raises((AssertionError, json.JSONDecodeError)):
            eve.validate([fault])


class Event(ctypes.Structure):
    """struct event of scanner/event.h, and room behind it"""

    _fields_ = [("size", ctypes.c_uint32), ("type", ctypes.c_uint16), ("app", ctypes.c_uint8),
                ("direction", ctypes.c_uint8), ("time", ctypes.c_uint64), ("flow_id", ctypes.c_uint64),
                ("tx_id", ctypes.c_uint64), ("family", ctypes.c_uint8), ("protocol", ctypes.c_uint8),
                ("vlan", ctypes.c_uint16 * 2), ("ports", ctypes.c_uint16 * 2), ("addresses", ctypes.c_uint8 * 32),
                ("inside", ctypes.c_uint8), ("truncated", ctypes.c_uint8), ("pad", ctypes.c_uint8 * 4),
                ("rest", ctypes.c_uint8 * (EVENT_MAX_BYTES - 80))]


class Options(ctypes.Structure):
    _fields_ = [("interface", ctypes.c_char_p), ("host", ctypes.c_char_p), ("communities", ctypes.c_void_p)]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    library = tmp_path_factory.mktemp("eve") / "eve.so"
    subprocess.run(["gcc", "-std=c11", "-O1", "-g", "-shared", "-fPIC", f"-I{ROOT}", "-o", library, *SOURCES], check=True)
    loaded = ctypes.CDLL(str(library))
    loaded.eve_encode.restype = ctypes.c_size_t
    loaded.eve_encode.argtypes = [ctypes.POINTER(Event), ctypes.POINTER(Options), ctypes.c_char_p, ctypes.c_size_t]
    loaded.event_put.argtypes = [ctypes.POINTER(Event), ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t]
    loaded.event_put.restype = None
    loaded.event_find.argtypes = [ctypes.POINTER(Event), ctypes.c_int]
    loaded.event_find.restype = ctypes.c_void_p
    event = Event(size=Event.rest.offset)
    loaded.event_put(event, 1, b"", 0)
    assert loaded.event_find(event, 1) == ctypes.addressof(event) + Event.rest.offset
    return loaded


TEXT_KINDS = [value for name, value in KINDS.items()
              if not name.endswith(("_SHAPE", "_COUNT"))
              and name not in ("ATTRIBUTE_DNS_QUERY", "ATTRIBUTE_FLOW", "ATTRIBUTE_ANOMALY", "ATTRIBUTE_ALERT",
                               "ATTRIBUTE_SMTP", "ATTRIBUTE_FILE")]
SHAPE_KINDS = [value for name, value in KINDS.items() if name.endswith("_SHAPE")]


WRITTEN = range(TYPES["EVENT_TYPE_COUNT"])


def any_bytes(rng):
    length = rng.choice((0, 1, 2, 5, 30, 300))
    alphabets = (bytes(range(256)), b'"\\x0f\n\x00\x7f', "aü€🐦\u0085\ufffe\u2028".encode(), b"\xed\xa0\x80\xf4\x90\xc0")
    return bytes(rng.choice(rng.choice(alphabets)) for _ in range(length))


def any_event(rng, library):
    event = Event(size=Event.rest.offset, type=rng.choice(WRITTEN), app=rng.randrange(APPS["APP_COUNT"]),
                  direction=rng.randrange(2), time=rng.getrandbits(64), flow_id=rng.getrandbits(51),
                  tx_id=rng.getrandbits(64), family=rng.choice((4, 6)), protocol=rng.randrange(256),
                  inside=rng.randrange(4), truncated=rng.choice((0, 1, 255)))
    event.vlan[:] = [rng.choice((0xFFFF, 0, 4095)) for _ in range(2)]
    event.ports[:] = [rng.getrandbits(16) for _ in range(2)]
    event.addresses[:] = rng.choice((bytes(32), rng.randbytes(32)))

    def put(kind, data):
        library.event_put(event, kind, data, len(data))

    if event.type == TYPES["EVENT_ALERT"]:
        put(KINDS["ATTRIBUTE_ALERT"], rng.randrange(1, 2**31).to_bytes(4, "little") + rng.randbytes(4) + bytes(
            [rng.randint(1, 4), rng.randrange(4), rng.randrange(4), rng.randrange(5), rng.randrange(FIELDS["FIELD_COUNT"]),
             rng.randrange(2), 0, 0]) + rng.choice((bytes(4), rng.randbytes(4))))
    if event.type == TYPES["EVENT_FLOW"]:
        put(KINDS["ATTRIBUTE_FLOW"], rng.randbytes(48) + bytes([rng.randrange(3), rng.randrange(3), rng.randrange(2), 3,
                                                               0, 0, 0, 0]))
    if event.type == TYPES["EVENT_FILEINFO"]:
        put(KINDS["ATTRIBUTE_FILE"], rng.randbytes(8) + bytes([rng.randrange(2), rng.randrange(2)]) + rng.randbytes(38))
    if event.type == TYPES["EVENT_ANOMALY"]:
        put(KINDS["ATTRIBUTE_ANOMALY"], bytes([rng.randrange(15), 0, 0, 0]) + rng.choice((bytes(4), rng.randbytes(4))))
    for kind in rng.sample(TEXT_KINDS, rng.randrange(len(TEXT_KINDS))):
        head = rng.randbytes(2) if kind == KINDS["ATTRIBUTE_SMTP_RCPT_TO"] else b""
        put(kind, head + any_bytes(rng))
    for kind in rng.sample(SHAPE_KINDS, rng.randrange(len(SHAPE_KINDS))):
        put(kind, bytes([rng.randrange(SHAPES["SHAPE_COUNT"])]))
    if rng.randrange(2):
        put(KINDS["ATTRIBUTE_DNS_QUERY"], rng.randbytes(8))
    if rng.randrange(2):
        put(KINDS["ATTRIBUTE_SMTP"], rng.randbytes(4) + bytes([rng.randrange(3), rng.randrange(2), 0, 0]) + rng.randbytes(8))
    return event


def test_random_events_are_valid(encoder):
    rng = random.Random(20260601)
    out = ctypes.create_string_buffer(LINE_MAX)
    for _ in range(1500):
        event = any_event(rng, encoder)
        options = Options(rng.choice((None, b"data0")), rng.choice((None, b'a "host"')), None)
        length = encoder.eve_encode(event, options, out, LINE_MAX)
        line = out.raw[:length]
        assert line.endswith(b"\n") and line.count(b"\n") == 1
        eve.validate([line])
