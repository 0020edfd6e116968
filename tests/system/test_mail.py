# SPDX-License-Identifier: BSD-2-Clause
"""Mail captures: what the clients sent and the servers answered, field by field, against what EVE says of it."""

import json
from collections import Counter, defaultdict

import pytest
from conftest import CAPTURES
from test_detection import baseline, endpoint, replayed, sids  # noqa: F401

EXPECTED = {path.stem: json.loads(path.read_text()) for path in sorted(CAPTURES.glob("*.json"))}
RECORDED = [name for name, expected in EXPECTED.items() if "smtp_sessions" in expected]
WRITTEN = [name for name, expected in EXPECTED.items() if expected.get("smtp") and name not in RECORDED]
MAIL = [name for name, expected in EXPECTED.items() if {"smtp", "smtp_sessions", "tls"} & expected.keys()]
SECRET = [name for name, expected in EXPECTED.items() if "secrets" in expected]
EMAIL = ("from", "to", "cc", "subject", "date", "message_id", "x_mailer")


def flowvars(event):
    """{key: [values]} of an event's own fields."""
    out = defaultdict(list)
    for one in event.get("metadata", {}).get("flowvars", []):
        for key, value in one.items():
            out[key].append(value)
    return out


def ends(event):
    """Client and server by protocol role; in these captures the client connects."""
    return endpoint(event, "src"), endpoint(event, "dest")


def envelope(event):
    smtp = event["smtp"]
    return smtp.get("helo"), smtp.get("mail_from"), tuple(smtp.get("rcpt_to", []))


def is_transaction(event):
    """A session without any mail has one event too, of its greeting and names."""
    return "mail_from" in event["smtp"] or "rcpt_to" in event["smtp"]


def by_transaction(run, *types):
    """{(client, server, tx_id): [events]} in the order of the events."""
    out = defaultdict(list)
    for event in run.of(*types):
        if event["event_type"] != "smtp" or is_transaction(event):
            out[(*ends(event), event.get("tx_id", 0))].append(event)
    return out


def of_transactions(expected):
    return {(one["client"], one["server"], one["tx_id"]): one for one in expected.get("smtp", [])}


@pytest.mark.parametrize("name", RECORDED)
def test_smtp_envelopes_equal_what_the_clients_sent(replayed, name):  # noqa: F811
    expected, run = replayed(name)
    found = {key: [envelope(event) for event in events] for key, events in by_transaction(run, "smtp").items()}
    wanted = {key: [(one.get("helo"), one.get("mail_from"), tuple(one["rcpt_to"]))]
              for key, one in of_transactions(expected).items()}
    assert found == wanted


@pytest.mark.parametrize("name", WRITTEN)
def test_smtp_envelopes_equal_what_was_written(replayed, name):  # noqa: F811
    expected, run = replayed(name)
    wanted = Counter((one["helo"], one["mail_from"], tuple(one["rcpt_to"])) for one in expected["smtp"])
    assert Counter(envelope(event) for event in run.of("smtp") if is_transaction(event)) == wanted


@pytest.mark.parametrize("name", RECORDED)
def test_smtp_replies_equal_what_the_clients_got(replayed, name):  # noqa: F811
    expected, run = replayed(name)
    found = by_transaction(run, "smtp")
    for key, one in of_transactions(expected).items():
        extra = flowvars(found[key][0])
        # a recipient after another MAIL, RSET or the end of the session has no answer
        wanted = [f"{code} {to}" for code, to in zip(one["rcpt_codes"], one["rcpt_to"])]
        assert extra["smtp.rcpt.code"] == wanted, key
        # to the content, or else to the MAIL, DATA or BDAT that was refused
        last = one.get("data_code") or one.get("mail_code")
        assert (extra["smtp.data.code"] or extra["smtp.refused.code"]) == ([last] if last else []), key


@pytest.mark.parametrize("name", RECORDED)
def test_smtp_sessions_equal_what_the_peers_said(replayed, name):  # noqa: F811
    expected, run = replayed(name)
    sessions = defaultdict(list)
    for event in run.of("smtp"):
        sessions[ends(event)].append(event)
    for one in expected["smtp_sessions"]:
        events = sessions.pop((one["client"], one["server"]))
        assert len(events) == max(one["transactions"], 1)
        last = flowvars(events[-1])
        assert last["smtp.banner"] == [one["banner"]]
        assert last["smtp.starttls"] == ([one["starttls"]] if "starttls" in one else [])
        assert last["smtp.auth.mechanism"] == ([one["auth"]["mechanism"]] if "auth" in one else [])
        if "helo_shape" in one:
            assert one["helo_shape"] in last["smtp.helo.shape"]
        if not one["transactions"]:
            assert events[0]["smtp"].get("helo") == one.get("helo")
    assert not sessions


@pytest.mark.parametrize("name", RECORDED)
def test_mail_headers_equal_what_was_sent(replayed, name):  # noqa: F811
    expected, run = replayed(name)
    found = by_transaction(run, "smtp")
    for key, one in of_transactions(expected).items():
        if "data_code" not in one:
            continue  # cut short: nobody was sent a mail
        email, extra = found[key][0].get("email", {}), flowvars(found[key][0])
        assert {k: email.get(k) for k in EMAIL} == {k: one.get(k) for k in EMAIL}, key
        assert extra["smtp.header.order"] == ([one["header_order"]] if "header_order" in one else []), key
        assert set(one.get("shapes", [])) <= set(extra["smtp.shape"]), key
        if "boundary_shape" in one:
            assert one["boundary_shape"] in extra["smtp.boundary.shape"], key
        names = [each["filename"] for each in one.get("attachments", []) if "filename" in each]
        assert email.get("attachment", []) == names, key


@pytest.mark.parametrize("name", RECORDED)
def test_attachments_equal_sha256sum(replayed, name):  # noqa: F811
    expected, run = replayed(name)
    found = {key: [{k: event["fileinfo"].get(k) for k in ("filename", "size", "sha256")} for event in events]
             for key, events in by_transaction(run, "fileinfo").items()}
    wanted = {key: [{"filename": None} | file for file in one["attachments"]]
              for key, one in of_transactions(expected).items() if "attachments" in one}
    assert found == wanted


@pytest.mark.parametrize("name", MAIL)
def test_tls_events_equal_what_tshark_sees(replayed, name):  # noqa: F811
    expected, run = replayed(name)
    found = Counter((*ends(event), event["tls"].get("sni"), event["tls"]["ja3"]["hash"], event["tls"]["ja3"]["string"],
                     event["tls"]["ja4"]) for event in run.of("tls"))
    assert found == Counter((one["client"], one["server"], one.get("sni"), one["ja3"], one["ja3_string"], one["ja4"])
                            for one in expected.get("tls", []))


@pytest.mark.parametrize("name", SECRET)
def test_no_secret_stands_in_an_event(replayed, name):  # noqa: F811
    expected, run = replayed(name)
    assert expected["secrets"]
    for secret in expected["secrets"]:
        assert not [line for line in [*run.lines, run.summary] if secret in line]


@pytest.mark.parametrize("name", MAIL)
def test_mail_alerts_are_those_of_the_planted_values(replayed, name):  # noqa: F811
    """By signature, not only by field: of all values planted in any capture no other fires."""
    expected, run = replayed(name)
    fields = ("smtp.", "tls.")
    known = sids()
    wanted = {known[alert["field"], alert["value"]] for alert in expected["alerts"]
              if alert["field"].startswith(fields)}
    assert {event["alert"]["signature_id"] for event in run.of("alert")
            if event["alert"]["metadata"]["portreeve_field"][0].startswith(fields)} == wanted
