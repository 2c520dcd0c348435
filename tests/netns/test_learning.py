# SPDX-License-Identifier: GPL-2.0-or-later
"""What is learned from a real name server's answers, and what that opens."""

import pytest

from dnsserver import dnsmasq, lookup
from dnswire import A, AAAA, HTTPS, https, question_end, query
from learning import MARKER_RULE, MARKER_SUFFIX, RESOLVER4, RESOLVER6, UNTRUSTED, ask, learned, load, settle
from policies import allow, deny, policy
from probe import PATIENT


def rdata(record):
    """What dnsmasq wants to know of a record that it has no words for."""
    return record[question_end(bytes(12) + record) - 12 + 6:].hex()


RECORDS = [
    "--local-ttl=300",
    "--host-record=github.com,192.0.2.10,2001:db8::10",
    "--host-record=api.github.com,192.0.2.11",
    "--host-record=a.b.c.github.com,192.0.2.12",
    "--host-record=notgithub.com,192.0.2.13",
    "--host-record=cdn.example.net,192.0.2.20,2001:db8::20",
    "--cname=mid.example.net,cdn.example.net",
    "--cname=www.example.com,mid.example.net",
    "--host-record=xn--bcher-kva.example,192.0.2.30",
    "--address=/any.example/192.0.2.40",
    "--address=/any.example/2001:db8::40",
    f"--dns-rr=svc.example,65,{rdata(https('svc.example', '192.0.2.50', '2001:db8::50'))}",
    "--host-record=one.example,192.0.2.70",
    "--host-record=two.example,192.0.2.70",
    "--host-record=host.example,10.77.1.1,fd77:2::1",
    "--host-record=bad.github.com,192.0.2.14",
    # What all hear that are on a link of the host's, and IPv6 addresses that carry an address of the host.
    "--address=/around.example/10.77.1.0",
    "--address=/around.example/10.77.2.255",
    "--address=/around.example/64:ff9b::a4d:101",
    "--address=/around.example/2002:a4d:2ff::1",
    "--address=/around.example/10.77.1.200",
    "--address=/around.example/64:ff9b::a4d:1c8",
    f"--address=/{MARKER_SUFFIX}/203.0.113.99",
]


@pytest.fixture(scope="module")
def resolvers(module_lab):
    module_lab.serve(80, 443)
    dnsmasq(module_lab, module_lab.internet, [RESOLVER4, RESOLVER6, UNTRUSTED], RECORDS)
    module_lab.learner()
    return module_lab


@pytest.fixture
def lab(resolvers, shared_lab):
    return shared_lab


def test_a_name_is_closed_before_the_lookup_and_open_after_it(lab):
    load(lab, allow(domains=["github.com"], protocols=["tcp"], ports=["443"]))
    lab.reach(denied="tcp 192.0.2.10 443, tcp 2001:db8::10 443")
    ask(lab, "github.com")
    settle(lab)
    lab.reach("tcp 192.0.2.10 443, tcp 2001:db8::10 443", "tcp 192.0.2.11 443, tcp 2001:db8::11 443")


def test_other_ports_and_protocols_of_a_learned_address_stay_closed(lab):
    load(lab, allow(domains=["github.com"], protocols=["tcp"], ports=["443"]))
    ask(lab, "github.com")
    settle(lab)
    lab.reach("tcp 192.0.2.10 443", "tcp 192.0.2.10 80, udp 192.0.2.10 443, icmp 192.0.2.10, icmp 2001:db8::10")


def test_a_rule_with_domains_only_opens_everything_of_the_address(lab):
    load(lab, allow(domains=["github.com"]))
    ask(lab, "github.com")
    settle(lab)
    lab.reach("tcp 192.0.2.10 80, udp 192.0.2.10 443, icmp 192.0.2.10, icmp 2001:db8::10", "icmp 192.0.2.11")


def test_icmp_to_a_name(lab):
    load(lab, allow(domains=["github.com"], protocols=["icmp"]))
    ask(lab, "github.com")
    settle(lab)
    lab.reach("icmp 192.0.2.10, icmp 2001:db8::10", "tcp 192.0.2.10 443, icmp 192.0.2.11")


