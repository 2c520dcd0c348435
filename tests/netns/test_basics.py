# SPDX-License-Identifier: GPL-2.0-or-later
"""What every guest needs to have a network at all, and what goes on whatever the rules say."""

import os
import socket
import struct

import pytest

from lab import GUEST4, GUEST6, HOST4, HOST6, eventually
from packets import ICMPV6, UDP, Wire, ipv4, ipv6, send_raw, udp, with_checksum
from policies import allow, deny, policy
from probe import PATIENT

V4, V6 = "192.0.2.1", "2001:db8::1"


@pytest.fixture(scope="module")
def network(module_lab):
    module_lab.serve(22, 443)
    module_lab.serve(22, namespace=module_lab.guest)
    return module_lab


@pytest.fixture
def lab(network, shared_lab):
    return shared_lab


def neighbours(namespace, device):
    return namespace.run("ip", "neigh", "show", "dev", device).stdout


def crosses(lab, namespace, interface, *packets):
    """Which of the guest's packets come out at an interface, by their last octets."""
    end = os.urandom(16)
    with Wire(namespace, interface) as wire:
        for packet in packets:
            send_raw(lab.guest, packet)
        # A reply on a connection that the host opened: it passes always, and it is the last.
        with lab.guest.socket(socket.AF_INET, socket.SOCK_DGRAM) as guest, \
                namespace.socket(socket.AF_INET, socket.SOCK_DGRAM) as opener:
            guest.bind((GUEST4, 0))
            opener.sendto(b"open", guest.getsockname())
            guest.settimeout(PATIENT)
            guest.sendto(end, guest.recvfrom(100)[1])
        frames = wire.receive_until(end)
    return [packet for packet in packets if any(frame.endswith(packet[-16:]) for frame in frames)]


# --- address resolution ------------------------------------------------------------------------------------------


def test_neighbours_are_found_under_deny_all(lab):
    lab.load(policy(deny()))
    lab.guest.run("ip", "neigh", "flush", "all")
    lab.host.run("ip", "neigh", "flush", "all")

    def are_found():
        # Whatever is denied, the neighbour is looked for first.
        for address in (HOST4, HOST6):
            lab.guest.run("ping", "-n", "-c1", "-W0.1", address, check=False)
        found = neighbours(lab.guest, "guest0")
        return f"{HOST4} lladdr" in found and f"{HOST6} lladdr" in found and "FAILED" not in found

    eventually(are_found)


def test_the_host_finds_the_guest_under_deny_all(lab):
    lab.load(policy(deny()))
    lab.host.run("ip", "neigh", "flush", "dev", "vnet0")
    lab.reach(f"tcp {GUEST4} 22, tcp {GUEST6} 22", namespace=lab.host)


def test_a_router_is_asked_for_under_deny_all(lab):
    """A router solicitation, RFC 4861 section 4.1, reaches the host."""
    lab.load(policy(deny()))
    message = struct.pack("!BBHI", 133, 0, 0, 0)
    message = with_checksum(ICMPV6, GUEST6, "ff02::2", message, 2)
    with lab.host.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as router, \
            lab.guest.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW) as guest:
        index = int(lab.host.run("cat", "/sys/class/net/vnet0/ifindex").stdout)
        router.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, socket.inet_pton(socket.AF_INET6, "ff02::2")
                          + struct.pack("I", index))
        router.settimeout(PATIENT)
        index = int(lab.guest.run("cat", "/sys/class/net/guest0/ifindex").stdout)
        guest.sendto(ipv6(GUEST6, "ff02::2", ICMPV6, message, hop_limit=255), ("ff02::2", 0, 0, index))
        while router.recv(1000) != message:
            pass


@pytest.mark.parametrize("kind", [133, 135, 136], ids=["RS", "NS", "NA"])
def test_neighbour_discovery_does_not_leave_the_link(lab, kind):
    """Messages that look like it would otherwise carry anything to anywhere."""
    lab.load(policy(deny()))
    message = struct.pack("!BBHI", kind, 0, 0, 0) + os.urandom(32)
    message = with_checksum(ICMPV6, GUEST6, V6, message, 2)
    assert crosses(lab, lab.internet, "down0", ipv6(GUEST6, V6, ICMPV6, message, hop_limit=255)) == []


