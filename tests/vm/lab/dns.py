# SPDX-License-Identifier: GPL-2.0-or-later
"""A DNS server of Debian's, and the questions of its clients."""

import ipaddress
import os
import socket
import struct
import subprocess
import time

A, AAAA = 1, 28


def query(identification, name, kind):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!HHHHHH", identification, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!HH", kind, 1)


def n_answers(message, identification):
    assert message[:2] == struct.pack("!H", identification)
    return struct.unpack_from("!H", message, 6)[0]


def family(address):
    return socket.AF_INET if ipaddress.ip_address(address).version == 4 else socket.AF_INET6


def ask_udp(namespace, server, name, kind, timeout=60):
    identification = int.from_bytes(os.urandom(2), "big")
    with namespace.socket(family(server), socket.SOCK_DGRAM) as client:
        client.settimeout(timeout)
        client.connect((server, 53))
        client.send(query(identification, name, kind))
        return n_answers(client.recv(65536), identification)


def ask_tcp(namespace, server, name, kind):
    """The query goes in two segments, one of them cut through its length."""
    identification = int.from_bytes(os.urandom(2), "big")
    message = query(identification, name, kind)
    message = struct.pack("!H", len(message)) + message
    with namespace.socket(family(server), socket.SOCK_STREAM) as client:
        client.settimeout(60)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.connect((server, 53))
        client.sendall(message[:1])
        client.sendall(message[1:])
        with client.makefile("rb") as stream:
            (length,) = struct.unpack("!H", stream.read(2))
            return n_answers(stream.read(length), identification)


class Server:
    """records: (name, IPv4 address, IPv6 address, TTL); aliases: (name, target, TTL)."""

    def __init__(self, namespace, addresses, records, aliases):
        arguments = ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--pid-file", "--user=root"]
        arguments += ["--no-resolv", "--no-hosts", "--bind-interfaces", "--log-facility=-"]
        arguments += [f"--listen-address={address}" for address in addresses]
        arguments += [f"--host-record={name},{v4},{v6},{ttl}" for name, v4, v6, ttl in records]
        arguments += [f"--cname={name},{target},{ttl}" for name, target, ttl in aliases]
        self.process = subprocess.Popen(namespace.command(*arguments), stderr=subprocess.DEVNULL)
        self._await(namespace, addresses)

    def _await(self, namespace, addresses):
        deadline = time.monotonic() + 60
        for address in addresses:
            while True:
                assert self.process.poll() is None and time.monotonic() < deadline, "dnsmasq does not serve"
                with namespace.socket(family(address), socket.SOCK_STREAM) as probe:
                    if probe.connect_ex((address, 53)) == 0:
                        break
                time.sleep(0.1)

    def stop(self):
        self.process.terminate()
        self.process.wait(120)
