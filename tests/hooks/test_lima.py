# SPDX-License-Identifier: GPL-2.0-or-later
"""The hook for Lima's networks, called with what limactl gives to its privileged program on Linux."""

import os
import shutil

import pytest

from conftest import LONG, SOURCE, eventually
from policies import allow, policy

ALLOWED, OTHER = "192.0.2.10", "192.0.2.11"
POLICY = policy(allow(protocols=["tcp"], ips=[ALLOWED], ports=["443"]))


class Lima:
    def __init__(self, host):
        self.host = host
        self.hook = host.hook("lima-network", installed_as="lima-privileged-net")
        shutil.copy(SOURCE / "tests/hooks/lima-privileged-net", f"{self.hook}.real")
        self.processes = {}

    def pidfile(self, network):
        return self.host.folder / f"{network}_lima-privileged-net.pid"

    def start(self, network, mode="shared", bridge=None):
        command = [self.hook, "start", f"--pidfile={self.pidfile(network)}", f"--mode={mode}"]
        command.append(f"--bridge={bridge or 'lima-' + network}")
        if mode != "bridged":
            command += ["--gateway=10.77.5.1", "--dhcp-end=10.77.5.254", "--netmask=255.255.255.0"]
        process = self.host.namespace.start(*command)
        self.processes[network] = process
        self.host.lab.processes.append(process)
        eventually(lambda: self.pidfile(network).exists() and self.pidfile(network).read_text())

    def tap(self, network, instance="default", user=1000, bridge=None):
        bridge = bridge or f"lima-{network}"
        return self.host.namespace.run(
            "env", f"SUDO_UID={user}", self.hook, "tap", f"--bridge={bridge}", f"--network={network}", "--", instance,
            check=False,
        )

    def stop(self, network):
        """As limactl does."""
        self.host.namespace.run("pkill", "-F", self.pidfile(network))
        assert self.processes[network].wait(timeout=LONG) == 0

    def taps(self):
        links = self.host.namespace.run("ip", "-br", "link").stdout.splitlines()
        return [line.split()[0] for line in links if line.startswith("limatap")]


@pytest.fixture
def lima(host):
    return Lima(host)


@pytest.fixture
def tracking(host):
    if not host.tracks_bridges():
        pytest.skip("this kernel does not track connections on bridges")


def test_a_policy_on_the_whole_bridge(lima, host):
    host.write("lima.d/shared.bridge.yaml", POLICY)
    lima.start("shared")
    assert host.bindings == []
    assert lima.tap("shared").returncode == 0
    assert host.bindings == [("lima-shared", "lima-shared")]
    (tap,) = lima.taps()
    card = host.open_tap(tap)
    try:
        guest = host.run_guest(card, 5)
        host.lab.reach(f"tcp {ALLOWED} 443", f"tcp {ALLOWED} 80, tcp {OTHER} 443", namespace=guest)
    finally:
        os.close(card)
    assert lima.tap("shared", "second").returncode == 0
    assert lima.tap("shared").returncode == 0
    assert (len(lima.taps()), host.bindings) == (2, [("lima-shared", "lima-shared")])
    lima.stop("shared")
    assert (lima.taps(), host.bindings, host.policies) == ([], [], [])


def test_a_policy_on_each_tap(lima, host, tracking):
    host.write("lima.d/shared.yaml", POLICY)
    lima.start("shared")
    assert lima.tap("shared").returncode == 0
    assert lima.tap("shared", "second").returncode == 0
    assert host.bindings == sorted((tap, "lima-shared") for tap in lima.taps())
    assert len(host.bindings) == 2
    card = host.open_tap(lima.taps()[0])
    try:
        guest = host.run_guest(card, 5)
        host.lab.reach(f"tcp {ALLOWED} 443", f"tcp {ALLOWED} 80, tcp {OTHER} 443", namespace=guest)
    finally:
        os.close(card)
    lima.stop("shared")
    assert (lima.taps(), host.bindings, host.policies) == ([], [], [])


def test_the_taps_of_others_are_left_alone(lima, host, tracking):
    host.write("lima.d/bridged.yaml", POLICY)
    host.namespace.run("ip", "link", "add", "br0", "up", "type", "bridge")
    host.namespace.run("ip", "tuntap", "add", "vnet9", "mode", "tap", "user", "1001")
    host.namespace.run("ip", "link", "set", "vnet9", "master", "br0")
    lima.start("bridged", "bridged", bridge="br0")
    assert lima.tap("bridged", bridge="br0").returncode == 0
    assert host.bindings == [(lima.taps()[0], "lima-bridged")]
    lima.stop("bridged")
    assert (host.bindings, host.policies) == ([], [])


def test_without_connection_tracking_there_is_no_tap(lima, host):
    if host.tracks_bridges():
        pytest.skip("this kernel tracks connections on bridges")
    host.write("lima.d/shared.yaml", POLICY)
    lima.start("shared")
    answer = lima.tap("shared")
    assert answer.returncode != 0 and "kernel/no-bridge-conntrack" in answer.stderr
    assert "shared.yaml is not in force" in answer.stderr
    assert (lima.taps(), host.bindings) == ([], [])
    lima.stop("shared")


