# SPDX-License-Identifier: GPL-2.0-or-later
"""
Addresses of guests that are learned: before one is known only DHCP passes, then what is from it, and when it is given back
or its time is over, only DHCP again. With raw frames, and with a real server and client.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time

import pytest

import dhcp
from lab import NFWPOLICY, NFWPOLICYD, Namespace, eventually
from nwfilter import MAC, PEER_MAC, Bridge, Filters
from probe import PATIENT

BUILTIN = os.path.join(os.path.dirname(__file__), "..", "..", "data", "filters")
SERVER = "192.0.2.1"


class Daemon:
    """nfwpolicyd, and what it tells."""

    def __init__(self, bridge, filters, *options):
        self.command = (NFWPOLICYD, "--no-bus", "--verbose", "--state-directory", filters.state,
                        "--filter-directory", filters.definitions, "--builtin-directory", BUILTIN, *options)
        self.bridge = bridge
        self.process = None
        self.lines = []
        self.start()

    def start(self):
        self.process = self.bridge.host.start(*self.command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        eventually(lambda: any("ready" in line or "reloaded" in line for line in self.lines))

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def stop(self, number=signal.SIGTERM):
        """The program itself: what was started is `ip netns exec`, which has become it."""
        self.process.send_signal(number)
        self.process.wait(PATIENT)
        self.reader.join()
        self.process.stdout.close()
        self.lines.clear()


@pytest.fixture
def bridge():
    bridge = Bridge()
    yield bridge
    bridge.remove()


@pytest.fixture
def filters(bridge, tmp_path):
    filters = Filters(bridge.host, str(tmp_path), BUILTIN)
    yield filters
    filters.close()


@pytest.fixture
def daemon(bridge, filters):
    os.makedirs(filters.definitions, exist_ok=True)
    daemon = Daemon(bridge, filters)
    yield daemon
    with contextlib.suppress(Exception):
        daemon.stop(signal.SIGKILL)


class Guest:
    """vnet0's guest and what it may do, with a server behind vnet1."""

    def __init__(self, bridge):
        self.bridge = bridge
        self.transaction = 0x1000

    def elements(self, name):
        listed = self.bridge.host.run("nft", "list", "set", "bridge", "nfwpolicy-filter", name, check=False).stdout
        return listed.split("elements = {")[1] if "elements" in listed else ""

    def leases(self):
        return set(re.findall(r'"vnet0" \. ([0-9a-f.:]+)', self.elements("leases4") + self.elements("leases6")))

    def waits(self):
        return '"vnet0"' in self.elements("learning")

    def has(self, *addresses):
        eventually(lambda: self.leases() == set(addresses) and self.waits() == (not addresses))

    def send(self, frame):
        return self.bridge.passes(frame, "vnet0", "vnet1")

    def receive(self, frame):
        return self.bridge.passes(frame, "vnet1", "vnet0")

    def uses_for_a_moment(self, address, lifetime, among=()):
        """
        It has a lease for so many seconds, besides those of the other addresses. On a slow machine that may be over before
        this can be seen; then it has another one.
        """
        def is_used():
            self.get_lease(address, lifetime)
            eventually(lambda: time.monotonic() > self.leased_at + lifetime or address in self.leases())
            has_all = self.leases() == {address, *among}
            return (has_all and self.send(dhcp.arp(MAC, address, SERVER))
                    and self.send(dhcp.ping(MAC, PEER_MAC, address, SERVER)))

        eventually(is_used)

    def can_use(self, address):
        assert self.send(dhcp.arp(MAC, address, SERVER)), "ARP"
        assert self.send(dhcp.ping(MAC, PEER_MAC, address, SERVER)), "IPv4"

    def cannot_use(self, address):
        assert not self.send(dhcp.arp(MAC, address, SERVER)), "ARP"
        assert not self.send(dhcp.ping(MAC, PEER_MAC, address, SERVER)), "IPv4"

    def get_lease(self, address, lifetime=600, server=SERVER):
        """The four messages of RFC 2131, section 3.1."""
        self.transaction += 1
        assert self.send(dhcp.client4(MAC, dhcp.DISCOVER, self.transaction))
        assert self.receive(dhcp.server4(PEER_MAC, MAC, dhcp.OFFER, self.transaction, address, lifetime, server))
        assert self.send(dhcp.client4(MAC, dhcp.REQUEST, self.transaction, address, server=server))
        self.leased_at = time.monotonic()
        assert self.receive(dhcp.server4(PEER_MAC, MAC, dhcp.ACK, self.transaction, address, lifetime, server))

    def renew(self, address, lifetime):
        self.transaction += 1
        assert self.send(dhcp.client4(MAC, dhcp.REQUEST, self.transaction, ciaddr=address, destination=SERVER,
                                      destination_mac=PEER_MAC))
        assert self.receive(dhcp.server4(PEER_MAC, MAC, dhcp.ACK, self.transaction, address, lifetime))

    def seconds_left(self, address):
        found = re.search(rf'"vnet0" \. {re.escape(address)} [^,]*?expires (?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?',
                          self.elements("leases4"))
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return 3600 * hours + 60 * minutes + seconds


