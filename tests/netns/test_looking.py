# SPDX-License-Identifier: GPL-2.0-or-later
"""show, verify and nft itself: what is in the kernel can be read, compared and put back."""

import json
import re

import pytest

from dnsserver import answer_with
from learning import RESOLVER4, MarkedResponder, ask, learned, load, settle
from policies import allow, deny, policy

V4, OTHER4 = "192.0.2.1", "198.51.100.1"

# Hash sets, intervals, concatenations, overlapping boxes, learned sets, several levels.
RICH = (
    [deny(1, ips=[f"192.0.2.{n}" for n in range(1, 30, 3)] + ["2001:db8::/48"])]
    + [allow(2, ips=[f"10.{n}.0.0/16", f"2001:db8:{n:x}::/48"], ports=[f"{n}-{n + 50}"]) for n in range(1, 40)]
    + [allow(3, domains=["*.example", "example.com"], protocols=["tcp"], ports=[443, "8000-9000"]),
       deny(4, domains=["bad.example"]), allow(5, ips=["203.0.113.0/24", "203.0.113.128/25"]),
       allow(6, domains=["host.lima.internal", "subnet.lima.internal"]), allow(7, protocols=["icmp"])]
)


@pytest.fixture(scope="module")
def network(module_lab):
    module_lab.serve(443)
    MarkedResponder(module_lab, answer_with("192.0.2.200", ttl=3000))
    module_lab.learner()
    return module_lab


@pytest.fixture
def lab(network, shared_lab):
    load(shared_lab, *RICH, resolvers=[RESOLVER4])
    ask(shared_lab, "www.example")
    settle(shared_lab)
    return shared_lab


# --- show --------------------------------------------------------------------------------------------------------


def test_show_ir_has_every_rule_with_its_place(lab):
    text = lab.nfw("show", "test", "--ir").stdout
    assert lab.nfw("show", "test").stdout == text
    for number, rule in enumerate(RICH, 2):
        assert f"{rule['action']}-{number}" in text
    assert "test.yaml:" in text


def test_show_nft_is_what_nft_reads(lab):
    text = lab.nfw("show", "test", "--nft").stdout
    lab.internet.run("nft", "-c", "-f", lab.file("shown.nft", text))
    assert "deny-2" in text and "allow-42" in text


def test_show_nft_is_what_the_kernel_has(lab):
    """Loaded by nft into a namespace without anything, it is the same as what we have loaded ourselves."""
    lab.internet.run("nft", "-f", lab.file("shown.nft", lab.nfw("show", "test", "--nft").stdout))
    try:
        for chain in ("test-egress", "test-ingress"):
            theirs = lab.internet.run("nft", "-s", "list", "chain", "inet", "nfwpolicy", chain).stdout
            assert theirs == lab.nft("-s", "list", "chain", "inet", "nfwpolicy", chain)
    finally:
        lab.internet.run("nft", "flush", "ruleset")


def test_show_kernel_is_what_nft_lists(lab):
    text = lab.nfw("show", "test", "--kernel").stdout
    assert "chain test-egress" in text and "chain test-ingress" in text and "192.0.2.200" in text


def test_show_as_json(lab):
    shown = json.loads(lab.nfw("show", "test", "--nft", "--json").stdout)
    assert shown["policy"] == "test" and shown["format"] == "nft"
    assert shown["text"] == lab.nfw("show", "test", "--nft").stdout


def test_nft_lists_names_in_comments(lab):
    text = lab.nft("list", "ruleset")
    assert "policy test" in text and "allow-42" in text and "bad.example" in text and "www.example" in text


def test_what_nft_lists_can_be_flushed_and_put_back(lab):
    def ours():
        return lab.json("list")["policies"], lab.json("list")["ports"], learned(lab)

    before, listed = ours(), lab.nft("-s", "list", "ruleset")
    whole = lab.file("ruleset.nft", lab.nft("list", "ruleset"))
    lab.host.run("nft", "flush", "ruleset")
    lab.host.run("nft", "-f", whole)
    assert lab.nft("-s", "list", "ruleset") == listed
    assert ours() == before
    lab.reach("tcp 192.0.2.200 443, tcp 203.0.113.200 443, icmp 198.51.100.1",
              "tcp 192.0.2.1 443, tcp 198.51.100.1 443")
    # It is learned on as if nothing had happened.
    ask(lab, "ftp.example")
    settle(lab)


