# SPDX-License-Identifier: GPL-2.0-or-later
"""
What a guest can reach.

A probe is written "tcp 192.0.2.1 443", "udp 2001:db8::1 53" or "icmp 192.0.2.1". Many are sent at once: those
that must get through are waited for, so that afterwards the way and the servers are known to work, and those
that must not are then given a moment to prove it wrong.
"""

import os
import select
import socket
import struct
import time

# Where everything is slower, waiting takes longer.
PATIENCE = float(os.environ.get("NFWPOLICY_PATIENCE", "1"))
# Seconds for what must happen: many, since only a test that fails waits so long; and for what must not.
PATIENT = 60.0 * PATIENCE
MOMENT = 0.25

ANSWERED, REFUSED = "answered", "refused"


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def checksum(data):
    """RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Probe:
    """One attempt. Any answer tells that it got through, a refusal too: what is dropped gets none."""

    def __init__(self, namespace, text):
        self.text = text
        self.result = None
        kind, self.address, *rest = text.split()
        self.family = family_of(self.address)
        getattr(self, f"_start_{kind}")(namespace, *map(int, rest))

    def _open(self, namespace, kind, protocol=0):
        self.socket = namespace.socket(self.family, kind, protocol)
        self.socket.setblocking(False)

    def _start_tcp(self, namespace, port):
        self._open(namespace, socket.SOCK_STREAM)
        self.expected = lambda data: data == b"hello"
        self.socket.connect_ex((self.address, port))

    def _start_udp(self, namespace, port):
        payload = os.urandom(16)
        self._open(namespace, socket.SOCK_DGRAM)
        self.expected = lambda data: data == payload
        self.socket.connect((self.address, port))
        self.socket.send(payload)

    def _start_icmp(self, namespace):
        payload = os.urandom(16)
        is4 = self.family == socket.AF_INET
        self._open(namespace, socket.SOCK_RAW, socket.IPPROTO_ICMP if is4 else socket.IPPROTO_ICMPV6)
        # A raw socket sees the whole namespace's ICMP, and for IPv4 with the IP header.
        reply = 0 if is4 else 129
        self.expected = lambda data: data.endswith(payload) and data[20 if is4 else 0] == reply
        message = struct.pack("!BBHHH", 8 if is4 else 128, 0, 0, int.from_bytes(os.urandom(2), "big"), 1) + payload
        if is4:
            message = message[:2] + struct.pack("!H", checksum(message)) + message[4:]
        self.socket.connect((self.address, 0))
        self.socket.send(message)

    def look(self):
        """Reads what has come, if anything."""
        try:
            while self.result is None:
                data = self.socket.recv(65536)
                if self.expected(data):
                    self.result = ANSWERED
        except BlockingIOError:
            pass
        except OSError as error:
            self.result = f"{REFUSED} ({error.strerror})"

    def close(self):
        self.socket.close()


def wait_for(probes, seconds, until):
    """Lets answers come in until there is nothing left to wait for, or for so long."""
    deadline = time.monotonic() + seconds
    while not until():
        left = deadline - time.monotonic()
        if left <= 0:
            return
        pending = [probe for probe in probes if probe.result is None]
        ready = select.select([probe.socket for probe in pending], [], [], left)[0]
        for probe in pending:
            if probe.socket in ready:
                probe.look()


def listed(probes):
    """One string with commas, or an iterable of strings."""
    if isinstance(probes, str):
        probes = probes.split(",")
    return [text.strip() for text in probes if text.strip()]


def assert_reach(namespace, allowed=(), denied=(), control=None):
    """
    Asserts what gets through and what does not. control is a namespace without a policy from where everything
    must get through, so that nothing counts as denied because of a missing server or route.
    """
    through = [Probe(namespace, text) for text in listed(allowed)]
    dropped = [Probe(namespace, text) for text in listed(denied)]
    controls = [Probe(control, text) for text in listed(denied)] if control else []
    everything = through + dropped + controls
    try:
        wait_for(everything, PATIENT, lambda: all(probe.result for probe in through + controls))
        if dropped:
            wait_for(dropped, MOMENT, lambda: all(probe.result for probe in dropped))
    finally:
        for probe in everything:
            probe.close()
    wrong = [f"{probe.text}: {probe.result or 'no answer'}, must be answered" for probe in through
             if probe.result != ANSWERED]
    wrong += [f"{probe.text}: {probe.result}, must be dropped" for probe in dropped if probe.result]
    wrong += [f"{probe.text}: {probe.result or 'no answer'} even without a policy" for probe in controls
              if probe.result != ANSWERED]
    assert not wrong, "\n".join(wrong)
