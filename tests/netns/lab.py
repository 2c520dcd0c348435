# SPDX-License-Identifier: GPL-2.0-or-later
"""
A small network of namespaces on this kernel, and the programs under test in the middle of it.

    guest ──guest0/vnet0── host ──up0/down0── internet

The "host" is a namespace of its own: nothing of the real host is touched. Every address of the documentation
prefixes (192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24, 2001:db8::/32) is local to the internet namespace, and
everything unknown is routed there, so a test may use whatever addresses it likes.
"""

import contextlib
import ctypes
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from probe import MOMENT, PATIENCE, assert_reach

CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)
_numbers = itertools.count()

BUILD = os.environ.get("NFWPOLICY_BUILD", os.path.join(os.path.dirname(__file__), "..", "..", "build"))
SOURCE = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
NFWPOLICY = os.path.join(BUILD, "cmd", "nfwpolicy", "nfwpolicy")
NFWPOLICYD = os.path.join(BUILD, "cmd", "nfwpolicyd", "nfwpolicyd")

GUEST4, GUEST6 = "10.77.1.2", "fd77:1::2"
HOST4, HOST6 = "10.77.1.1", "fd77:1::1"
INTERNET4, INTERNET6 = "10.77.2.2", "fd77:2::2"


def eventually(check, seconds=60.0):
    """
    Waits until check() is true, and returns what it returned. For what another process does in its own time, which is long
    on a machine that has other things to do; a test that passes does not wait so long.
    """
    deadline = time.monotonic() + seconds * PATIENCE
    while True:
        result = check()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"did not happen within {seconds * PATIENCE} s: {check}")
        time.sleep(0.02)