def test_verify_is_content_with_what_nft_has_put_back(lab):
    whole = lab.file("ruleset.nft", lab.nft("list", "ruleset"))
    lab.host.run("nft", "flush", "ruleset")
    lab.host.run("nft", "-f", whole)
    lab.nfw("verify")


# --- verify ------------------------------------------------------------------------------------------------------


def first_handle(lab, chain):
    for line in lab.nft("-a", "list", "chain", "inet", "nfwpolicy", chain).splitlines():
        if "counter" in line:
            return line.rsplit(" ", 1)[1]
    raise AssertionError("no rule")


TAMPERING = {
    "a rule added": lambda lab: "insert rule inet nfwpolicy test-egress accept",
    "a rule deleted": lambda lab: f"delete rule inet nfwpolicy test-egress handle {first_handle(lab, 'test-egress')}",
    "a chain flushed": lambda lab: "flush chain inet nfwpolicy test-ingress",
    "a set's element added": lambda lab: f"add element inet nfwpolicy {some_set(lab)} {{ 192.0.2.111 }}",
    "a set flushed": lambda lab: f"flush set inet nfwpolicy {some_set(lab)}",
    "what all policies look up, less": lambda lab: "delete element inet nfwpolicy tcp_udp { udp }",
    "what all policies look up, more": lambda lab: "add element inet nfwpolicy neighbour_discovery { echo-request }",
    "a name server added": lambda lab: "add element inet nfwpolicy resolvers4 { vnet0 . 192.0.2.66 }",
    "a name server deleted": lambda lab: f"delete element inet nfwpolicy resolvers4 {{ vnet0 . {RESOLVER4} }}",
    "a base chain flushed": lambda lab: "flush chain inet nfwpolicy prerouting",
    "a base chain's rule": lambda lab: "insert rule inet nfwpolicy prerouting accept",
    "a base chain's policy": lambda lab: "chain inet nfwpolicy prerouting { policy drop; }",
}


def some_set(lab):
    """A set with the addresses of the first rule."""
    for line in lab.nft("list", "sets", "inet").splitlines():
        if line.split()[:1] == ["set"] and "deny" in line and line.split()[1].endswith("-ip"):
            return line.split()[1]
    raise AssertionError(lab.nft("list", "sets", "inet"))


def test_verify_is_content_with_what_was_loaded(lab):
    assert "holds what was compiled" in lab.nfw("verify", "test").stdout
    assert lab.nfw("verify").returncode == 0


def test_verify_does_not_mind_traffic_and_lookups(lab):
    lab.reach("tcp 192.0.2.200 443", "tcp 192.0.2.1 443")
    ask(lab, "ftp.example", "smtp.example")
    settle(lab)
    lab.nfw("verify")


@pytest.mark.parametrize("tamper", TAMPERING.values(), ids=TAMPERING.keys())
def test_verify_finds_foreign_edits(lab, tamper):
    lab.host.run("nft", tamper(lab))
    result = lab.nfw("verify", "test", check=False)
    assert result.returncode == 1 and "[kernel/" in result.stderr
    lab.nfw("unload", "test", "--force")
    load(lab, *RICH, resolvers=[RESOLVER4])
    assert lab.nfw("verify", check=False).stderr == ""


@pytest.mark.parametrize("comment", [None, "mine"])
def test_verify_says_where_a_foreign_rule_is(lab, comment):
    rules = lab.nft("list", "chain", "inet", "nfwpolicy", "test-egress").count(" comment ")
    words = f"comment {comment}" if comment else ""
    lab.host.run("nft", f"add rule inet nfwpolicy test-egress ip saddr 192.0.2.7 accept {words}")
    lab.host.run("nft", "insert rule inet nfwpolicy prerouting accept")
    result = lab.nfw("verify", "test", check=False)
    assert result.returncode == 1
    named = f'"{comment}", ' if comment else ""
    found = re.search(rf"rule (\d+) of chain test-egress is not ours: {named}handle (\d+) ", result.stderr)
    assert int(found[1]) > rules / 2
    assert "`nft -a list chain inet nfwpolicy test-egress` shows it" in result.stderr
    assert re.search(r"rule 1 of chain prerouting is not ours: handle \d+ ", result.stderr)
    assert "immediate" not in result.stderr
    # What it says leads to the rule.
    lab.host.run("nft", "delete", "rule", "inet", "nfwpolicy", "test-egress", "handle", found[2])
    handle = re.search(r"prerouting is not ours: handle (\d+)", result.stderr)[1]
    lab.host.run("nft", "delete", "rule", "inet", "nfwpolicy", "prerouting", "handle", handle)
    lab.nfw("verify")


