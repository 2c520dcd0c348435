# SPDX-License-Identifier: GPL-2.0-or-later
"""What each sentence of policy format 1.0 means for packets. Domains that are learned are in test_policy_domains.py."""

import pytest

from policies import allow, deny, policy
from probe import PATIENT

PORTS = (22, 53, 80, 443, 999, 1000, 1500, 2000, 2001)

V4, V6 = "192.0.2.1", "2001:db8::1"
OTHER4, OTHER6 = "198.51.100.1", "2001:db8:1::1"


@pytest.fixture(scope="module")
def internet(module_lab):
    module_lab.serve(*PORTS)
    return module_lab


@pytest.fixture
def lab(internet, shared_lab):
    return shared_lab


def case(name, rules, allowed="", denied=""):
    return pytest.param(rules, allowed, denied, id=name.replace(" ", "-"))


def both(template):
    """The same for IPv4 and IPv6."""
    return ", ".join(part.replace("ADDR", address) for part in template.split(",") for address in (V4, V6))


EVERYTHING = both("tcp ADDR 443, tcp ADDR 22, udp ADDR 53, udp ADDR 443, icmp ADDR")

PROTOCOLS = [
    case("tcp", [allow(protocols=["tcp"])],
         both("tcp ADDR 22, tcp ADDR 443"), both("udp ADDR 22, udp ADDR 443, icmp ADDR")),
    case("udp", [allow(protocols=["udp"])],
         both("udp ADDR 53, udp ADDR 443"), both("tcp ADDR 53, tcp ADDR 443, icmp ADDR")),
    case("icmp means ICMPv4 and ICMPv6", [allow(protocols=["icmp"])],
         both("icmp ADDR"), both("tcp ADDR 443, udp ADDR 443")),
    case("tcp or udp", [allow(protocols=["tcp", "udp"])],
         both("tcp ADDR 443, udp ADDR 443"), both("icmp ADDR")),
    case("udp or icmp", [allow(protocols=["udp", "icmp"])],
         both("udp ADDR 443, icmp ADDR"), both("tcp ADDR 443")),
    case("all three", [allow(protocols=["tcp", "udp", "icmp"])], EVERYTHING),
]

PORT_CASES = [
    case("a single port", [allow(protocols=["tcp"], ports=["443"])],
         both("tcp ADDR 443"), both("tcp ADDR 80, tcp ADDR 22, udp ADDR 443")),
    case("an integer", [allow(protocols=["tcp"], ports=[443])], both("tcp ADDR 443"), both("tcp ADDR 80")),
    case("a range, ends included", [allow(protocols=["tcp"], ports=["1000-2000"])],
         both("tcp ADDR 1000, tcp ADDR 1500, tcp ADDR 2000"), both("tcp ADDR 999, tcp ADDR 2001")),
    case("a range of one", [allow(protocols=["udp"], ports=["1500-1500"])],
         both("udp ADDR 1500"), both("udp ADDR 1000, udp ADDR 2000")),
    case("several, any of them", [allow(protocols=["tcp"], ports=["22", "1000-1500", 443])],
         both("tcp ADDR 22, tcp ADDR 1000, tcp ADDR 1500, tcp ADDR 443"), both("tcp ADDR 80, tcp ADDR 2000")),
    case("overlapping ranges", [allow(protocols=["tcp"], ports=["999-1500", "1000-2000", "1500"])],
         both("tcp ADDR 999, tcp ADDR 1500, tcp ADDR 2000"), both("tcp ADDR 2001")),
    case("all ports", [allow(protocols=["tcp"], ports=["1-65535"])],
         both("tcp ADDR 22, tcp ADDR 2001"), both("udp ADDR 22, icmp ADDR")),
    case("without protocols tcp and udp", [allow(ports=["443"])],
         both("tcp ADDR 443, udp ADDR 443"), both("tcp ADDR 80, udp ADDR 80, icmp ADDR")),
    case("denied of what is allowed", [deny(1, ports=["1000-2000"]), allow(2, ports=["999-2001"])],
         both("tcp ADDR 999, udp ADDR 2001"), both("tcp ADDR 1000, udp ADDR 1500, tcp ADDR 2000")),
]

