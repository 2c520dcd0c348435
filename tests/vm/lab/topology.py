# SPDX-License-Identifier: GPL-2.0-or-later
"""
    guests                          host                               internet
    g1, g2: github.yaml    veth     br0 192.168.127.1                  203.0.113.53  DNS
    g3: services.yaml     -------   2001:db8:7f::1   wan0 ---- wan0    198.51.100.0/24, 2001:db8:100::/64,
    eth0 192.168.127.1N             NAT (IPv4), DNS                    169.254.169.254  TCP 80, 443
"""

import contextlib
import os
import pathlib
import socket
import subprocess
import time

from . import dns, frames, tcp
from .namespace import Namespace

HOST_V4, HOST_V6 = "192.168.127.1", "2001:db8:7f::1"
FAR_RESOLVER = "203.0.113.53"
WEB_PORTS = (80, 443)
METADATA = "169.254.169.254"
OUTSIDE_POLICY = "example.org"
TO_METADATA, TO_HOST, TO_LOOPBACK = "metadata.github.com", "host.github.com", "loopback.github.com"
ALIAS = "alias.github.com"

# The host's server says that records live short, the one in the internet that they live long.
SHORT_TTL, TTL, LONG_TTL = 6, 7200, 14400
N_NAMES = 40


def await_true(condition, seconds=300):
    """For what another process does in its own time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)


class Name:
    """A name that the policy of g1 and g2 allows and nobody has looked up yet."""

    def __init__(self, label, number):
        self.name = f"{label}{number}.github.com"
        self.v4 = f"198.51.100.{number}"
        self.v6 = f"2001:db8:100::{number:x}"

    def record(self, ttl):
        return (self.name, self.v4, self.v6, ttl)


class Guest:
    def __init__(self, lab, number):
        self.lab = lab
        self.port = f"g{number}"
        self.v4 = f"192.168.127.{10 + number}"
        self.v6 = f"2001:db8:7f::{10 + number:x}"
        self.namespace = lab.namespace(self.port)
        self.end = (self.namespace, "eth0")

    def look_up(self, name, server=HOST_V4, ask=dns.ask_udp):
        return [ask(self.namespace, server, name, kind) for kind in (dns.A, dns.AAAA)]

    def reaches(self, address, port=443):
        return tcp.reaches(self.namespace, address, port)

    def tries(self, address, port=443, watched=None):
        """Whether the first packet of a connection gets through the bridge to the host, or to watched."""
        sent = frames.passing(
            self.end, watched or self.lab.bridge, lambda _: tcp.send_syn(self.namespace, address, port)
        )
        mac = self.namespace.mac("eth0")
        return any(frames.begins_connection(frame, mac, address, port) for frame in sent)

    def knows(self):
        """The neighbours that it has an address on the link for."""
        lines = self.namespace.check("ip", "neigh", "show", "dev", "eth0").splitlines()
        return {line.split()[0] for line in lines if " lladdr " in line}

    def pings(self, address, size=56):
        return self.namespace.run("ping", "-q", "-n", "-c", 1, "-W", 60, "-s", size, address).returncode == 0


class Lab:
    def __init__(self, state_directory):
        self.prefix = f"nfw-{os.getpid()}"
        self.state_directory = state_directory
        self.build = pathlib.Path(os.environ["NFWPOLICY_BUILD"])
        self.source = pathlib.Path(__file__).resolve().parents[3]
        self.cleanup = contextlib.ExitStack()
        self.guests = []
        self.learner = None

    def __enter__(self):
        with self.cleanup:
            self._wire()
            self._serve()
            self.cleanup = self.cleanup.pop_all()
        return self

    def __exit__(self, *details):
        self.stop_learner()
        return self.cleanup.__exit__(*details)

    def namespace(self, name):
        namespace = Namespace(f"{self.prefix}-{name}")
        self.cleanup.callback(namespace.delete)
        return namespace

    def _wire(self):
        self.host, self.internet = (self.namespace(name) for name in ("host", "internet"))
        self.bridge = (self.host, "br0")
        self.host.check("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
        self.host.configure(f"""
            link add br0 type bridge
            link set br0 up
            address add {HOST_V4}/24 dev br0
            address add {HOST_V6}/64 dev br0 nodad
            link add wan0 type veth peer name wan0 netns {self.internet.name}
            link set wan0 up
            address add 203.0.113.1/24 dev wan0
            address add 2001:db8:71::1/64 dev wan0 nodad
            route add 198.51.100.0/24 via 203.0.113.2
            route add {METADATA} via 203.0.113.2
            route add 2001:db8:100::/64 via 2001:db8:71::2
        """)
        self.internet.configure(f"""
            link set wan0 up
            address add 203.0.113.2/24 dev wan0
            address add {FAR_RESOLVER}/24 dev wan0
            address add 2001:db8:71::2/64 dev wan0 nodad
            route add 2001:db8:7f::/64 via 2001:db8:71::1
            route add local 198.51.100.0/24 dev lo
            route add local {METADATA} dev lo
            route add local 2001:db8:100::/64 dev lo
        """)
        masquerade = "table ip nat { chain post { type nat hook postrouting priority 100; oifname wan0 masquerade; }; }"
        self.host.check("nft", "-f", "-", input=masquerade)
        for number in (1, 2, 3):
            guest = Guest(self, number)
            self.guests.append(guest)
            self.host.configure(f"""
                link add {guest.port} type veth peer name eth0 netns {guest.namespace.name}
                link set {guest.port} master br0 up
            """)
            guest.namespace.configure(f"""
                link set eth0 up
                address add {guest.v4}/24 dev eth0
                address add {guest.v6}/64 dev eth0 nodad
                route add default via {HOST_V4}
                route add default via {HOST_V6}
            """)

    def _serve(self):
        self.names = [Name("host", 10 + number) for number in range(N_NAMES)]
        self.brief = Name("brief", 10 + N_NAMES)
        common = [
            ("github.com", "198.51.100.1", "2001:db8:100::1", TTL),
            (OUTSIDE_POLICY, "198.51.100.2", "2001:db8:100::2", TTL),
            (TO_METADATA, METADATA, "fd00:ec2::254", TTL),
            (TO_HOST, HOST_V4, HOST_V6, TTL),
            (TO_LOOPBACK, "127.0.0.2", "::1", TTL),
            self.brief.record(SHORT_TTL),
        ]
        aliases = [(ALIAS, OUTSIDE_POLICY, TTL)]
        for namespace, addresses, ttl in (
            (self.host, [HOST_V4, HOST_V6], TTL),
            (self.internet, [FAR_RESOLVER], LONG_TTL),
        ):
            records = common + [name.record(ttl) for name in self.names]
            self.cleanup.callback(dns.Server(namespace, addresses, records, aliases).stop)
        self.unused = iter(self.names)
        for port in WEB_PORTS:
            self.cleanup.callback(tcp.EchoServer(self.internet, port).close)

    def fresh_name(self):
        return next(self.unused)

    def serve_on(self, guest, port):
        """A TCP server in a guest, as a context manager."""
        return contextlib.closing(tcp.EchoServer(guest.namespace, port))

    def know_neighbours(self):
        """Ask for the addresses on the link now: a packet that has to wait for an answer is not sent in its turn."""
        for guest in self.guests:
            others = [other for other in self.guests if other is not guest]
            addresses = {HOST_V4, HOST_V6, *(other.v4 for other in others), *(other.v6 for other in others)}
            # Again, as the kernel gives up after three seconds.
            while unknown := addresses - guest.knows():
                for address in unknown:
                    with guest.namespace.socket(dns.family(address), socket.SOCK_DGRAM) as nudge:
                        nudge.sendto(b"", (address, 9))
                time.sleep(0.2)

    # --- the program under test

    def nfwpolicy(self, *arguments):
        program = self.build / "cmd/nfwpolicy/nfwpolicy"
        return self.host.run(program, "--state-directory", self.state_directory, *arguments)

    def must(self, *arguments):
        result = self.nfwpolicy(*arguments)
        assert result.returncode == 0, f"{arguments}: {result.returncode}\n{result.stdout}{result.stderr}"
        return result.stdout

    def start_learner(self, *options):
        program = self.build / "cmd/nfwpolicyd/nfwpolicyd"
        self.learner = subprocess.Popen(
            self.host.command(program, "--foreground", "--state-directory", self.state_directory, *options),
            stdout=subprocess.PIPE,
            text=True,
        )
        line = self.learner.stdout.readline()
        assert "learning" in line, line

    def stop_learner(self):
        if self.learner:
            self.learner.terminate()
            self.learner.wait(120)
            self.learner = None

    def kill_learner(self):
        self.learner.kill()
        self.learner.wait(120)
        self.learner = None