def test_verify_says_what_a_missing_rule_means(lab):
    lab.host.run("nft", "flush", "chain", "inet", "nfwpolicy", "prerouting")
    result = lab.nfw("verify", "test", check=False)
    assert result.returncode == 1
    assert "chain prerouting lacks the rule that leads to policies" in result.stderr
    assert "hint: unload all policies and load them again" in result.stderr
    lab.nfw("unload", "test", "--force")
    load(lab, *RICH, resolvers=[RESOLVER4])
    lab.nfw("verify")


def test_verify_of_several_policies(lab):
    """Each is compared with its own; what somebody did to one is told once, whatever is asked for."""
    lab.load(policy(allow(ips=["192.0.2.1"])), name="other", ports=["up0"])
    lab.load(policy(allow(ips=["192.0.2.2"])), name="test-egress", ports=["lo"])
    lab.nfw("verify")
    lab.host.run("nft", "add rule inet nfwpolicy other-egress drop")
    lab.host.run("nft", "flush chain inet nfwpolicy test-egress-ingress")
    result = lab.nfw("verify", check=False)
    assert result.returncode == 1
    codes = re.findall(r"\[(kernel/[a-z-]+)\]", result.stderr)
    assert codes.count("kernel/foreign-rule") == 1
    assert set(codes) == {"kernel/foreign-rule", "kernel/missing-rule"}
    assert "chain other-egress" in result.stderr and "chain test-egress-ingress" in result.stderr
    lab.nfw("verify", "test")
    assert lab.nfw("verify", "other", check=False).returncode == 1


def test_verify_tells_what_is_foreign_once(lab):
    lab.load(policy(allow(ips=["192.0.2.1"])), name="other", ports=["up0"])
    lab.host.run("nft", "add", "chain", "inet", "nfwpolicy", "mine")
    for name in ([], ["test"]):
        result = lab.nfw("verify", *name, check=False)
        assert result.returncode == 1 and result.stderr.count("chain mine is not ours") == 1
    lab.host.run("nft", "delete", "chain", "inet", "nfwpolicy", "mine")
    lab.nfw("verify")


def test_a_policy_whose_marker_is_gone_is_repaired_by_loading_it(lab):
    lab.host.run("nft", "delete", "set", "inet", "nfwpolicy", "test.id")
    for command in (["verify"], ["show", "test"], ["attach", "test", "--port", "up0"]):
        result = lab.nfw(*command, check=False)
        assert result.returncode == 1 and "[state/no-record]" in result.stderr and "load it again" in result.stderr
    assert [each["port"] for each in lab.json("list")["ports"]] == ["vnet0"]
    load(lab, *RICH, resolvers=[RESOLVER4])
    lab.nfw("verify")


@pytest.mark.parametrize("names", [[], ["test"]], ids=["all", "by name"])
def test_verify_finds_that_everything_is_gone(lab, names):
    lab.host.run("nft", "flush", "ruleset")
    result = lab.nfw("verify", *names, check=False)
    assert result.returncode == 1 and result.stdout == ""
    assert "policy test was loaded and is not in the kernel any more" in result.stderr
    assert "test.yaml --name test --port IFACE" in result.stderr
    answer = json.loads(lab.nfw("verify", *names, "--json", check=False).stdout)
    assert answer["outcome"] == "differs"
    assert [each["code"] for each in answer["diagnostics"]] == ["kernel/missing-policy"]
    load(lab, *RICH, resolvers=[RESOLVER4])
    lab.nfw("verify")