@pytest.fixture
def guest(bridge):
    return Guest(bridge)


def bind(filters, *parameters, filter_="clean-traffic"):
    assert filters.bind(filters.binding("vnet0", filter_, parameters)) == "ok", filters.diagnostics()


DHCP_ONLY = ("CTRL_IP_LEARNING", "dhcp")


def test_only_dhcp_before_the_lease(filters, guest, daemon):
    bind(filters, DHCP_ONLY)
    guest.cannot_use("192.0.2.10")
    assert not guest.send(dhcp.ethernet(MAC, PEER_MAC, 0x88b5, b"something else"))
    assert not guest.send(dhcp.ping6(MAC, PEER_MAC, "fe80::10", "fe80::1"))
    assert not guest.receive(dhcp.ping(PEER_MAC, MAC, SERVER, "192.0.2.10"))
    assert not guest.receive(dhcp.arp(PEER_MAC, SERVER, "192.0.2.10"))
    assert not guest.send(dhcp.client4("52:54:00:00:00:99", dhcp.DISCOVER, 1)), "another MAC address"
    assert guest.leases() == set()

    guest.get_lease("192.0.2.10")
    guest.has("192.0.2.10")
    guest.can_use("192.0.2.10")
    guest.cannot_use("192.0.2.11")
    assert guest.receive(dhcp.ping(PEER_MAC, MAC, SERVER, "192.0.2.10"))
    assert filters.verify() == "ok", filters.diagnostics()
    eventually(lambda: any("address 192.0.2.10 of vnet0, leased, 600 s" in line for line in daemon.lines))
    assert filters.unbind("vnet0") == "ok"
    assert guest.bridge.host.run("nft", "list", "ruleset").stdout == ""


def test_renew_and_release(filters, guest, daemon):
    bind(filters, DHCP_ONLY)
    guest.get_lease("192.0.2.10", 600)
    guest.has("192.0.2.10")
    assert 500 <= guest.seconds_left("192.0.2.10") <= 600

    guest.renew("192.0.2.10", 3600)
    eventually(lambda: guest.seconds_left("192.0.2.10") > 3500)
    guest.can_use("192.0.2.10")

    release = dhcp.client4(MAC, dhcp.RELEASE, 77, ciaddr="192.0.2.10", destination=SERVER, destination_mac=PEER_MAC)
    assert guest.send(release)
    guest.has()
    guest.cannot_use("192.0.2.10")
    eventually(lambda: any("address-gone 192.0.2.10 of vnet0" in line for line in daemon.lines))
    guest.get_lease("192.0.2.11")
    guest.has("192.0.2.11")
    guest.can_use("192.0.2.11")
    guest.cannot_use("192.0.2.10")


def test_decline_and_refusal(filters, guest, daemon):
    bind(filters, DHCP_ONLY)
    guest.get_lease("192.0.2.10")
    guest.has("192.0.2.10")
    guest.send(dhcp.client4(MAC, dhcp.DECLINE, 78, "192.0.2.10", server=SERVER))
    guest.has()

    guest.get_lease("192.0.2.12")
    guest.has("192.0.2.12")
    assert guest.send(dhcp.client4(MAC, dhcp.REQUEST, 79, "192.0.2.12"))
    assert guest.receive(dhcp.server4(PEER_MAC, MAC, dhcp.NAK, 79, "0.0.0.0", 0))
    guest.has()
    guest.cannot_use("192.0.2.12")


