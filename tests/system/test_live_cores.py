#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`portreeve run` with several data cores, one for each pair of queues: frames pass as with one, all that concerns a
server is at one of them, and each is alive or stalled by itself.
"""

import contextlib
import ipaddress
import itertools
import os
import re
import signal
import struct
import time
from collections import Counter

import pcapfile
import pytest
from conftest import CAPTURES
from frames import ethernet, ipv4, udp
from live import DRIVERS, SOL_PACKET, Bridged, Live
from net import CLIENT_MAC, PATIENCE_S, SERVER_MAC, wait_until
from replaying import replay
from test_appliance import ODD_FRAMES, port_of
from test_live import compiled
from test_live_bypass import stopped, thread_named

QUEUES = 2
ROOM = 4096  # AF_XDP_RECEIVE_SLOTS
PACKET_VNET_HDR = 15
FAR = {"inside": "outside", "outside": "inside"}
MACS = [bytes.fromhex(mac.replace(":", "")) for mac in (CLIENT_MAC, SERVER_MAC)]
CLIENT = ipaddress.ip_address("203.0.113.7")
SERVERS = [ipaddress.ip_address(f"192.0.2.{number}") for number in range(1, 9)]

pytestmark = [pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
              pytest.mark.skipif(len(os.sched_getaffinity(0)) < QUEUES, reason="a processor for each data core")]


def datagram(server, number, inward, padding=20, client_port=4000):
    ends = ((CLIENT, client_port), (server, 4001))
    (source, sport), (destination, dport) = ends if inward else ends[::-1]
    packet = udp(source, sport, destination, dport, b"not DNS, number " + number.to_bytes(4, "big") + bytes(padding))
    return ethernet(*MACS[::1 if inward else -1], 0x0800, ipv4(source, destination, 17, packet), ())


@contextlib.contextmanager
def bridged(portreeve, driver, *options, mtu=1500):
    """(wires of the silent far ends, the program between them)"""
    with Bridged(driver=driver, queues=QUEUES, mtu=mtu) as net:
        net.silence()
        with Live(net, portreeve, *options) as box:
            assert f", {QUEUES} data cores" in box.program.said()
            yield {side: net.wire(side) for side in FAR}, box


def came(box):
    """Frames that came to the scanners."""
    return sum(map(int, re.findall(r"^(?:inside|outside) +(\d+) in = \d+ forwarded", box.command_line("show accounts"), re.M)))


def pass_on(wires, near, frame):
    due = wires[FAR[near]].received.count(frame) + 1
    wires[near].send(frame)
    wires[FAR[near]].wait_for("a frame", lambda: wires[FAR[near]].received.count(frame) >= due)


def wait_for_all_cores(wires, box):
    """Until each takes its frames: who has just begun may leave some to the kernel's bridge."""
    deadline = time.monotonic() + PATIENCE_S
    for number in itertools.count(2000000):
        before = came(box)
        for server, near in itertools.product(SERVERS, FAR):
            pass_on(wires, near, datagram(server, number, near == "outside"))
        if came(box) - before == len(SERVERS) * len(FAR):
            return
        assert time.monotonic() < deadline


@pytest.mark.parametrize("driver", DRIVERS)
def test_frames_of_every_kind_pass_unchanged_both_ways(portreeve, driver):
    frames = {name: sent for name, sent in ODD_FRAMES.items() if len(sent) <= 1522}
    with bridged(portreeve, driver) as (wires, box):
        for sent, near in itertools.product(frames.values(), FAR):
            pass_on(wires, near, sent)
        assert "DOES NOT ADD UP" not in box.command_line("show accounts")
        assert box.end() == 0
        for wire in wires.values():
            counts = Counter(wire.received)
            assert {name: counts[sent] for name, sent in frames.items()} == dict.fromkeys(frames, 1)


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("capture", ["turned-server", "flood-bounces"])
def test_events_are_those_of_replay(portreeve, capture, driver):
    """Anomalies, too, are of what a server did in all its flows."""
    packets = pcapfile.read(CAPTURES / f"{capture}.pcap")
    due = Counter(e["anomaly"]["event"] for e in replay(portreeve, CAPTURES / f"{capture}.pcap").of("anomaly"))
    sent = Counter()
    with bridged(portreeve, driver) as (wires, box):
        for packet in packets:
            near = port_of(packet)
            sent[near] += 1
            wires[near].send(packet.data)
            wires[FAR[near]].wait_for("a frame", lambda n=near: len(wires[FAR[n]].received) >= sent[n])
        assert box.end() == 0
        assert Counter(e["anomaly"]["event"] for e in box.events("anomaly")) == due != Counter()


