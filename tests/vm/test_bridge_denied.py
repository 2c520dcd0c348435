# SPDX-License-Identifier: GPL-2.0-or-later
"""What is dropped on a bridge is told, frames without an address among it."""

import os

import pytest

from lab import frames, tcp

SERVICES = os.path.join(os.path.dirname(__file__), "policies/services.yaml")
ADDRESS, PORT = "198.51.100.2", 81
LLDP = 0x88CC


def tagged_datagram(guest):
    """It would pass without the tag."""
    packet = frames.ipv4(guest.v4, ADDRESS, frames.UDP, frames.udp(4000, 5000, b"tagged"))
    mac = guest.namespace.mac("eth0")
    return frames.ethernet(frames.BROADCAST, mac, frames.ETHER_IPV4, packet, [(frames.ETHER_VLAN, 5)])


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
    # What is allowed without the tag, which veth takes off and says so.
    with services_guest.namespace.raw_socket("eth0") as out:
        out.send(tagged_datagram(services_guest))
    tcp.send_syn(services_guest.namespace, ADDRESS, PORT)

    guard = ", not ARP, IPv4 or IPv6"
    missing = {
        ("denied egress of g3 by services, type 0x88cc", guard),
        ("denied ingress of g3 by services, type 0x88cc", guard),
        (f"denied egress of g3 by services, udp {services_guest.v4}:4000 to {ADDRESS}:5000", guard),
        (f"denied egress of g3 by services, tcp {services_guest.v4}:", f" to {ADDRESS}:{PORT}, nothing matched"),
    }
    while missing:
        line = told.readline()
        assert line, "the learner has ended"
        missing -= {each for each in missing if line.startswith(each[0]) and line.endswith(f"{each[1]}\n")}
    lab.must("verify")