class Namespace:
    def __init__(self, role):
        self.name = f"nfw-{os.getpid()}-{next(_numbers)}-{role}"
        subprocess.run(["ip", "netns", "add", self.name], check=True)
        self.batch("link set lo up")
        # Addresses are unique by construction; waiting for that to be found out makes first packets get lost.
        self.set("ipv6/conf/all/accept_dad", 0)
        self.set("ipv6/conf/default/accept_dad", 0)

    @contextlib.contextmanager
    def enter(self):
        """Sockets made inside belong to the namespace, for as long as they live."""
        with open("/proc/thread-self/ns/net") as home, open(f"/run/netns/{self.name}") as there:
            if libc.setns(there.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
            try:
                yield
            finally:
                if libc.setns(home.fileno(), CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "setns")

    def socket(self, family, kind, protocol=0):
        with self.enter():
            return socket.socket(family, kind, protocol)

    def command(self, *args):
        return ["ip", "netns", "exec", self.name, *map(str, args)]

    def run(self, *args, check=True, **options):
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        result = subprocess.run(self.command(*args), text=True, check=False, **options)
        if check and result.returncode != 0:
            raise AssertionError(f"{args}: exit {result.returncode}\n{result.stdout}{result.stderr}")
        return result

    def start(self, *args, **options):
        return subprocess.Popen(self.command(*args), text=True, **options)

    def batch(self, *commands):
        """Commands of ip, all in one process."""
        subprocess.run(["ip", "-n", self.name, "-batch", "-"], input="\n".join(commands), text=True, check=True)

    def set(self, name, value):
        """One of the namespace's settings in /proc/sys/net."""
        with self.enter(), open(f"/proc/sys/net/{name}", "w", encoding="ascii") as file:
            file.write(str(value))

    def wait_up(self, link):
        """
        The end of a veth that is up first loses what it is to send until the kernel's workers have seen that the other one is
        up as well.
        """
        eventually(lambda: " state UP " in self.run("ip", "link", "show", "dev", link).stdout)

    def remove(self):
        for pid in subprocess.run(
            ["ip", "netns", "pids", self.name], text=True, stdout=subprocess.PIPE, check=False
        ).stdout.split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        subprocess.run(["ip", "netns", "del", self.name], check=False)


class Lab:
    """One guest, the host between, and the internet."""

    def __init__(self):
        self.namespaces = []
        self.processes = []
        self.closers = []
        self.directory = tempfile.mkdtemp(prefix="nfw-lab-")
        self.guest = self.namespace("guest")
        self.host = self.namespace("host")
        self.internet = self.namespace("internet")
        self._link_guest(self.guest, "vnet0", 1)
        self._link_internet()

    def namespace(self, role):
        namespace = Namespace(role)
        self.namespaces.append(namespace)
        return namespace

    def _link_guest(self, guest, port, number):
        self.host.batch(
            f"link add {port} type veth peer name guest0 netns {guest.name}",
            f"addr add 10.77.{number}.1/24 dev {port}",
            f"addr add fd77:{number}::1/64 dev {port} nodad",
            f"link set {port} up",
        )
        guest.batch(
            f"addr add 10.77.{number}.2/24 dev guest0",
            f"addr add fd77:{number}::2/64 dev guest0 nodad",
            "link set guest0 up",
            f"route add default via 10.77.{number}.1",
            f"route add default via fd77:{number}::1",
        )
        self.host.wait_up(port)

    def add_guest(self, port, number):
        """One more routed guest: 10.77.NUMBER.2 behind its own port."""
        guest = self.namespace("guest")
        self._link_guest(guest, port, number)
        return guest

    def _link_internet(self):
        self.host.batch(
            f"link add up0 type veth peer name down0 netns {self.internet.name}",
            "addr add 10.77.2.1/24 dev up0",
            "addr add fd77:2::1/64 dev up0 nodad",
            "link set up0 up",
            f"route add default via {INTERNET4}",
            f"route add default via {INTERNET6}",
        )
        self.host.set("ipv4/ip_forward", 1)
        self.host.set("ipv6/conf/all/forwarding", 1)
        local = (
            "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "169.254.169.254/32",
            "10.99.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "2001:db8::/32", "fd00:ec2::254/128",
        )
        self.internet.batch(
            f"addr add {INTERNET4}/24 dev down0",
            f"addr add {INTERNET6}/64 dev down0 nodad",
            "link set down0 up",
            "route add 10.77.0.0/16 via 10.77.2.1",
            "route add fd77::/16 via fd77:2::1",
            *(f"route add local {prefix} dev lo" for prefix in local),
        )
        self.internet.set("ipv6/ip_nonlocal_bind", 1)
        self.host.wait_up("up0")

    # --- the programs under test ---------------------------------------------------------------------------

    @property
    def state(self):
        return os.path.join(self.directory, "state")

    def file(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text)
        return path

    def resolv_conf(self, *servers):
        """What the host itself uses; kept where `ip netns exec` puts it in place of /etc/resolv.conf."""
        directory = f"/etc/netns/{self.host.name}"
        os.makedirs(directory, exist_ok=True)
        with open(f"{directory}/resolv.conf", "w", encoding="utf-8") as stream:
            stream.writelines(f"nameserver {server}\n" for server in servers)

    def nfw_command(self, command, *args):
        return NFWPOLICY, command, "--state-directory", self.state, *args

    def nfw(self, command, *args, check=True):
        return self.host.run(*self.nfw_command(command, *args), check=check)

    def json(self, command, *args):
        return json.loads(self.nfw(command, "--json", *args).stdout)

    def load(self, text, *args, name="test", ports=("vnet0",), check=True):
        ports = [word for port in ports for word in ("--port", port)]
        return self.nfw("load", self.file(f"{name}.yaml", text), *ports, *args, check=check)

    def learner_command(self):
        return NFWPOLICYD, "--foreground", "--state-directory", self.state, "-v"

    def learner(self):
        """nfwpolicyd, ready to learn."""
        process = self.host.start(
            *self.learner_command(),
            stdout=open(os.path.join(self.directory, "learner.log"), "a", encoding="utf-8"),
            stderr=subprocess.STDOUT,
        )
        self.processes.append(process)
        eventually(lambda: self._learner_holds_lock() or process.poll() is not None)
        assert process.poll() is None, self.learner_log()
        return process

    def _learner_holds_lock(self):
        return self.json("list")["learner"]["running"]

    def learner_log(self):
        path = os.path.join(self.directory, "learner.log")
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8") as stream:
            return stream.read()

    def unload_all(self):
        for policy in self.json("list")["policies"]:
            self.nfw("unload", policy["name"], "--force")

    def names(self, *args):
        return self.json("names", *args)

    def learned(self, port="vnet0"):
        """The addresses that a port has learned, each with the name that it was learned for."""
        return {(each["name"], each["address"]) for each in self.names("--port", port)}

    def wait_learned(self, name, address, port="vnet0"):
        eventually(lambda: (name, address) in self.learned(port))

    def seconds_left(self, address):
        return max((each["seconds_left"] for each in self.names() if each["address"] == address), default=0)

    def nft(self, *args):
        return self.host.run("nft", *args).stdout

    # --- traffic -------------------------------------------------------------------------------------------

    def serve(self, *ports, kind="both", namespace=None):
        """Greets TCP connections and sends datagrams back, on every address of the namespace."""
        process = (namespace or self.internet).start(
            "/usr/bin/python3", os.path.join(SOURCE, "tests", "netns", "serve.py"), kind, *ports,
            stdout=subprocess.PIPE,
        )
        self.processes.append(process)
        assert process.stdout.readline() == "ready\n"
        return process

    def tcp_server(self, *ports, namespace=None):
        return self.serve(*ports, kind="tcp", namespace=namespace)

    def udp_server(self, *ports, namespace=None):
        return self.serve(*ports, kind="udp", namespace=namespace)

    def reach(self, allowed=(), denied=(), namespace=None):
        """What the guest can reach and what it cannot; see probe.py for how the probes are written."""
        assert_reach(namespace or self.guest, allowed, denied, control=self.host)

    def connects(self, address, port, namespace=None, timeout=MOMENT):
        """Whether a TCP connection from the guest gets the server's greeting, with PATIENT where it should."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with (namespace or self.guest).socket(family, socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout)
            try:
                connection.connect((address, port))
                return connection.recv(16) == b"hello"
            except (TimeoutError, ConnectionError, OSError):
                return False

    def echoes(self, address, port, namespace=None, timeout=MOMENT, payload=b"are you there?"):
        """Whether a datagram from the guest comes back, with PATIENT where it should."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with (namespace or self.guest).socket(family, socket.SOCK_DGRAM) as connection:
            connection.settimeout(timeout)
            try:
                connection.connect((address, port))
                connection.send(payload)
                return connection.recv(65536) == payload
            except (TimeoutError, ConnectionError, OSError):
                return False

    def pings(self, address, namespace=None, size=56, timeout=MOMENT):
        """Whether a ping of the guest is answered, with PATIENT where it should."""
        result = (namespace or self.guest).run(
            "ping", "-n", "-c", "1", "-W", timeout, "-s", size, address, check=False
        )
        return result.returncode == 0

    # --- the end -------------------------------------------------------------------------------------------

    def remove(self):
        for close in self.closers:
            close()
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        for process in self.processes:
            process.wait()
            if process.stdout:
                process.stdout.close()
        for namespace in self.namespaces:
            namespace.remove()
        shutil.rmtree(f"/etc/netns/{self.host.name}", ignore_errors=True)
        shutil.rmtree(self.directory, ignore_errors=True)