def held_up(wires, near):
    """Which servers' frames do not come out while a data core is stopped: those that do are awaited."""
    frames = {server: datagram(server, 1000, near == "outside") for server in SERVERS}
    for frame in frames.values():
        wires[near].send(frame)
    wires[FAR[near]].wait_for("frames by the other core", lambda: any(f in wires[FAR[near]].received for f in frames.values()))
    return frames


@pytest.mark.parametrize("driver", DRIVERS)
def test_stopped_data_core_holds_up_its_own_servers_alone_both_ways(portreeve, driver):
    """With a heartbeat so long that nothing is bridged past it."""
    with bridged(portreeve, driver) as (wires, box):
        wait_for_all_cores(wires, box)
        with stopped(thread_named(box.program.pid, "data core 1")):
            frames = {near: held_up(wires, near) for near in FAR}
            # whatever came out is of the other core; it answers until all of its are through
            for near, number in itertools.product(FAR, range(20)):
                free = next(server for server, frame in frames[near].items() if frame in wires[FAR[near]].received)
                pass_on(wires, near, datagram(free, number, near == "outside"))
            through = {near: {server for server, frame in frames[near].items() if frame in wires[FAR[near]].received}
                       for near in FAR}
            assert through["inside"] == through["outside"], "both ways of a flow are at one"
            assert set() < through["inside"] < set(SERVERS)
            assert "a data core does not answer" in box.command_line("show accounts")
            assert "forwarded" in box.command_line("show ports")
        for near in FAR:
            wires[FAR[near]].wait_for("the others", lambda n=near: set(frames[n].values()) <= set(wires[FAR[n]].received))
        assert "DOES NOT ADD UP" not in box.command_line("show accounts")
        assert box.end() == 0


@pytest.mark.parametrize("driver", DRIVERS)
def test_one_queue_to_send_by_is_one_data_core_s(portreeve, driver):
    """With AF_XDP each data core sends by a queue of its own."""
    with Bridged(driver=driver, queues=QUEUES) as net:
        net.silence()
        net.run(net.middle, "ethtool", "-L", "wan", "tx", "1")
        wires = {side: net.wire(side) for side in FAR}
        with Live(net, portreeve) as box:
            assert "data cores" not in box.program.said()
            for server, near in itertools.product(SERVERS, FAR):
                pass_on(wires, near, datagram(server, 0, near == "outside"))
            assert box.end() == 0


def sides(wires):
    """Meanwhile one data core is stopped: (its servers, those of the other one)."""
    frames = held_up(wires, "outside")
    came = wires["inside"].received
    for number in range(20):
        free = next(server for server, frame in frames.items() if frame in came)
        pass_on(wires, "outside", datagram(free, number, True))
    free = {server for server, frame in frames.items() if frame in came}
    return sorted(set(SERVERS) - free), sorted(free)


@pytest.mark.parametrize("driver", DRIVERS)
def test_stopped_data_core_leaves_room_to_the_other_one(portreeve, driver):
    """However much waits for it, by whatever queue: that finds an end before there is no buffer left."""
    with bridged(portreeve, driver) as (wires, box):
        wait_for_all_cores(wires, box)
        with stopped(thread_named(box.program.pid, "data core 1")):
            held, free = sides(wires)
            for number in range(3 * ROOM):
                wires["outside"].send(datagram(held[number % len(held)], number, True, client_port=5000 + number % 64))
            for number in range(64):
                pass_on(wires, "outside", datagram(free[0], number, True, client_port=5000 + number))
        wait_until(lambda: "DOES NOT ADD UP" not in box.command_line("show accounts"), "the sums")
        assert box.end() == 0


