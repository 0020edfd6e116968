#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Real programs across `portreeve run`: Postfix and iperf3 do not notice it, nor that it is killed, stopped and replaced in
the middle. OpenSSH is in test_live.py.
"""

import os
import re
import signal

import pytest
from live import DRIVERS, Bridged, Live
from mailing import smtplib
from mails import mail
from mta import Postfix
from net import CLIENT4, SERVER4, wait_until
from test_live import compiled

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")
INTERVAL = re.compile(r"^\[ *\d+\] +[\d.]+-[\d.]+ +sec +([\d.]+) ", re.M)


def test_postfix_delivers_to_postfix_and_the_planted_recipient_is_told(portreeve, portreeve_tool):
    sender, recipient = "mate@harbour.example", "bosun@port.example"
    with Bridged() as net:
        signatures = compiled(portreeve_tool, net.files / "set", f"9000001 medium alert smtp.rcpt_to {recipient}\n")
        with Live(net, portreeve, "--signatures", signatures) as box:
            inner = Postfix(net, net.server, relay=f"[{CLIENT4}]").start()
            outer = Postfix(net, net.client).start()
            own = mail("berth plan")
            smtplib(net, net.server, "127.0.0.1", [(sender, [recipient], own)], helo="mx.harbour.example")
            outer.wait_done()
            inner.wait_done()
            body = own.data.replace(b"\r\n", b"\n").split(b"\n\n", 1)[1]
            assert [stored.split(b"\n\n", 1)[1] for stored in outer.stored()] == [body]
            assert box.end() == 0
            alerts = box.events("alert")
            assert [(alert["alert"]["signature_id"], alert["src_ip"]) for alert in alerts] == [(9000001, SERVER4)]
            assert alerts[0]["smtp"]["rcpt_to"] == [f"<{recipient}>"]
            assert [event["email"]["subject"] for event in box.events("smtp")] == ["berth plan"]


class Iperf:
    """One connection that sends for as long as the block lasts."""

    def __init__(self, net):
        self.server = net.start(net.server, "iperf3", "-s", "-1", "-B", SERVER4)
        net.wait_listening(net.server, 5201)
        self.client = net.start(net.client, "iperf3", "-c", SERVER4, "-t", "600", "-i", "0.1", "--forceflush")

    def wait_on(self):
        """Until it has moved bytes in three more intervals."""
        def moved():
            return sum(float(amount) > 0 for amount in INTERVAL.findall(self.client.output()))

        due = moved() + 3
        wait_until(lambda: moved() >= due or self.client.process.poll() is not None, "iperf3 to go on")
        assert self.client.process.poll() is None, self.client.said() + self.client.output()

    def end(self):
        self.client.end(signal.SIGINT)
        self.server.end()


@pytest.mark.parametrize("driver, handover", [("packet", "on"), ("packet", "off"), ("xdp", "on"), ("xdp", "off")])
def test_iperf3_s_connection_outlives_a_kill_a_stop_and_an_upgrade(portreeve, driver, handover):
    with Bridged(driver=driver) as net, Live(net, portreeve, "--handover", handover, "--heartbeat", "100") as box:
        iperf = Iperf(net)
        iperf.wait_on()
        box.end(signal.SIGKILL)
        iperf.wait_on()
        box.__enter__()
        iperf.wait_on()
        box.program.process.send_signal(signal.SIGSTOP)
        iperf.wait_on()
        box.program.process.send_signal(signal.SIGCONT)
        if handover == "off":  # else it is in the kernel, and nothing waits for the program
            box.program.wait_said("frames were bridged past it uninspected")
        iperf.wait_on()
        assert box.end() == 0
        iperf.wait_on()
        box.__enter__()
        iperf.wait_on()
        iperf.end()
        assert box.end() == 0
        # who began it is not known to a scanner that comes to it midstream
        moved = [max(event["flow"]["bytes_toserver"], event["flow"]["bytes_toclient"]) for event in box.events("flow")
                 if 5201 in (event.get("src_port"), event.get("dest_port"))]
        assert max(moved) > 1 << 20