def test_expiry(filters, guest, daemon):
    bind(filters, DHCP_ONLY)
    guest.uses_for_a_moment("192.0.2.10", 2)
    guest.has()
    guest.cannot_use("192.0.2.10")
    assert filters.verify() == "ok", filters.diagnostics()
    guest.get_lease("192.0.2.10", 600)
    guest.has("192.0.2.10")
    guest.can_use("192.0.2.10")


def test_second_lease(filters, guest, daemon):
    bind(filters, DHCP_ONLY)
    guest.get_lease("192.0.2.10")
    guest.has("192.0.2.10")
    guest.get_lease("198.51.100.10", server="198.51.100.1")
    guest.has("192.0.2.10", "198.51.100.10")
    guest.can_use("192.0.2.10")
    guest.can_use("198.51.100.10")
    guest.send(dhcp.client4(MAC, dhcp.RELEASE, 80, ciaddr="192.0.2.10", destination=SERVER, destination_mac=PEER_MAC))
    guest.has("198.51.100.10")
    guest.cannot_use("192.0.2.10")
    guest.can_use("198.51.100.10")


def test_forged_replies(filters, guest, daemon):
    bind(filters, DHCP_ONLY, ("DHCPSERVER", SERVER))
    assert guest.send(dhcp.client4(MAC, dhcp.REQUEST, 0x2000, "192.0.2.10", server=SERVER))
    for frame in (
        dhcp.server4(PEER_MAC, MAC, dhcp.ACK, 0x2001, "192.0.2.66", 600),
        dhcp.server4(PEER_MAC, MAC, dhcp.ACK, 0x2000, "192.0.2.66", 600, chaddr="52:54:00:00:00:99"),
        dhcp.server4(PEER_MAC, MAC, dhcp.ACK, 0x2000, "192.0.2.66", 600, server="192.0.2.99"),
    ):
        assert guest.receive(frame)
    # The guest cannot answer itself.
    guest.send(dhcp.server4(MAC, MAC, dhcp.ACK, 0x2000, "192.0.2.66", 600))
    assert guest.receive(dhcp.server4(PEER_MAC, MAC, dhcp.ACK, 0x2000, "192.0.2.10", 600))
    guest.has("192.0.2.10")
    guest.can_use("192.0.2.10")
    guest.cannot_use("192.0.2.66")


def test_claims(filters, guest, daemon):
    """In the mode that is the default, what the guest uses first is its address."""
    bind(filters)
    assert not guest.send(dhcp.arp(MAC, "0.0.0.0", "192.0.2.20")), "a probe"
    assert not guest.send(dhcp.arp(MAC, "192.0.2.66", SERVER, sender_mac="52:54:00:00:00:99")), "for another"
    assert guest.waits()
    assert not guest.send(dhcp.arp(MAC, "192.0.2.20", SERVER))
    guest.has("192.0.2.20")
    guest.can_use("192.0.2.20")
    guest.cannot_use("192.0.2.21")

    guest.get_lease("192.0.2.30")
    guest.has("192.0.2.30")
    guest.cannot_use("192.0.2.20")
    guest.can_use("192.0.2.30")


def test_claim_by_a_packet(filters, guest, daemon):
    bind(filters)
    assert not guest.send(dhcp.ping(MAC, PEER_MAC, "192.0.2.20", SERVER))
    guest.has("192.0.2.20")
    guest.can_use("192.0.2.20")


def test_no_claims_with_dhcp_only(filters, guest, daemon):
    bind(filters, DHCP_ONLY)
    guest.cannot_use("192.0.2.20")
    guest.get_lease("192.0.2.10")
    guest.has("192.0.2.10")


def test_flood(filters, guest, daemon):
    """However much a guest sends, some of it is looked at, and its lease still counts when it stops."""
    bind(filters, DHCP_ONLY)

    def is_dropped():
        """Most of it; the slower it is sent, the more passes."""
        for number in range(500):
            guest.bridge.wires["vnet0"].send(dhcp.client4(MAC, dhcp.DISCOVER, number))
            guest.bridge.wires["vnet0"].send(dhcp.arp(MAC, "192.0.2.20", SERVER))
        chain = ("chain", "bridge", "nfwpolicy-filter", "learning-dhcp-egress")
        dropped = guest.bridge.host.run("nft", "list", *chain).stdout
        return int(re.search(r"counter packets (\d+)", dropped).group(1)) > 400

    eventually(is_dropped)
    eventually(lambda: guest.send(dhcp.client4(MAC, dhcp.REQUEST, 0x3000, "192.0.2.10", server=SERVER)))
    assert guest.receive(dhcp.server4(PEER_MAC, MAC, dhcp.ACK, 0x3000, "192.0.2.10", 600))
    guest.has("192.0.2.10")


