# SPDX-License-Identifier: GPL-2.0-or-later
"""
serve.py tcp|udp|both PORT...: on every IPv4 and IPv6 address of its network namespace.

A TCP connection is greeted with "hello", then gets back what it sends; a datagram is sent back from the address
that it was sent to.
"""

import selectors
import socket
import sys

IP_PKTINFO = 8

selector = selectors.DefaultSelector()


def accept(listener):
    connection, _ = listener.accept()
    connection.sendall(b"hello")
    selector.register(connection, selectors.EVENT_READ, echo)


def echo(connection):
    try:
        data = connection.recv(65536)
        if data:
            connection.sendall(data)
            return
    except ConnectionError:
        pass
    selector.unregister(connection)
    connection.close()


def answer(server):
    data, ancillary, _, peer = server.recvmsg(65536, 256)
    for level, kind, value in ancillary:
        # The address is to be kept, the interface is the routing's business.
        source = value[:16] + bytes(4) if level == socket.IPPROTO_IPV6 else bytes(4) + value[8:12] + bytes(4)
        server.sendmsg([data], [(level, kind, source)], 0, peer)


def listen(port):
    server = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=512)
    selector.register(server, selectors.EVENT_READ, accept)


def receive(port):
    for family, level, option, any_address in (
        (socket.AF_INET, socket.IPPROTO_IP, IP_PKTINFO, "0.0.0.0"),
        (socket.AF_INET6, socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, "::"),
    ):
        server = socket.socket(family, socket.SOCK_DGRAM)
        if family == socket.AF_INET6:
            server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        server.setsockopt(level, option, 1)
        server.bind((any_address, port))
        selector.register(server, selectors.EVENT_READ, answer)


def main():
    kind, ports = sys.argv[1], [int(port) for port in sys.argv[2:]]
    for port in ports:
        if kind in ("tcp", "both"):
            listen(port)
        if kind in ("udp", "both"):
            receive(port)
    print("ready", flush=True)
    while True:
        for key, _ in selector.select():
            key.data(key.fileobj)


main()
