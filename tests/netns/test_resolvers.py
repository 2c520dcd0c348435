# SPDX-License-Identifier: GPL-2.0-or-later
"""Whose answers count, and what is said about the others."""

import pytest

from dnsserver import Responder, answer_with, lookup
from lab import HOST4, HOST6, INTERNET4, INTERNET6, eventually
from learning import RESOLVER4, RESOLVER6, UNTRUSTED, MarkedResponder, ask, learned, load, settle
from policies import allow, deny, policy

ADDRESS = "192.0.2.10"
DNS_RULE = allow(500, ports=[53])


@pytest.fixture(scope="module")
def servers(module_lab):
    module_lab.serve(443)
    MarkedResponder(module_lab, answer_with(ADDRESS))
    for untrusted in (UNTRUSTED, RESOLVER6, INTERNET4, INTERNET6):
        Responder(module_lab, module_lab.internet, untrusted, answer_with(ADDRESS))
    for own in (HOST4, HOST6):
        Responder(module_lab, module_lab.host, own, answer_with(ADDRESS))
    module_lab.learner()
    return module_lab


@pytest.fixture
def lab(servers, shared_lab):
    return shared_lab


def ignored(lab):
    return {(each["port"], each["resolver"]): each["replies"] for each in lab.json("list")["ignored"]}


@pytest.mark.parametrize("server", [UNTRUSTED, INTERNET6], ids=["IPv4", "IPv6"])
def test_an_answer_from_another_server_is_not_learned_and_is_listed(lab, server):
    load(lab, DNS_RULE, allow(domains=["www.example"]), resolvers=[RESOLVER4])
    before = ignored(lab).get(("vnet0", server), 0)
    ask(lab, "www.example", server=server)
    settle(lab)
    assert learned(lab) == set()
    assert ignored(lab)[("vnet0", server)] == before + 2
    assert server in lab.nfw("list").stdout
    lab.reach(denied=f"tcp {ADDRESS} 443")


def test_untrusted_answers_are_counted(lab):
    load(lab, DNS_RULE, allow(domains=["www.example"]), resolvers=[RESOLVER4])
    before = lab.json("list")["learner"]["counters"]["untrusted"]
    ask(lab, "www.example", server=UNTRUSTED)
    settle(lab)
    assert lab.json("list")["learner"]["counters"]["untrusted"] == before + 2


def test_several_resolvers_after_one_option_and_the_option_repeated(lab):
    text = policy(allow(domains=["www.example"]))
    lab.load(text, "--resolver", UNTRUSTED, INTERNET4, "--resolver", RESOLVER6)
    assert sorted(lab.json("list")["ports"][0]["resolvers"]) == sorted([UNTRUSTED, INTERNET4, RESOLVER6])
    ask(lab, "www.example", server=INTERNET4)
    eventually(lambda: learned(lab) == {("www.example", ADDRESS)})


def test_any_resolver_is_possible_with_a_warning(lab):
    result = lab.load(policy(allow(domains=["www.example"])), "--resolver", "any")
    assert "warning" in result.stderr and "every name server is trusted" in result.stderr
    assert lab.json("list")["policies"][0]["any_resolver"]
    ask(lab, "www.example", server=UNTRUSTED)
    eventually(lambda: learned(lab) == {("www.example", ADDRESS)})
    lab.reach(f"tcp {ADDRESS} 443")


@pytest.mark.parametrize("server", [HOST4, HOST6], ids=["IPv4", "IPv6"])
def test_the_hosts_own_addresses_on_the_link_are_trusted_by_default(lab, server):
    lab.load(policy(allow(domains=["www.example"])))
    ask(lab, "www.example", server=server)
    eventually(lambda: learned(lab) == {("www.example", ADDRESS)})
    assert {each["resolver"] for each in lab.names()} == {server}


