# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests on a bridge: what a look-up opens, for whom and for how long."""

import pytest

from lab import dns, kernel, tcp
from lab.topology import (
    ALIAS,
    FAR_RESOLVER,
    HOST_V4,
    HOST_V6,
    LONG_TTL,
    METADATA,
    OUTSIDE_POLICY,
    SHORT_TTL,
    TO_HOST,
    TO_LOOPBACK,
    TO_METADATA,
    TTL,
    await_true,
)

FAMILIES = pytest.mark.parametrize("family", ["v4", "v6"])


def await_learned(lab, guest, address):
    await_true(lambda: kernel.seconds_left(lab.host, guest.port, address) is not None)


@FAMILIES
def test_blocked_before_the_lookup_and_allowed_after_it(guest, name, family):
    address = getattr(name, family)
    assert not guest.tries(address)
    assert guest.look_up(name.name) == [1, 1]
    assert guest.reaches(address)


def test_the_first_packets_are_seen_where_the_denied_ones_are_missed(lab, guest, name):
    guest.look_up(name.name)
    await_learned(lab, guest, name.v4)
    await_learned(lab, guest, name.v6)
    assert guest.tries(name.v4) and guest.tries(name.v6)


@FAMILIES
def test_another_port_is_denied(lab, guest, name, family):
    guest.look_up(name.name)
    await_learned(lab, guest, getattr(name, family))
    assert not guest.tries(getattr(name, family), port=80)


@FAMILIES
def test_the_lookup_of_one_guest_opens_nothing_for_another(lab, guest, neighbour, name, family):
    guest.look_up(name.name)
    await_learned(lab, guest, getattr(name, family))
    assert not neighbour.tries(getattr(name, family))


@FAMILIES
def test_a_name_outside_the_policy_is_not_learned(lab, guest, name, family):
    assert guest.look_up(OUTSIDE_POLICY) == [1, 1]
    # the one after it, so the learner has seen both
    guest.look_up(name.name)
    await_learned(lab, guest, name.v6)
    assert not guest.tries({"v4": "198.51.100.2", "v6": "2001:db8:100::2"}[family])


def test_an_alias_in_the_policy_opens_what_it_stands_for(neighbour):
    assert neighbour.look_up(ALIAS) == [2, 2]
    assert neighbour.reaches("198.51.100.2")


def test_policies_keep_to_themselves(lab, services_guest):
    services_guest.look_up("github.com")
    assert services_guest.reaches("198.51.100.1", port=80)
    assert not services_guest.tries("198.51.100.1", port=443)


def test_addresses_that_are_never_learned(lab, guest, name):
    for trap in (TO_HOST, TO_LOOPBACK, TO_METADATA):
        assert guest.look_up(trap) == [1, 1]
    guest.look_up(name.name)
    await_learned(lab, guest, name.v6)
    for address in (HOST_V4, HOST_V6, "127.0.0.2", "::1", METADATA):
        assert kernel.seconds_left(lab.host, guest.port, address) is None
    for address in (HOST_V4, HOST_V6, METADATA):
        assert not guest.tries(address)


@pytest.mark.parametrize("server", [HOST_V4, HOST_V6])
def test_learned_over_tcp(guest, name, server):
    assert guest.look_up(name.name, server, dns.ask_tcp) == [1, 1]
    assert guest.reaches(name.v4)


def test_learned_over_ipv6(guest, name):
    assert guest.look_up(name.name, HOST_V6) == [1, 1]
    assert guest.reaches(name.v6)


def test_a_server_that_is_not_trusted_is_not_asked(lab, neighbour, name):
    with pytest.raises(TimeoutError):
        dns.ask_udp(neighbour.namespace, FAR_RESOLVER, name.name, dns.A, timeout=1)
    assert kernel.seconds_left(lab.host, neighbour.port, name.v4) is None


