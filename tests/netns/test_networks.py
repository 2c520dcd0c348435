# SPDX-License-Identifier: GPL-2.0-or-later
"""Virtual networks, as packets: each case that libvirt tells apart, and what keeps them in force."""

import json
import os
import re
import socket
import subprocess

import pytest

from lab import eventually
from networks import (
    DEFINITIONS, HOST4, HOST6, OTHER4, OUTSIDE4, OUTSIDE6, Guest, NetworkLab, bound, ip4, ip6, send, xml,
)
from policies import allow, deny, policy
from probe import PATIENT

A4, B4, A6, B6 = "192.168.122.2", "192.168.122.3", "2001:db8:ca2:2::2", "2001:db8:ca2:2::3"
SECOND4 = "192.168.128.2"
NAT = "<forward/>"


@pytest.fixture
def lab(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("needs root: it makes network namespaces and nftables rules")
    lab = NetworkLab(tmp_path)
    try:
        yield lab
    finally:
        lab.remove()


# --- libvirt's cases --------------------------------------------------------------------------------------------------

# What becomes of IPv4 and IPv6 out of the network: the guest's own address, the host's, or refused (None); and whether
# others may begin to talk to guests. has6 tells whether guests can have IPv6 there at all.
CASES = {
    "isolated": {"out4": None, "out6": None, "in4": False, "in6": False, "has6": True, "second": None},
    "nat": {"out4": HOST4, "in4": False},
    "nat-without-dhcp": {"out4": HOST4, "in4": False, "out6": A6, "in6": True, "has6": True},
    "nat-tftp": {"out4": HOST4, "in4": False, "tftp": True},
    "nat-several-prefixes": {"out4": HOST4, "in4": False, "second": HOST4},
    "nat-ipv6-routed": {"out4": HOST4, "in4": False, "out6": A6, "in6": True, "has6": True},
    "nat-ipv6-translated": {"out4": HOST4, "in4": False, "out6": HOST6, "in6": False, "has6": True},
    "nat-ports": {"out4": HOST4, "in4": False, "out6": A6, "in6": True, "has6": True, "ports": (500, 1000), "second": HOST4},
    "nat-ports-ipv6": {
        "out4": HOST4, "in4": False, "out6": HOST6, "in6": False, "has6": True, "ports": (500, 1000), "second": HOST4,
    },
    "route": {"out4": A4, "in4": True},
    "nat-one-device": {"out4": HOST4, "in4": False, "device": True},
}


@pytest.mark.parametrize("case", sorted(CASES))
def test_case(lab, case):
    expected = CASES[case]
    lab.start(os.path.join(DEFINITIONS, f"{case}.xml"))
    # Whatever this network needs, others may have it set.
    lab.host.run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
    v6 = expected.get("has6", False)
    a = Guest(lab, "vnet0", "virbr0", A4, *([A6] if v6 else [])).namespace
    b = Guest(lab, "vnet1", "virbr0", B4, *([B6] if v6 else [])).namespace

    # Guests of one network talk to each other.
    assert send(a, A4, b, B4)[0] == A4
    if v6:
        assert send(a, A6, b, B6)[0] == A6
    # Out, and the answer back in.
    first, last = expected.get("ports", (1024, 65535))
    check_out(send(a, A4, lab.outside, OUTSIDE4), expected["out4"], A4, first, last)
    if v6:
        check_out(send(a, A6, lab.outside, OUTSIDE6), expected["out6"], A6, first, last)
    # Others begin.
    assert (send(lab.outside, OUTSIDE4, a, A4) is not None) == expected["in4"]
    if v6:
        assert (send(lab.outside, OUTSIDE6, a, A6) is not None) == expected["in6"]
    # Another of the network's prefixes.
    if "second" in expected:
        a.run("ip", "addr", "add", f"{SECOND4}/24", "dev", "eth0")
        check_out(send(a, SECOND4, lab.outside, OUTSIDE4), expected["second"], SECOND4, first, last)
    # Another way out of the host.
    other = send(a, A4, lab.outside, OTHER4)
    assert (other is None) == (expected["out4"] is None or expected.get("device", False))
    # A source that is not of the network.
    a.run("ip", "addr", "add", "192.168.7.7/32", "dev", "eth0")
    lab.host.run("ip", "route", "add", "192.168.7.7", "dev", "virbr0")
    assert send(a, "192.168.7.7", lab.outside, OUTSIDE4) is None
    # The host itself and its services; nobody keeps guests from it.
    for port in (53, 67, *((69,) if expected.get("tftp") else ())):
        assert send(a, A4, lab.host, "192.168.122.1", 68 if port == 67 else 0)[0] == A4
    services = set(re.findall(r'"virbr0" \. (\w+ \. \d+)', re.search(r"set network_services.*?}\n\t}", lab.rules(), re.S)[0]))
    assert services == {
        "udp . 53", "tcp . 53", "udp . 67", "tcp . 67",
        *(["udp . 547"] if v6 else []), *(["udp . 69"] if expected.get("tftp") else []),
    }
    assert lab.nfw("verify").returncode == 0


def check_out(seen, expected, own, first, last):
    if expected is None:
        assert seen is None
        return
    assert seen[0] == expected
    if expected != own:
        assert first <= seen[1] <= last


def test_source_ports_are_kept_in_the_range(lab):
    """A port that is not in the range becomes one that is; TCP as well."""
    lab.start(xml(forward="<forward><nat><port start='500' end='1000'/></nat></forward>", ips=ip4("192.168.122.1")))
    a = Guest(lab, "vnet0", "virbr0", A4).namespace
    for _ in range(3):
        assert 500 <= send(a, A4, lab.outside, OUTSIDE4, 40000)[1] <= 1000
    with lab.outside.socket(socket.AF_INET, socket.SOCK_STREAM) as server, a.socket(socket.AF_INET, socket.SOCK_STREAM) as client:
        server.bind((OUTSIDE4, 0))
        server.listen()
        client.settimeout(PATIENT)
        client.connect(server.getsockname())
        peer = server.accept()[1]
        assert peer[0] == HOST4 and 500 <= peer[1] <= 1000
    # What has no ports is translated as well.
    assert a.run("ping", "-n", "-c1", f"-W{PATIENT:.0f}", OUTSIDE4).returncode == 0


def test_address_range(lab):
    lab.host.run("ip", "addr", "add", "203.0.113.5/32", "dev", "enp0s7")
    lab.host.run("ip", "addr", "add", "203.0.113.6/32", "dev", "enp0s7")
    forward = "<forward><nat><address start='203.0.113.5' end='203.0.113.6'/><port start='2000' end='3000'/></nat></forward>"
    lab.start(xml(forward=forward, ips=ip4("192.168.122.1")))
    a = Guest(lab, "vnet0", "virbr0", A4).namespace
    address, port = send(a, A4, lab.outside, OUTSIDE4)
    assert address in ("203.0.113.5", "203.0.113.6") and 2000 <= port <= 3000
    assert lab.nfw("verify").returncode == 0


def test_multicast_and_broadcast_are_not_translated(lab):
    """From an address of the network, on the way out of the host."""
    lab.start(xml(forward="<forward><nat ipv6='yes'/></forward>", ips=ip4("192.168.122.1") + ip6("2001:db8:ca2:2::1")))
    with lab.outside.socket(socket.AF_INET, socket.SOCK_DGRAM) as server, bound(lab.host, "192.168.122.1") as client:
        server.bind(("0.0.0.0", 9999))
        group = socket.inet_aton("224.0.0.251") + socket.inet_aton(OUTSIDE4)
        server.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        assert sources(client, server, ("224.0.0.251", "255.255.255.255", OUTSIDE4)) == ["192.168.122.1", "192.168.122.1", HOST4]
    with lab.outside.socket(socket.AF_INET6, socket.SOCK_DGRAM) as server, bound(lab.host, "2001:db8:ca2:2::1") as client:
        server.bind(("::", 9999))
        assert sources(client, server, ("ff02::1", OUTSIDE6)) == ["2001:db8:ca2:2::1", HOST6]


def sources(client, server, destinations):
    """What the server sees of a client of the host; addresses may still have to be looked up."""
    seen = []
    client.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"enp0s7")
    server.settimeout(0.2)
    for destination in destinations:
        payload = os.urandom(8)
        for _ in range(50):
            client.sendto(payload, (destination, 9999))
            try:
                data, peer = server.recvfrom(100)
            except socket.timeout:
                continue
            if data == payload:
                seen.append(peer[0])
                break
    return seen