def test_leases_outlive_the_daemon(filters, guest, daemon):
    bind(filters, DHCP_ONLY)
    guest.get_lease("192.0.2.10")
    guest.uses_for_a_moment("198.51.100.10", 4, among=["192.0.2.10"])
    for how in (signal.SIGTERM, signal.SIGKILL):
        daemon.stop(how)
        guest.can_use("192.0.2.10")
        daemon.start()
        guest.can_use("192.0.2.10")
    # What it found in the kernel it follows: the one that ends, and what becomes of the other.
    guest.has("192.0.2.10")
    guest.renew("192.0.2.10", 7200)
    eventually(lambda: guest.seconds_left("192.0.2.10") > 7000)
    guest.send(dhcp.client4(MAC, dhcp.RELEASE, 81, ciaddr="192.0.2.10", destination=SERVER, destination_mac=PEER_MAC))
    guest.has()


def test_leases_end_without_the_daemon(filters, guest, daemon):
    bind(filters, DHCP_ONLY)
    guest.uses_for_a_moment("192.0.2.10", 2)
    daemon.stop(signal.SIGKILL)
    eventually(lambda: not guest.leases())
    guest.cannot_use("192.0.2.10")
    daemon.start()
    guest.has()


def test_link_replaced(filters, guest, daemon):
    bind(filters, DHCP_ONLY)
    guest.get_lease("192.0.2.10")
    guest.has("192.0.2.10")
    guest.bridge.host.run("ip", "link", "del", "vnet0")
    guest.has()
    guest.bridge.add("vnet0", MAC)
    guest.cannot_use("192.0.2.10")
    guest.get_lease("192.0.2.11")
    guest.has("192.0.2.11")
    guest.can_use("192.0.2.11")


def test_bound_again(filters, guest, daemon):
    bind(filters, DHCP_ONLY)
    guest.get_lease("192.0.2.10")
    guest.has("192.0.2.10")
    assert filters.unbind("vnet0") == "ok"
    bind(filters, DHCP_ONLY)
    guest.has()
    guest.cannot_use("192.0.2.10")
    guest.get_lease("192.0.2.10")
    guest.has("192.0.2.10")


def test_redefined(filters, guest, daemon):
    """Another version of the filter, which asks in other words, knows what the old one knew."""
    own = "<filter name='own'><rule action='accept' direction='out' priority='1'><ip srcipaddr='$IP'/></rule>{}" \
          "<rule action='drop' direction='out' priority='1000'><ip/></rule></filter>"
    assert filters.define(own.format("")) == "ok", filters.diagnostics()
    bind(filters, DHCP_ONLY, filter_="own")
    guest.get_lease("192.0.2.10")
    guest.has("192.0.2.10")
    more = "<rule action='drop' direction='in' priority='2'><ip dstipaddr='$IP' protocol='udp'/></rule>"
    assert filters.define(own.format(more)) == "ok", filters.diagnostics()
    guest.can_use("192.0.2.10")
    assert filters.verify() == "ok", filters.diagnostics()
    assert filters.define("<filter name='own'><rule action='accept' direction='out'><ip/></rule></filter>") == "ok"
    assert guest.send(dhcp.ping(MAC, PEER_MAC, "192.0.2.77", SERVER)), "nothing is learned any more"
    assert filters.verify() == "ok", filters.diagnostics()
    assert filters.define(own.format("")) == "ok", filters.diagnostics()
    guest.has()
    guest.get_lease("192.0.2.12")
    guest.has("192.0.2.12")


IPV6 = """<filter name='own6'>
  <rule action='accept' direction='out' priority='1'><ipv6 srcipaddr='$IPV6'/></rule>
  <rule action='accept' direction='out' priority='2'><ipv6 srcipaddr='::'/></rule>
  <rule action='drop' direction='out' priority='1000'><ipv6/></rule>
</filter>"""