@pytest.mark.parametrize("qtype, expected", [(A, "192.0.2.10"), (AAAA, "2001:db8::10")], ids=["A", "AAAA"])
def test_only_what_was_asked_for_is_learned(lab, qtype, expected):
    load(lab, allow(domains=["github.com"]))
    ask(lab, "github.com", qtypes=[qtype])
    settle(lab)
    assert learned(lab) == {("github.com", expected)}


@pytest.mark.parametrize(
    "patterns, matching",
    [
        (["github.com"], {"github.com"}),
        (["GitHub.COM."], {"github.com"}),
        (["*.github.com"], {"api.github.com", "a.b.c.github.com", "bad.github.com"}),
        (["github.com", "*.github.com"], {"github.com", "api.github.com", "a.b.c.github.com", "bad.github.com"}),
        (["*.b.c.github.com"], {"a.b.c.github.com"}),
        (["*"], {"github.com", "api.github.com", "a.b.c.github.com", "notgithub.com", "bad.github.com"}),
    ],
    ids=["exact", "case and dot", "wildcard", "apex and wildcard", "deep wildcard", "star"],
)
def test_patterns(lab, patterns, matching):
    load(lab, allow(domains=patterns))
    ask(lab, "github.com", "api.github.com", "a.b.c.github.com", "notgithub.com", "bad.github.com", qtypes=[A])
    settle(lab)
    assert {name for name, _ in learned(lab)} == matching


def test_the_case_of_the_question_does_not_matter(lab):
    load(lab, allow(domains=["github.com"]))
    ask(lab, "GitHub.coM")
    settle(lab)
    assert learned(lab) == {("github.com", "192.0.2.10"), ("github.com", "2001:db8::10")}


def test_an_international_name_is_its_a_label(lab):
    load(lab, allow(domains=["BÜCHER.example"]))
    ask(lab, "xn--bcher-kva.example", qtypes=[A])
    settle(lab)
    assert learned(lab) == {("xn--bcher-kva.example", "192.0.2.30")}


@pytest.mark.parametrize(
    "pattern", ["www.example.com", "mid.example.net", "cdn.example.net"], ids=["queried", "middle", "last"]
)
def test_aliases(lab, pattern):
    """A name matches if it or any alias on the way to the address matches."""
    load(lab, allow(domains=[pattern]))
    ask(lab, "www.example.com")
    settle(lab)
    assert {address for _, address in learned(lab)} == {"192.0.2.20", "2001:db8::20"}
    lab.reach("tcp 192.0.2.20 443, tcp 2001:db8::20 443")


def test_an_alias_is_not_learned_for_what_it_leads_from(lab):
    load(lab, allow(domains=["www.example.com"]))
    ask(lab, "cdn.example.net")
    settle(lab)
    assert learned(lab) == set()


def test_address_hints_of_https_records(lab):
    load(lab, allow(domains=["svc.example"]))
    ask(lab, "svc.example", qtypes=[HTTPS])
    settle(lab)
    assert learned(lab) == {("svc.example", "192.0.2.50"), ("svc.example", "2001:db8::50")}
    lab.reach("tcp 192.0.2.50 443, tcp 2001:db8::50 443")


def test_over_ipv6(lab):
    load(lab, allow(domains=["github.com"]))
    ask(lab, "github.com", server=RESOLVER6)
    settle(lab)
    assert learned(lab) == {("github.com", "192.0.2.10"), ("github.com", "2001:db8::10")}


@pytest.mark.parametrize("server", [RESOLVER4, RESOLVER6], ids=["IPv4", "IPv6"])
def test_over_tcp(lab, server):
    load(lab, allow(domains=["github.com"]))
    found = lab.guest.run("dig", "+tcp", "+short", "+tries=1", f"+time={PATIENT:.0f}", f"@{server}", "github.com", "A")
    assert found.stdout == "192.0.2.10\n"
    settle(lab)
    assert learned(lab) == {("github.com", "192.0.2.10")}


