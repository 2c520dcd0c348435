# SPDX-License-Identifier: GPL-2.0-or-later
"""
Fragments and IPv6 extension headers: the policy decides on the whole datagram and on the real transport, and
nothing that can be done with headers is a way around it.
"""

import contextlib
import itertools
import os

import pytest

from lab import GUEST4, GUEST6
from packets import (
    AUTHENTICATION, DESTINATION, FRAGMENT, HOP_BY_HOP, ICMPV6, NO_NEXT, ROUTING, TCP, UDP, Wire, echo6,
    fragment_header, ipv4, ipv6, options, send_raw, stay_on_this_processor, tcp_syn, udp,
)
from policies import allow, deny, policy
from probe import PATIENT

V4, V6 = "192.0.2.1", "2001:db8::1"
OPEN, CLOSED = 1000, 2000
_numbers = itertools.count()


@pytest.fixture(scope="module")
def network(module_lab):
    module_lab.serve(OPEN, CLOSED)
    # All neighbours know each other, so that no packet waits while a later one overtakes it.
    module_lab.reach(f"udp {V4} {OPEN}, udp {V6} {OPEN}")
    return module_lab


@pytest.fixture
def lab(network, shared_lab):
    shared_lab.load(policy(allow(ips=[V4, V6], protocols=["udp", "tcp"], ports=[OPEN])))
    return shared_lab


def new_port():
    """Every datagram is a flow of its own: what conntrack knows already would pass whatever the rules say."""
    return 20000 + next(_numbers)


def datagram4(port, payload):
    return udp(GUEST4, V4, new_port(), port, payload)


def datagram6(port, payload):
    return udp(GUEST6, V6, new_port(), port, payload)


@contextlib.contextmanager
def one_processor():
    before = stay_on_this_processor()
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def arrivals(lab, *packets):
    """Sends packets and then one that passes; returns all the frames that have come out at the other side."""
    end = os.urandom(16)
    with Wire(lab.internet, "down0") as wire:
        with one_processor():
            for packet in packets:
                send_raw(lab.guest, packet)
            send_raw(lab.guest, ipv4(GUEST4, V4, UDP, datagram4(OPEN, end)))
        return wire.receive_until(end)


def assert_passes(lab, *packets, payload):
    assert any(payload in frame for frame in arrivals(lab, *packets))


def assert_dropped(lab, *packets, payload):
    """payload is something that any piece of it would show."""
    assert not any(payload in frame for frame in arrivals(lab, *packets))


# --- fragments ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [V4, V6], ids=["IPv4", "IPv6"])
def test_a_datagram_above_the_mtu_passes_where_a_small_one_does(lab, address):
    assert lab.echoes(address, OPEN, payload=os.urandom(9000), timeout=PATIENT)


@pytest.mark.parametrize("address", [V4, V6], ids=["IPv4", "IPv6"])
def test_a_datagram_above_the_mtu_is_denied_where_a_small_one_is(lab, address):
    assert lab.echoes(address, CLOSED, payload=os.urandom(9000), timeout=PATIENT, namespace=lab.host)
    assert not lab.echoes(address, CLOSED, payload=os.urandom(9000))


@pytest.mark.parametrize("address", [V4, V6], ids=["IPv4", "IPv6"])
def test_a_ping_above_the_mtu(lab, address):
    lab.load(policy(allow(protocols=["icmp"])))
    assert lab.pings(address, size=4000, timeout=PATIENT)
    lab.load(policy(allow(protocols=["udp"])))
    assert not lab.pings(address, size=4000)


def fragments4(payload, port, source_port=None):
    segment = udp(GUEST4, V4, source_port or new_port(), port, payload)
    number = int.from_bytes(os.urandom(2), "big")
    return (ipv4(GUEST4, V4, UDP, segment[:8], fragment=0x2000, identification=number),
            ipv4(GUEST4, V4, UDP, segment[8:], fragment=1, identification=number))


def fragments6(payload, port, before=b"", next_header=UDP, cut=8):
    segment = before + datagram6(port, payload)
    number = int.from_bytes(os.urandom(4), "big")
    return (ipv6(GUEST6, V6, FRAGMENT, fragment_header(next_header, 0, 1, number) + segment[:cut]),
            ipv6(GUEST6, V6, FRAGMENT, fragment_header(next_header, cut, 0, number) + segment[cut:]))


@pytest.mark.parametrize("make", [fragments4, fragments6], ids=["IPv4", "IPv6"])
def test_fragments_in_any_order(lab, make):
    payload = os.urandom(64)
    first, second = make(payload, OPEN)
    assert_passes(lab, second, first, payload=payload)
    payload = os.urandom(64)
    first, second = make(payload, CLOSED)
    assert_dropped(lab, second, first, payload=payload)


@pytest.mark.parametrize("make", [fragments4, fragments6], ids=["IPv4", "IPv6"])
def test_a_later_fragment_alone_is_no_way_around(lab, make):
    payload = os.urandom(64)
    assert_dropped(lab, make(payload, OPEN)[1], payload=payload)


def test_a_fragment_that_overwrites_the_port_is_no_way_around(lab):
    """The first fragment says the open port, one over it the closed one."""
    payload, port = os.urandom(64), new_port()
    first, second = fragments4(payload, OPEN, port)
    over = fragments4(payload, CLOSED, port)[0]
    over = ipv4(GUEST4, V4, UDP, over[20:], fragment=0x2000, identification=int.from_bytes(first[4:6], "big"))
    ports = port.to_bytes(2, "big") + CLOSED.to_bytes(2, "big")
    assert_dropped(lab, first, over, second, payload=ports)
    assert_dropped(lab, over, first, second, payload=ports)


