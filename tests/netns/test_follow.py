# SPDX-License-Identifier: GPL-2.0-or-later
"""names --follow: what is learned is told when it is, from the kernel's own notifications."""

import itertools
import json

import pytest

from dnsserver import answer_with
from follower import Follower
from learning import RESOLVER4, MarkedResponder, ask, load, settle
from policies import allow


def answer_with_growing_ttl(ttls=itertools.count(3000, 1000)):
    """Every answer lives longer than the one before, so that each is an extension."""
    return lambda message: answer_with("192.0.2.200", ttl=next(ttls))(message)


@pytest.fixture(scope="module")
def network(module_lab):
    MarkedResponder(module_lab, answer_with_growing_ttl())
    module_lab.learner()
    return module_lab


@pytest.fixture
def lab(network, shared_lab):
    load(shared_lab, allow(1, domains=["*.example"]), resolvers=[RESOLVER4])
    return shared_lab


def test_what_is_there_comes_first_then_what_is_new(lab):
    ask(lab, "early.example", qtypes=[1])
    settle(lab)
    follower = Follower(lab)
    assert follower.line().split() == ["PORT", "NAME", "ADDRESS", "LEFT", "RESOLVER"]
    assert "early.example" in follower.line()
    ask(lab, "late.example", qtypes=[1])
    assert follower.line().startswith("learned ")
    assert follower.interrupt() == (0, [])


def test_json_is_an_object_a_line(lab):
    ask(lab, "early.example", qtypes=[1])
    settle(lab)
    follower = Follower(lab, "--json")
    present = json.loads(follower.line())
    assert present["event"] == "present" and present["name"] == "early.example"
    ask(lab, "early.example", qtypes=[1])
    event = json.loads(follower.line())
    assert event["event"] == "learned" and event["address"] == "192.0.2.200"
    assert event["port"] == "vnet0" and event["resolver"] == RESOLVER4
    assert event["seconds_left"] > present["seconds_left"] + 900
    assert follower.interrupt() == (0, [])


def test_an_extension_is_one_event(lab):
    """Where the kernel cannot change a timeout the element is deleted and added; nobody wants to see that."""
    ask(lab, "early.example", qtypes=[1])
    settle(lab)
    follower = Follower(lab)
    follower.line(), follower.line()
    for _ in range(3):
        ask(lab, "early.example", qtypes=[1])
        assert follower.line().startswith("learned early.example 192.0.2.200 for vnet0")
    assert follower.interrupt() == (0, [])


def test_what_a_detached_port_had_is_told(lab):
    ask(lab, "early.example", qtypes=[1])
    settle(lab)
    follower = Follower(lab)
    follower.line(), follower.line()
    lab.nfw("detach", "--port", "vnet0")
    assert follower.line().startswith("evicted early.example 192.0.2.200 for vnet0")
    assert follower.interrupt() == (0, [])


def test_grants_that_a_new_policy_keeps_are_not_told_again(lab):
    ask(lab, "early.example", qtypes=[1])
    settle(lab)
    follower = Follower(lab)
    follower.line(), follower.line()
    load(lab, allow(1, domains=["*.example"]), allow(2, ips=["198.51.100.0/24"]), resolvers=[RESOLVER4])
    ask(lab, "late.example", qtypes=[1])
    assert follower.line().startswith("learned ")
    assert follower.interrupt() == (0, [])


def test_only_the_port_that_was_asked_for(lab):
    lab.add_guest("vnet1", 9)
    lab.nfw("attach", "test", "--port", "vnet1")
    follower = Follower(lab, "--port", "vnet1")
    assert follower.line().startswith("PORT")
    ask(lab, "early.example", qtypes=[1])
    settle(lab)
    assert follower.interrupt() == (0, [])