def test_open_networks_have_no_rules(lab):
    before = lab.rules()
    lab.start(xml(forward="<forward mode='open'/>", ips=ip4("192.168.122.1")))
    assert lab.rules() == before
    a = Guest(lab, "vnet0", "virbr0", A4).namespace
    assert send(a, A4, lab.outside, OUTSIDE4)[0] == A4
    assert send(lab.outside, OUTSIDE4, a, A4)[0] == OUTSIDE4
    lab.nfw("net-destroy", "default")
    assert json.loads(lab.nfw("net-list", "--json").stdout)["networks"] == []


def test_words_are_those_of_virsh(lab):
    file = lab.file("network.xml", xml(forward=NAT, ips=ip4("192.168.122.1")))
    for command, said in (
        (("net-define", file), f"Network default defined from {file}\n\n"),
        (("net-start", "default"), "Network default started\n\n"),
        (("net-destroy", "default"), "Network default destroyed\n\n"),
        (("net-undefine", "default"), "Network default has been undefined\n\n"),
    ):
        assert lab.nfw(*command).stdout == said


# --- several networks -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "there", "back"),
    [
        (NAT, NAT, False, False),
        ("", NAT, False, False),
        ("", "<forward mode='route'/>", False, False),
        (NAT, "<forward mode='route'/>", True, False),
        ("<forward mode='route'/>", "<forward mode='route'/>", True, True),
    ],
    ids=["nat-nat", "isolated-nat", "isolated-route", "nat-route", "route-route"],
)
def test_guests_of_different_networks(lab, one, other, there, back):
    """A packet needs the consent of both: only what is open to everybody outside is open to other networks."""
    lab.start(xml("one", "virbr0", one, ip4("192.168.122.1")), "one")
    lab.start(xml("other", "virbr1", other, ip4("192.168.123.1")), "other")
    lab.host.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
    a = Guest(lab, "vnet0", "virbr0", A4).namespace
    b = Guest(lab, "vnet1", "virbr1", "192.168.123.2").namespace
    assert (send(a, A4, b, "192.168.123.2") is not None) == there
    assert (send(b, "192.168.123.2", a, A4) is not None) == back