def test_a_transport_header_behind_the_first_fragment_is_no_way_around(lab):
    """RFC 7112: the first fragment ends within the extension headers."""
    payload = os.urandom(64)
    packets = fragments6(payload, CLOSED, before=options(UDP, 16), next_header=DESTINATION, cut=8)
    assert_dropped(lab, *packets, payload=payload)


def test_an_atomic_fragment(lab):
    """RFC 6946: a fragment header on a whole datagram."""
    for port, check in ((OPEN, assert_passes), (CLOSED, assert_dropped)):
        payload = os.urandom(64)
        segment = fragment_header(UDP, 0, 0, 77) + datagram6(port, payload)
        check(lab, ipv6(GUEST6, V6, FRAGMENT, segment), payload=payload)


# --- extension headers -------------------------------------------------------------------------------------------

CHAINS = {
    "hop-by-hop": (HOP_BY_HOP, lambda next_header: options(next_header)),
    "destination": (DESTINATION, lambda next_header: options(next_header)),
    "a long one": (DESTINATION, lambda next_header: options(next_header, 256)),
    "both": (HOP_BY_HOP, lambda next_header: options(DESTINATION) + options(next_header, 24)),
    "five": (DESTINATION, lambda next_header: options(DESTINATION) * 4 + options(next_header)),
    "routing": (ROUTING, lambda next_header: bytes([next_header, 0, 253, 0, 0, 0, 0, 0])),
}


@pytest.mark.parametrize("first, chain", CHAINS.values(), ids=CHAINS.keys())
def test_the_transport_behind_extension_headers_decides(lab, first, chain):
    for port, check in ((OPEN, assert_passes), (CLOSED, assert_dropped)):
        payload = os.urandom(32)
        check(lab, ipv6(GUEST6, V6, first, chain(UDP) + datagram6(port, payload)), payload=payload)


@pytest.mark.parametrize("first, chain", CHAINS.values(), ids=CHAINS.keys())
def test_tcp_behind_extension_headers(lab, first, chain):
    for port, check in ((OPEN, assert_passes), (CLOSED, assert_dropped)):
        syn = tcp_syn(GUEST6, V6, new_port(), port)
        check(lab, ipv6(GUEST6, V6, first, chain(TCP) + syn), payload=syn[:8])


@pytest.mark.parametrize("first, chain", CHAINS.values(), ids=CHAINS.keys())
def test_icmp_behind_extension_headers(lab, first, chain):
    for rule, check in ((allow(protocols=["icmp"]), assert_passes), (deny(protocols=["icmp"]), assert_dropped)):
        lab.load(policy(rule, allow(ips=[V4], ports=[OPEN])))
        payload = os.urandom(32)
        message = echo6(GUEST6, V6, int.from_bytes(os.urandom(2), "big"), payload)
        check(lab, ipv6(GUEST6, V6, first, chain(ICMPV6) + message), payload=payload)


def test_a_deny_of_a_protocol_holds_behind_extension_headers(lab):
    lab.load(policy(deny(1, ips=[V6], protocols=["udp"]), allow(2)))
    for first, chain in CHAINS.values():
        payload = os.urandom(32)
        assert_dropped(lab, ipv6(GUEST6, V6, first, chain(UDP) + datagram6(OPEN, payload)), payload=payload)


def test_no_next_header_needs_a_rule_without_protocols(lab):
    payload = os.urandom(32)
    assert_dropped(lab, ipv6(GUEST6, V6, NO_NEXT, payload), payload=payload)
    assert_dropped(lab, ipv6(GUEST6, V6, DESTINATION, options(NO_NEXT) + payload), payload=payload)
    lab.load(policy(allow(ips=[V6]), allow(ips=[V4], ports=[OPEN])))
    assert_passes(lab, ipv6(GUEST6, V6, NO_NEXT, payload), payload=payload)


def authenticated(next_header, payload):
    """RFC 4302; nobody checks it on the way."""
    return bytes([next_header, 2]) + bytes(14) + payload


def test_an_authentication_header_in_ipv4_is_a_protocol_of_its_own(lab):
    def packet(payload):
        return ipv4(GUEST4, V4, AUTHENTICATION, authenticated(UDP, datagram4(OPEN, payload)))

    assert_dropped(lab, packet(b"denied" * 4), payload=b"denied" * 4)
    lab.load(policy(allow(ips=[V4])))
    assert_passes(lab, packet(b"allowed" * 4), payload=b"allowed" * 4)


def test_an_authentication_header_in_ipv6_never_passes(lab):
    """Connection tracking looks behind it: it would begin a connection that another rule denies."""
    lab.load(policy(deny(1, ips=[V6], protocols=["udp"]), allow(2)))
    payload = os.urandom(32)
    hidden = datagram6(OPEN, payload)
    for first, chain in [(AUTHENTICATION, lambda inner: inner), *CHAINS.values()]:
        before = chain(AUTHENTICATION) if first != AUTHENTICATION else b""
        assert_dropped(lab, ipv6(GUEST6, V6, first, before + authenticated(UDP, hidden)), payload=payload)


@pytest.mark.parametrize("offset", [6, 20, 40, 41, 43, 44, 46], ids=lambda offset: f"octet {offset}")
def test_headers_that_lie_open_nothing(lab, offset):
    """Any one octet of a denied packet changed to anything: it never comes out as the allowed port's datagram."""
    payload = os.urandom(32)
    good = ipv6(GUEST6, V6, DESTINATION, options(UDP) + datagram6(CLOSED, payload))
    packets = [good[:offset] + bytes([value]) + good[offset + 1:] for value in range(0, 256, 5)]
    assert_dropped(lab, *packets, payload=payload)
