# SPDX-License-Identifier: GPL-2.0-or-later
"""How long what is learned lasts, and how much of it there may be."""

import itertools
import re
import socket

import pytest

from dnsserver import lookup
from dnswire import A, address, alias, question_name, reply
from lab import eventually
from learning import RESOLVER4, MarkedResponder, ask, learned, load, settle
from policies import allow
from probe import PATIENT

ADDRESS = "192.0.2.10"
_numbers = itertools.count()


@pytest.fixture(scope="module")
def server(module_lab):
    """Answers with the records of the moment, whatever the name."""
    module_lab.serve(443)
    def replies(message):
        return [reply(message, *responder.records(question_name(message)))]

    responder = MarkedResponder(module_lab, replies)
    responder.records = lambda name: []
    module_lab.learner()
    return responder


@pytest.fixture
def lab(server, shared_lab):
    return shared_lab


def granted_seconds(lab, name):
    """What the learner said of the name's only grant: its life from that moment on, to the second."""
    (said,) = eventually(lambda: re.findall(rf"learned {re.escape(name)} \S+ for vnet0, (\d+) s", lab.learner_log()))
    return int(said)


def learn(lab, server, name, ttl, *addresses):
    server.records = lambda asked: [address(asked, each, ttl) for each in addresses or [ADDRESS]]
    ask(lab, name, qtypes=[A])
    settle(lab)


@pytest.mark.parametrize(
    "options, ttl, seconds",
    [
        ((), 1, 5),
        ((), 0, 5),
        ((), 5, 5),
        ((), 300, 300),
        ((), 7 * 86400, 86400),
        (("--min-ttl", 1), 1, 1),
        (("--min-ttl", 60), 59, 60),
        (("--min-ttl", 60), 61, 61),
        (("--max-ttl", 60), 61, 60),
        (("--max-ttl", 60), 59, 59),
        (("--min-ttl", 60, "--max-ttl", 60), 59, 60),
        ((), 0x80000000, 5),
    ],
    ids=["default minimum", "zero", "at the minimum", "as is", "default maximum", "own minimum", "below own minimum",
         "above own minimum", "own maximum", "below own maximum", "both", "top bit set is zero"],
)
def test_the_ttl_is_obeyed_within_bounds(lab, server, options, ttl, seconds):
    name = f"bounds-{next(_numbers)}.example"
    load(lab, allow(domains=["*.example"]), options=options)
    learn(lab, server, name, ttl)
    assert granted_seconds(lab, name) == seconds


def test_the_smallest_ttl_on_the_way_counts(lab, server):
    load(lab, allow(domains=["alias.example"]))
    server.records = lambda name: [
        alias(name, "a.example.net", 500),
        alias("a.example.net", "b.example.net", 200),
        address("b.example.net", ADDRESS, 900),
    ]
    ask(lab, "alias.example", qtypes=[A])
    settle(lab)
    assert granted_seconds(lab, "alias.example") == 200


def test_it_closes_when_the_time_is_over_and_opens_with_the_next_lookup(lab, server):
    load(lab, allow(domains=["www.example"]), options=("--min-ttl", 1))
    learn(lab, server, "www.example", 1)
    eventually(lambda: not learned(lab))
    lab.reach(denied=f"tcp {ADDRESS} 443")
    learn(lab, server, "www.example", 300)
    lab.reach(f"tcp {ADDRESS} 443")


def test_a_connection_outlives_its_grant(lab, server):
    load(lab, allow(domains=["www.example"]), options=("--min-ttl", 2))
    server.records = lambda name: [address(name, ADDRESS, 1)]

    def connect():
        """The grant may have ended before; then there is another one for the next attempt."""
        ask(lab, "www.example", qtypes=[A])
        connection = lab.guest.socket(socket.AF_INET, socket.SOCK_STREAM)
        connection.settimeout(2)
        try:
            connection.connect((ADDRESS, 443))
        except TimeoutError:
            connection.close()
            return None
        connection.settimeout(PATIENT)
        return connection

    with eventually(connect) as connection:
        assert connection.recv(5) == b"hello"
        eventually(lambda: not learned(lab))
        lab.reach(denied=f"tcp {ADDRESS} 443")
        connection.send(b"still there?")
        assert connection.recv(100) == b"still there?"


def test_a_new_lookup_extends_the_grant(lab, server):
    load(lab, allow(domains=["www.example"]), options=("--min-ttl", 3))
    learn(lab, server, "www.example", 3)
    learn(lab, server, "www.example", 300)
    assert lab.seconds_left(ADDRESS) > 200
    # Past the end of the first grant it is still open.
    eventually(lambda: lab.seconds_left(ADDRESS) < 296)
    lab.reach(f"tcp {ADDRESS} 443")


def test_a_shorter_answer_does_not_shorten_the_grant(lab, server):
    load(lab, allow(domains=["www.example"]), options=("--min-ttl", 1))
    learn(lab, server, "www.example", 300)
    learn(lab, server, "www.example", 1)
    assert lab.seconds_left(ADDRESS) > 200


def test_another_name_of_the_address_does_not_shorten_it_either(lab, server):
    load(lab, allow(domains=["*.example"]), options=("--min-ttl", 1))
    learn(lab, server, "long.example", 300)
    learn(lab, server, "short.example", 1)
    assert lab.seconds_left(ADDRESS) > 200


def test_the_first_address_stays_when_the_answer_changes(lab, server):
    """Round robin: what was given is valid until its time is over."""
    load(lab, allow(domains=["www.example"]))
    learn(lab, server, "www.example", 300, "192.0.2.1", "192.0.2.2")
    learn(lab, server, "www.example", 300, "192.0.2.3")
    assert {each for _, each in learned(lab)} == {"192.0.2.1", "192.0.2.2", "192.0.2.3"}


def test_the_name_that_expires_first_makes_room(lab, server):
    """The markers count too, and they expire after 300 s; this test needs none of them in between."""
    load(lab, allow(domains=["*.example"]), options=("--max-names", 3))
    evicted = lab.json("list")["learner"]["counters"]["evicted"]
    for number, ttl in enumerate((5000, 3000, 4000), 1):
        server.records = lambda name, number=number, ttl=ttl: [address(name, f"192.0.2.{number}", ttl)]
        ask(lab, f"n{number}.example", qtypes=[A])
        lab.wait_learned(f"n{number}.example", f"192.0.2.{number}")
    server.records = lambda name: [address(name, "192.0.2.4", 6000)]
    ask(lab, "n4.example", qtypes=[A])
    lab.wait_learned("n4.example", "192.0.2.4")
    assert {name for name, _ in lab.learned()} == {"n1.example", "n3.example", "n4.example"}
    assert lab.json("list")["learner"]["counters"]["evicted"] == evicted + 1
    lab.reach("tcp 192.0.2.1 443, tcp 192.0.2.4 443", "tcp 192.0.2.2 443")


def test_one_guest_cannot_push_out_anothers_names(lab, server):
    other = lab.add_guest("vnet1", 3)
    load(lab, allow(domains=["*.example"]), options=("--max-names", 3), ports=("vnet0", "vnet1"))
    learn(lab, server, "mine.example", 300)
    for number in range(1, 11):
        server.records = lambda name, number=number: [address(name, f"192.0.2.{number}", 300 + number)]
        lookup(other, RESOLVER4, f"n{number}.example")
        lab.wait_learned(f"n{number}.example", f"192.0.2.{number}", "vnet1")
    assert ("mine.example", ADDRESS) in lab.learned("vnet0")
    assert {name for name, _ in lab.learned("vnet1")} == {"n8.example", "n9.example", "n10.example"}