IPS = [
    case("an IPv4 address", [allow(ips=[V4])],
         f"tcp {V4} 443, udp {V4} 53, icmp {V4}", f"tcp 192.0.2.2 443, icmp 192.0.2.0, tcp {V6} 443, icmp {V6}"),
    case("an IPv6 address", [allow(ips=[V6])],
         f"tcp {V6} 443, udp {V6} 53, icmp {V6}", f"tcp 2001:db8::2 443, icmp 2001:db8:: , tcp {V4} 443, icmp {V4}"),
    case("an IPv4 prefix", [allow(ips=["192.0.2.64/26"])],
         "tcp 192.0.2.64 443, icmp 192.0.2.100, udp 192.0.2.127 53",
         "tcp 192.0.2.63 443, tcp 192.0.2.128 443, icmp 192.0.2.63, udp 192.0.2.128 53"),
    case("an IPv6 prefix", [allow(ips=["2001:db8:8::/45"])],
         "tcp 2001:db8:8::1 443, udp 2001:db8:f:ffff:ffff:ffff:ffff:ffff 53",
         "tcp 2001:db8:7:ffff:ffff:ffff:ffff:ffff 443, tcp 2001:db8:10::1 443"),
    case("host bits set", [allow(ips=["192.0.2.77/26", "2001:db8:9::1/45"])],
         "tcp 192.0.2.64 443, tcp 2001:db8:8::2 443", "tcp 192.0.2.63 443, tcp 2001:db8:7::1 443"),
    case("full length prefixes", [allow(ips=[f"{V4}/32", f"{V6}/128"])],
         both("tcp ADDR 443, icmp ADDR"), "tcp 192.0.2.2 443, tcp 2001:db8::2 443"),
    case("all of IPv4 is not IPv6", [allow(ips=["0.0.0.0/0"])], f"tcp {V4} 443, tcp {OTHER4} 80", f"tcp {V6} 443"),
    case("all of IPv6 is not IPv4", [allow(ips=["::/0"])], f"tcp {V6} 443, udp {OTHER6} 80", f"tcp {V4} 443"),
    case("several, any of them", [allow(ips=[V4, "198.51.100.0/25", V6])],
         both("tcp ADDR 443") + f", tcp {OTHER4} 443", f"tcp 198.51.100.128 443, tcp {OTHER6} 443"),
    case("one inside the other", [allow(ips=["192.0.2.0/24", "192.0.2.128/25", V4])],
         f"tcp {V4} 443, tcp 192.0.2.200 443", f"tcp {OTHER4} 443"),
    case("a hole by a deny before", [deny(1, ips=["192.0.2.128/25"]), allow(2, ips=["192.0.2.0/24"])],
         "tcp 192.0.2.127 443, icmp 192.0.2.1", "tcp 192.0.2.128 443, icmp 192.0.2.255"),
]

COMBINATIONS = [
    case("ips and protocols", [allow(ips=[V4, V6], protocols=["udp"])],
         both("udp ADDR 443"), both("tcp ADDR 443, icmp ADDR") + f", udp {OTHER4} 443, udp {OTHER6} 443"),
    case("ips and ports", [allow(ips=[V4, V6], ports=["443"])],
         both("tcp ADDR 443, udp ADDR 443"), both("tcp ADDR 80") + f", tcp {OTHER4} 443, tcp {OTHER6} 443"),
    case("ips, protocols and ports", [allow(ips=[V4, V6], protocols=["tcp"], ports=["80", "443"])],
         both("tcp ADDR 80, tcp ADDR 443"),
         both("udp ADDR 80, tcp ADDR 22, icmp ADDR") + f", tcp {OTHER4} 443, tcp {OTHER6} 443"),
    case("ips and icmp", [allow(ips=[V4, V6], protocols=["icmp"])],
         both("icmp ADDR"), f"icmp {OTHER4}, icmp {OTHER6}, tcp {V4} 443"),
    case("the rules are alternatives", [allow(ips=[V4], ports=["80"]), allow(ips=[V6], ports=["443"])],
         f"tcp {V4} 80, tcp {V6} 443", f"tcp {V4} 443, tcp {V6} 80"),
]

