# SPDX-License-Identifier: GPL-2.0-or-later
"""Answers that must not open anything, whoever sends them."""

import concurrent.futures
import os
import socket
import struct

import pytest

import dnswire
from dnsserver import lookup
from dnswire import A, AAAA, CNAME, HTTPS, address, alias, https, query, reply
from lab import HOST4, HOST6
from learning import RESOLVER4, UNTRUSTED, MarkedResponder, learned, load, settle
from policies import allow
from probe import PATIENT

WANTED, EVIL = "www.example", "192.0.2.66"
DNS_RULE = allow(500, ports=[53])


@pytest.fixture(scope="module")
def server(module_lab):
    module_lab.serve(443)
    responder = MarkedResponder(module_lab, lambda message: responder.replies(message))
    module_lab.learner()
    return responder


@pytest.fixture
def lab(server, shared_lab):
    load(shared_lab, DNS_RULE, allow(domains=[WANTED, f"*.{WANTED}"]), resolvers=[RESOLVER4])
    return shared_lab


def counters(lab):
    return lab.json("list")["learner"]["counters"]


def assert_nothing_opened(lab, *addresses):
    settle(lab)
    assert learned(lab) == set()
    lab.reach(denied=[f"tcp {each} 443" for each in addresses or [EVIL]])


def other_question(message, name=WANTED, qtype=A, qclass=1):
    return dnswire.encode_name(name) + struct.pack("!HH", qtype, qclass)


# --- answers that do not belong to the question ------------------------------------------------------------------

MISMATCHES = {
    "wrong ID": lambda m: reply(m, address(WANTED, EVIL), id=struct.unpack("!H", m[:2])[0] ^ 1),
    "swapped ID": lambda m: reply(m, address(WANTED, EVIL), id=struct.unpack("<H", m[:2])[0]),
    "another name": lambda m: reply(m, address("a." + WANTED, EVIL), question=other_question(m, "a." + WANTED)),
    "another type": lambda m: reply(m, address(WANTED, EVIL), question=other_question(m, qtype=AAAA)),
    "another class": lambda m: reply(m, address(WANTED, EVIL), question=other_question(m, qclass=3)),
    "no question": lambda m: m[:2] + struct.pack("!HHHHH", 0x8180, 0, 1, 0, 0) + address(WANTED, EVIL),
    "two questions": lambda m: m[:2] + struct.pack("!HHHHH", 0x8180, 2, 1, 0, 0) + m[12:] * 2 + address(WANTED, EVIL),
}


@pytest.mark.parametrize("make", MISMATCHES.values(), ids=MISMATCHES.keys())
def test_an_answer_to_another_question(lab, server, make):
    # The ID has two different octets, so that swapping them makes another.
    server.replies = lambda message: [make(message)]
    lookup(lab.guest, RESOLVER4, None, message=query(WANTED, id=0x1234))
    assert_nothing_opened(lab)


def test_wrong_ids_are_counted_and_the_right_one_still_counts(lab, server):
    before = counters(lab)["unasked"]
    server.replies = lambda message: [
        reply(message, address(WANTED, EVIL), id=struct.unpack("!H", message[:2])[0] ^ n) for n in (1, 2, 3)
    ] + [reply(message, address(WANTED, "192.0.2.10"))]
    lookup(lab.guest, RESOLVER4, WANTED)
    settle(lab)
    assert learned(lab) == {(WANTED, "192.0.2.10")}
    assert counters(lab)["unasked"] == before + 3


def test_a_second_answer_to_the_same_question(lab, server):
    server.replies = lambda message: [
        reply(message, address(WANTED, "192.0.2.10")), reply(message, address(WANTED, EVIL))
    ]
    lookup(lab.guest, RESOLVER4, WANTED)
    settle(lab)
    assert learned(lab) == {(WANTED, "192.0.2.10")}


def test_an_answer_that_nobody_asked_for(lab, server):
    """To a port from which nothing was asked; the kernel sees a new connection, and it is not even mirrored."""
    with lab.guest.socket(socket.AF_INET, socket.SOCK_DGRAM) as guest:
        guest.bind(("10.77.1.2", 0))
        guest.settimeout(PATIENT)
        message = reply(query(WANTED), address(WANTED, EVIL))
        server.socket.sendto(message, guest.getsockname())
        assert guest.recv(1000) == message
    assert_nothing_opened(lab)


def test_an_answer_behind_one_that_was_asked_for(lab, server):
    """The connection is there, but that was not the question."""
    server.replies = lambda message: [
        reply(message, address("other.example", "192.0.2.1")),
        reply(query(WANTED), address(WANTED, EVIL)),
    ]
    lookup(lab.guest, RESOLVER4, "other.example")
    assert_nothing_opened(lab)


