# SPDX-License-Identifier: BSD-2-Clause
"""EVE lines as a consumer reads them: JSON, and valid against Suricata's own schema, which the build fetches."""

import functools
import json
import pathlib

import jsonschema

SCHEMA = pathlib.Path(__file__).resolve().parents[2] / "build/sources/suricata-schema/schema.json"


@functools.cache
def validator():
    return jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))


def _no_twice(pairs):
    """json.loads keeps the last of two equal keys; other consumers do not."""
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise AssertionError(f"a key stands twice: {keys}")
    return dict(pairs)


def parse(line):
    """One line, str or bytes, as an object."""
    text = line.decode("utf-8") if isinstance(line, bytes) else line
    return json.loads(text, object_pairs_hook=_no_twice)


def validate(lines):
    """Parses lines (str or bytes) and holds each against the schema. Returns the events; fails with the line."""
    events = []
    for line in lines:
        event = parse(line)
        problems = [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in validator().iter_errors(event)]
        if problems:
            raise AssertionError(f"not EVE: {'; '.join(problems)}\n{line}")
        events.append(event)
    return events
