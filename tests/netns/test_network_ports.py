# SPDX-License-Identifier: GPL-2.0-or-later
"""
A policy on every port of a network: what joins its bridge passes nothing before it is under the policy. This needs
connection tracking on bridges, so it runs in tests/vm.
"""

import os
import shutil
import signal
import subprocess

import pytest

from lab import NFWPOLICY, NFWPOLICYD, eventually
from networks import ip4, xml
from nwfilter import MAC, PEER_MAC, Bridge
from packets import ipv4, udp
from policies import allow, deny, policy

NEW_MAC, LAST_MAC = "52:54:00:00:00:0c", "52:54:00:00:00:0d"
ADDRESS = {MAC: "192.168.122.2", PEER_MAC: "192.168.122.3", NEW_MAC: "192.168.122.4", LAST_MAC: "192.168.122.5"}
ONE = policy(allow(ips=["203.0.113.2"]), deny())
OTHER = policy(allow(ips=["203.0.113.3"]), deny())


def octets(mac):
    return bytes.fromhex(mac.replace(":", ""))


def arp(source):
    """Passes under any policy. The octets at the end make it one of its own."""
    request = b"\0\1\x08\0\6\4\0\1" + octets(source) + bytes([192, 168, 122, 9]) + bytes(6) + bytes([192, 168, 122, 1])
    return b"\xff" * 6 + octets(source) + b"\x08\x06" + request + bytes(10) + os.urandom(8)


def datagram(source, destination):
    """Passes under no policy of these tests."""
    addresses = ADDRESS[source], ADDRESS[destination]
    packet = ipv4(*addresses, 17, udp(*addresses, 4000, 9999, os.urandom(8)))
    return octets(destination) + octets(source) + b"\x08\0" + packet


