# SPDX-License-Identifier: GPL-2.0-or-later
"""The policies of tests/data/policies in the kernel: what the guest reaches, after it has looked names up."""

import pytest

from cases import read_cases
from dnsserver import answer_with, lookup
from dnswire import A, AAAA
from lab import HOST4
from learning import MarkedResponder
from probe import listed

# A machine on the guest's own network that is not the host.
NEIGHBOUR4 = "10.77.1.200"


def probes(case):
    return listed(case.get("reaches", "")) + listed(case.get("denied", ""))


CASES = [case for case in read_cases("policies") if probes(case)]


class Server(MarkedResponder):
    """Answers every question with one address, which the test chooses."""

    def __init__(self, lab):
        self.address = None
        super().__init__(lab, lambda query: answer_with(self.address)(query), namespace=lab.host, server=HOST4)


@pytest.fixture(scope="module")
def server(module_lab):
    ports = sorted({int(probe.split()[2]) for case in CASES for probe in probes(case) if not probe.startswith("icmp")})
    module_lab.serve(*ports)
    module_lab.serve(*(port for port in ports if port != 53), namespace=module_lab.host)
    module_lab.internet.run("ip", "route", "add", "local", NEIGHBOUR4, "dev", "lo")
    module_lab.host.run("ip", "route", "add", NEIGHBOUR4, "via", "10.77.2.2")
    module_lab.guest.run("ip", "route", "add", NEIGHBOUR4, "via", HOST4)
    server = Server(module_lab)
    module_lab.learner()
    return server


def look_up(server, line):
    name, server.address, *learned = line.split()
    lookup(server.lab.guest, HOST4, name, AAAA if ":" in server.address else A)
    if learned:
        server.lab.wait_learned(name, server.address)
    else:
        assert name not in {each for each, _ in server.lab.learned()}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"].replace(" ", "-"))
def test_policy(server, shared_lab, case):
    shared_lab.load(case["policy"], "--resolver", HOST4)
    for line in case.get("lookups", []):
        look_up(server, line)
    shared_lab.reach(case.get("reaches", ""), case.get("denied", ""))