def test_a_second_answer_extends_the_grant_and_a_shorter_one_does_not_shorten_it(lab, guest, name):
    """Before Linux 6.12 adding an element that exists leaves its timeout as it was."""
    policy = lab.source / "data/examples/github.yaml"
    lab.must("load", policy, "--port", "g1", "--resolver", HOST_V4, "--resolver", FAR_RESOLVER)
    try:
        guest.look_up(name.name)
        await_learned(lab, guest, name.v4)
        assert kernel.seconds_left(lab.host, guest.port, name.v4) <= TTL

        guest.look_up(name.name, FAR_RESOLVER)
        await_true(lambda: kernel.seconds_left(lab.host, guest.port, name.v4) > TTL)
        assert kernel.seconds_left(lab.host, guest.port, name.v4) <= LONG_TTL

        guest.look_up(name.name)
        other = lab.fresh_name()
        guest.look_up(other.name)
        await_learned(lab, guest, other.v6)
        assert kernel.seconds_left(lab.host, guest.port, name.v4) > TTL
        assert guest.reaches(name.v4)
    finally:
        lab.must("load", policy, "--port", "g1")


def test_replacing_a_policy_keeps_what_is_learned(lab, guest, name):
    guest.look_up(name.name)
    await_learned(lab, guest, name.v4)
    lab.must("load", lab.source / "data/examples/github.yaml", "--port", "g1")
    assert kernel.seconds_left(lab.host, guest.port, name.v4) is not None
    assert guest.reaches(name.v4)


def connect_by_name(guest, name):
    """Again where what was learned was over before a connection had begun."""
    for _ in range(20):
        guest.look_up(name.name)
        try:
            return tcp.Connection(guest.namespace, name.v4, 443, timeout=SHORT_TTL)
        except TimeoutError:
            continue
    raise AssertionError("no connection was in time")


def test_a_connection_outlives_its_grant_and_a_new_one_does_not_begin(lab, guest):
    name = lab.brief
    with connect_by_name(guest, name) as connection:
        connection.socket.settimeout(60)
        assert connection.echoes()
        await_true(lambda: kernel.seconds_left(lab.host, guest.port, name.v4) is None)
        assert connection.echoes()
        assert not guest.tries(name.v4)
    with connect_by_name(guest, name) as connection:
        assert connection.echoes()


def test_killing_the_learner_leaves_rules_and_grants(lab, guest):
    known, unknown = lab.fresh_name(), lab.fresh_name()
    guest.look_up(known.name)
    await_learned(lab, guest, known.v4)
    with tcp.Connection(guest.namespace, known.v4, 443) as connection:
        lab.kill_learner()
        assert connection.echoes()
        assert guest.reaches(known.v4)
        assert not guest.tries(known.v4, port=80)
        guest.look_up(unknown.name)
        assert not guest.tries(unknown.v4)

        lab.start_learner()
        assert connection.echoes()
        assert known.name in lab.must("names", "--port", guest.port)
        guest.look_up(unknown.name)
        assert guest.reaches(unknown.v4)


@FAMILIES
def test_connections_to_a_guest_and_their_replies_pass(lab, guest, neighbour, family):
    address = getattr(guest, family)
    with lab.serve_on(guest, 22):
        assert tcp.reaches(lab.host, address, 22)
        if family == "v6":
            assert tcp.reaches(lab.internet, address, 22)
        # whether a guest may begin one is its own policy's business, and that one denies it
        assert not neighbour.tries(address, 22, watched=guest.end)


def test_guests_may_not_talk_to_each_other(lab, guest, neighbour):
    for mine, theirs in ((guest, neighbour), (neighbour, guest)):
        for address in (theirs.v4, theirs.v6):
            for port in (443, 80, 53):
                assert not mine.tries(address, port, watched=theirs.end)


def test_no_learner_no_domain_rules(lab, guest):
    lab.stop_learner()
    try:
        result = lab.nfwpolicy("load", lab.source / "data/examples/github.yaml", "--port", "g1")
        assert result.returncode == 1 and "nfwpolicyd" in result.stderr
    finally:
        lab.start_learner()