def test_frame_whose_headers_lie_apart_goes_to_its_server_s_data_core(portreeve):
    """As some network cards' drivers leave it: the Ethernet header alone in the socket buffer's head."""
    with bridged(portreeve, "packet", mtu=6000) as (wires, box):
        wait_for_all_cores(wires, box)
        wires["outside"].socket.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
        send = wires["outside"].socket.send
        wires["outside"].send = lambda frame: send(struct.pack("=BBHHHH", 0, 0, 14, 0, 0, 0) + frame)
        with stopped(thread_named(box.program.pid, "data core 1")):
            held, free = sides(wires)
            apart = [datagram(server, 3000, True, padding=5500) for server in held + free]
            for frame in apart:
                wires["outside"].send(frame)
            came = wires["inside"].received
            wires["inside"].wait_for("the other core's", lambda: set(apart[len(held):]) <= set(came))
            assert not set(apart[:len(held)]) & set(came)
        wires["inside"].wait_for("the others", lambda: set(apart) <= set(wires["inside"].received))
        assert box.end() == 0


@pytest.mark.parametrize("driver", DRIVERS)
def test_stalled_data_core_is_bridged_past_and_the_other_goes_on(portreeve, driver):
    with bridged(portreeve, driver, "--heartbeat", "200") as (wires, box):
        wait_for_all_cores(wires, box)
        with stopped(thread_named(box.program.pid, "data core 1")):
            waiting, deadline = set(SERVERS), time.monotonic() + PATIENCE_S
            for number in itertools.count():
                assert time.monotonic() < deadline, waiting
                frames = {server: datagram(server, number, True) for server in SERVERS}
                for frame in frames.values():
                    wires["outside"].send(frame)
                time.sleep(0.02)  # between the rounds of frames; nothing rests on how long
                waiting -= {server for server, frame in frames.items() if frame in wires["inside"].received}
                if not waiting:
                    break
            box.program.wait_said("data core 1 has not got on for a second: ")
        # who is stalled finds out how much that was when it goes on
        wait_until(lambda: re.search(r"^wan +device +scanner-stalled +[1-9]", box.command_line("show drops"), re.M), "the count")
        box.program.wait_said("the scanner was stalled: ")
        assert "DOES NOT ADD UP" not in box.command_line("show accounts")
        assert box.end() == 0


@pytest.mark.parametrize("driver", DRIVERS)
def test_flows_of_all_data_cores_are_handed_over_and_cut_by_a_new_set(portreeve, portreeve_tool, scratch, driver):
    signatures = compiled(portreeve_tool, scratch / f"cores-{driver}", "1 high alert dns.query nothing.example\n")
    with bridged(portreeve, driver, "--enforce", "--signatures", signatures) as (wires, box):
        deadline = time.monotonic() + PATIENCE_S
        for number in itertools.count():
            for server, inward in itertools.product(SERVERS, (True, False)):
                pass_on(wires, "outside" if inward else "inside", datagram(server, number, inward))
            if number % 10 == 0 and f"forwards {2 * len(SERVERS)} ways of flows" in box.command_line("show accounts"):
                break
            assert time.monotonic() < deadline, box.command_line("show accounts")
        cut = SERVERS[::3]
        compiled(portreeve_tool, signatures, "".join(f"{number} high drop ip.dst {server}\n" for number, server in enumerate(cut, 2)))
        box.program.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + PATIENCE_S
        for number in itertools.count(100000):
            frames = {server: datagram(server, number, True) for server in SERVERS}
            for server in sorted(SERVERS, key=lambda server: server not in cut):
                wires["outside"].send(frames[server])
            wires["inside"].wait_for("the others", lambda: all(f in wires["inside"].received for s, f in frames.items() if s not in cut))
            left = [server for server in cut if frames[server] in wires["inside"].received]
            if not left:
                break
            assert time.monotonic() < deadline, left
        assert "DOES NOT ADD UP" not in box.command_line("show accounts")
        assert box.end() == 0


@pytest.mark.parametrize("driver", DRIVERS)
def test_killed_and_started_again_every_frame_passes(portreeve, driver):
    with Bridged(driver=driver, queues=QUEUES) as net:
        net.silence()
        wires = {side: net.wire(side) for side in FAR}
        for start, signum in enumerate((signal.SIGKILL, signal.SIGTERM, signal.SIGTERM)):
            with Live(net, portreeve) as box:
                for server, near in itertools.product(SERVERS, FAR):
                    pass_on(wires, near, datagram(server, start, near == "outside"))
                box.end(signum)
            for server, near in itertools.product(SERVERS, FAR):  # by the kernel
                pass_on(wires, near, datagram(server, 100 + start, near == "outside"))
            if start != 0:
                told = re.search(r"(\d+) frames were bridged uninspected before this scanner ran", box.program.said())
                assert int(told[1]) >= 2 * len(SERVERS), "and what came before its data cores had begun"