def test_an_answer_to_another_socket_of_the_guest(lab, server):
    """The right question and ID, sent to where another question came from."""
    message = query(WANTED)
    server.replies = lambda asked: [] if asked == message else [reply(message, address(WANTED, EVIL))]
    with lab.guest.socket(socket.AF_INET, socket.SOCK_DGRAM) as first, \
            lab.guest.socket(socket.AF_INET, socket.SOCK_DGRAM) as second:
        for client in (first, second):
            client.settimeout(PATIENT)
            client.connect((RESOLVER4, 53))
        first.send(message)
        second.send(query("other.example"))
        second.recv(1000)
    assert_nothing_opened(lab)


def test_an_answer_from_another_port_of_the_resolver(lab, server):
    with lab.internet.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind((RESOLVER4, 5353))
        with lab.guest.socket(socket.AF_INET, socket.SOCK_DGRAM) as guest:
            guest.settimeout(PATIENT)
            guest.bind(("10.77.1.2", 0))
            server.replies = lambda message: [reply(message, flags=0x8182)]
            message = query(WANTED)
            guest.sendto(message, (RESOLVER4, 53))
            other.sendto(reply(message, address(WANTED, EVIL)), guest.getsockname())
            assert {guest.recvfrom(1000)[1][1] for _ in range(2)} == {53, 5353}
    assert_nothing_opened(lab)


def test_an_answer_from_a_resolver_that_is_not_trusted(lab, server):
    """It has everything right, from an address that the guest may ask and must not learn from."""
    untrusted = MarkedResponder(lab, lambda message: [reply(message, address(WANTED, EVIL))], server=UNTRUSTED)
    try:
        lookup(lab.guest, UNTRUSTED, WANTED)
        assert_nothing_opened(lab)
        assert {"port": "vnet0", "resolver": UNTRUSTED, "replies": 1} in lab.json("list")["ignored"]
    finally:
        untrusted.close()


# --- answers that say what they must not -------------------------------------------------------------------------

CONTENTS = {
    "foreign owner": lambda m: reply(m, address("other.example", EVIL)),
    "parent as owner": lambda m: reply(m, address("example", EVIL)),
    "alias that leads elsewhere": lambda m: reply(m, alias(WANTED, "a.example.net"), address("b.example.net", EVIL)),
    "alias of another name": lambda m: reply(m, alias("other.example", WANTED), address("other.example", EVIL)),
    "alias loop": lambda m: reply(m, alias(WANTED, "b.example"), alias("b.example", WANTED)),
    "alias to itself": lambda m: reply(m, alias(WANTED, WANTED)),
    "truncated": lambda m: reply(m, address(WANTED, EVIL), flags=0x8380),
    "failure": lambda m: reply(m, address(WANTED, EVIL), flags=0x8182),
    "no such name": lambda m: reply(m, address(WANTED, EVIL), flags=0x8183),
    "another opcode": lambda m: reply(m, address(WANTED, EVIL), flags=0x8980),
    "octets behind the end": lambda m: reply(m, address(WANTED, EVIL)) + b"\0",
    "cut off": lambda m: reply(m, address(WANTED, EVIL))[:-1],
    "authority section": lambda m: sections(m, 0, 1, 0),
    "additional section": lambda m: sections(m, 0, 0, 1),
    "A of three octets": lambda m: reply(m, dnswire.record(WANTED, A, 300, bytes([192, 0, 2]))),
    "A of sixteen octets": lambda m: reply(m, dnswire.record(WANTED, A, 300, bytes(12) + bytes([192, 0, 2, 66]))),
    "class CH": lambda m: reply(m, dnswire.encode_name(WANTED) + struct.pack("!HHIH4B", A, 3, 300, 4, 192, 0, 2, 66)),
    "alias into itself by pointer": lambda m: reply(m, dnswire.record(WANTED, CNAME, 300, b"\xc0\x0c")),
    "pointer to itself": lambda m: reply(
        m, b"\xc0" + bytes([len(m)]) + struct.pack("!HHIH4B", A, 1, 300, 4, 192, 0, 2, 66)
    ),
}


def sections(message, *counts):
    return message[:2] + struct.pack("!HHHHH", 0x8180, 1, *counts) + message[12:] + address(WANTED, EVIL)


@pytest.mark.parametrize("make", CONTENTS.values(), ids=CONTENTS.keys())
def test_an_answer_with_wrong_contents(lab, server, make):
    server.replies = lambda message: [make(message)]
    lookup(lab.guest, RESOLVER4, WANTED)
    assert_nothing_opened(lab)


# What is no answer to the question at all: it waits on. The others are answers that teach nothing.
NO_ANSWERS = {
    "another opcode", "octets behind the end", "cut off", "A of three octets", "A of sixteen octets",
    "pointer to itself",
}


@pytest.mark.parametrize("what", CONTENTS.keys())
def test_an_answer_with_wrong_contents_before_the_right_one(lab, server, what):
    server.replies = lambda message: [CONTENTS[what](message), reply(message, address(WANTED, "192.0.2.10"))]
    lookup(lab.guest, RESOLVER4, WANTED)
    settle(lab)
    assert learned(lab) == ({(WANTED, "192.0.2.10")} if what in NO_ANSWERS else set())


