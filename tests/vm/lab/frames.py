# SPDX-License-Identifier: GPL-2.0-or-later
"""Frames by hand, and which of them come through.

That something is dropped is seen without waiting for it: behind the frames in question goes one that always
passes, on the same way, and when that has arrived nothing else can come any more.
"""

import contextlib
import ipaddress
import itertools
import os
import struct
import threading

BROADCAST = b"\xff" * 6
ETHER_IPV4, ETHER_ARP, ETHER_IPV6 = 0x0800, 0x0806, 0x86DD
ETHER_VLAN, ETHER_SERVICE_VLAN, ETHER_EXPERIMENTAL = 0x8100, 0x88A8, 0x88B5
TCP, UDP = 6, 17
TCP_SYN, TCP_ACK = 0x02, 0x10
PACKET_OUTGOING = 4

_serial = itertools.count(1)


def token():
    """Bytes to know a frame again by."""
    return f"<frame {next(_serial)} of {os.getpid()}>".encode()


def ethernet(destination, source, ethertype, payload, tags=()):
    header = destination + source
    for tag_type, vlan in tags:
        header += struct.pack("!HH", tag_type, vlan)
    return header + struct.pack("!H", ethertype) + payload


def arp_request(source_mac, source, target):
    return struct.pack("!HHBBH", 1, ETHER_IPV4, 6, 4, 1) + (
        source_mac + ipaddress.ip_address(source).packed + bytes(6) + ipaddress.ip_address(target).packed
    )


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(source, destination, protocol, payload, offset=0, more=False, identification=0):
    """offset in units of eight bytes, as in the header."""

    def header(check):
        fields = (0x45, 0, 20 + len(payload), identification, (0x2000 if more else 0) | offset, 64, protocol, check)
        return (
            struct.pack("!BBHHHBBH", *fields)
            + ipaddress.ip_address(source).packed
            + ipaddress.ip_address(destination).packed
        )

    return header(checksum(header(0))) + payload


def udp(source_port, destination_port, payload):
    """Without a checksum, which IPv4 permits."""
    return struct.pack("!HHHH", source_port, destination_port, 8 + len(payload), 0) + payload


def begins_connection(frame, mac, address, port):
    """A SYN alone, from this station; without options, tag or extension header before it."""
    packed = ipaddress.ip_address(address).packed
    ethertype, network = struct.unpack_from("!H", frame, 12)[0], frame[14:]
    if ethertype == ETHER_IPV4:
        protocol, destination, transport = network[9], network[16:20], network[20:]
    elif ethertype == ETHER_IPV6:
        protocol, destination, transport = network[6], network[24:40], network[40:]
    else:
        return False
    return (
        frame[6:12] == mac
        and (protocol, destination) == (TCP, packed)
        and struct.unpack_from("!H", transport, 2)[0] == port
        and transport[13] & (TCP_SYN | TCP_ACK) == TCP_SYN
    )


def passing(origin, watched, send):
    """The frames that send() makes arrive at watched; both points are (namespace, interface)."""
    marker = token()
    with _one_processor(), watched[0].raw_socket(watched[1]) as watch, origin[0].raw_socket(origin[1]) as out:
        mac = out.getsockname()[4]
        send(out)
        request = arp_request(mac, "0.0.0.0", "0.0.0.0") + marker
        out.send(ethernet(BROADCAST, mac, ETHER_ARP, request))
        watch.settimeout(120)
        frames = []
        while True:
            frame, (_, _, packet_type, *_) = watch.recvfrom(65536)
            if marker in frame:
                return frames
            if packet_type != PACKET_OUTGOING:
                frames.append(frame)


@contextlib.contextmanager
def _one_processor():
    """Frames sent from one processor stay in their order."""
    thread = threading.get_native_id()
    before = os.sched_getaffinity(thread)
    os.sched_setaffinity(thread, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(thread, before)
