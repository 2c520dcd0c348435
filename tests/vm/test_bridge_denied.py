# SPDX-License-Identifier: GPL-2.0-or-later
"""What is dropped on a bridge is told, frames without an address among it."""

import os

import pytest

from lab import frames, tcp

SERVICES = os.path.join(os.path.dirname(__file__), "policies/services.yaml")
ADDRESS, PORT = "198.51.100.2", 81
LLDP = 0x88CC


@pytest.fixture
def told(lab):
    """What a learner says that says all, while the third guest's policy tells what it drops."""
    lab.stop_learner()
    lab.start_learner("--verbose")
    lab.must("load", SERVICES, "--port", "g3", "--log-denied")
    yield lab.learner.stdout
    lab.must("load", SERVICES, "--port", "g3")
    lab.stop_learner()
    lab.start_learner()


def test_what_is_dropped_on_a_bridge_is_told(lab, told, services_guest):
    for namespace, interface in (services_guest.end, lab.bridge):
        with namespace.raw_socket(interface) as out:
            out.send(frames.ethernet(frames.BROADCAST, namespace.mac(interface), LLDP, bytes(46)))
    tcp.send_syn(services_guest.namespace, ADDRESS, PORT)

    missing = {
        ("denied egress of g3 by services, type 0x88cc", ""),
        ("denied ingress of g3 by services, type 0x88cc", ""),
        (f"denied egress of g3 by services, tcp {services_guest.v4}:", f" to {ADDRESS}:{PORT}"),
    }
    while missing:
        line = told.readline()
        assert line, "the learner has ended"
        missing -= {each for each in missing if line.startswith(each[0]) and line.endswith(f"{each[1]}\n")}
    lab.must("verify")