def test_ipv6(filters, guest, daemon):
    link_local, server = "fe80::5054:ff:fe00:a", "fe80::b"
    assert filters.define(IPV6) == "ok", filters.diagnostics()
    bind(filters, DHCP_ONLY, filter_="own6")
    assert guest.send(dhcp.solicitation(MAC, "::", link_local)), "whether somebody else has it"
    eventually(lambda: guest.leases() == {link_local})
    assert guest.waits()
    assert not guest.send(dhcp.ping6(MAC, PEER_MAC, link_local, server))
    assert not guest.send(dhcp.solicitation(MAC, link_local, server, hop_limit=64))
    assert not guest.send(dhcp.ping(MAC, PEER_MAC, "192.0.2.1", "192.0.2.2")), "nor IPv4"

    assert guest.send(dhcp.client6(MAC, link_local, dhcp.REQUEST6, 0x1234))
    assert guest.receive(dhcp.server6(PEER_MAC, MAC, server, link_local, 0x1235, [("2001:db8::66", 600)]))
    assert guest.receive(dhcp.server6(PEER_MAC, MAC, server, link_local, 0x1234, [("2001:db8::10", 600)]))
    guest.has(link_local, "2001:db8::10")
    assert guest.send(dhcp.ping6(MAC, PEER_MAC, "2001:db8::10", "2001:db8::1"))
    assert guest.send(dhcp.ping6(MAC, PEER_MAC, link_local, server))
    assert not guest.send(dhcp.ping6(MAC, PEER_MAC, "2001:db8::66", "2001:db8::1"))

    guest.send(dhcp.client6(MAC, link_local, dhcp.RELEASE6, 0x1236, [("2001:db8::10", 0)]))
    eventually(lambda: guest.leases() == {link_local} and guest.waits())
    assert not guest.send(dhcp.ping6(MAC, PEER_MAC, "2001:db8::10", "2001:db8::1"))


def test_ipv6_claims(filters, guest, daemon):
    link_local = "fe80::5054:ff:fe00:a"
    assert filters.define(IPV6) == "ok", filters.diagnostics()
    bind(filters, filter_="own6")
    assert guest.send(dhcp.solicitation(MAC, "::", link_local))
    guest.has(link_local)
    assert guest.send(dhcp.solicitation(MAC, "::", "2001:db8::20")), "an address that it made of a prefix"
    guest.has(link_local, "2001:db8::20")
    assert guest.send(dhcp.ping6(MAC, PEER_MAC, "2001:db8::20", "2001:db8::1"))
    assert not guest.send(dhcp.ping6(MAC, PEER_MAC, "2001:db8::21", "2001:db8::1"))


def test_both_versions(filters, guest, daemon):
    """One that is known passes while the other is waited for."""
    both = """<filter name='both'>
      <rule action='accept' direction='out' priority='1'><ip srcipaddr='$IP'/></rule>
      <rule action='drop' direction='out' priority='2'><ip/></rule>
      <rule action='accept' direction='out' priority='3'><ipv6 srcipaddr='$IPV6'/></rule>
      <rule action='drop' direction='out' priority='4'><ipv6/></rule>
    </filter>"""
    assert filters.define(both) == "ok", filters.diagnostics()
    bind(filters, DHCP_ONLY, filter_="both")
    guest.get_lease("192.0.2.10")
    guest.has("192.0.2.10")
    guest.can_use("192.0.2.10")
    assert not guest.send(dhcp.ping6(MAC, PEER_MAC, "2001:db8::10", "2001:db8::1"))
    link_local = "fe80::5054:ff:fe00:a"
    assert guest.send(dhcp.solicitation(MAC, "::", link_local))
    assert guest.send(dhcp.client6(MAC, link_local, dhcp.REQUEST6, 0x1234))
    assert guest.receive(dhcp.server6(PEER_MAC, MAC, "fe80::b", link_local, 0x1234, [("2001:db8::10", 600)]))
    eventually(lambda: "2001:db8::10" in guest.leases())
    assert guest.send(dhcp.ping6(MAC, PEER_MAC, "2001:db8::10", "2001:db8::1"))
    assert filters.verify() == "ok", filters.diagnostics()


