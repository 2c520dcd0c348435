# SPDX-License-Identifier: GPL-2.0-or-later
"""
The policies of data/examples do what their text says. host.lima.internal is the host's own addresses on the guest's
link, subnet.lima.internal the networks of those addresses.
"""

import os

import pytest

from conftest import laboratory
from dnsserver import dnsmasq, lookup
from dnswire import A, AAAA
from lab import HOST4, HOST6, SOURCE
from policies import allow, deny, policy

EXAMPLES = os.path.join(SOURCE, "data", "examples")
V4, V6, PRIVATE = "192.0.2.1", "2001:db8::1", "10.99.1.1"
METADATA4, METADATA6 = "169.254.169.254", "fd00:ec2::254"
# A machine on the guest's own network that is not the host.
NEIGHBOUR4 = "10.77.1.200"

RECORDS = [
    "--host-record=github.com,192.0.2.10,2001:db8::10",
    "--host-record=api.github.com,192.0.2.11,2001:db8::11",
    "--host-record=raw.githubusercontent.com,192.0.2.12,2001:db8::12",
    "--host-record=githubusercontent.com,192.0.2.13",
    "--host-record=archive.ubuntu.com,192.0.2.20,2001:db8::20",
    "--host-record=deb.debian.org,192.0.2.21",
    "--host-record=dl-cdn.alpinelinux.org,192.0.2.22",
    "--host-record=debian.org,192.0.2.23",
    "--host-record=evil.example,192.0.2.99",
]


@pytest.fixture(scope="module")
def network(module_lab):
    module_lab.serve(22, 53, 80, 443)
    module_lab.serve(22, 80, namespace=module_lab.host)
    dnsmasq(module_lab, module_lab.host, [HOST4], RECORDS)
    module_lab.internet.run("ip", "route", "add", "local", NEIGHBOUR4, "dev", "lo")
    module_lab.host.run("ip", "route", "add", NEIGHBOUR4, "via", "10.77.2.2")
    module_lab.guest.run("ip", "route", "add", NEIGHBOUR4, "via", HOST4)
    module_lab.learner()
    return module_lab


@pytest.fixture
def lab(network, shared_lab):
    return shared_lab


def load_example(lab, name):
    lab.nfw("load", os.path.join(EXAMPLES, name), "--name", "test", "--port", "vnet0")


def resolve(lab, *records):
    """Looks the names up and waits for those that must be learned: (name, address), or a name alone."""
    for each in records:
        name = each if isinstance(each, str) else each[0]
        for qtype in (A, AAAA):
            lookup(lab.guest, HOST4, name, qtype)
    for each in records:
        if not isinstance(each, str):
            lab.wait_learned(*each)


def test_github_and_ping_but_no_metadata(lab):
    load_example(lab, "github.yaml")
    lab.reach(f"icmp {V4}, icmp {V6}", f"tcp 192.0.2.10 443, icmp {METADATA4}, icmp {METADATA6}, tcp {METADATA4} 80")
    resolve(lab, "githubusercontent.com", "evil.example", ("github.com", "192.0.2.10"),
            ("github.com", "2001:db8::10"), ("api.github.com", "2001:db8::11"),
            ("raw.githubusercontent.com", "192.0.2.12"))
    lab.reach("tcp 192.0.2.10 443, tcp 2001:db8::10 443, tcp 2001:db8::11 443, tcp 192.0.2.12 443",
              "tcp 192.0.2.10 22, udp 192.0.2.10 443, tcp 192.0.2.13 443, tcp 192.0.2.99 443, tcp 192.0.2.1 443")


def test_web_and_ssh_only(lab):
    load_example(lab, "developer.yaml")
    lab.reach(f"tcp {V4} 80, tcp {V4} 443, tcp {V4} 22, tcp {V6} 443, tcp {PRIVATE} 22",
              f"tcp {V4} 53, udp {V4} 443, icmp {V4}, icmp {V6}")


def test_package_repositories_only(lab):
    load_example(lab, "packages.yaml")
    lab.reach(denied="tcp 192.0.2.20 80, tcp 192.0.2.21 443")
    resolve(lab, "debian.org", "evil.example", ("archive.ubuntu.com", "192.0.2.20"),
            ("archive.ubuntu.com", "2001:db8::20"), ("deb.debian.org", "192.0.2.21"),
            ("dl-cdn.alpinelinux.org", "192.0.2.22"))
    lab.reach("tcp 192.0.2.20 80, tcp 2001:db8::20 443, tcp 192.0.2.21 443, tcp 192.0.2.22 80",
              "tcp 192.0.2.20 22, icmp 192.0.2.21, tcp 192.0.2.23 80, tcp 192.0.2.99 443")


def test_https_everywhere_but_no_metadata(lab):
    load_example(lab, "hardened.yaml")
    lab.reach(f"tcp {V4} 443, tcp {V6} 443, tcp {PRIVATE} 443",
              f"tcp {METADATA4} 443, tcp {METADATA6} 443, tcp {V4} 80, udp {V4} 443, icmp {V4}")


def test_the_example(lab):
    load_example(lab, "lima-user-v2.yaml")
    lab.reach(
        f"tcp {V4} 22, tcp {V4} 80, tcp {V6} 443, tcp {V4} 53, udp {V4} 53, udp {V6} 53, tcp {NEIGHBOUR4} 80,"
        f"icmp {NEIGHBOUR4}",
        f"tcp {METADATA4} 80, tcp {METADATA6} 80, tcp {HOST4} 22, icmp {HOST4}, tcp {HOST6} 22, tcp {PRIVATE} 443,"
        f"tcp 172.16.0.1 443, tcp 192.168.1.1 443, udp {PRIVATE} 53, udp {V4} 443, icmp {V4}",
    )


def test_the_host_by_its_name(lab):
    lab.load(policy(allow(domains=["host.lima.internal"], protocols=["tcp"])))
    lab.reach(f"tcp {HOST4} 22, tcp {HOST6} 22", f"icmp {HOST4}, tcp 10.77.2.1 22, tcp {NEIGHBOUR4} 22, tcp {V4} 22")


def test_the_guests_network_by_its_name(lab):
    lab.load(policy(deny(1, domains=["host.lima.internal"]), allow(2, domains=["subnet.lima.internal"])))
    lab.reach(f"tcp {NEIGHBOUR4} 22, icmp {NEIGHBOUR4}",
              f"tcp {HOST4} 22, tcp {HOST6} 22, tcp 10.77.2.2 22, tcp {V4} 22")


def test_both_names_beside_one_that_is_learned(lab):
    lab.load(policy(allow(domains=["host.lima.internal", "github.com", "subnet.lima.internal"])))
    lab.reach(f"tcp {HOST4} 22, tcp {NEIGHBOUR4} 22", "tcp 192.0.2.10 443")
    resolve(lab, ("github.com", "192.0.2.10"))
    lab.reach(f"tcp {HOST4} 22, tcp 192.0.2.10 443", f"tcp {V4} 22")


def test_the_special_names_need_no_learner():
    """They are known without asking anybody."""
    with laboratory() as lab:
        lab.load(policy(allow(domains=["host.lima.internal"])))
        lab.serve(22, namespace=lab.host)
        lab.reach(f"tcp {HOST4} 22, tcp {HOST6} 22")
