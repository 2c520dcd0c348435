# SPDX-License-Identifier: GPL-2.0-or-later
"""What policies drop is told, some of it: of the right port and policy, and whoever drops most hides nobody."""

import re
import socket
import struct
import time

import pytest

from conftest import laboratory
from dnsserver import answer_with
from dnswire import A
from lab import GUEST4, GUEST6, eventually
from learning import RESOLVER4, MarkedResponder, ask, load, settle
from policies import allow, deny, policy

EVIL4, EVIL6 = "192.0.2.66", "2001:db8::66"
FLOOD = 20_000


@pytest.fixture
def told():
    with laboratory() as lab:
        lab.learner()
        yield lab


def load_telling(lab, *args, name="test", ports=("vnet0",), text=None):
    text = text or policy(allow(ips=["203.0.113.0/24"]))
    return lab.load(text, "--log-denied", *args, name=name, ports=ports)


def denied(lab):
    return re.findall(r"^denied (\w+) of (\S+) by (\S+), (.*)$", lab.learner_log(), re.MULTILINE)


def send(lab, address, port, n=1, namespace=None, payload=b"x", source=None):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with (namespace or lab.guest).socket(family, socket.SOCK_DGRAM) as sender:
        if source:
            sender.bind(source)
        for _ in range(n):
            sender.sendto(payload, (address, port))


def test_protocols_and_addresses(told):
    load_telling(told)
    send(told, EVIL4, 99, source=(GUEST4, 4000))
    send(told, EVIL6, 99, source=(GUEST6, 4000), payload=b"x" * 1000)
    told.connects(EVIL4, 80)
    told.pings(EVIL4)
    told.echoes("203.0.113.1", 99)

    expected = (
        f"udp {GUEST4}:4000 to {EVIL4}:99",
        f"udp [{GUEST6}]:4000 to [{EVIL6}]:99",
        rf"tcp {GUEST4}:\d+ to {EVIL4}:80",
        f"icmp {GUEST4} to {EVIL4}",
    )
    for packet in expected[:2] + expected[3:]:
        eventually(lambda packet=packet: ("egress", "vnet0", "test", packet) in denied(told))
    eventually(lambda: any(re.fullmatch(expected[2], packet) for *_, packet in denied(told)))
    assert all("203.0.113." not in packet for *_, packet in denied(told))


def test_a_flood_is_told_in_a_few_lines_and_hides_nobody(told):
    other = told.add_guest("vnet1", 3)
    load_telling(told, ports=("vnet0", "vnet1"))
    begin = time.monotonic()
    send(told, EVIL4, 9, n=FLOOD, namespace=other)
    send(told, EVIL4, 99)
    eventually(lambda: {port for _, port, *_ in denied(told)} == {"vnet0", "vnet1"})
    seconds = time.monotonic() - begin

    of_flood = [each for each in denied(told) if each[1] == "vnet1"]
    assert len(of_flood) <= 10 + 5 * (seconds + 1)
    assert all(packet.endswith(f"to {EVIL4}:9") for *_, packet in of_flood)
    assert [packet.endswith(f"to {EVIL4}:99") for _, port, _, packet in denied(told) if port == "vnet0"] == [True]


def test_replies_are_learned_during_a_flood(told):
    MarkedResponder(told, answer_with("192.0.2.1"))
    load(told, allow(domains=["www.example"]), resolvers=[RESOLVER4], options=["--log-denied"])
    settle(told)
    send(told, EVIL4, 9, n=FLOOD)
    ask(told, "www.example", qtypes=[A])
    told.wait_learned("www.example", "192.0.2.1")
    assert told.json("list")["learner"]["counters"]["lost"] == 0


def test_rules_that_deny_before_others_allow(told):
    load_telling(told, text=policy(deny(5, ips=[EVIL4]), allow(10, ips=["192.0.2.0/24"])))
    send(told, EVIL4, 9)
    send(told, "192.0.2.1", 9)
    eventually(lambda: denied(told))
    assert [packet.split()[-1] for *_, packet in denied(told)] == [f"{EVIL4}:9"]
    rules = told.nft("list", "table", "inet", "nfwpolicy")
    assert re.search(r'counter packets 1 bytes \d+ goto test-egress-denied comment "deny-1"', rules), rules


def test_verified_reloaded_through_nft_and_removed(told):
    load_telling(told)
    send(told, EVIL4, 9)
    eventually(lambda: denied(told))
    told.nfw("verify")
    assert "test-egress-denied" in told.nfw("show", "test", "--kernel").stdout

    saved = told.file("saved.nft", "flush ruleset\n" + told.nft("list", "ruleset"))
    told.nft("-f", saved)
    told.nfw("verify")
    told.load(policy(allow(ips=["203.0.113.0/24"])))
    assert "denied" not in told.nft("list", "ruleset")
    load_telling(told)
    told.nfw("unload", "test", "--force")
    assert "nfwpolicy" not in told.nft("list", "ruleset")


def test_who_follows_in_the_foreground_sees_it():
    with laboratory() as lab:
        process = lab.host.start(
            *lab.nfw_command("load"), lab.file("web.yaml", policy(allow(ips=["203.0.113.0/24"]))),
            "--port", "vnet0", "--log-denied", "--foreground", "--json", stdout=-1,
        )
        lab.processes.append(process)
        eventually(lambda: "web-egress-denied" in lab.nft("list", "ruleset"))
        send(lab, EVIL4, 99, source=(GUEST4, 4000))
        lines = iter(process.stdout.readline, "")
        line = next(line for line in lines if '"denied"' in line)
        assert '"direction": "egress", "ether_type": 2048, "protocol": 17' in line
        assert f'"source": "{GUEST4}", "source_port": 4000, "destination": "{EVIL4}", "destination_port": 99' in line


def take_group(lab, group):
    """As another program that listens there: NFULNL_CFG_CMD_BIND."""
    listener = lab.host.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
    listener.bind((0, 0))
    message = struct.pack("=BBHHHBxxx", 0, 0, socket.htons(group), 5, 1, 1)
    listener.send(struct.pack("=IHHII", 16 + len(message), 4 << 8 | 1, 5, 1, 0) + message)
    assert struct.unpack_from("=i", listener.recv(4096), 16) == (0,)
    return listener


def test_a_group_that_is_taken_keeps_nobody_from_learning(told):
    MarkedResponder(told, answer_with("192.0.2.1"))
    with take_group(told, 28263):
        load(told, allow(domains=["www.example"]), resolvers=[RESOLVER4], options=["--log-denied"])
        settle(told)
        ask(told, "www.example", qtypes=[A])
        told.wait_learned("www.example", "192.0.2.1")
        send(told, EVIL4, 99)
    eventually(lambda: "another program listens on the nflog group 28263" in told.learner_log())
    assert told.learner_log().count("cannot be told") == 1
