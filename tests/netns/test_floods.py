# SPDX-License-Identifier: GPL-2.0-or-later
"""Too much of everything: nothing crashes, memory stays bounded, and what is lost is counted and shown."""

import ipaddress
import re
import signal
import socket
import struct
import threading

import pytest

from conftest import laboratory
from dnsserver import lookup
from dnswire import address, query, question_name, reply
from lab import eventually
from learning import MARKER_ADDRESS, MARKER_SUFFIX, RESOLVER4, MarkedResponder, learned, load, settle
from policies import allow
from probe import PATIENT

WANTED, EVIL = "www.example", "192.0.2.66"
BURST = 100_000


def counters(lab):
    return lab.json("list")["learner"]["counters"]


@pytest.fixture
def flooded():
    """A learner of its own, so that what it counts and needs is of this test alone."""
    with laboratory() as lab:
        lab.server = MarkedResponder(lab, lambda message: lab.server.replies(message))
        lab.process = lab.learner()
        load(lab, allow(domains=[f"*.{WANTED}"]), resolvers=[RESOLVER4])
        settle(lab)
        yield lab


def peak_mib(process):
    """The most memory that the process has ever had in use."""
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1]) / 1024


def bound_mib(process):
    """AddressSanitizer, linked in or not, keeps what was freed, by default 256 MiB of it."""
    with open(f"/proc/{process.pid}/exe", "rb") as program:
        return 400 if b"__asan_" in program.read() else 48


def burst(lab):
    """So many well-formed answers on a connection where none of them was asked for."""
    done = threading.Event()

    def replies(message):
        bad = reply(query("a." + WANTED), address("a." + WANTED, EVIL))
        yield reply(message)
        for number in range(BURST):
            yield struct.pack("!H", number & 0xFFFF) + bad[2:]
        done.set()

    lab.server.replies = replies
    lookup(lab.guest, RESOLVER4, "b." + WANTED)
    assert done.wait(10 * PATIENT)


def settle_after_loss(lab):
    """What is asked while it catches up may be among what is lost, so it is asked until it is learned."""
    marker = "after." + MARKER_SUFFIX
    eventually(
        lambda: lookup(lab.guest, RESOLVER4, marker, again=2) and (marker, MARKER_ADDRESS) in lab.learned(), seconds=300
    )


def test_a_burst_of_answers(flooded):
    burst(flooded)
    settle_after_loss(flooded)
    assert flooded.process.poll() is None
    assert learned(flooded) == set()
    now = counters(flooded)
    assert now["replies"] >= BURST or now["lost"] > 0
    assert peak_mib(flooded.process) < bound_mib(flooded.process)


def test_what_a_burst_makes_the_kernel_lose_is_counted_and_shown(flooded):
    """A learner that is stopped for a while has no room for all of it."""
    flooded.process.send_signal(signal.SIGSTOP)
    burst(flooded)
    flooded.process.send_signal(signal.SIGCONT)
    settle_after_loss(flooded)
    assert counters(flooded)["lost"] > 0
    lost = counters(flooded)["lost"]
    assert f"lost {lost}" in flooded.nfw("list").stdout
    eventually(lambda: "lost" in flooded.learner_log())
    assert learned(flooded) == set()
    assert peak_mib(flooded.process) < bound_mib(flooded.process)


def test_more_names_than_there_is_room_for(flooded):
    """The guest asks for ever new names and gets an address for each."""
    n_names = 20_000

    def replies(message):
        name = question_name(message)
        number = int(name.split(".")[0])
        return [reply(message, address(name, str(ipaddress.ip_address("198.18.0.0") + number)))]

    flooded.server.replies = replies
    with flooded.guest.socket(socket.AF_INET, socket.SOCK_DGRAM) as guest:
        guest.connect((RESOLVER4, 53))
        guest.settimeout(PATIENT)
        for number in range(n_names):
            guest.send(query(f"{number}.{WANTED}"))
            guest.recv(1000)
    settle(flooded)
    (port,) = flooded.json("list")["ports"]
    assert port["names"] == 10_000
    assert counters(flooded)["evicted"] >= n_names - 10_000
    assert peak_mib(flooded.process) < bound_mib(flooded.process)


def test_questions_that_nobody_answers(flooded):
    flooded.server.replies = lambda message: []
    with flooded.guest.socket(socket.AF_INET, socket.SOCK_DGRAM) as guest:
        guest.connect((RESOLVER4, 53))
        for number in range(50_000):
            guest.send(query(f"{number}.{WANTED}"))
    settle_after_loss(flooded)
    flooded.server.replies = lambda message: [reply(message, address("c." + WANTED, "192.0.2.10"))]
    lookup(flooded.guest, RESOLVER4, "c." + WANTED)
    settle(flooded)
    assert learned(flooded) == {("c." + WANTED, "192.0.2.10")}
    assert peak_mib(flooded.process) < bound_mib(flooded.process)


def test_tcp_connections_that_say_nothing_of_use(flooded):
    """Beginnings of messages that never end, on many connections at once."""
    clients = []
    with flooded.internet.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind((RESOLVER4, 53))
        listener.listen(1000)
        try:
            for _ in range(400):
                client = flooded.guest.socket(socket.AF_INET, socket.SOCK_STREAM)
                clients.append(client)
                client.settimeout(PATIENT)
                client.connect((RESOLVER4, 53))
                client.sendall(struct.pack("!H", 65535) + bytes(20_000))
            settle(flooded)
        finally:
            for client in clients:
                client.close()
    assert flooded.process.poll() is None
    assert peak_mib(flooded.process) < bound_mib(flooded.process)