def test_a_hundred_networks_have_the_rules_of_one(lab):
    def count():
        return len(re.findall(r"^\t\t\S.*(?:accept|return|reject|masquerade.*|vmap @\S+|jump \S+)$", lab.rules(), re.M))

    for i in range(100):
        lab.nfw("net-define", lab.file("n.xml", xml(f"n{i}", f"br{i}", NAT, ip4(f"192.168.{i}.1"))))
    lab.nfw("net-start", "n0")
    one = count()
    for i in range(1, 100):
        lab.nfw("net-start", f"n{i}")
    assert count() == one > 10
    assert lab.nfw("verify").returncode == 0
    assert len(json.loads(lab.nfw("net-list", "--json").stdout)["networks"]) == 100


def test_conflicts_are_refused(lab):
    lab.start(xml("one", "virbr0", NAT, ip4("192.168.122.1")), "one")
    rules = lab.rules()
    lab.nfw("net-define", lab.file("x.xml", xml("two", "virbr1", NAT, ip4("192.168.122.77"))))
    result = lab.nfw("net-start", "two", check=False)
    assert result.returncode == 1 and "network/conflict" in result.stderr
    result = lab.nfw("net-define", lab.file("x.xml", xml("three", "virbr0", NAT, ip4("192.168.9.1"))), check=False)
    assert result.returncode == 1 and "network/conflict" in result.stderr
    result = lab.nfw("net-start", "one", check=False)
    assert result.returncode == 1 and "network/active" in result.stderr
    assert lab.rules() == rules


# --- what stands beside them ------------------------------------------------------------------------------------------


def test_the_table_goes_with_the_last_policy_and_network(lab):
    lab.host.run("ip", "link", "add", "port0", "type", "veth", "peer", "name", "port1")
    lab.start(xml(forward=NAT, ips=ip4("192.168.122.1")))
    lab.nfw("load", lab.file("web.yaml", policy(deny())), "--port", "port0")
    assert lab.nfw("verify").returncode == 0
    lab.nfw("unload", "web", "--force")
    assert "network_forward" in lab.rules() and "web" not in lab.rules()
    lab.nfw("load", lab.file("web.yaml", policy(deny())), "--port", "port0")
    lab.nfw("net-destroy", "default")
    assert "network_forward" not in lab.rules() and "web-egress" in lab.rules()
    assert lab.nfw("verify").returncode == 0
    lab.nfw("unload", "web", "--force")
    assert "nfwpolicy" not in lab.rules()
    assert "virbr0" not in lab.host.run("ip", "link").stdout