@pytest.mark.parametrize("kind", [131, 132, 143], ids=["MLD report", "MLD done", "MLDv2 report"])
@pytest.mark.parametrize("hop_limit", [1, 2, 255])
def test_multicast_reports_do_not_leave_the_link(lab, kind, hop_limit):
    lab.load(policy(deny()))
    message = struct.pack("!BBHI", kind, 0, 0, 0) + os.urandom(32)
    message = with_checksum(ICMPV6, GUEST6, V6, message, 2)
    assert crosses(lab, lab.internet, "down0", ipv6(GUEST6, V6, ICMPV6, message, hop_limit=hop_limit)) == []


# --- DHCP --------------------------------------------------------------------------------------------------------


@pytest.fixture
def dhcp_servers(lab):
    with lab.host.socket(socket.AF_INET, socket.SOCK_DGRAM) as v4, \
            lab.host.socket(socket.AF_INET6, socket.SOCK_DGRAM) as v6:
        index = int(lab.host.run("cat", "/sys/class/net/vnet0/ifindex").stdout)
        v4.bind(("", 67))
        v6.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        v6.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, socket.inet_pton(socket.AF_INET6, "ff02::1:2")
                      + struct.pack("I", index))
        v6.bind(("::", 547))
        v4.settimeout(PATIENT)
        v6.settimeout(PATIENT)
        yield v4, v6


def discover(lab, destination, device="guest0"):
    with lab.guest.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode() + b"\0")
        client.bind(("", 68))
        payload = os.urandom(16)
        client.sendto(payload, (destination, 67))
        return payload


def solicit(lab, port=546):
    with lab.guest.socket(socket.AF_INET6, socket.SOCK_DGRAM) as client:
        client.bind(("::", port))
        payload = os.urandom(16)
        client.sendto(payload, ("ff02::1:2", 547, 0, int(lab.guest.run("cat", "/sys/class/net/guest0/ifindex").stdout)))
        return payload


@pytest.mark.parametrize("rules", [[deny()], [allow(ips=[V4])]], ids=["deny all", "allow something"])
def test_dhcp_as_a_client(lab, dhcp_servers, rules):
    lab.load(policy(*rules))
    v4, v6 = dhcp_servers
    payload = discover(lab, "255.255.255.255")
    assert v4.recv(100) == payload
    payload = discover(lab, HOST4)  # a renewal
    assert v4.recv(100) == payload
    payload = solicit(lab)
    assert v6.recv(100) == payload


def test_dhcp_denied_by_name(lab, dhcp_servers):
    lab.load(policy(deny(1, protocols=["udp"], ports=[67, 547]), allow(2)))
    v4, v6 = dhcp_servers
    discover(lab, "255.255.255.255")
    solicit(lab)
    lab.load(policy(allow()))
    # What comes first now was sent now.
    payload = discover(lab, "255.255.255.255")
    assert v4.recv(100) == payload
    payload = solicit(lab)
    assert v6.recv(100) == payload


def test_dhcp_elsewhere_is_traffic_as_any_other(lab):
    """The server's port of some other address, and any other port of the client's, are not what a lease needs."""
    lab.load(policy(deny()))
    packets = [
        ipv4(GUEST4, V4, UDP, udp(GUEST4, V4, 68, 67, os.urandom(16))),
        ipv6(GUEST6, V6, UDP, udp(GUEST6, V6, 546, 547, os.urandom(16))),
    ]
    assert crosses(lab, lab.internet, "down0", *packets) == []


def test_guests_as_dhcp_clients_only(lab, dhcp_servers):
    lab.load(policy(deny()))
    v4, _ = dhcp_servers
    with lab.guest.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("", 6868))
        other.sendto(b"not a client", (HOST4, 67))
    payload = discover(lab, HOST4)
    assert v4.recv(100) == payload


# --- connections -------------------------------------------------------------------------------------------------


