# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests on a bridge: frames that are neither TCP nor a look-up."""

import socket

import pytest

from lab import frames
from lab.topology import HOST_V4, HOST_V6

ALL_NODES = bytes.fromhex("333300000001")


def passes(origin, watched, *sent):
    """How many of these frames, which all bear the same token, come through."""
    mark = frames.token()
    arrived = frames.passing(origin, watched, lambda out: [out.send(frame(mark)) for frame in sent])
    return sum(mark in frame for frame in arrived)


@pytest.mark.parametrize(("option", "address"), [("-4", "v4"), ("-6", "v6")], ids=["ARP", "ND"])
def test_neighbours_are_found(lab, guest, neighbour, option, address):
    guest.namespace.check("ip", option, "neigh", "flush", "dev", "eth0")
    try:
        assert guest.pings({"v4": HOST_V4, "v6": HOST_V6}[address])
        assert guest.pings(getattr(neighbour, address))
    finally:
        lab.know_neighbours()


@pytest.mark.parametrize("direction", ["egress", "ingress"])
@pytest.mark.parametrize(
    "tags",
    [
        [(frames.ETHER_VLAN, 5)],
        [(frames.ETHER_VLAN, 0)],
        [(frames.ETHER_SERVICE_VLAN, 5)],
        [(frames.ETHER_SERVICE_VLAN, 5), (frames.ETHER_VLAN, 6)],
    ],
    ids=["802.1Q", "802.1p", "802.1ad", "stacked"],
)
def test_a_tag_is_no_way_around(lab, guest, neighbour, direction, tags):
    """What is in the frame would pass without the tag."""
    source = guest if direction == "egress" else lab.guests[1]
    target = neighbour if direction == "egress" else guest
    origin = source.end if direction == "egress" else lab.bridge
    mac = origin[0].mac(origin[1])

    def arp(mark, tags=()):
        request = frames.arp_request(mac, source.v4, target.v4) + mark
        return frames.ethernet(frames.BROADCAST, mac, frames.ETHER_ARP, request, tags)

    assert passes(origin, target.end, arp) == 1
    assert passes(origin, target.end, lambda mark: arp(mark, tags)) == 0


def test_other_protocols_are_dropped(lab, guest, neighbour):
    for ethertype in (frames.ETHER_EXPERIMENTAL, 0x8864, 0x88CC, 0x0027):
        for origin, destination in ((guest.end, neighbour.end), (lab.bridge, guest.end)):
            mac = origin[0].mac(origin[1])
            assert (
                passes(
                    origin,
                    destination,
                    lambda mark: frames.ethernet(frames.BROADCAST, mac, ethertype, mark.ljust(0x27)),
                )
                == 0
            )


def test_a_dhcp_client_is_heard_and_a_server_is_not(guest, neighbour):
    mac = guest.namespace.mac("eth0")

    def message(source, destination, mark):
        packet = frames.ipv4("0.0.0.0", "255.255.255.255", frames.UDP, frames.udp(source, destination, mark))
        return frames.ethernet(frames.BROADCAST, mac, frames.ETHER_IPV4, packet)

    assert passes(guest.end, neighbour.end, lambda mark: message(68, 67, mark)) == 1
    assert passes(guest.end, neighbour.end, lambda mark: message(67, 68, mark)) == 0


def test_router_advertisements_of_guests_are_dropped(services_guest, neighbour):
    """A neighbour solicitation goes the same way, and passes."""
    mac = services_guest.namespace.mac("eth0")

    def message(kind, mark):
        source, destination = socket.inet_pton(socket.AF_INET6, "fe80::1"), bytes.fromhex("ff02" + "00" * 13 + "01")
        body = bytes([kind, 0, 0, 0]) + bytes(20) + mark
        body += bytes(len(body) % 2)
        pseudo = source + destination + len(body).to_bytes(4, "big") + b"\0\0\0\x3a"
        check = frames.checksum(pseudo + body)
        body = body[:2] + check.to_bytes(2, "big") + body[4:]
        header = b"\x60\0\0\0" + len(body).to_bytes(2, "big") + b"\x3a\xff" + source + destination
        return frames.ethernet(ALL_NODES, mac, frames.ETHER_IPV6, header + body)

    assert passes(services_guest.end, neighbour.end, lambda mark: message(135, mark)) == 1
    assert passes(services_guest.end, neighbour.end, lambda mark: message(134, mark)) == 0


@pytest.mark.parametrize("address", [HOST_V4, HOST_V6, "198.51.100.9", "2001:db8:100::9"])
def test_fragments_of_what_is_allowed_pass_both_ways(guest, address):
    assert guest.pings(address, size=5000)


@pytest.mark.parametrize("address", ["198.51.100.9", "2001:db8:100::9"])
def test_fragments_are_judged_by_the_first_one(lab, services_guest, address):
    """The later ones have no ports: they pass with the first one or not at all."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    mark = frames.token()
    datagram = (mark * 400)[:5000]

    def send(port):
        with services_guest.namespace.socket(family, socket.SOCK_DGRAM) as client:
            client.sendto(datagram, (address, port))

    denied = frames.passing(services_guest.end, lab.bridge, lambda _: send(5001))
    assert not any(mark in frame for frame in denied)

    with lab.internet.socket(family, socket.SOCK_DGRAM) as server:
        server.bind(("::" if ":" in address else "", 5000))
        server.settimeout(120)
        send(5000)
        assert server.recv(65536) == datagram


def test_a_later_fragment_alone_does_not_pass(lab, services_guest):
    mac, gateway = services_guest.namespace.mac("eth0"), lab.host.mac("br0")

    def fragment(mark):
        packet = frames.ipv4(services_guest.v4, "198.51.100.9", frames.UDP, mark.ljust(64), offset=100, more=True)
        return frames.ethernet(gateway, mac, frames.ETHER_IPV4, packet)

    assert passes(services_guest.end, lab.bridge, fragment) == 0