def test_nft_can_list_and_load_it_again(lab):
    lab.start(xml(forward="<forward dev='enp0s7'><nat ipv6='yes'/></forward>", ips=ip4("192.168.122.1") + ip6("2001:db8:ca2:2::1")))
    before = lab.rules()
    path = lab.file("rules.nft", before)
    lab.host.run("nft", "flush", "ruleset")
    lab.host.run("nft", "-f", path)
    assert lab.rules() == before
    assert lab.nfw("verify").returncode == 0


def test_another_tables_drop_is_not_overruled(lab):
    """Accepting is this table's word only: the document says so."""
    lab.start(xml(forward=NAT, ips=ip4("192.168.122.1")))
    a = Guest(lab, "vnet0", "virbr0", A4).namespace
    assert send(a, A4, lab.host, "192.168.122.1") is not None
    lab.host.run("nft", "add table inet other; add chain inet other input { type filter hook input priority 10; }; "
                        "add rule inet other input iifname virbr0 reject")
    assert send(a, A4, lab.host, "192.168.122.1") is None


def test_edits_are_seen_and_undone(lab):
    lab.start(xml(forward=NAT, ips=ip4("192.168.122.1")))
    lab.nfw("load", lab.file("web.yaml", policy(deny())), "--port", "enp0s8")
    before = lab.rules()
    edits = [
        "flush chain inet nfwpolicy network_to_guest",
        "add element inet nfwpolicy networks { virbr9 }",
        "delete element inet nfwpolicy network_nat4 { 192.168.122.0/24 }",
        "delete element inet nfwpolicy network_to4 { virbr0 . 192.168.122.0/24 }; "
        "add element inet nfwpolicy network_to4 { virbr0 . 192.168.122.0/24 : goto network_way2 }",
        "add chain inet nfwpolicy network_mine",
    ]
    for edit in edits:
        lab.host.run("nft", edit)
        assert lab.nfw("verify", check=False).returncode == 1, edit
        lab.host.run("nft", "flush", "ruleset")
        lab.host.run("nft", "-f", lab.file("rules.nft", before))
        assert lab.nfw("verify").returncode == 0
    daemon = lab.daemon()
    for edit in [*edits, "delete table inet nfwpolicy"]:
        lab.host.run("nft", edit)
        eventually(lambda: lab.nfw("verify", check=False).returncode == 0)
        eventually(lambda: "virbr9" not in lab.rules() and "network_mine" not in lab.rules())
    daemon.terminate()
    assert daemon.wait() == 0


def test_the_daemon_puts_networks_back(lab):
    """After a reboot: no rules, no bridge, nothing in /run."""
    lab.start(xml(forward=NAT, ips=ip4("192.168.122.1")))
    daemon = lab.daemon()
    eventually(lambda: os.path.exists(os.path.join(lab.directory, "store", "networks", "default.network")))
    daemon.terminate()
    daemon.wait()
    before = lab.rules()
    lab.host.run("nft", "flush", "ruleset")
    lab.host.run("ip", "link", "del", "virbr0")
    subprocess.run(["rm", "-rf", os.path.join(lab.directory, "state")], check=True)
    lab.daemon()
    eventually(lambda: "virbr0" in lab.host.run("ip", "link").stdout)
    assert lab.rules() == before
    lab.nfw("net-destroy", "default")
    assert "virbr0" not in lab.host.run("ip", "link").stdout


def test_forwarding_is_enabled_and_told(lab):
    result = lab.start(xml(forward=NAT, ips=ip4("192.168.122.1")))
    assert "network/forwarding" in result.stderr
    assert lab.host.run("sysctl", "-n", "net.ipv4.ip_forward").stdout == "1\n"
    assert lab.host.run("sysctl", "-n", "net.ipv6.conf.all.forwarding").stdout == "0\n"
    assert lab.host.run("sysctl", "-n", "net.ipv6.conf.virbr0.disable_ipv6").stdout == "1\n"