@pytest.mark.parametrize(
    "text, message",
    [
        ('version: "1.0"', "policy/missing-key"),
        (policy(allow(domains=["a.example"])), "load/no-learner"),
        (None, "not in force"),
    ],
    ids=["not valid", "no learner", "no file"],
)
def test_what_cannot_be_enforced_leaves_no_tap(lima, host, text, message):
    if text is None:
        (host.configuration / "lima.d/shared.bridge.yaml").symlink_to("nowhere.yaml")
    else:
        host.write("lima.d/shared.bridge.yaml", text)
    lima.start("shared")
    answer = lima.tap("shared")
    assert answer.returncode != 0 and message in answer.stderr
    assert (lima.taps(), host.bindings) == ([], [])
    lima.stop("shared")


def test_what_is_there_stays_when_another_is_refused(lima, host):
    host.write("lima.d/shared.bridge.yaml", POLICY)
    lima.start("shared")
    assert lima.tap("shared").returncode == 0
    before = lima.taps()
    host.write("lima.d/shared.bridge.yaml", POLICY.replace("ips", "ip"))
    assert lima.tap("shared", "second").returncode != 0
    assert lima.tap("shared").returncode != 0
    assert (lima.taps(), host.bindings) == (before, [("lima-shared", "lima-shared")])
    lima.stop("shared")
    assert (host.bindings, host.policies) == ([], [])


def test_a_network_without_a_policy_is_left_alone(lima, host):
    host.write("lima.d/shared.yaml", POLICY)
    lima.start("host", "host")
    assert lima.tap("host").returncode == 0
    assert (len(lima.taps()), host.bindings, host.policies) == (1, [], [])
    lima.stop("host")


def test_two_policies_are_one_too_many(lima, host):
    host.write("lima.d/shared.yaml", POLICY)
    host.write("lima.d/shared.bridge.yaml", POLICY)
    answer = lima.tap("shared")
    assert answer.returncode != 0 and "has both" in answer.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["tap", "--bridge", "lima-shared", "--network=shared", "--", "default"],
        ["tap", "--bridge=lima-shared", "--network", "shared", "--", "default"],
        ["tap", "--bridge=lima-shared", "--", "--network=shared"],
        ["tap", "--bridge=lima-shared", "--network=../guests.d/web", "--", "default"],
        ["tap", "--bridge=../lima-shared", "--network=shared", "--", "default"],
        ["tap", "--bridge=lima-shared", "--network=", "--", "default"],
    ],
    ids=["bridge", "network", "no network", "path", "no interface", "empty"],
)
def test_what_limactl_does_not_say_is_refused(lima, host, arguments):
    host.write("lima.d/shared.yaml", POLICY)
    answer = host.namespace.run("env", "SUDO_UID=1000", lima.hook, *arguments, check=False)
    assert answer.returncode != 0 and "no name of a network" in answer.stderr or "no bridge" in answer.stderr
    assert lima.taps() == []


def test_a_signal_to_the_hook_ends_the_network(lima, host):
    """sudo passes on to the hook what is sent to it."""
    host.write("lima.d/shared.bridge.yaml", POLICY)
    lima.start("shared")
    assert lima.tap("shared").returncode == 0
    lima.processes["shared"].terminate()
    assert lima.processes["shared"].wait(timeout=LONG) == 0
    assert not lima.pidfile("shared").exists()
    assert (lima.taps(), host.bindings, host.policies) == ([], [], [])


def test_who_starts_the_network_again_keeps_the_policy(lima, host):
    """The first has removed its file and not looked yet at what is gone."""
    host.write("lima.d/shared.bridge.yaml", POLICY)
    lima.start("shared")
    assert lima.tap("shared").returncode == 0
    locked = host.namespace.start("flock", host.configuration / "lima.d", "sh", "-c", "echo; read line", stdin=-1, stdout=-1)
    host.lab.processes.append(locked)
    locked.stdout.readline()
    host.namespace.run("pkill", "-F", lima.pidfile("shared"))
    first = lima.processes["shared"]
    eventually(lambda: "lima-shared" not in host.namespace.run("ip", "-br", "link").stdout)
    assert first.poll() is None
    lima.start("shared")
    # As it is when the tap has come first.
    host.namespace.run("env", "SUDO_UID=1000", f"{lima.hook}.real", "tap", "--bridge=lima-shared", "--network=shared", "default")
    host.lab.nfw("load", host.configuration / "lima.d/shared.bridge.yaml", "--name", "lima-shared", "--port", "lima-shared")
    locked.communicate("\n")
    assert first.wait(timeout=LONG) == 0
    assert host.bindings == [("lima-shared", "lima-shared")]
    lima.stop("shared")
    assert (host.bindings, host.policies) == ([], [])