def test_connections_to_the_guest_and_their_replies(lab):
    lab.load(policy(deny()))
    lab.reach(f"tcp {GUEST4} 22, tcp {GUEST6} 22, udp {GUEST4} 22, udp {GUEST6} 22, icmp {GUEST4}, icmp {GUEST6}",
              namespace=lab.host)
    lab.reach(f"tcp {GUEST4} 22, tcp {GUEST6} 22", namespace=lab.internet)


def test_errors_that_belong_to_a_connection_pass(lab):
    """The guest's port unreachable is for a datagram that came from outside."""
    lab.load(policy(deny()))
    for family, address in ((socket.AF_INET, GUEST4), (socket.AF_INET6, GUEST6)):
        with lab.internet.socket(family, socket.SOCK_DGRAM) as client:
            client.settimeout(PATIENT)
            client.connect((address, 9))
            client.send(b"anybody?")
            with pytest.raises(ConnectionRefusedError):
                client.recv(100)


def test_errors_about_the_guests_connections_reach_it(lab):
    lab.load(policy(allow()))
    for family, address in ((socket.AF_INET, V4), (socket.AF_INET6, V6)):
        with lab.guest.socket(family, socket.SOCK_DGRAM) as client:
            client.settimeout(PATIENT)
            client.connect((address, 9))
            client.send(b"anybody?")
            with pytest.raises(ConnectionRefusedError):
                client.recv(100)


def test_too_big_reaches_the_guest(lab):
    """A smaller MTU behind the host: the connection finds out and goes on."""
    lab.load(policy(allow(protocols=["tcp"], ports=[443])))
    lab.host.run("ip", "link", "set", "up0", "mtu", "1300")
    try:
        for family, address in ((socket.AF_INET, V4), (socket.AF_INET6, V6)):
            with lab.guest.socket(family, socket.SOCK_STREAM) as client:
                client.settimeout(PATIENT)
                client.connect((address, 443))
                client.sendall(bytes(20000))
                received = len(client.recv(5))
                while received < 20005:
                    received += len(client.recv(65536))
    finally:
        lab.host.run("ip", "link", "set", "up0", "mtu", "1500")


def test_an_error_about_nothing_is_traffic_as_any_other(lab):
    """An ICMP error that quotes a connection which does not exist."""
    lab.load(policy(deny()))
    quoted = ipv4(V4, GUEST4, UDP, udp(V4, GUEST4, 5, 6, b"made up"))
    payload = quoted + os.urandom(16)
    assert crosses(lab, lab.internet, "down0", ipv4(GUEST4, V4, 1, b"\x03\x03\0\0\0\0\0\0" + payload)) == []


def test_open_connections_outlive_a_stricter_policy(lab):
    lab.load(policy(allow(protocols=["tcp"])))
    with lab.guest.socket(socket.AF_INET, socket.SOCK_STREAM) as client:
        client.settimeout(PATIENT)
        client.connect((V4, 443))
        assert client.recv(5) == b"hello"
        lab.load(policy(deny()))
        client.send(b"still there?")
        assert client.recv(100) == b"still there?"
    lab.reach(denied=f"tcp {V4} 443")


def test_multicast_and_broadcast_are_destinations_as_any_other(lab):
    lab.load(policy(allow(ips=["255.255.255.255", "224.0.0.251"], protocols=["udp"], ports=[5353])))
    with lab.host.socket(socket.AF_INET, socket.SOCK_DGRAM) as host:
        host.bind(("", 5353))
        host.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton("224.0.0.251") +
                        socket.inet_aton(HOST4))
        host.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton("224.0.0.252") +
                        socket.inet_aton(HOST4))
        host.settimeout(PATIENT)
        with lab.guest.socket(socket.AF_INET, socket.SOCK_DGRAM) as guest:
            guest.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            for address in ("224.0.0.252", "10.77.1.255", "224.0.0.251", "255.255.255.255"):
                guest.sendto(address.encode(), (address, 5353))
        assert {host.recv(100), host.recv(100)} == {b"224.0.0.251", b"255.255.255.255"}