def test_isolated_networks_do_not_enable_forwarding(lab):
    assert "network/forwarding" not in lab.start(xml(ips=ip4("192.168.122.1"))).stderr
    assert lab.host.run("sysctl", "-n", "net.ipv4.ip_forward").stdout == "0\n"


# --- policies ---------------------------------------------------------------------------------------------------------


def test_a_policy_for_everything_that_joins(lab):
    """In force from the first packet, since it is on the bridge before the bridge is there."""
    lab.nfw("net-define", lab.file("n.xml", xml(forward=NAT, ips=ip4("192.168.122.1"))), "--policy",
            lab.file("p.yaml", policy(allow(ips=[OUTSIDE4]), deny())))
    lab.nfw("net-start", "default", "--create-bridge")
    # Where the kernel can have policies on ports, somebody has to put them there: until then nothing passes.
    lab.daemon()
    eventually(lambda: os.path.exists(os.path.join(lab.directory, "store", "networks", "default.network")))
    a = Guest(lab, "vnet0", "virbr0", A4).namespace
    eventually(lambda: {"vnet0", "virbr0"} & {each["port"] for each in json.loads(lab.nfw("list", "--json").stdout)["ports"]})
    assert send(a, A4, lab.outside, OUTSIDE4)[0] == HOST4
    with a.socket(socket.AF_INET, socket.SOCK_DGRAM) as client, bound(lab.outside, "0.0.0.0", 9999) as server:
        client.sendto(b"denied", (OTHER4, 9999))
        client.sendto(b"allowed", (OUTSIDE4, 9999))
        assert server.recv(100) == b"allowed"
    assert lab.nfw("verify").returncode == 0
    listed = json.loads(lab.nfw("net-list", "--json").stdout)["networks"][0]
    assert listed["policy"] and listed["active"] and listed["forward"] == "nat"
    lab.nfw("net-destroy", "default")
    assert "nfwpolicy" not in lab.rules()


# --- commands ---------------------------------------------------------------------------------------------------------


def test_what_is_dumped_can_be_defined_again(lab):
    lab.nfw("net-define", lab.file("n.yaml", "name: lab\nforward: {mode: nat}\nip: {address: 192.168.5.1, prefix: 24}\n"))
    first = lab.nfw("net-dumpxml", "lab").stdout
    assert "<bridge name='virbr0' stp='on' delay='0'/>" in first
    lab.nfw("net-define", lab.file("again.xml", first))
    assert lab.nfw("net-dumpxml", "lab").stdout == first
    assert json.loads(lab.nfw("net-dumpxml", "lab", "--json").stdout)["xml"] == first
    assert os.path.exists(os.path.join(lab.definitions, "lab.xml"))


def test_what_runs_is_not_what_is_defined(lab):
    lab.start(xml(forward=NAT, ips=ip4("192.168.122.1")))
    lab.nfw("net-define", lab.file("new.xml", xml(ips=ip4("192.168.122.1"))))
    assert "<forward" in lab.nfw("net-dumpxml", "default").stdout
    assert "<forward" not in lab.nfw("net-dumpxml", "default", "--inactive").stdout
    lab.nfw("net-undefine", "default")
    listed = json.loads(lab.nfw("net-list", "--json").stdout)["networks"][0]
    assert listed["active"] and not listed["persistent"]
    lab.nfw("net-destroy", "default")
    assert json.loads(lab.nfw("net-list", "--all", "--json").stdout)["networks"] == []


def test_wrong_files_define_nothing(lab):
    path = lab.file("bad.xml", "<network>\n  <name>bad</name>\n  <forwrd/>\n</network>\n")
    result = lab.nfw("net-define", path, check=False)
    assert result.returncode == 1
    assert "bad.xml:3:3: error: there is no <forwrd> in <network>" in result.stderr
    assert "did you mean `forward`?" in result.stderr
    assert not os.path.exists(lab.definitions)
    assert lab.nfw("net-define", "--validate", lab.file("good.xml", xml())).returncode == 0
    assert not os.path.exists(lab.definitions)
    for command in ("net-start", "net-destroy", "net-undefine", "net-dumpxml"):
        assert lab.nfw(command, "nobody", check=False).returncode == 1
