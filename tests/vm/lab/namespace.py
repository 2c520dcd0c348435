# SPDX-License-Identifier: GPL-2.0-or-later
"""Network namespaces, from the inside and from the outside."""

import contextlib
import ctypes
import os
import socket
import subprocess

CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)


class Namespace:
    def __init__(self, name):
        self.name = name
        subprocess.run(["ip", "netns", "add", name], check=True)
        self.configure("link set lo up")

    def delete(self):
        subprocess.run(["ip", "netns", "delete", self.name], check=True)

    def configure(self, lines):
        """Lines for ip(8)."""
        subprocess.run(["ip", "-n", self.name, "-batch", "-"], input=lines, text=True, check=True)

    def command(self, *arguments):
        return ["ip", "netns", "exec", self.name, *map(str, arguments)]

    def run(self, *arguments, **options):
        options = {"capture_output": True, "text": True, "timeout": 120, **options}
        return subprocess.run(self.command(*arguments), **options)

    def check(self, *arguments, **options):
        """Runs a program that must not fail; returns what it printed."""
        result = self.run(*arguments, **options)
        assert result.returncode == 0, f"{arguments}: {result.returncode}\n{result.stdout}{result.stderr}"
        return result.stdout

    @contextlib.contextmanager
    def entered(self):
        """This thread, in the namespace: sockets that it makes there stay there."""
        with open("/proc/thread-self/ns/net", "rb") as before, open(f"/run/netns/{self.name}", "rb") as target:
            _setns(target)
            try:
                yield
            finally:
                _setns(before)

    def socket(self, *arguments):
        with self.entered():
            return socket.socket(*arguments)

    def raw_socket(self, interface):
        """Sends and receives whole frames on the interface."""
        raw = self.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        with self.entered():
            raw.bind((interface, 3))  # ETH_P_ALL
        return raw

    def mac(self, interface):
        with self.raw_socket(interface) as raw:
            return raw.getsockname()[4]


def _setns(file):
    if LIBC.setns(file.fileno(), CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
