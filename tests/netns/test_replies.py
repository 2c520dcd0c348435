# SPDX-License-Identifier: GPL-2.0-or-later
"""Every reply of tests/data/dns as real packets: the guest asks exactly that question and gets that answer."""

import socket

import pytest

from cases import read_cases
from dnsserver import lookup
from dnswords import message
from learning import RESOLVER4, MarkedResponder, learned, load, settle
from policies import allow

MIN_TTL, MAX_TTL = 120, 86400

CASES = [pytest.param(case, id=case["case"].replace(" ", "-")) for case in read_cases("dns")]


class Server(MarkedResponder):
    """Gives the replies of a case, some of them from elsewhere."""

    def __init__(self, lab):
        self.case = None
        super().__init__(lab, lambda query: self.replies())

    def replies(self):
        for parts in self.case.get("replies", [self.case]):
            if "from" not in parts:
                yield message(self.case["ask"], parts)
                continue
            address, port = parts["from"].split()
            with self.lab.internet.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere:
                elsewhere.bind((address, int(port)))
                elsewhere.sendto(message(self.case["ask"], parts), self.peer)
            # The guest listens to its server only, and it waits.
            yield message(self.case["ask"], {})

    def ask(self, case):
        self.case = case
        lookup(self.lab.guest, RESOLVER4, None, message=message(case["ask"], {}, flags=0x0100))
        settle(self.lab)
        return learned(self.lab)


@pytest.fixture(scope="module")
def server(module_lab):
    server = Server(module_lab)
    module_lab.learner()
    return server


@pytest.mark.parametrize("case", CASES)
def test_reply(server, shared_lab, case):
    patterns = [case["rule"]] if isinstance(case["rule"], str) else case["rule"]
    load(shared_lab, allow(domains=patterns), resolvers=[RESOLVER4], options=("--min-ttl", MIN_TTL))
    pairs = server.ask(case)
    assert {address for _, address in pairs} == set(case.get("learned", []))
    if "as" in case:
        assert {name for name, _ in pairs} == {case["as"]}
    if "lives" in case:
        expected = min(max(case["lives"], MIN_TTL), MAX_TTL)
        assert all(0 <= expected - shared_lab.seconds_left(address) < 60 for _, address in pairs)


@pytest.mark.parametrize("case", CASES)
def test_reply_under_a_rule_for_all_names(server, shared_lab, case):
    """What is refused is refused for every name."""
    load(shared_lab, allow(domains=["*"]), resolvers=[RESOLVER4], options=("--min-ttl", MIN_TTL))
    expected = case.get("anyway", case.get("learned", []))
    assert {address for _, address in server.ask(case)} == set(expected)