def test_the_name_servers_of_resolv_conf_are_trusted_by_default(lab):
    lab.resolv_conf(INTERNET4, INTERNET6)
    lab.load(policy(allow(domains=["www.example"])))
    resolvers = set(lab.json("list")["ports"][0]["resolvers"])
    assert {INTERNET4, INTERNET6, HOST4, HOST6} <= resolvers
    ask(lab, "www.example", server=INTERNET4)
    eventually(lambda: learned(lab) == {("www.example", ADDRESS)})


def test_addresses_of_the_hosts_other_links_are_not_trusted(lab):
    lab.resolv_conf(INTERNET4)
    lab.load(policy(allow(domains=["www.example"])))
    resolvers = set(lab.json("list")["ports"][0]["resolvers"])
    assert not resolvers & {"10.77.2.1", "fd77:2::1", "127.0.0.1", "::1"}


def test_resolvers_replace_the_default_ones(lab):
    load(lab, allow(domains=["www.example"]), resolvers=[RESOLVER4])
    assert lab.json("list")["ports"][0]["resolvers"] == [RESOLVER4]


@pytest.mark.parametrize("word", ["dns.example", "192.0.2", "192.0.2.1/24", "fe80::1%up0"])
def test_what_is_no_address_is_no_resolver(lab, word):
    result = lab.load(policy(allow(domains=["www.example"])), "--resolver", word, check=False)
    assert result.returncode != 0 and word in result.stderr
    assert lab.json("list")["policies"] == []


def test_dns_is_allowed_to_the_trusted_resolvers_only(lab):
    lab.serve(53, kind="tcp")
    load(lab, allow(domains=["www.example"]), resolvers=[RESOLVER4, RESOLVER6])
    lab.reach(f"tcp {RESOLVER4} 53, tcp {RESOLVER6} 53", f"tcp {UNTRUSTED} 53, tcp {INTERNET6} 53")
    lookup(lab.guest, RESOLVER4, "www.example")
    lookup(lab.guest, RESOLVER6, "www.example")
    with pytest.raises(TimeoutError):
        lookup(lab.guest, UNTRUSTED, "www.example", seconds=0.3)


def test_no_dns_without_domain_rules(lab):
    lab.load(policy(allow(ips=[ADDRESS])), "--resolver", RESOLVER4)
    lab.reach(f"tcp {ADDRESS} 443")
    with pytest.raises(TimeoutError):
        lookup(lab.guest, RESOLVER4, "www.example", seconds=0.3)


def test_dns_may_be_denied_by_name(lab):
    lab.load(policy(deny(1, ips=[RESOLVER4], ports=[53]), allow(2, domains=["www.example"])),
             "--resolver", RESOLVER4, RESOLVER6)
    lookup(lab.guest, RESOLVER6, "www.example")
    with pytest.raises(TimeoutError):
        lookup(lab.guest, RESOLVER4, "www.example", seconds=0.3)


def test_a_deny_without_ports_does_not_take_dns_away(lab):
    load(lab, allow(1, domains=["www.example"]), deny(2))
    ask(lab, "www.example")
    settle(lab)
    lab.reach(f"tcp {ADDRESS} 443")


def test_names_and_list_tell_what_is_learned(lab):
    lab.load(policy(allow(domains=["*.example"])), "--resolver", RESOLVER4)
    ask(lab, "www.example", "ftp.example")
    eventually(lambda: lab.json("list")["ports"][0]["addresses"] == 1)
    (entry,) = lab.names("--port", "vnet0")
    assert entry["port"] == "vnet0" and entry["policy"] == "test" and entry["address"] == ADDRESS
    assert entry["resolver"] == RESOLVER4 and 0 < entry["seconds_left"] <= 300
    (port,) = lab.json("list")["ports"]
    assert port["names"] >= 1 and port["addresses"] == 1
    text = lab.nfw("names").stdout
    assert text.split()[:5] == ["PORT", "NAME", "ADDRESS", "LEFT", "RESOLVER"]
    assert ADDRESS in text and RESOLVER4 in text
    unbound = lab.nfw("names", "--port", "up0", check=False)
    assert unbound.returncode == 1 and "no policy is on port `up0`" in unbound.stderr
