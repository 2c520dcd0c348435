# SPDX-License-Identifier: GPL-2.0-or-later
"""Every row of the DNS conformance table, as real packets: the guest asks exactly that question and gets the answer."""

import os

import pytest

from dnsserver import lookup
from dnswire import query
from lab import SOURCE
from learning import RESOLVER4, MarkedResponder, learned, load, settle
from policies import allow

TABLE = os.path.join(SOURCE, "..", "shared", "conformance", "dns", "replies.tsv")
QUERY_ID = 0x1234


def rows():
    if not os.path.exists(TABLE):
        return [pytest.param("", "", "", marks=pytest.mark.skip(f"{TABLE} is not there"), id="none")]
    with open(TABLE, encoding="utf-8") as table:
        lines = [line.rstrip("\n").split("\t") for line in table if not line.startswith("#")]
    return [pytest.param(pattern, addresses, message, id=case) for case, pattern, addresses, message, *_ in lines]


def question_of(message, pattern):
    """The query that the message answers; where its question is beyond reading, one for the pattern."""
    end = 12
    while end < len(message) and message[end] < 0xC0 and message[end]:
        end += 1 + message[end]
    if end >= len(message) or message[end]:
        return query(pattern, id=QUERY_ID)
    return query("", id=QUERY_ID)[:12] + message[12:end + 5]


@pytest.fixture(scope="module")
def responder(module_lab):
    responder = MarkedResponder(module_lab, lambda message: [responder.answer])
    module_lab.learner()
    return responder


@pytest.mark.parametrize("pattern, addresses, message", rows())
def test_row(responder, shared_lab, pattern, addresses, message):
    responder.answer = bytes.fromhex(message)
    load(shared_lab, allow(domains=[pattern]), resolvers=[RESOLVER4])
    lookup(shared_lab.guest, RESOLVER4, None, message=question_of(responder.answer, pattern))
    settle(shared_lab)
    assert {address for _, address in learned(shared_lab)} == set(filter(None, addresses.split(",")))


@pytest.mark.parametrize("pattern, addresses, message", rows())
def test_row_under_a_rule_for_all_names(responder, shared_lab, pattern, addresses, message):
    """Nothing else is learned from it either: what the rows refuse is refused for every name."""
    responder.answer = bytes.fromhex(message)
    load(shared_lab, allow(domains=["*"]), resolvers=[RESOLVER4])
    lookup(shared_lab.guest, RESOLVER4, None, message=question_of(responder.answer, pattern))
    settle(shared_lab)
    assert {address for _, address in learned(shared_lab)} == set(filter(None, addresses.split(",")))
