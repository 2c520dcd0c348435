# SPDX-License-Identifier: GPL-2.0-or-later
"""serve.py tcp|udp PORT: greets, or sends back, on every IPv4 and IPv6 address of its network namespace."""

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


def serve_udp(port):
    """Answers from the address that was asked, which a socket bound to the wildcard does not do by itself."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as server:
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        server.bind(("::", port))
        print("ready", flush=True)
        while True:
            data, ancillary, _, peer = server.recvmsg(65536, 256)
            # The address is to be kept, the interface is the routing's business.
            ancillary = [(level, kind, value[:16] + bytes(4)) for level, kind, value in ancillary]
            server.sendmsg([data], ancillary, 0, peer)


def main():
    kind, port = sys.argv[1], int(sys.argv[2])
    if kind == "udp":
        serve_udp(port)
    with TcpServer(("::", port), Greeting) as server:
        print("ready", flush=True)
        server.serve_forever()


main()
