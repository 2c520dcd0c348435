# SPDX-License-Identifier: GPL-2.0-or-later
"""What somebody else has done to nftables: nothing of theirs is touched, and what is ours can be put right."""

import os
import subprocess

import pytest

from lab import eventually
from policies import allow, policy

V4, OTHER4 = "192.0.2.1", "198.51.100.1"
DIRECTIONS = ["egress", "ingress"]


@pytest.fixture(scope="module")
def network(module_lab):
    module_lab.serve(443)
    return module_lab


@pytest.fixture
def lab(network, shared_lab):
    return shared_lab


# --- a table of our name -----------------------------------------------------------------------------------------

TABLES = {
    "empty": "add table {family} nfwpolicy",
    "with a chain like ours": "table {family} nfwpolicy {{ chain web-egress {{ comment \"policy web\"; accept; }}; }}",
    "with another comment": "table {family} nfwpolicy {{ comment \"nfwpolicyish\"; map egress {{ type mark : verdict; }}; }}",
}


@pytest.fixture
def bridge_port(lab):
    for command in (
        ("ip", "link", "add", "br0", "type", "bridge"),
        ("ip", "link", "add", "tap0", "type", "veth", "peer", "name", "tap0peer"),
        ("ip", "link", "set", "tap0", "master", "br0"),
    ):
        lab.host.run(*command)
    yield "tap0"
    for link in ("tap0", "br0"):
        lab.host.run("ip", "link", "delete", link)


def assert_refused(lab, family, port):
    before = lab.nft("list", "ruleset")
    for options in ((), ("--dry-run",)):
        result = lab.load(policy(allow(ips=[V4])), *options, name="web", ports=[port], check=False)
        assert result.returncode == 1
        assert f"a table `{family} nfwpolicy` exists that is not nfwpolicy's" in result.stderr
        assert "[kernel/foreign-table]" in result.stderr
        assert f"`nft list table {family} nfwpolicy`" in result.stderr and "delete it" in result.stderr
    assert lab.nft("list", "ruleset") == before
    assert lab.json("list")["policies"] == []
    assert not [name for _, _, names in os.walk(lab.state) for name in names if name.endswith(".policy")]
    for command in (("unload", "web", "--force"), ("detach", "--port", port), ("attach", "web", "--port", port)):
        assert lab.nfw(*command, check=False).returncode == 1
    lab.nfw("verify")
    assert lab.nft("list", "ruleset") == before


@pytest.mark.parametrize("family", ["inet", "bridge"])
@pytest.mark.parametrize("ruleset", TABLES.values(), ids=TABLES.keys())
def test_a_table_that_is_not_ours_is_left_alone(lab, bridge_port, ruleset, family):
    lab.host.run("nft", ruleset.format(family=family))
    try:
        assert_refused(lab, family, bridge_port if family == "bridge" else "vnet0")
    finally:
        lab.host.run("nft", "delete", "table", family, "nfwpolicy")


