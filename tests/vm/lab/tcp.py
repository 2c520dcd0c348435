# SPDX-License-Identifier: GPL-2.0-or-later
"""TCP servers that give back what they get, and clients for them."""

import socket
import socketserver
import threading


class _Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(4096):
            self.request.sendall(data)


class EchoServer(socketserver.ThreadingTCPServer):
    """On every address of the namespace, IPv4 and IPv6."""

    address_family = socket.AF_INET6
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, namespace, port):
        with namespace.entered():
            super().__init__(("::", port), _Echo)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self):
        self.shutdown()
        self.server_close()


class Connection:
    def __init__(self, namespace, address, port, timeout=60):
        self.socket = namespace.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        try:
            self.socket.connect((address, port))
        except OSError:
            self.socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def echoes(self):
        self.socket.sendall(b"hello")
        return self.socket.recv(5, socket.MSG_WAITALL) == b"hello"


def reaches(namespace, address, port):
    """Waits long enough for a lost packet to be sent again; for what is denied see frames.passing()."""
    try:
        with Connection(namespace, address, port) as connection:
            return connection.echoes()
    except TimeoutError:
        return False


def send_syn(namespace, address, port):
    """One connection attempt, its answer not awaited."""
    with namespace.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM) as client:
        client.setblocking(False)
        client.connect_ex((address, port))