@pytest.mark.parametrize("parameters,code", [
    ([("CTRL_IP_LEARNING", "none")], "nwfilter/missing-variable"),
    ([("CTRL_IP_LEARNING", "never")], "nwfilter/learning"),
    ([("DHCPSERVER", "the-router")], "nwfilter/dhcp-server"),
])
def test_refused(filters, guest, parameters, code):
    assert filters.bind(filters.binding("vnet0", "clean-traffic", parameters)) == "invalid"
    assert filters.diagnostics()[0][0] == code
    assert guest.bridge.host.run("nft", "list", "ruleset").stdout == ""


def test_refused_without_mac(filters):
    text = "<filter name='own'><rule action='accept' direction='out'><ip srcipaddr='$IP'/></rule></filter>"
    assert filters.define(text) == "ok"
    assert filters.bind(filters.binding("vnet0", "own", mac=None)) == "invalid"
    assert filters.diagnostics()[0][0] == "nwfilter/no-mac"


def test_flushed(filters, guest, daemon):
    """Whoever empties the ruleset does not take away what the daemon knows."""
    bind(filters, DHCP_ONLY)
    guest.get_lease("192.0.2.10")
    guest.has("192.0.2.10")
    guest.bridge.host.run("nft", "flush", "ruleset")
    assert filters.restore() == "ok", filters.diagnostics()
    guest.has("192.0.2.10")
    guest.can_use("192.0.2.10")
    assert filters.verify() == "ok", filters.diagnostics()


def test_nobody_learns(filters, guest):
    """Without a daemon it is said so, and the guest can do DHCP and nothing else; one that comes later learns."""
    bind(filters)
    assert filters.diagnostics()[0][0] == "nwfilter/no-learner"
    guest.cannot_use("192.0.2.10")
    guest.get_lease("192.0.2.10")
    assert guest.leases() == set()
    daemon = Daemon(guest.bridge, filters)
    try:
        guest.get_lease("192.0.2.10")
        guest.has("192.0.2.10")
    finally:
        daemon.stop()


def test_listed(filters, guest, daemon):
    bind(filters, DHCP_ONLY)
    assert filters.diagnostics() == []
    guest.get_lease("192.0.2.10", 600)
    guest.has("192.0.2.10")
    listed = guest.bridge.host.run(NFWPOLICY, "nwfilter-binding-list", "--json", "--state-directory", filters.state)
    binding = json.loads(listed.stdout)["bindings"][0]
    assert binding["learning"] == "dhcp"
    address = binding["addresses"][0]
    assert (address["address"], address["origin"]) == ("192.0.2.10", "leased")
    assert 500 < address["seconds_left"] <= 600
    counters = json.loads(guest.bridge.host.run(NFWPOLICY, "list", "--json", "--state-directory", filters.state).stdout)
    assert counters["learner"]["counters"]["leases"] == 1


def test_many_guests(filters, guest, daemon):
    """Each has its own, and what one does is nothing to the others."""
    for number in (2, 3, 4):
        guest.bridge.add(f"vnet{number}", f"52:54:00:00:01:0{number}")
    ports = ["vnet2", "vnet3", "vnet4"]
    bindings = [filters.binding(port, "clean-traffic", [DHCP_ONLY], mac=f"52:54:00:00:01:0{port[-1]}")
                for port in ports]
    assert filters.bind(*bindings) == "ok", filters.diagnostics()
    for port in ports:
        mac, address = f"52:54:00:00:01:0{port[-1]}", f"192.0.2.2{port[-1]}"
        assert guest.bridge.passes(dhcp.client4(mac, dhcp.REQUEST, 5, address, server=SERVER), port, "vnet1")
        assert guest.bridge.passes(dhcp.server4(PEER_MAC, mac, dhcp.ACK, 5, address, 600), "vnet1", port)
    for port in ports:
        address = f"192.0.2.2{port[-1]}"
        eventually(lambda: f'"{port}" . {address}' in guest.elements("leases4"))
        mac = f"52:54:00:00:01:0{port[-1]}"
        for other in ports:
            frame = dhcp.ping(mac, PEER_MAC, f"192.0.2.2{other[-1]}", SERVER)
            assert guest.bridge.passes(frame, port, "vnet1") == (other == port)
    assert filters.unbind("vnet3") == "ok"
    for name in ("learners", "learners-mac", "leases4", "learning", "clean-traffic/ports", "clean-traffic/ip-saddr-IP"):
        assert '"vnet3"' not in guest.elements(name)
    assert filters.verify() == "ok", filters.diagnostics()


