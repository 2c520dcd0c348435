# SPDX-License-Identifier: GPL-2.0-or-later
"""What policies drop is told, some of it: of the right port and policy, and whoever drops most hides nobody."""

import json
import re
import socket
import struct
import time

import pytest

from conftest import laboratory
from dnsserver import answer_with
from dnswire import A, address, question_name, question_type, reply
from lab import GUEST4, GUEST6, HOST4, HOST6, eventually
from learning import MARKER_RULE, RESOLVER4, MarkedResponder, ask, load, settle
from policies import allow, deny, policy, rule

EVIL4, EVIL6 = "192.0.2.66", "2001:db8::66"
FLOOD = 20_000


@pytest.fixture
def told():
    with laboratory() as lab:
        lab.learner()
        yield lab


def wait_listening(lab):
    """Nobody is told of what is dropped before the learner has seen the policy."""
    eventually(lambda: re.search(r"^28263 ", lab.host.run("cat", "/proc/net/netfilter/nfnetlink_log").stdout, re.MULTILINE))


def load_telling(lab, *args, name="test", ports=("vnet0",), text=None):
    text = text or policy(allow(ips=["203.0.113.0/24"]))
    lab.load(text, "--log-denied", *args, name=name, ports=ports)
    wait_listening(lab)


def denied(lab):
    return re.findall(r"^denied (\w+) of (\S+) by (\S+), (.* to \S+?)(?:, .*)?$", lab.learner_log(), re.MULTILINE)


def told_rules(lab, end):
    """What was said of packets to that address and port, in the order that they were told."""
    pattern = rf"^denied egress of vnet0 by test, .* to {re.escape(end)}(?:, (.*))?$"
    return re.findall(pattern, lab.learner_log(), re.MULTILINE)


def expect(lab, address, port, rule):
    """
    Sends a datagram, and waits until that was said of it. Where the learner had no rest since something was learned it says
    of no rule; then it gets some, which also keeps to how many are told.
    """
    end = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    before = len(told_rules(lab, end))

    def is_known():
        n = len(told_rules(lab, end))
        send(lab, address, port)
        eventually(lambda: len(told_rules(lab, end)) == n + 1)
        if told_rules(lab, end)[-1] == "":
            time.sleep(0.5)
        return told_rules(lab, end)[-1]

    assert eventually(is_known) == rule
    assert set(told_rules(lab, end)[before:]) <= {"", rule}


def in_line(text, name):
    """How a rule of the policy is told."""
    lines = text.splitlines()
    number = next(i for i, line in enumerate(lines) if f'"name": "{name}"' in line)
    return f"rule {name} in line {number}"


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
    assert told_rules(told, f"{EVIL4}:9")[0].startswith("rule deny-1 in line ")
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
        wait_listening(lab)
        send(lab, EVIL4, 99, source=(GUEST4, 4000))
        lines = iter(process.stdout.readline, "")
        line = next(line for line in lines if '"denied"' in line)
        assert '"direction": "egress", "ether_type": 2048, "protocol": 17' in line
        assert '"policy": "web", "rule": "nothing matched", "rule_line": 0,' in line
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


def answer(addresses):
    """A name server that knows these names."""
    return lambda message: [
        reply(message, address(question_name(message), addresses[question_name(message)]))
        if question_name(message) in addresses and question_type(message) == A
        else reply(message)
    ]


def test_rules_that_share_one_in_the_kernel_are_told_apart(told):
    text = policy(
        rule("deny", 1, "first", ips=[EVIL4]),
        rule("deny", 2, "second, of two", ips=["192.0.2.67", EVIL6]),
        rule("deny", 3, "port", protocols=["udp"], ips=["192.0.2.68"], ports=[99]),
        rule("deny", 3, "more ports", protocols=["udp"], ips=["192.0.2.68"], ports=["100-200"]),
        rule("allow", 9, "rest", ips=["192.0.2.0/24"]),
    )
    load_telling(told, text=text)
    rules = told.nft("list", "table", "inet", "nfwpolicy")
    assert re.search(r'goto test-egress-denied comment "first, second, of two"', rules), rules

    expect(told, EVIL4, 99, in_line(text, "first"))
    expect(told, "192.0.2.67", 99, in_line(text, "second, of two"))
    expect(told, EVIL6, 99, in_line(text, "second, of two"))
    expect(told, "192.0.2.68", 99, in_line(text, "port"))
    expect(told, "192.0.2.68", 200, in_line(text, "more ports"))
    expect(told, "203.0.113.1", 99, "nothing matched")