ORDER = [
    case("lower priority first", [allow(20, ips=["192.0.2.0/24"]), deny(10, ips=[V4])],
         "tcp 192.0.2.2 443", f"tcp {V4} 443"),
    case("negative priority first", [allow(0, ips=["192.0.2.0/24"]), deny(-5, ips=[V4])],
         "tcp 192.0.2.2 443", f"tcp {V4} 443"),
    case("equal priority keeps the order, allow first", [allow(10, ips=[V4]), deny(10, ips=["192.0.2.0/24"])],
         f"tcp {V4} 443", "tcp 192.0.2.2 443"),
    case("equal priority keeps the order, deny first", [deny(10, ips=["192.0.2.0/24"]), allow(10, ips=[V4])],
         "", f"tcp {V4} 443, tcp 192.0.2.2 443"),
    case("the first match decides",
         [allow(1, ips=[V4], ports=["443"]), deny(2, ips=[V4]), allow(3, ips=["192.0.2.0/24"])],
         f"tcp {V4} 443, tcp 192.0.2.2 80", f"tcp {V4} 80, icmp {V4}"),
    case("five levels, by turns",
         [deny(1, ips=["192.0.2.1"]), allow(2, ips=["192.0.2.0/30"]), deny(3, ips=["192.0.2.0/28"]),
          allow(4, ips=["192.0.2.0/26"]), deny(5, ips=["192.0.2.0/24"]), allow(6, ips=["0.0.0.0/0"])],
         "tcp 192.0.2.2 443, tcp 192.0.2.20 443, tcp 198.51.100.1 443",
         "tcp 192.0.2.1 443, tcp 192.0.2.9 443, tcp 192.0.2.99 443"),
    case("what no rule matches is denied", [allow(ips=[OTHER4])], f"tcp {OTHER4} 443", EVERYTHING),
    case("a rule without egress matches all", [allow()], EVERYTHING),
    case("a deny without egress matches all", [deny(1), allow(2)], "", EVERYTHING),
    case("a deny last changes nothing", [allow(1, ips=[V4]), deny(2)], f"tcp {V4} 443", f"tcp {V6} 443"),
]


@pytest.mark.parametrize("rules, allowed, denied", PROTOCOLS + PORT_CASES + IPS + COMBINATIONS + ORDER)
def test_rules(lab, rules, allowed, denied):
    lab.load(policy(*rules))
    lab.reach(allowed, denied)


def test_other_protocols_than_the_named_ones_need_a_rule_without_protocols(lab):
    """SCTP's number, as an example of what `protocols` cannot name."""
    lab.load(policy(allow(1, ips=[V4]), allow(2, protocols=["tcp", "udp", "icmp"])))
    with lab.guest.socket(2, 3, 132) as guest, lab.internet.socket(2, 3, 132) as internet:
        guest.sendto(b"denied", (OTHER4, 0))
        guest.sendto(b"allowed", (V4, 0))
        internet.settimeout(PATIENT)
        assert internet.recv(100).endswith(b"allowed")


YAML = """\
version: 1.0
rules:
- name: web
  action: allow
  priority: 10
  egress:
    protocols:
    - tcp
    ips: [192.0.2.0/24, "2001:db8::/64"]
    ports: [443, "1000-2000"]
- name: ping   # everything
  action: allow
  priority: 20
  egress: {protocols: [icmp]}
"""

JSON = """\
{"version": "1.0", "rules": [
  {"name": "web", "action": "allow", "priority": 10,
   "egress": {"protocols": ["tcp"], "ips": ["192.0.2.0/24", "2001:db8::/64"], "ports": [443, "1000-2000"]}},
  {"name": "ping", "action": "allow", "priority": 20, "egress": {"protocols": ["icmp"]}}]}
"""


@pytest.mark.parametrize("text", [YAML, JSON], ids=["yaml", "json"])
def test_yaml_and_json_say_the_same(lab, text):
    lab.load(text)
    lab.reach(both("tcp ADDR 443, tcp ADDR 1000, icmp ADDR") + f", icmp {OTHER4}",
              both("tcp ADDR 80, udp ADDR 443") + f", tcp {OTHER4} 443, tcp {OTHER6} 443")


def test_connections_to_the_guest_are_not_restricted_and_their_replies_pass(lab):
    lab.serve(22, namespace=lab.guest)
    lab.load(policy(deny()))
    lab.reach("tcp 10.77.1.2 22, tcp fd77:1::2 22, udp 10.77.1.2 22, icmp 10.77.1.2, icmp fd77:1::2",
              namespace=lab.host)
    lab.reach("tcp 10.77.1.2 22, udp fd77:1::2 22, icmp fd77:1::2", namespace=lab.internet)


def test_the_host_is_a_destination_as_any_other(lab):
    lab.serve(8080, namespace=lab.host)
    lab.load(policy(allow(ips=[V4])))
    lab.reach(f"tcp {V4} 443", "tcp 10.77.1.1 8080, tcp fd77:1::1 8080, icmp 10.77.1.1, tcp 10.77.2.1 8080")
    lab.load(policy(allow(ips=["10.77.1.1", "fd77:1::1"], ports=[8080])))
    lab.reach("tcp 10.77.1.1 8080, tcp fd77:1::1 8080", "icmp 10.77.1.1, tcp 10.77.2.1 8080")
