# SPDX-License-Identifier: BSD-2-Clause
"""Every capture through the booted appliance: the frames that leave are those that came, in their order, and the
events are those of `portreeve replay`.

The appliance starts anew for each capture (`reboot`, which also has it tell what flows under way still had to tell),
so that ports and counts of one do not meet those of another. Its clock begins on the day of the captures, as
signatures expire. It goes on by itself, though, and a capture of minutes is played in a moment: replay therefore gets
the capture with the times at which its frames were sent, and then nothing is left out of the comparison but times and
the numbers of flows, which no two runs share.
"""

import json
import re
import subprocess
import time

import pcapfile
import pytest
from appliance import OTHER_PORT, PROMPT, Appliance
from conftest import CAPTURES
from net import SERVER_MAC
from replaying import replay
from test_detection import NAMES, baseline, capture_of  # noqa: F401

BEGIN = "2026-06-01T10:00:00"
BEGIN_NS = 1780308000 * 10**9
REBOOTING = "portreeve: rebooting\r\n"
RUNS_ON = ["-rtc", f"base={BEGIN}", "-action", "reboot=reset"]


@pytest.fixture(scope="module")
def box(tmp_path_factory, portreeve_tool, image, baseline):  # noqa: F811
    folder = tmp_path_factory.mktemp("box")
    flash = folder / "flash"
    subprocess.run([portreeve_tool, "flash", "write", flash, "--signatures", baseline], check=True)
    with Appliance(folder, flash, RUNS_ON) as appliance:
        appliance.start = time.monotonic_ns()
        yield appliance


def restarted(box):
    """The appliance as it is after a start, with nothing of what was before."""
    box.wait_for("a start", lambda: box.text.endswith(PROMPT))
    assert box.text.count("forwarding after") == 1, box.text
    box.text = PROMPT
    for frames in box.received.values():
        frames.clear()


def play(box, capture):
    """Sends a capture's frames, each into the port it came by. Returns them as they were sent: by port, and with the
    time by the appliance's clock."""
    sent, played, last = {"inside": [], "outside": []}, [], None
    for packet in pcapfile.read(capture):
        port = "inside" if packet.data[6:12] == bytes.fromhex(SERVER_MAC.replace(":", "")) else "outside"
        if port != last:
            arrived(box, sent)  # so that the two directions keep their order
        last = port
        sent[port].append(packet.data)
        played.append(packet.at(BEGIN_NS + time.monotonic_ns() - box.start))
        box.send(port, packet.data)
    arrived(box, sent)
    return sent, played


def arrived(box, sent):
    box.wait_for("a frame", lambda: all(len(box.received[OTHER_PORT[port]]) >= len(sent[port]) for port in sent))


def last_words(box):
    """What the serial line said until the appliance started anew."""
    box.type(b"reboot\r")
    box.wait_for("a reboot", lambda: REBOOTING in box.text)
    text, box.text = box.text.split(REBOOTING)
    return text


def comparable(events):
    """Without what no two runs share. Flows that end together do so in any order."""
    kept = [{key: value for key, value in event.items() if key not in ("timestamp", "flow_id")} for event in events]
    flows = [event for event in kept if event["event_type"] == "flow"]
    for event in flows:
        event["flow"] = {k: v for k, v in event["flow"].items() if k not in ("start", "end", "age")}
    return [event for event in kept if event["event_type"] != "flow"] + sorted(flows, key=json.dumps)


@pytest.mark.parametrize("name", NAMES)
def test_capture_passes_unchanged_with_the_events_of_replay(box, portreeve, scratch, baseline, name):  # noqa: F811
    restarted(box)
    box.command("events eve")
    sent, played = play(box, capture_of(name))
    text = last_words(box)

    assert box.received == {OTHER_PORT[port]: frames for port, frames in sent.items()}
    for port, frames in sent.items():
        assert f"\n{port:<8} {len(frames)} in = {len(frames)} forwarded + 0 dropped\r\n" in text
    assert "events   0 lost" in text and "DOES NOT ADD UP" not in text
    events = [json.loads(line) for line in re.findall(r"^[^{]*(\{.*\})\r$", text, re.M)]
    made = scratch / f"{name}.played.pcap"
    pcapfile.write(made, played)
    run = replay(portreeve, made, inside=(), signatures=baseline)
    made.unlink()
    assert run.status == 0, run.summary
    assert comparable(events) == comparable(run.events) and events
