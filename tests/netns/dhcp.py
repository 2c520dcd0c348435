# SPDX-License-Identifier: GPL-2.0-or-later
"""Frames of ARP, DHCP (RFC 2131), DHCPv6 (RFC 8415) and neighbour discovery, right ones and wrong ones."""

import socket
import struct

from packets import ICMPV6, UDP, echo6, ipv4, ipv6, packed, udp, with_checksum

DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE = 1, 2, 3, 4, 5, 6, 7
SOLICIT, REQUEST6, REPLY6, RELEASE6, DECLINE6 = 1, 3, 7, 8, 9
BROADCAST = "ff:ff:ff:ff:ff:ff"


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def ethernet(source, destination, kind, payload):
    return (mac(destination) + mac(source) + struct.pack("!H", kind) + payload).ljust(60, b"\0")


def arp(source, sender, target, operation=1, sender_mac=None):
    payload = struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation) + mac(sender_mac or source) + packed(sender)
    return ethernet(source, BROADCAST, 0x0806, payload + bytes(6) + packed(target))


def ping(source, destination, sender, target, number=0):
    """An echo request that ends in octets of its own."""
    end = b"ping" + struct.pack("!I", number)
    return ethernet(source, destination, 0x0800, ipv4(sender, target, 1, struct.pack("!BBHHH", 8, 0, 0, 1, 1) +
                                                      bytes(24) + end))


def ping6(source, destination, sender, target, number=0):
    end = b"ping" + struct.pack("!I", number)
    return ethernet(source, destination, 0x86dd, ipv6(sender, target, ICMPV6, echo6(sender, target, 1, end)))


def _options(kind, options):
    data = bytes([53, 1, kind])
    for number, value in options:
        data += bytes([number, len(value)]) + value
    return data + b"\xff"


def _bootp(operation, client, transaction, ciaddr, yiaddr, options):
    data = struct.pack("!BBBBIHH", operation, 1, 6, 0, transaction, 0, 0x8000)
    data += packed(ciaddr) + packed(yiaddr) + bytes(8) + mac(client) + bytes(10) + bytes(64 + 128)
    return data + b"\x63\x82\x53\x63" + options


def client4(source, kind, transaction, requested=None, ciaddr="0.0.0.0", server=None, destination="255.255.255.255",
            client=None, destination_mac=BROADCAST):
    options = []
    if requested:
        options.append((50, packed(requested)))
    if server:
        options.append((54, packed(server)))
    data = _bootp(1, client or source, transaction, ciaddr, "0.0.0.0", _options(kind, options))
    packet = ipv4(ciaddr, destination, UDP, udp(ciaddr, destination, 68, 67, data))
    return ethernet(source, destination_mac, 0x0800, packet)


def server4(source, client, kind, transaction, address, lifetime, server="192.0.2.1", chaddr=None):
    options = [(54, packed(server))]
    if kind != NAK:
        options.append((51, struct.pack("!I", lifetime)))
    data = _bootp(2, chaddr or client, transaction, "0.0.0.0", address, _options(kind, options))
    packet = ipv4(server, "255.255.255.255", UDP, udp(server, "255.255.255.255", 67, 68, data))
    return ethernet(source, client, 0x0800, packet)


def _option6(number, value):
    return struct.pack("!HH", number, len(value)) + value


def _duid(client):
    return struct.pack("!HH", 3, 1) + mac(client)


def _ia_na(addresses):
    inner = b"".join(_option6(5, packed(address) + struct.pack("!II", lifetime, lifetime))
                     for address, lifetime in addresses)
    return _option6(3, struct.pack("!III", 1, 0, 0) + inner)


def client6(source, link_local, kind, transaction, addresses=()):
    data = struct.pack("!I", kind << 24 | transaction) + _option6(1, _duid(source)) + _ia_na(addresses)
    packet = ipv6(link_local, "ff02::1:2", UDP, udp(link_local, "ff02::1:2", 546, 547, data))
    return ethernet(source, "33:33:00:01:00:02", 0x86dd, packet)


def server6(source, client, server, link_local, transaction, addresses):
    data = struct.pack("!I", REPLY6 << 24 | transaction) + _option6(1, _duid(client)) + _option6(2, _duid(source))
    data += _ia_na(addresses)
    packet = ipv6(server, link_local, UDP, udp(server, link_local, 547, 546, data))
    return ethernet(source, client, 0x86dd, packet)


def solicitation(source, sender, target, hop_limit=255):
    """Of the target's address; from :: it is that of who wants to have it (RFC 4862, section 5.4.2)."""
    group = socket.inet_ntop(socket.AF_INET6, packed("ff02::1:ff00:0")[:13] + packed(target)[13:])
    message = with_checksum(ICMPV6, sender, group, struct.pack("!BBHI", 135, 0, 0, 0) + packed(target), 2)
    return ethernet(source, "33:33:ff:" + ":".join(f"{octet:02x}" for octet in packed(target)[13:]), 0x86dd,
                    ipv6(sender, group, ICMPV6, message, hop_limit))
