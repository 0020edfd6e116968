#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`portreeve run` between network interfaces: what goes in at one comes out at the other bit for bit,
the captures raise the alerts that replay raises, real programs do not notice it, and the interfaces are
as they were when it has ended.
"""

import os
import pty
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import termios
import time
from collections import Counter

import pcapfile
import pytest
from conftest import CAPTURES, ROOT
from eve import validate
from live import DRIVERS, PORTS, Bridged, Live, put_xdp_program, tag_all
from net import CLIENT6, SERVER4, SERVER6, run, wait_until
from peers import Sshd, copy, ssh, start_ssh
from replaying import replay
from test_appliance import MACS, ODD_FRAMES, port_of

STORY = CAPTURES / "turned-server.pcap"
FAR = {"inside": "outside", "outside": "inside"}

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")


@pytest.fixture(scope="module")
def baseline(scratch, portreeve_tool):
    signatures = scratch / "live.set"
    subprocess.run([portreeve_tool, "sig", "compile", ROOT / "tools/signatures/baseline.sig", "-o", signatures], check=True)
    return signatures


def compiled(portreeve_tool, target, text):
    target.with_suffix(".sig").write_text(text)
    subprocess.run([portreeve_tool, "sig", "compile", target.with_suffix(".sig"), "-o", target], check=True)
    return target


def echo_request(source, destination):
    """An IPv4 packet that asks for an echo."""
    def checksummed(head, at):
        total = sum(struct.unpack(f"!{len(head) // 2}H", head))
        total = (total & 0xffff) + (total >> 16)
        return head[:at] + struct.pack("!H", ~((total & 0xffff) + (total >> 16)) & 0xffff) + head[at + 2:]

    echo = checksummed(bytes.fromhex("0800000000010001") + bytes(32), 2)
    addresses = socket.inet_aton(source) + socket.inet_aton(destination)
    return checksummed(struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(echo), 1, 0, 64, 1, 0) + addresses, 10) + echo


def refused(portreeve, net, *arguments):
    """What it says, having ended with 1."""
    done = subprocess.run(["ip", "netns", "exec", net.middle, portreeve, "run", "--state", net.files / "state", *arguments],
                          capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
    assert done.returncode == 1, done.stderr
    return done.stderr


@pytest.mark.parametrize("driver, mtu", [("packet", 9224), ("xdp", 1500), ("xdp", 3818)])
def test_frames_of_every_kind_pass_unchanged_both_ways(portreeve, driver, mtu):
    frames = {name: sent for name, sent in ODD_FRAMES.items() if len(sent) <= mtu + 22}
    with Bridged(mtu=mtu, driver=driver) as net, Live(net, portreeve) as box:
        wires = {side: net.wire(side) for side in FAR}
        for name, sent in frames.items():
            for near, far in FAR.items():
                wires[near].send(sent)
                wires[far].wait_for(f"{name} from {near}", lambda: sent in wires[far].received)
        assert "down" not in box.command_line("show ports")
        assert box.end() == 0
        # each came out once, and where it was not sent to, never
        for wire in wires.values():
            counts = Counter(wire.received)
            assert {name: counts[sent] for name, sent in frames.items()} == dict.fromkeys(frames, 1)


@pytest.mark.parametrize("driver", DRIVERS)
def test_turned_server_raises_the_alerts_of_replay(portreeve, baseline, driver):
    due = Counter(e["alert"]["signature_id"] for e in replay(portreeve, STORY, signatures=baseline).of("alert"))
    sent = {"inside": [], "outside": []}

    with Bridged(driver=driver) as net:
        net.silence()  # what they say to frames that are not theirs is not part of the story
        with Live(net, portreeve, "--signatures", baseline) as box:
            wires = {side: net.wire(side) for side in FAR}
            for packet in pcapfile.read(STORY):
                near = port_of(packet)
                sent[near].append(packet.data)
                wires[near].send(packet.data)
                # one at a time, so that the two directions keep their order
                wires[FAR[near]].wait_for("a frame", lambda n=near: len(wires[FAR[n]].received) >= len(sent[n]))
            # before it ends: the host then speaks there again
            assert wires["outside"].received == sent["inside"]
            assert wires["inside"].received == sent["outside"]
            assert box.end() == 0
        validate(box.eve.read_text().splitlines())
        raised = Counter(e["alert"]["signature_id"] for e in box.events("alert"))
        assert raised == due and sum(due.values()) > 50


@pytest.mark.parametrize("offloads, driver", [(True, "packet"), (False, "packet"), (False, "xdp")])
def test_real_ssh_and_scp_pass_and_are_read(portreeve, offloads, driver):
    content = os.urandom(12 << 20)
    with Bridged(offloads=offloads, driver=driver) as net, Live(net, portreeve) as box:
        sshd = Sshd(net).start()
        session = ssh(sshd, host=SERVER4).expectation(sshd.hostkey_sha256)
        ssh(sshd, host=SERVER6)
        (net.files / "sent").write_bytes(content)
        copy(sshd, paths=[str(net.files / "sent"), f"harbour@{SERVER4}:copied"])
        assert (sshd.account.home / "copied").read_bytes() == content
        assert box.end() == 0
        idents = [(e["src_ip"], f'SSH-{e["ssh"]["client"]["proto_version"]}-{e["ssh"]["client"]["software_version"]}') for e in box.events("ssh")]
        assert len(idents) == 3 and (CLIENT6, idents[0][1]) in idents
        assert session["client_ident"].startswith(idents[0][1])
        assert not box.events("anomaly"), "checksums left to the other end are right"
        seen = Counter(flow["metadata"]["flowvars"][0]["portreeve_seen"] for flow in box.events("flow") if flow["proto"] == "TCP")
        assert set(seen) <= {"encrypted", "finished"}, seen


def test_ping_of_every_length_passes(portreeve):
    with Bridged(mtu=9000) as net, Live(net, portreeve):
        for address, length in ((SERVER4, 0), (SERVER4, 8972), (SERVER4, 65507), (SERVER6, 0), (SERVER6, 8952)):
            done = net.run(net.client, "ping", "-n", "-c", "3", "-i", "0.01", "-s", str(length), address)
            assert " 0% packet loss" in done, done


@pytest.mark.parametrize("signum, driver", [(signal.SIGTERM, "packet"), (signal.SIGINT, "packet"), (signal.SIGTERM, "xdp")])
def test_interfaces_are_as_before_when_it_is_detached(portreeve, signum, driver):
    with Bridged(driver=driver) as net:
        run("ip", "-n", net.middle, "link", "set", "wan", "down")
        before = {port: net.settings(port) for port in ("lan", "wan")}
        with Live(net, portreeve) as box:
            flags, ipv6, _ = net.settings("wan")
            assert flags & 0x181 == 0x181 and ipv6 == "1\n", "up, promiscuous, no ARP, no IPv6"
            assert box.end(signum) == 0
            assert net.settings("wan")[1] == "1\n", "the kernel bridges on: nothing is given back yet"
            assert box.detach() == (0, "")
        assert {port: net.settings(port) for port in ("lan", "wan")} == before
        assert net.xdp() == []
        assert list(box.state.iterdir()) == []
        assert box.detach() == (1, "portreeve: there is no bridge between lan and wan\n")


def test_what_a_killed_program_left_is_put_back(portreeve):
    with Bridged() as net:
        before = {port: net.settings(port) for port in ("lan", "wan")}
        with Live(net, portreeve) as box:
            box.end(signal.SIGKILL)
        assert {port: net.settings(port) for port in ("lan", "wan")} != before
        with Live(net, portreeve) as box:  # takes over what it finds, and knows what was before that
            assert box.end() == 0
            assert box.detach()[0] == 0
        assert {port: net.settings(port) for port in ("lan", "wan")} == before


@pytest.mark.parametrize("driver", DRIVERS)
def test_host_says_nothing_and_answers_nothing(portreeve, driver):
    with Bridged(driver=driver) as net:
        with Live(net, portreeve) as box:
            own = {net.address("lan"), net.address("wan")}
            wires = {side: net.wire(side) for side in FAR}
            net.run(net.middle, "ip", "address", "add", "192.0.2.1/32", "dev", "lo")
            net.run(net.middle, "ip", "link", "set", "lo", "up")
            net.run(net.middle, "ip", "route", "add", "default", "dev", "wan")
            net.run(net.client, "ip", "route", "add", "192.0.2.0/24", "dev", "outside")
            # asks the host, at its port's own address and from the port's side, for an echo
            for side, port in PORTS.items():
                echo = bytes.fromhex("0800") + echo_request("198.51.100.10", "192.0.2.1")
                wires[side].send(net.address(port) + bytes.fromhex("02005e000001") + echo)
            mark = ODD_FRAMES["61 bytes"]
            wires["outside"].send(mark)
            wires["inside"].wait_for("the mark", lambda: mark in wires["inside"].received)
            wires["inside"].send(mark)
            wires["outside"].wait_for("the mark", lambda: mark in wires["outside"].received)
            for wire in wires.values():
                assert not [frame.hex() for frame in wire.received if frame[6:12] in own]
            # after the ends of the program, too
            assert box.end() == 0
            wires["outside"].send(net.address("wan") + bytes.fromhex("02005e000001") + echo)
            wires["outside"].send(mark)
            wires["inside"].wait_for("the mark", lambda: wires["inside"].received.count(mark) == 2)
            assert not [frame.hex() for frame in wires["outside"].received if frame[6:12] in own]


@pytest.mark.parametrize("prepare, arguments, complaint", [
    ([], ("--inside", "lan", "--outside", "nowhere"), "interface nowhere cannot be taken"),
    ([], ("--inside", "lan", "--outside", "lan"), "are both lan"),
    ([], ("--inside", "lo", "--outside", "lan"), "lo is no Ethernet interface"),
    (["link add near type veth peer name far"], ("--inside", "near", "--outside", "far"), "two ends of one link"),
    (["link add bridge0 type bridge", "link set lan master bridge0"], ("--inside", "lan", "--outside", "wan"),
     "'ip link set lan nomaster'"),
    (["address add 192.0.2.1/24 dev lan"], ("--inside", "lan", "--outside", "wan"), "'ip address flush dev lan'"),
    (["link set wan mtu 9000"], ("--inside", "lan", "--outside", "wan"), "'ip link set lan mtu 9000'"),
])
def test_interfaces_that_make_no_bridge_are_refused_with_a_remedy(portreeve, prepare, arguments, complaint):
    with Bridged() as net:
        for line in prepare:
            run("ip", "-n", net.middle, *line.split())
        before = net.settings("lan")
        assert complaint in refused(portreeve, net, *arguments)
        assert net.settings("lan") == before


@pytest.mark.parametrize("driver", DRIVERS)
def test_lost_link_is_carried_to_the_other_side_and_back(portreeve, driver):
    with Bridged(driver=driver) as net, Live(net, portreeve) as box:
        wait_until(lambda: net.carrier(net.client, "outside"), "the link")
        run("ip", "-n", net.server, "link", "set", "inside", "down")
        wait_until(lambda: not net.carrier(net.client, "outside"), "the other link to go")
        box.program.wait_said("the link of lan is lost: wan is switched off")
        run("ip", "-n", net.server, "link", "set", "inside", "up")
        wait_until(lambda: net.carrier(net.client, "outside"), "the other link to come")
        box.program.wait_said("the link of lan is back: wan is switched on")
        # what crossed both links before crosses them again; the hosts have lost their routes
        near, far = net.wire("outside"), net.wire("inside")
        near.send(ODD_FRAMES["lldp"])
        far.wait_for("a frame", lambda: ODD_FRAMES["lldp"] in far.received)
        net.close_wires()
        # and while it is lost the end of the program leaves both on
        run("ip", "-n", net.client, "link", "set", "outside", "down")
        wait_until(lambda: not net.carrier(net.server, "inside"), "the other link to go")
        assert box.end() == 0
        assert net.carrier(net.server, "inside")


def said_of_driver(box):
    return re.search("forwarding between lan and wan, driver (.*)", box.program.said())[1]


@pytest.mark.parametrize("driver, txvlan", [("packet", "on"), ("packet", "off"), ("xdp", "off")])
def test_tag_that_stands_beside_a_frame_passes(portreeve, driver, txvlan):
    frame = ODD_FRAMES["61 bytes"]
    with Bridged(driver=driver) as net:
        net.silence()
        net.run(net.server, "ethtool", "-K", "inside", "txvlan", txvlan)
        tag_all(net.server, "inside", 5)
        with Live(net, portreeve) as box:
            near, far = net.wire("inside"), net.wire("outside")
            near.send(frame)
            far.wait_for("it", lambda: frame[:12] + bytes.fromhex("81000005") + frame[12:] in far.received)
            # with AF_XDP only then, which the operator is told
            assert ("txvlan off" in said_of_driver(box)) == (driver == "xdp")


def test_driver_is_chosen_by_what_the_interfaces_can_carry_and_said(portreeve):
    virtual = "packet (lan is a virtual link: its frames come with unfinished checksums)"
    forced = ("xdp (copy mode, by the kernel's generic XDP; "
              "far ends need 'ethtool -K IF tx off tso off gso off txvlan off')")
    for driver, said in (("auto", virtual), ("packet", "packet"), ("xdp", forced)):
        with Bridged(driver=driver) as net, Live(net, portreeve) as box:
            assert said_of_driver(box) == said
            assert box.end() == 0


def test_frames_too_long_for_af_xdp_are_refused_with_the_reason(portreeve):
    with Bridged(mtu=3819) as net:
        said = refused(portreeve, net, "--inside", "lan", "--outside", "wan", "--driver", "xdp")
        assert "AF_XDP cannot be had: packets of 3819 bytes, as lan takes them, are too long" in said
        assert net.xdp() == []


def test_xdp_program_of_somebody_else_is_left_alone(portreeve):
    with Bridged(driver="xdp") as net:
        put_xdp_program(net.middle, "wan")
        said = refused(portreeve, net, "--inside", "lan", "--outside", "wan", "--driver", "xdp")
        assert "AF_XDP cannot be had: wan cannot be opened: another XDP program is there" in said
        assert net.xdp() == ["wan"]
        net.driver = "packet"
        with Live(net, portreeve) as box:
            assert box.end() == 0
            assert box.detach() == (0, "")
        assert net.xdp() == ["wan"]


def of_many_flows():
    return [MACS + bytes.fromhex("08004500002e000000004011") + bytes(2) + socket.inet_aton("192.0.2.1") +
            socket.inet_aton("192.0.2.2") + struct.pack("!HHHH", 1024 + port, 9, 26, 0) + bytes(18) for port in range(64)]


def test_frames_of_every_receive_queue_pass(portreeve):
    """The far end spreads flows over its queues."""
    with Bridged(driver="xdp", queues=4) as net, Live(net, portreeve) as box:
        wires = {side: net.wire(side) for side in FAR}
        sent = of_many_flows()
        for frame in sent:
            wires["inside"].send(frame)
        wires["outside"].wait_for("all flows", lambda: set(sent) <= set(wires["outside"].received))
        assert box.end() == 0
        came, forwarded = map(int, re.search(r"inside lan: (\d+) frames came, (\d+) were", box.program.said()).groups())
        assert came == forwarded >= len(sent), "none by the kernel's bridge"


def test_frames_of_a_queue_that_came_later_are_bridged_and_told_and_drop_no_others(portreeve):
    with Bridged(driver="xdp", queues=4) as net:
        net.silence()
        for name, port in ((net.server, "inside"), (net.middle, "lan")):
            net.run(name, "ethtool", "-L", port, "rx", "1", "tx", "1")
        with Live(net, portreeve, "--handover", "off") as box:
            for name, port in ((net.server, "inside"), (net.middle, "lan")):
                net.run(name, "ethtool", "-L", port, "rx", "4", "tx", "4")
            wires = {side: net.wire(side) for side in FAR}
            sent = of_many_flows()
            for frame in sent:
                wires["inside"].send(frame)
            wires["outside"].wait_for("all flows", lambda: set(sent) <= set(wires["outside"].received))
            box.program.wait_said("an interface has more receive queues than at the start")
            drops = box.command_line("show drops")
            assert re.search(r"^lan +device +unserved-queue +[1-9]", drops, re.M)
            assert "stale" not in drops and "stalled" not in drops
            assert box.end() == 0


def test_packet_sockets_take_the_place_of_af_xdp_and_the_other_way_round(portreeve):
    frame = ODD_FRAMES["61 bytes"]
    with Bridged(driver="xdp") as net:
        wires = {side: net.wire(side) for side in FAR}
        for count, driver in enumerate(("xdp", "packet", "xdp", "packet"), 1):
            net.driver = driver
            with Live(net, portreeve) as box:
                assert net.xdp() == (["lan", "wan"] if driver == "xdp" else [])
                wires["inside"].send(frame)
                wires["outside"].wait_for("a frame", lambda n=count: wires["outside"].received.count(frame) == n)
                box.end(signal.SIGKILL if count == 3 else signal.SIGTERM)
            assert net.xdp() == (["lan", "wan"] if driver == "xdp" else [])


def test_lost_link_is_not_carried_when_that_is_off(portreeve):
    with Bridged() as net, Live(net, portreeve, "--link-carry", "off") as box:
        run("ip", "-n", net.server, "link", "set", "inside", "down")
        assert re.search("^inside +down", box.command_line("show ports"), re.M)
        assert net.carrier(net.client, "outside")


def test_frames_for_a_lost_link_are_counted_and_the_next_ones_pass(portreeve):
    """By AF_XDP: the kernel does not tell packet sockets."""
    frame = ODD_FRAMES["61 bytes"]
    with Bridged(driver="xdp") as net, Live(net, portreeve, "--link-carry", "off") as box:
        net.silence()
        near = net.wire("outside")
        run("ip", "-n", net.server, "link", "set", "inside", "down")
        for _ in range(100):
            near.send(frame)
        wait_until(lambda: re.search(r"^lan +device +unsent +100\s", box.command_line("show drops"), re.M), "them to be counted")
        run("ip", "-n", net.server, "link", "set", "inside", "up")
        wait_until(lambda: net.carrier(net.middle, "lan"), "the link")
        far = net.wire("inside")
        near.send(ODD_FRAMES["lldp"])
        far.wait_for("a frame", lambda: ODD_FRAMES["lldp"] in far.received)
        assert frame not in far.received
        assert box.end() == 0


@pytest.mark.parametrize("driver", DRIVERS)
def test_frames_for_an_interface_that_is_off_are_counted_and_none_comes_late(portreeve, driver):
    frame, count = ODD_FRAMES["61 bytes"], 2000  # more than there are places in a ring
    with Bridged(driver=driver) as net:
        net.silence()
        with Live(net, portreeve, "--link-carry", "off") as box:
            near = net.wire("outside")
            run("ip", "-n", net.middle, "link", "set", "lan", "down")
            for _ in range(count):
                near.send(frame)
            wait_until(lambda: re.search(rf"^outside +up +{count} ", box.command_line("show ports"), re.M), "them to come")
            run("ip", "-n", net.middle, "link", "set", "lan", "up")
            wait_until(lambda: net.carrier(net.middle, "lan"), "the link")
            far = net.wire("inside")
            near.send(ODD_FRAMES["lldp"])
            far.wait_for("a frame", lambda: ODD_FRAMES["lldp"] in far.received)
            assert frame not in far.received
            assert re.search(rf"^lan +device +unsent +{count}\s", box.command_line("show drops"), re.M)
            assert box.end() == 0


def test_force_takes_an_interface_with_an_address(portreeve):
    with Bridged() as net:
        run("ip", "-n", net.middle, "address", "add", "192.0.2.1/24", "dev", "lan")
        with Live(net, portreeve, "--force") as box:
            assert box.end() == 0


def test_second_program_with_the_same_state_is_refused(portreeve):
    with Bridged() as net, Live(net, portreeve):
        assert "another portreeve runs with it" in refused(portreeve, net, "--inside", "lan", "--outside", "wan")


def test_file_that_is_no_set_is_refused(portreeve):
    with Bridged() as net:
        (net.files / "set").write_bytes(b"none")
        before = net.settings("lan")
        assert "cannot be used" in refused(portreeve, net, "--inside", "lan", "--outside", "wan", "--signatures",
                                           net.files / "set")
        assert net.settings("lan") == before


@pytest.mark.parametrize("arguments, complaint", [
    (["--inside", "a"], "--outside is missing"),
    (["--outside", "a"], "--inside is missing"),
    (["--inside", "a", "--inside", "b"], "--inside is given twice"),
    (["--inside", "a", "--outside"], "--outside needs a value"),
    (["--inside", "a", "--outside", "b", "--driver", "magic"], "--driver magic: there is only auto, xdp and packet"),
    (["--inside", "a", "--outside", "b", "--poll", "never"], "--poll never: there is only adaptive and busy"),
    (["--inside", "a", "--outside", "b", "--inside-net", "10.1.1.1/8"], "--inside-net 10.1.1.1/8"),
    (["--inside", "a", "--outside", "b", "c"], "unknown argument c"),
    (["--inside", "a", "--outside", "b", "--frobnicate"], "unknown option --frobnicate"),
    (["--inside", "a", "--outside", "b", "--fail", "never"], "--fail never: there is only open"),
    (["--inside", "a", "--outside", "b", "--heartbeat", "0"], "--heartbeat 0: milliseconds, 1 to 10000"),
    (["--inside", "a", "--outside", "b", "--heartbeat", "1s"], "--heartbeat 1s"),
    (["--inside", "a", "--outside", "b", "--hash-key", "c"], "--signatures is missing"),
])
def test_wrong_arguments_end_with_two(portreeve, arguments, complaint):
    done = subprocess.run([portreeve, "run", *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and complaint in done.stderr


def test_show_ports_tells_since_when_the_program_runs(portreeve):
    with Bridged() as net:
        start = time.monotonic()
        with Live(net, portreeve) as box:
            days, hours, minutes, seconds = map(int, re.search(r"^up (\d+) days (\d+):(\d+):(\d+)$",
                                                               box.command_line("show ports"), re.M).groups())
            assert ((days * 24 + hours) * 60 + minutes) * 60 + seconds <= time.monotonic() - start
            assert box.end() == 0


def test_hangup_loads_the_set_and_opens_the_events_file_anew(portreeve, portreeve_tool):
    with Bridged() as net:
        signatures = compiled(portreeve_tool, net.files / "set", "1 high alert ip.dst 192.0.2.9\n")
        with Live(net, portreeve, "--signatures", signatures) as box:
            sshd = Sshd(net).start()
            ssh(sshd)
            box.wait_events("the session", lambda events: [e for e in events if e["event_type"] == "ssh"])
            assert not box.events("alert")

            compiled(portreeve_tool, net.files / "set", f"2 high alert ip.dst {SERVER4}\n")
            box.eve.rename(net.files / "eve.old")
            box.program.process.send_signal(signal.SIGHUP)
            wait_until(box.eve.exists, "the new file")
            ssh(sshd)
            box.wait_events("the alert", lambda events: [e for e in events if e["event_type"] == "alert"])
            assert {e["alert"]["signature_id"] for e in box.events("alert")} == {2}

            signatures.write_bytes(b"spoilt")
            box.program.process.send_signal(signal.SIGHUP)
            box.program.wait_said("cannot be used")
            assert "1 high" in box.command_line("show alerts") or "2 high" in box.command_line("show alerts")
            assert box.end() == 0


@pytest.mark.parametrize("driver", DRIVERS)
def test_reject_resets_both_ends_when_enforcing(portreeve, portreeve_tool, driver):
    with Bridged(driver=driver) as net:
        signatures = compiled(portreeve_tool, net.files / "set", f"1 high reject ip.dst {SERVER6}\n")
        with Live(net, portreeve, "--signatures", signatures, "--enforce") as box:
            sshd = Sshd(net).start()
            ssh(sshd, host=SERVER4)
            cut = start_ssh(sshd, host=SERVER6)
            assert cut.wait_end() == 255
            assert "refused" in cut.said() or "reset by peer" in cut.said()
            assert box.end() == 0
            assert [e["alert"]["action"] for e in box.events("alert")] == ["blocked"]


def test_console_answers_on_a_pseudo_terminal(portreeve):
    with Bridged() as net, Live(net, portreeve) as box:
        net.run(net.client, "ping", "-n", "-c", "1", SERVER4)
        assert "inside   up" in box.command_line("show ports")
        assert "no such command: show portz" in box.command_line("show portz")
        assert "events lost: 0" in box.command_line("show drops")


def test_terminal_is_the_console_and_is_given_back(portreeve):
    near, far = pty.openpty()
    before = termios.tcgetattr(far)
    with Bridged() as net:
        command = ["ip", "netns", "exec", net.middle, portreeve, "run", "--inside", "lan", "--outside", "wan", "--state",
                   net.files / "state"]
        process = subprocess.Popen(command, stdin=far, stdout=far, stderr=subprocess.DEVNULL)
        said = b""

        def wait_said(text):
            nonlocal said
            while text not in said:
                assert select.select([near], [], [], 60)[0], said
                said += os.read(near, 4096)

        try:
            wait_said(b"portreeve> ")
            os.write(near, b"show ports\r")
            wait_said(b"inside   up")
            assert termios.tcgetattr(far) != before
            assert not (net.files / "state" / "console").exists()
            process.terminate()
            wait_said(b"portreeve: ending")
            assert process.wait(60) == 0
            assert termios.tcgetattr(far) == before
        finally:
            process.kill()
            process.wait()
            os.close(near)
            os.close(far)


@pytest.mark.parametrize("driver", DRIVERS)
def test_service_calls_the_program_as_it_wants_to_be_called(portreeve, driver):
    """And asks for the capabilities that it uses: with these alone it starts, bridges, and leaves its bridge."""
    unit = (ROOT / "board/linux/portreeve.service").read_text()
    line = re.search("^ExecStart=/usr/local/sbin/portreeve (.*)$", unit, re.M)[1]
    capabilities = re.search("^CapabilityBoundingSet=(.*)$", unit, re.M)[1].lower().split()
    with Bridged(driver=driver) as net:
        for name, value in (("${INSIDE}", "lan"), ("${OUTSIDE}", "wan"), ("$OPTIONS", f"--enforce --driver {driver}"),
                            ("/run/portreeve", str(net.files / "state")), ("/var/log/portreeve", str(net.files))):
            line = line.replace(name, value)
        bounded = ["setpriv", "--bounding-set", ",".join(["-all", *(f"+{name[4:]}" for name in capabilities)]), "--no-new-privs"]
        program = net.start(net.middle, *bounded, portreeve, *line.split())
        program.wait_said("forwarding between lan and wan")
        assert "keeps no bridge" not in program.said()
        program.end()
        assert program.process.returncode == 0


def allowed_calls(words):
    """The system calls that systemd makes of a SystemCallFilter."""
    calls = set()
    for word in words:
        if word.startswith("@"):
            text = subprocess.run(["systemd-analyze", "syscall-filter", word], capture_output=True, text=True, check=True).stdout
            calls |= allowed_calls(line.strip() for line in text.splitlines()[1:] if line.strip() and "#" not in line)
        else:
            calls.add(word)
    return calls


@pytest.mark.skipif(not (shutil.which("systemd-analyze") and shutil.which("strace")), reason="systemd or strace is missing")
@pytest.mark.parametrize("driver, calls", [("packet", {"bpf", "ioctl", "mmap", "sendmmsg"}),
                                           ("xdp", {"bpf", "ioctl", "bind", "mmap", "ppoll", "sendto"})])
def test_service_is_valid_and_allows_what_the_program_asks_of_the_system(portreeve, scratch, driver, calls):
    text = (ROOT / "board/linux/portreeve.service").read_text()
    unit = scratch / "portreeve.service"
    unit.write_text(text.replace("/usr/local/sbin/portreeve", str(portreeve)))
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and unit.name not in done.stderr, done.stderr
    with Bridged(driver=driver) as net:
        trace = net.files / "trace"
        box = Live(net, portreeve)
        box.command = ["strace", "-D", "-f", "-o", trace, *box.command]  # -D: signals reach the program
        with box:
            wires = {side: net.wire(side) for side in FAR}
            wires["inside"].send(ODD_FRAMES["61 bytes"])
            wires["outside"].wait_for("a frame", lambda: ODD_FRAMES["61 bytes"] in wires["outside"].received)
            assert "down" not in box.command_line("show ports")
            net.close_wires()
            run("ip", "-n", net.server, "link", "set", "inside", "down")
            box.program.wait_said("the link of lan is lost: wan is switched off")
        wait_until(lambda: re.search(rf"^{box.program.pid} +\+\+\+ exited with 0", trace.read_text(), re.M), "the trace to end")
        made = set(re.findall(r"^\d+ +(\w+)\(", trace.read_text(), re.M))
        assert calls <= made, "the trace is there"
        assert made - allowed_calls(re.search("^SystemCallFilter=(.*)$", text, re.M)[1].split()) == set()
        families = set(re.findall(r"\bsocket\((AF_\w+)", trace.read_text()))
        assert families - set(re.search("^RestrictAddressFamilies=(.*)$", text, re.M)[1].split()) == set()