def test_a_table_that_belongs_to_a_process_is_left_alone(lab):
    owner = lab.host.start("nft", "-i", stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    try:
        owner.stdin.write('table inet nfwpolicy { comment "nfwpolicy 0.1.0"; flags owner; }\n')
        owner.stdin.flush()
        eventually(lambda: "owner" in lab.nft("list", "ruleset"))
        assert_refused(lab, "inet", "vnet0")
    finally:
        owner.stdin.close()
        owner.wait()
    eventually(lambda: lab.nft("list", "ruleset") == "")
    lab.load(policy(allow(ips=[V4])))


def test_other_tables_are_none_of_our_business(lab):
    lab.host.run("nft", "add", "table", "ip", "nfwpolicy")
    lab.load(policy(allow(ips=[V4])))
    lab.nfw("verify")
    lab.nfw("unload", "test", "--force")
    assert lab.nft("list", "ruleset") == "table ip nfwpolicy {\n}\n"
    lab.host.run("nft", "delete", "table", "ip", "nfwpolicy")


# --- a port in one of the two maps -------------------------------------------------------------------------------

REMOVE = 'delete element inet nfwpolicy {} {{ "vnet0" }}'
ADD = 'add element inet nfwpolicy {} {{ "vnet0" : {} }}'
DAMAGE = {f"{direction} missing": [REMOVE.format(direction)] for direction in DIRECTIONS} | {
    f"{direction} open": [REMOVE.format(direction), ADD.format(direction, "accept")] for direction in DIRECTIONS
}
RULES = allow(domains=["www.example"]), allow(ips=[V4])
LEARNED = "203.0.113.7"


@pytest.fixture(params=DAMAGE.values(), ids=DAMAGE.keys())
def damaged(lab, request):
    lab.load(policy(allow(ips=[OTHER4])), name="other", ports=["up0"])
    lab.nfw("detach", "--port", "up0")
    lab.load(policy(*RULES), "--no-learner", name="web")
    grant = f'"vnet0" . {LEARNED} timeout 1h comment "www.example via 192.0.2.53"'
    lab.host.run("nft", f"add element inet nfwpolicy web-allow1-learned4 {{ {grant} }}")
    lab.nfw("verify")
    for command in request.param:
        lab.host.run("nft", command)
    return lab


def test_verify_sees_it(damaged):
    for name in ((), ("web",)):
        result = damaged.nfw("verify", *name, check=False)
        assert result.returncode == 1 and "port vnet0" in result.stderr
        assert result.stderr.count("[kernel/") == 1


def test_the_port_can_be_detached(damaged):
    damaged.nfw("detach", "--port", "vnet0")
    damaged.nfw("verify")
    assert '"vnet0"' not in damaged.nft("list", "ruleset")
    damaged.reach(f"tcp {V4} 443, tcp {OTHER4} 443")


def test_the_policy_can_be_unloaded(damaged):
    damaged.nfw("unload", "web", "--force")
    damaged.nfw("verify")
    assert '"vnet0"' not in damaged.nft("list", "ruleset")


@pytest.mark.parametrize("command", ["load", "attach"])
def test_the_port_can_be_put_right(damaged, command):
    if command == "load":
        damaged.load(policy(*RULES), "--no-learner", name="web")
    else:
        damaged.nfw("attach", "web", "--port", "vnet0")
    damaged.nfw("verify")
    damaged.reach(f"tcp {V4} 443, tcp {LEARNED} 443", f"tcp {OTHER4} 443")
    for direction in DIRECTIONS:
        assert f": goto web-{direction}" in damaged.nft("list", "map", "inet", "nfwpolicy", direction)


def test_maps_that_lead_to_different_policies_are_put_right(lab):
    for name in ("other", "web"):
        lab.load(policy(allow(ips=[V4])), name=name)
    lab.host.run("nft", REMOVE.format("egress"))
    lab.host.run("nft", ADD.format("egress", "goto other-egress"))
    assert "[kernel/foreign-element]" in lab.nfw("verify", check=False).stderr
    lab.nfw("attach", "web", "--port", "vnet0")
    lab.nfw("verify")


def test_the_port_can_go_to_another_policy(damaged):
    damaged.nfw("attach", "other", "--port", "vnet0")
    damaged.nfw("verify")
    damaged.reach(f"tcp {OTHER4} 443", f"tcp {V4} 443")


def test_an_element_that_was_never_ours_stays(lab):
    lab.load(policy(allow(ips=[V4])), name="web")
    lab.host.run("nft", 'add element inet nfwpolicy egress { "lo" : accept }')
    assert {each["port"] for each in lab.json("list")["ports"]} == {"vnet0"}
    lab.load(policy(allow(ips=[OTHER4])), name="web")
    assert '"lo" : accept' in lab.nft("list", "map", "inet", "nfwpolicy", "egress")