def test_the_version_that_dropped_it(told):
    first = policy(rule("deny", 1, "old", ips=[EVIL4]), rule("allow", 2, "rest"))
    second = policy(rule("allow", 2, "rest", ips=["203.0.113.1"]), rule("deny", 1, "new", ips=[EVIL4]))
    load_telling(told, text=first)
    expect(told, EVIL4, 99, in_line(first, "old"))
    load_telling(told, text=second)
    expect(told, EVIL4, 99, in_line(second, "new"))
    expect(told, EVIL6, 99, "nothing matched")


def test_networks_of_the_host(told):
    text = policy(
        rule("deny", 1, "host", domains=["host.lima.internal"]),
        rule("deny", 2, "link", domains=["subnet.lima.internal"]),
        rule("deny", 3, "last", ports=[99]),
        rule("allow", 4, "rest"),
    )
    load_telling(told, text=text)
    # A neighbour that nobody is.
    host = json.loads(told.host.run("ip", "-json", "link", "show", "vnet0").stdout)[0]["address"]
    told.guest.run("ip", "neigh", "add", "10.77.1.77", "lladdr", host, "dev", "guest0")
    expect(told, HOST4, 99, in_line(text, "host"))
    expect(told, HOST6, 99, in_line(text, "host"))
    expect(told, "10.77.1.77", 99, in_line(text, "link"))
    expect(told, EVIL4, 99, in_line(text, "last"))


NAMES = {"bad.example": EVIL4, "www.worse.example": "192.0.2.67", "good.example": "192.0.2.68"}
DENY_NAMES = (
    rule("deny", 1, "bad", domains=["bad.example"]),
    rule("deny", 2, "worse", domains=["*.worse.example", "other.example"]),
    rule("allow", 3, "good", domains=["good.example"]),
    rule("deny", 4, "rest", ips=["192.0.2.0/24"], ports=[99]),
)


def load_names(lab):
    MarkedResponder(lab, answer(NAMES))
    load(lab, *DENY_NAMES, resolvers=[RESOLVER4], options=["--log-denied"])
    wait_listening(lab)
    settle(lab)
    return policy(MARKER_RULE, *DENY_NAMES)


def test_rules_by_name(told):
    text = load_names(told)
    expect(told, EVIL4, 99, in_line(text, "rest"))
    ask(told, *NAMES, qtypes=[A])
    settle(told)
    expect(told, EVIL4, 99, in_line(text, "bad"))
    expect(told, "192.0.2.67", 99, in_line(text, "worse"))
    expect(told, "192.0.2.67", 22, in_line(text, "worse"))
    expect(told, "192.0.2.69", 99, in_line(text, "rest"))
    expect(told, "192.0.2.69", 22, "nothing matched")


def test_rules_by_name_after_the_learner_was_killed(told):
    text = load_names(told)
    ask(told, *NAMES, qtypes=[A])
    settle(told)
    told.processes[-1].kill()
    told.processes[-1].wait()
    told.learner()
    settle(told)
    expect(told, EVIL4, 99, in_line(text, "bad"))
    expect(told, "192.0.2.67", 99, in_line(text, "worse"))


def test_names_that_have_run_out(told):
    MarkedResponder(told, answer(NAMES))
    load(told, *DENY_NAMES, resolvers=[RESOLVER4], options=["--log-denied", "--min-ttl", "1", "--max-ttl", "3"])
    text = policy(MARKER_RULE, *DENY_NAMES)
    wait_listening(told)
    ask(told, "bad.example", qtypes=[A])
    # It may be over before anybody has looked into the kernel.
    eventually(lambda: f"learned bad.example {EVIL4} for vnet0" in told.learner_log())
    eventually(lambda: ("bad.example", EVIL4) not in told.learned())

    def ends_with_rest():
        send(told, EVIL4, 99)
        rules = told_rules(told, f"{EVIL4}:99")
        assert set(rules) <= {"", in_line(text, "rest")}
        return rules[-1:] == [in_line(text, "rest")]

    eventually(ends_with_rest)