class Lan:
    """The bridge br0, with the ports vnet0 and vnet1 from the beginning."""

    def __init__(self, directory):
        self.directory = str(directory)
        self.bridge = Bridge()
        self.host = self.bridge.host
        self.process = None

    def nfw(self, command, *arguments, check=True):
        where = ("--network-directory", os.path.join(self.directory, "networks")) if command.startswith("net-") else ()
        state = ("--state-directory", os.path.join(self.directory, "state"))
        return self.host.run(NFWPOLICY, command, *state, *where, *arguments, check=check)

    def file(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text)
        return path

    def start(self, name="lab", bridge="br0", forward="", text=ONE, address="192.168.122.1"):
        definition = self.file(f"{name}.xml", xml(name, bridge, forward, ip4(address)))
        self.nfw("net-define", definition, *(("--policy", self.file(f"{name}.yaml", text)) if text else ()))
        return self.nfw("net-start", name)

    def kernel_can(self):
        rules = "table bridge test { chain test { ct state new meta ibrname br0 meta obrname br0 accept; }; }"
        return self.host.run("nft", "-c", "-f", "-", input=rules, check=False).returncode == 0

    def daemon(self):
        with open(os.path.join(self.directory, "daemon.log"), "a", encoding="utf-8") as log:
            self.process = self.host.start(
                NFWPOLICYD, "--foreground", "-v", "--state-directory", os.path.join(self.directory, "state"),
                "--store", os.path.join(self.directory, "store"), stdout=log, stderr=subprocess.STDOUT,
            )
        return self.process

    def stop_daemon(self):
        self.process.terminate()
        self.process.wait()

    def rules(self):
        return self.host.run("nft", "-s", "list", "ruleset").stdout

    def passes(self, frame, source, destination):
        return self.bridge.passes(frame, source, destination)

    def is_restricted(self, port, mac, other="vnet0", other_mac=MAC):
        """Under the policy: what it allows passes in both directions, and nothing else."""
        return (
            self.passes(arp(mac), port, other)
            and self.passes(arp(other_mac), other, port)
            and not self.passes(datagram(mac, other_mac), port, other)
            and not self.passes(datagram(other_mac, mac), other, port)
        )

    def is_cut_off(self, port, mac):
        frames = [(make, pair) for make in (arp, None) for pair in ((port, "vnet0"), ("vnet0", port))]
        for make, (source, destination) in frames:
            own, peer = (mac, MAC) if source == port else (MAC, mac)
            if self.passes(make(own) if make else datagram(own, peer), source, destination):
                return False
        return not self.reaches_host(arp(mac), port)

    def reaches_host(self, frame, port):
        """Whether the bridge gets it as its own. A neighbour that it does not know yet is one that has not asked."""
        before = self.host.run("ip", "-s", "-j", "link", "show", "br0").stdout
        self.passes(frame, port, "vnet0")
        return self.host.run("ip", "-s", "-j", "link", "show", "br0").stdout != before

    def remove(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.bridge.remove()


@pytest.fixture
def lan(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("needs root: it makes network namespaces and nftables rules")
    lan = Lan(tmp_path)
    try:
        if not lan.kernel_can():
            pytest.skip("this kernel cannot track connections on bridges, or not tell the bridge of a port")
        yield lan
    finally:
        lan.remove()


def test_who_joins_without_a_daemon_passes_nothing(lan):
    assert lan.passes(datagram(MAC, PEER_MAC), "vnet0", "vnet1")
    told = lan.start().stderr
    assert "network/ports" in told and "start nfwpolicyd" in told
    # Those that were there are under the policy.
    assert lan.is_restricted("vnet1", PEER_MAC)
    assert lan.reaches_host(arp(MAC), "vnet0")

    lan.bridge.add("vnet2", NEW_MAC)
    assert lan.is_cut_off("vnet2", NEW_MAC)
    assert lan.is_restricted("vnet1", PEER_MAC)
    assert lan.nfw("verify").returncode == 0

    lan.nfw("attach", "network-lab", "--port", "vnet2")
    assert lan.is_restricted("vnet2", NEW_MAC)
    lan.nfw("detach", "--port", "vnet2")
    assert lan.is_cut_off("vnet2", NEW_MAC)
    lan.nfw("net-destroy", "lab")
    assert lan.passes(datagram(NEW_MAC, MAC), "vnet2", "vnet0")
    assert lan.rules() == ""


def test_who_joins_while_the_daemon_is_stopped(lan):
    daemon = lan.daemon()
    lan.start()
    lan.bridge.add("vnet2", NEW_MAC)
    eventually(lambda: lan.passes(arp(NEW_MAC), "vnet2", "vnet0"))
    assert lan.is_restricted("vnet2", NEW_MAC)

    daemon.send_signal(signal.SIGSTOP)
    lan.bridge.add("vnet3", LAST_MAC)
    assert lan.is_cut_off("vnet3", LAST_MAC)
    daemon.send_signal(signal.SIGCONT)

    def comes_under_it():
        """What the policy denies never passes, whenever that is."""
        assert not lan.passes(datagram(LAST_MAC, MAC), "vnet3", "vnet0")
        assert not lan.passes(datagram(MAC, LAST_MAC), "vnet0", "vnet3")
        return lan.passes(arp(LAST_MAC), "vnet3", "vnet0")

    eventually(comes_under_it)
    assert lan.is_restricted("vnet3", LAST_MAC)
    assert lan.nfw("verify").returncode == 0


def test_who_joins_a_bridge_that_has_gone_through_a_reboot(lan):
    lan.start()
    lan.daemon()
    eventually(lambda: os.path.exists(os.path.join(lan.directory, "store", "networks", "lab.network")))
    lan.stop_daemon()
    before = lan.rules()
    lan.host.run("nft", "flush", "ruleset")
    shutil.rmtree(os.path.join(lan.directory, "state"))
    lan.daemon()
    eventually(lambda: "network_egress" in lan.rules())
    lan.bridge.add("vnet2", NEW_MAC)
    eventually(lambda: lan.passes(arp(NEW_MAC), "vnet2", "vnet0"))
    assert lan.is_restricted("vnet2", NEW_MAC)
    assert "network_egress" in before
    eventually(lambda: lan.nfw("verify", check=False).returncode == 0)


def test_others_are_not_concerned(lan):
    """Ports under another policy, other bridges, and networks without a policy."""
    lan.host.run("ip", "link", "add", "br1", "type", "bridge", "mcast_snooping", "0", "forward_delay", "0")
    lan.host.run("ip", "link", "set", "br1", "up")
    lan.nfw("load", lan.file("other.yaml", OTHER), "--port", "vnet1")
    lan.start()
    lan.start("free", "br1", text=None, address="192.168.123.1")
    assert "vnet1" in lan.rules() and lan.is_restricted("vnet1", PEER_MAC)
    listed = lan.nfw("list").stdout
    assert "other" in listed and "network-lab" in listed
    for port, mac in (("vnet2", NEW_MAC), ("vnet3", LAST_MAC)):
        lan.bridge.add(port, mac)
        lan.host.run("ip", "link", "set", port, "master", "br1")
    assert lan.passes(datagram(NEW_MAC, LAST_MAC), "vnet2", "vnet3")
    # A port that moves to the network's bridge.
    lan.host.run("ip", "link", "set", "vnet2", "master", "br0")
    assert lan.is_cut_off("vnet2", NEW_MAC)
    lan.nfw("net-destroy", "lab")
    assert lan.passes(datagram(NEW_MAC, MAC), "vnet2", "vnet0")
    assert not lan.passes(datagram(PEER_MAC, MAC), "vnet1", "vnet0")
    assert "network_egress" not in lan.rules()
    assert lan.nfw("verify").returncode == 0


def test_the_way_out_is_no_guest(lan):
    """A device that the network names in its forward element, where it is a port of the same bridge."""
    lan.bridge.add("enp0s7", NEW_MAC)
    lan.start(forward="<forward mode='route' dev='enp0s7'/>")
    assert lan.reaches_host(arp(NEW_MAC), "enp0s7")
    assert lan.passes(arp(MAC), "vnet0", "enp0s7")
    assert lan.passes(datagram(NEW_MAC, MAC), "enp0s7", "vnet0")
    assert not lan.passes(datagram(MAC, LAST_MAC), "vnet0", "enp0s7")
    assert lan.nfw("verify").returncode == 0


def test_edits_are_seen_and_undone(lan):
    lan.start()
    before = lan.rules()
    lan.host.run("nft", "flush", "ruleset")
    lan.host.run("nft", "-f", lan.file("rules.nft", before))
    assert lan.rules() == before
    assert lan.nfw("verify").returncode == 0
    lan.host.run("nft", "delete element bridge nfwpolicy networks { br0 }")
    assert lan.nfw("verify", check=False).returncode == 1
    lan.daemon()
    for edit in (
        "flush chain bridge nfwpolicy network_egress",
        "add element bridge nfwpolicy network_uplinks { vnet7 }",
        "flush chain bridge nfwpolicy prerouting; add rule bridge nfwpolicy prerouting iifname vmap @egress",
        "delete table bridge nfwpolicy",
    ):
        eventually(lambda: lan.nfw("verify", check=False).returncode == 0)
        lan.host.run("nft", edit)
    eventually(lambda: lan.nfw("verify", check=False).returncode == 0)
    lan.bridge.add("vnet2", NEW_MAC)
    assert not lan.passes(datagram(NEW_MAC, MAC), "vnet2", "vnet0")
    eventually(lambda: lan.passes(arp(NEW_MAC), "vnet2", "vnet0"))


def test_the_table_stays_for_the_guard(lan):
    """Whatever is unloaded beside it."""
    lan.nfw("load", lan.file("other.yaml", OTHER), "--port", "vnet1")
    lan.start()
    lan.nfw("unload", "other", "--force")
    lan.nfw("unload", "network-lab", "--force")
    assert lan.is_cut_off("vnet1", PEER_MAC)
    lan.nfw("net-destroy", "lab")
    assert lan.rules() == ""
    assert lan.passes(datagram(PEER_MAC, MAC), "vnet1", "vnet0")