@pytest.fixture
def apart(bridge):
    """The guest and the server, each with an IP stack of its own."""
    ends = []
    for port in ("vnet0", "vnet1"):
        end = Namespace(port)
        ends.append(end)
        bridge.ends.run("ip", "link", "set", f"{port}-end", "netns", end.name)
        end.run("ip", "link", "set", f"{port}-end", "name", "eth0")
        end.run("ip", "link", "set", "eth0", "arp", "on", "up")
    yield ends
    for end in ends:
        end.remove()


SCRIPT = """#!/bin/sh
case "$1" in
bound|renew) ip addr replace "$ip/24" dev "$interface";;
deconfig) ip addr flush dev "$interface";;
esac
echo "$1 $ip" >> {log}
"""


@pytest.mark.skipif(not shutil.which("dnsmasq") or not shutil.which("busybox"), reason="no DHCP server or client")
def test_real_server_and_client(filters, guest, daemon, apart, tmp_path):
    """dnsmasq and udhcpc, with the guest's own IP stack."""
    client, server = apart
    log, script = tmp_path / "udhcpc.log", tmp_path / "script"
    log.write_text("")
    script.write_text(SCRIPT.format(log=log))
    script.chmod(0o755)
    server.run("ip", "addr", "add", f"{SERVER}/24", "dev", "eth0")
    bind(filters, DHCP_ONLY, ("DHCPSERVER", SERVER))
    with contextlib.ExitStack() as stack:
        def start(end, *command):
            process = end.start(*command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process

        start(server, "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--interface=eth0",
              "--bind-interfaces", "--dhcp-authoritative", "--user=root", f"--pid-file={tmp_path}/dnsmasq.pid",
              f"--dhcp-leasefile={tmp_path}/leases", "--dhcp-range=192.0.2.50,192.0.2.59,600")
        udhcpc = start(client, "busybox", "udhcpc", "-f", "-i", "eth0", "-s", str(script), "-t", "20", "-T", "1",
                       "-R")
        eventually(lambda: "bound" in log.read_text())
        (address,) = eventually(guest.leases)
        assert address.startswith("192.0.2.5")
        client.run("ping", "-c", "1", "-W", PATIENT, SERVER)
        client.run("ip", "addr", "add", "192.0.2.99/24", "dev", "eth0")
        assert client.run("ping", "-c", "1", "-W", "1", "-I", "192.0.2.99", SERVER, check=False).returncode != 0

        udhcpc.send_signal(signal.SIGUSR1)
        eventually(lambda: "renew" in log.read_text())
        guest.has(address)
        client.run("ping", "-c", "1", "-W", PATIENT, "-I", address, SERVER)
        udhcpc.send_signal(signal.SIGUSR2)
        guest.has()


def test_with_a_store(filters, guest, tmp_path):
    """Who keeps what is in force does not take what is learned for somebody else's doing, and keeps that, too."""
    os.makedirs(filters.definitions, exist_ok=True)
    daemon = Daemon(guest.bridge, filters, "--store-directory", str(tmp_path / "store"))
    try:
        bind(filters, DHCP_ONLY)
        guest.get_lease("192.0.2.10", 3600)
        guest.uses_for_a_moment("192.0.2.11", 2, among=["192.0.2.10"])
        guest.has("192.0.2.10")
        guest.bridge.host.run("nft", "delete", "element", "bridge", "nfwpolicy-filter", "learners-mac",
                              "{ vnet0 . 52:54:00:00:00:0a }")
        eventually(lambda: any("edited" in line for line in daemon.lines))
        assert len([line for line in daemon.lines if "edited" in line]) == 1, daemon.lines
        guest.has("192.0.2.10")
        guest.bridge.host.run("nft", "flush", "ruleset")
        guest.has("192.0.2.10")
        guest.can_use("192.0.2.10")
        assert guest.seconds_left("192.0.2.10") > 3000
        assert filters.verify() == "ok", filters.diagnostics()
    finally:
        daemon.stop()
