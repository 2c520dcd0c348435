# SPDX-License-Identifier: GPL-2.0-or-later
"""serve.py tcp|udp PORT: greets, or sends back, on every IPv4 and IPv6 address of its network namespace."""

import selectors
import socket
import socketserver
import sys


class Greeting(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(b"hello")


class TcpServer(socketserver.ThreadingTCPServer):
    address_family = socket.AF_INET6
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 512


def answer(server):
    """Sends a datagram back from the address that it was sent to, which a wildcard socket does not do by itself."""
    data, ancillary, _, peer = server.recvmsg(65536, 256)
    for level, kind, value in ancillary:
        # The address is to be kept, the interface is the routing's business.
        source = value[:16] + bytes(4) if level == socket.IPPROTO_IPV6 else bytes(4) + value[8:12] + bytes(4)
        server.sendmsg([data], [(level, kind, source)], 0, peer)


def serve_udp(port):
    selector = selectors.DefaultSelector()
    for family, level, option, any_address in (
        (socket.AF_INET, socket.IPPROTO_IP, 8, "0.0.0.0"),  # IP_PKTINFO
        (socket.AF_INET6, socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, "::"),
    ):
        server = socket.socket(family, socket.SOCK_DGRAM)
        if family == socket.AF_INET6:
            server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        server.setsockopt(level, option, 1)
        server.bind((any_address, port))
        selector.register(server, selectors.EVENT_READ)
    print("ready", flush=True)
    while True:
        for key, _ in selector.select():
            answer(key.fileobj)


def main():
    kind, port = sys.argv[1], int(sys.argv[2])
    if kind == "udp":
        serve_udp(port)
    with TcpServer(("::", port), Greeting) as server:
        print("ready", flush=True)
        server.serve_forever()


main()