def test_over_tcp_in_pieces_and_several_at_once(lab):
    """Two queries in one segment and one octet by octet: the answers come on the same connection."""
    load(lab, allow(domains=["*.github.com"]))
    first, second, third = query("api.github.com"), query("a.b.c.github.com"), query("bad.github.com")
    with lab.guest.socket(2, 1) as connection:
        connection.settimeout(PATIENT)
        connection.connect((RESOLVER4, 53))
        connection.setsockopt(6, 1, 1)  # TCP_NODELAY
        connection.sendall(b"".join(len(each).to_bytes(2, "big") + each for each in (first, second)))
        for octet in len(third).to_bytes(2, "big") + third:
            connection.send(bytes([octet]))
        with connection.makefile("rb") as stream:
            for _ in range(3):
                stream.read(int.from_bytes(stream.read(2), "big"))
    settle(lab)
    assert learned(lab) == {
        ("api.github.com", "192.0.2.11"), ("a.b.c.github.com", "192.0.2.12"), ("bad.github.com", "192.0.2.14"),
    }


def test_deny_of_a_name_inside_an_allowed_wildcard(lab):
    load(lab, deny(1, domains=["bad.github.com"]), allow(2, domains=["*.github.com"]))
    ask(lab, "bad.github.com", "api.github.com", qtypes=[A])
    settle(lab)
    lab.reach("tcp 192.0.2.11 443", "tcp 192.0.2.14 443")


def test_deny_of_a_name_closes_what_is_open_otherwise(lab):
    load(lab, deny(1, domains=["github.com"], protocols=["tcp"]), allow(2))
    lab.reach("tcp 192.0.2.10 443")
    ask(lab, "github.com")
    settle(lab)
    lab.reach("udp 192.0.2.10 443, tcp 192.0.2.11 443", "tcp 192.0.2.10 443, tcp 2001:db8::10 80")


def test_domains_and_ips_of_one_rule_must_both_match(lab):
    load(lab, allow(domains=["*.github.com", "github.com"], ips=["192.0.2.11/32", "2001:db8::/32", "192.0.2.20"]))
    ask(lab, "github.com", "api.github.com", "cdn.example.net")
    settle(lab)
    lab.reach("tcp 192.0.2.11 443, tcp 2001:db8::10 443",
              "tcp 192.0.2.10 443, tcp 192.0.2.20 443, tcp 2001:db8::20 443")


def test_one_address_of_two_names_with_different_ports(lab):
    load(lab, allow(domains=["one.example"], ports=["443"]), allow(domains=["two.example"], ports=["80"]))
    ask(lab, "one.example", qtypes=[A])
    settle(lab)
    lab.reach("tcp 192.0.2.70 443", "tcp 192.0.2.70 80")
    ask(lab, "two.example", qtypes=[A])
    settle(lab)
    lab.reach("tcp 192.0.2.70 443, tcp 192.0.2.70 80")


def test_names_without_a_rule_open_nothing(lab):
    load(lab, allow(domains=["github.com"]))
    ask(lab, "notgithub.com", "cdn.example.net")
    settle(lab)
    assert learned(lab) == set()
    lab.reach(denied="tcp 192.0.2.13 443, tcp 192.0.2.20 443")


def test_the_hosts_own_addresses_are_never_learned(lab):
    load(lab, allow(domains=["host.example"]))
    ask(lab, "host.example")
    settle(lab)
    assert learned(lab) == set()
    assert lab.json("list")["learner"]["counters"]["forbidden"] >= 2


def test_what_the_host_hears_as_its_own_is_never_learned(lab):
    load(lab, allow(domains=["around.example"]))
    ask(lab, "around.example")
    settle(lab)
    assert {address for _, address in learned(lab)} == {"10.77.1.200", "64:ff9b::a4d:1c8"}


def test_what_one_guest_learns_is_not_valid_for_another(lab):
    other = lab.add_guest("vnet1", 3)
    lab.load(policy(MARKER_RULE, allow(domains=["github.com"])), "--resolver", RESOLVER4,
             ports=["vnet0", "vnet1"])
    ask(lab, "github.com")
    settle(lab)
    settle(lab, other, "vnet1")
    lab.reach("tcp 192.0.2.10 443")
    lab.reach(denied="tcp 192.0.2.10 443, tcp 2001:db8::10 443", namespace=other)
    assert learned(lab, "vnet1") == set()
    lookup(other, RESOLVER4, "github.com")
    lab.wait_learned("github.com", "192.0.2.10", "vnet1")
    lab.reach("tcp 192.0.2.10 443", "tcp 2001:db8::10 443", namespace=other)
