# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets as octets, for what no socket would send."""

import contextlib
import ctypes
import ipaddress
import os
import socket
import struct

from probe import PATIENT, checksum

# Protocol numbers, and those of extension headers.
HOP_BY_HOP, TCP, UDP, ROUTING, FRAGMENT, AUTHENTICATION, ICMPV6, NO_NEXT, DESTINATION = 0, 6, 17, 43, 44, 51, 58, 59, 60
ETH_P_ALL = 3


def packed(address):
    return ipaddress.ip_address(address).packed


def with_checksum(protocol, source, destination, segment, offset):
    """Fills in the transport's checksum, which covers the addresses too."""
    total = checksum(packed(source) + packed(destination) + struct.pack("!II", len(segment), protocol) + segment)
    return segment[:offset] + struct.pack("!H", total) + segment[offset + 2:]


def udp(source, destination, source_port, destination_port, payload):
    segment = struct.pack("!HHHH", source_port, destination_port, 8 + len(payload), 0) + payload
    return with_checksum(UDP, source, destination, segment, 6)


def tcp_syn(source, destination, source_port, destination_port):
    segment = struct.pack("!HHIIBBHHH", source_port, destination_port, 1000, 0, 5 << 4, 0x02, 64240, 0, 0)
    return with_checksum(TCP, source, destination, segment, 16)


def echo6(source, destination, identifier, payload):
    segment = struct.pack("!BBHHH", 128, 0, 0, identifier, 1) + payload
    return with_checksum(ICMPV6, source, destination, segment, 2)


def ipv4(source, destination, protocol, payload, fragment=0, identification=0, ttl=64):
    """fragment: the flags and the offset, as they are in the header."""
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), identification, fragment, ttl, protocol, 0)
    header += packed(source) + packed(destination)
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def ipv6(source, destination, next_header, payload, hop_limit=64):
    header = struct.pack("!IHBB", 6 << 28, len(payload), next_header, hop_limit)
    return header + packed(source) + packed(destination) + payload


def options(next_header, size=8):
    """A hop-by-hop or destination options header full of padding, RFC 8200 section 4.2."""
    padding = size - 2
    return bytes([next_header, size // 8 - 1, 1, padding - 2]) + bytes(padding - 2)


def fragment_header(next_header, offset, more, identification):
    return struct.pack("!BBHI", next_header, 0, offset | more, identification)


class Wire:
    """A namespace's interface below everything: what is sent and seen are whole frames."""

    def __init__(self, namespace, interface, protocol=ETH_P_ALL):
        with namespace.enter():
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(protocol))
            self.socket.bind((interface, protocol))
        self.socket.settimeout(PATIENT)

    def send(self, frame):
        self.socket.send(frame)

    def forget(self):
        """What has come so far."""
        self.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                self.socket.recv(65536)
        self.socket.settimeout(PATIENT)

    def receive_until(self, end):
        """All frames up to the first one that has these octets, which is the last of the list."""
        frames = []
        while not frames or end not in frames[-1]:
            frames.append(self.socket.recv(65536))
        return frames

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def stay_on_this_processor():
    """What is sent on one is worked through in order; two would be ahead of each other. Returns where it was allowed before."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, [ctypes.CDLL(None).sched_getcpu()])
    return before


def send_raw(namespace, packet):
    """An IP packet as it is, header and all; the kernel only finds the neighbour."""
    version = packet[0] >> 4
    destination = packet[16:20] if version == 4 else packet[24:40]
    family = socket.AF_INET if version == 4 else socket.AF_INET6
    with namespace.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        raw.sendto(packet, (str(ipaddress.ip_address(destination)), 0))
