# SPDX-License-Identifier: GPL-2.0-or-later
"""
Virtual networks on this kernel: bridges of a host with guests on them, and two ways out of it.

    guest ─┐
    guest ─┴─ virbr0 ── host ──enp0s7── outside (203.0.113.0/24, 2001:db8:113::/64)
    guest ─── virbr1 ──┘  └────enp0s8── outside (198.51.100.0/24, 2001:db8:51::/64)

The bridges are made by the program under test. "outside" routes everything else to the host.
"""

import errno
import os
import socket
import subprocess
import time

from lab import NFWPOLICY, NFWPOLICYD, SOURCE, Namespace, eventually
from probe import PATIENT

DEFINITIONS = os.path.join(SOURCE, "tests", "data", "networks")

OUTSIDE4, OUTSIDE6, HOST4, HOST6 = "203.0.113.2", "2001:db8:113::2", "203.0.113.1", "2001:db8:113::1"
OTHER4, OTHER_HOST4 = "198.51.100.2", "198.51.100.1"


def xml(name="default", bridge="virbr0", forward="", ips="", more=""):
    return f"<network><name>{name}</name><bridge name='{bridge}' stp='off'/>{forward}{ips}{more}</network>"


def ip4(address, more=""):
    return f"<ip address='{address}' netmask='255.255.255.0'>{more}</ip>"


def ip6(address):
    return f"<ip family='ipv6' address='{address}' prefix='64'/>"


class Guest:
    def __init__(self, lab, port, bridge, *addresses):
        self.lab, self.namespace, self.port = lab, lab.namespace("guest"), port
        lab.host.run("ip", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", self.namespace.name)
        self.namespace.run("ip", "link", "set", "eth0", "up")
        lab.host.run("ip", "link", "set", port, "up", "master", bridge)
        # The spanning tree may be on.
        eventually(lambda: "state forwarding" in lab.host.run("bridge", "link", "show", "dev", port).stdout)
        self.namespace.wait_up("eth0")
        for address in addresses:
            router = address[:address.rindex(":" if ":" in address else ".") + 1] + "1"
            version, length, *nodad = ("-6", 64, "nodad") if ":" in address else ("-4", 24)
            self.namespace.run("ip", version, "addr", "add", f"{address}/{length}", "dev", "eth0", *nodad)
            self.namespace.run("ip", version, "route", "replace", "default", "via", router, "dev", "eth0")
        self.addresses = addresses


class NetworkLab:
    def __init__(self, directory):
        self.directory, self.namespaces, self.processes = str(directory), [], []
        self.host, self.outside = self.namespace("host"), self.namespace("outside")
        for device, peer, v4, v6 in (
            ("enp0s7", "way0", "203.0.113", "2001:db8:113:"), ("enp0s8", "way1", "198.51.100", "2001:db8:51:"),
        ):
            self.host.run("ip", "link", "add", device, "type", "veth", "peer", "name", peer, "netns", self.outside.name)
            for namespace, link, number in ((self.host, device, 1), (self.outside, peer, 2)):
                namespace.run("ip", "addr", "add", f"{v4}.{number}/24", "brd", "+", "dev", link)
                namespace.run("ip", "-6", "addr", "add", f"{v6}:{number}/64", "dev", link, "nodad")
                namespace.run("ip", "link", "set", link, "up")
            self.host.wait_up(device)
        self.host.run("sysctl", "-qw", "net.ipv4.ip_forward=0", "net.ipv6.conf.all.forwarding=0")
        self.outside.run("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0")
        self.host.run("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0")
        self.outside.run("ip", "route", "add", "192.168.0.0/16", "via", HOST4)
        self.outside.run("ip", "-6", "route", "add", "2001:db8:ca2::/48", "via", HOST6)

    def namespace(self, role):
        namespace = Namespace(role)
        self.namespaces.append(namespace)
        return namespace

    def remove(self):
        for process in self.processes:
            process.kill()
            process.wait()
        for namespace in self.namespaces:
            namespace.remove()

    # --- the programs under test ---------------------------------------------------------------------------------

    @property
    def definitions(self):
        return os.path.join(self.directory, "networks")

    def file(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text)
        return path

    def nfw(self, command, *args, check=True):
        state = ("--state-directory", os.path.join(self.directory, "state"))
        where = ("--network-directory", self.definitions) if command.startswith("net-") else ()
        return self.host.run(NFWPOLICY, command, *state, *where, *args, check=check)

    def start(self, definition, name="default", check=True):
        """From a file, or from XML; the program makes the bridge."""
        if definition.startswith("<"):
            definition = self.file(f"{name}.xml", definition)
        self.nfw("net-define", definition)
        return self.nfw("net-start", name, "--create-bridge", check=check)

    def daemon(self):
        log = open(os.path.join(self.directory, "daemon.log"), "a", encoding="utf-8")
        process = self.host.start(
            NFWPOLICYD, "--foreground", "-v", "--state-directory", os.path.join(self.directory, "state"),
            "--store", os.path.join(self.directory, "store"), stdout=log, stderr=subprocess.STDOUT,
        )
        self.processes.append(process)
        return process

    def learner_log(self):
        path = os.path.join(self.directory, "daemon.log")
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8") as stream:
            return stream.read()

    def rules(self):
        return self.host.run("nft", "-s", "list", "ruleset").stdout


# --- datagrams --------------------------------------------------------------------------------------------------------


def bound(namespace, address, port=0):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    result = namespace.socket(family, socket.SOCK_DGRAM)
    result.settimeout(PATIENT)
    result.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    result.bind((address, port))
    return result


def send(sender, source, receiver, destination, source_port=0):
    """
    A datagram from one to the other and an answer to it: the source that the receiver sees, or None where the sender is
    told that nobody is there.
    """
    with bound(receiver, destination) as server, bound(sender, source, source_port) as client:
        client.connect(server.getsockname()[:2])
        payload = os.urandom(8)
        try:
            client.send(payload)
            # What is rejected is told at once, and what arrives has been told nothing.
            server.settimeout(0.05)
            deadline = time.monotonic() + PATIENT
            while time.monotonic() < deadline:
                try:
                    data, peer = server.recvfrom(100)
                    break
                except socket.timeout:
                    error = client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                    if error == errno.ECONNREFUSED:
                        return None
                    assert error == 0, os.strerror(error)
            else:
                raise AssertionError(f"{source} to {destination}: neither there nor refused")
            assert data == payload
            server.sendto(b"answer", peer)
            assert client.recv(100) == b"answer"
            return peer[:2]
        except ConnectionRefusedError:
            return None