FORBIDDEN = [
    "0.0.0.0", "127.0.0.1", "127.255.255.254", "169.254.169.254", "169.254.0.1", "224.0.0.1", "239.255.255.255",
    "255.255.255.255", HOST4, "10.77.2.1",
    "::", "::1", "fe80::1", "ff02::1", "ff0e::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe", HOST6, "fd77:2::1",
]


@pytest.mark.parametrize("text", FORBIDDEN)
def test_an_address_that_no_name_may_open(lab, server, text):
    before = counters(lab)["forbidden"]
    server.replies = lambda message: [reply(message, address(WANTED, text))]
    lookup(lab.guest, RESOLVER4, WANTED, AAAA if ":" in text else A)
    settle(lab)
    assert learned(lab) == set()
    assert counters(lab)["forbidden"] == before + 1


def test_the_metadata_service_by_name_stays_closed(lab, server):
    server.replies = lambda message: [reply(message, address(WANTED, "169.254.169.254"), address(WANTED, "192.0.2.10"))]
    lookup(lab.guest, RESOLVER4, WANTED)
    settle(lab)
    assert learned(lab) == {(WANTED, "192.0.2.10")}
    lab.reach("tcp 192.0.2.10 443", "tcp 169.254.169.254 443")


def test_forbidden_addresses_as_hints(lab, server):
    server.replies = lambda message: [reply(message, https(WANTED, "127.0.0.1", "169.254.169.254", "fe80::1", HOST6))]
    lookup(lab.guest, RESOLVER4, WANTED, HTTPS)
    settle(lab)
    assert learned(lab) == set()


# --- TCP ---------------------------------------------------------------------------------------------------------


def receive(connection, n_octets):
    """With a timeout Python's sockets do not block, so MSG_WAITALL would not wait for all."""
    received = b""
    while len(received) < n_octets:
        chunk = connection.recv(n_octets - len(received))
        assert chunk, f"closed after {len(received)} of {n_octets} octets"
        received += chunk
    return received


def tcp_exchange(lab, server_address, answer, message):
    """The guest sends the message over TCP, the server sends the octets; both close."""

    def serve(listener):
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(PATIENT)
            assert receive(connection, len(message)) == message
            connection.sendall(answer)

    # Each reads while the other writes: what they send may be more than buffers hold.
    with lab.internet.socket(socket.AF_INET, socket.SOCK_STREAM) as listener, \
            lab.guest.socket(socket.AF_INET, socket.SOCK_STREAM) as client, \
            concurrent.futures.ThreadPoolExecutor(1) as executor:
        listener.settimeout(PATIENT)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((server_address, 53))
        listener.listen()
        served = executor.submit(serve, listener)
        client.settimeout(PATIENT)
        client.connect((server_address, 53))
        client.sendall(message)
        assert receive(client, len(answer)) == answer
        served.result()


def framed(message):
    return struct.pack("!H", len(message)) + message


def test_dns_like_octets_of_a_tcp_server_that_is_no_resolver(lab):
    message = query(WANTED)
    tcp_exchange(lab, UNTRUSTED, framed(reply(message, address(WANTED, EVIL))), framed(message))
    assert_nothing_opened(lab)


def test_a_tcp_answer_that_nobody_asked_for(lab):
    tcp_exchange(lab, RESOLVER4, framed(reply(query(WANTED), address(WANTED, EVIL))), b"")
    assert_nothing_opened(lab)


def test_a_tcp_answer_to_another_question(lab):
    message = query("other.example")
    tcp_exchange(lab, RESOLVER4, framed(reply(query(WANTED), address(WANTED, EVIL))), framed(message))
    assert_nothing_opened(lab)


def test_a_tcp_stream_of_anything(lab):
    message = query(WANTED)
    tcp_exchange(lab, RESOLVER4, os.urandom(200_000), framed(message) + os.urandom(100_000))
    assert_nothing_opened(lab)


@pytest.mark.parametrize("n_records", [1024, 1025])
def test_more_records_than_are_read(lab, n_records):
    message = query(WANTED)
    before = counters(lab)["malformed"]
    tcp_exchange(lab, RESOLVER4, framed(reply(message, *[address(WANTED, EVIL)] * n_records)), framed(message))
    settle(lab)
    assert learned(lab) == ({(WANTED, EVIL)} if n_records == 1024 else set())
    assert counters(lab)["malformed"] == before + (n_records > 1024)


def test_an_answer_over_tcp_to_a_question_over_udp(lab, server):
    server.replies = lambda asked: []
    message = query(WANTED)
    with lab.guest.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(message, (RESOLVER4, 53))
    tcp_exchange(lab, RESOLVER4, framed(reply(message, address(WANTED, EVIL))), b"")
    assert_nothing_opened(lab)
