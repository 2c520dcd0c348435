# SPDX-License-Identifier: GPL-2.0-or-later
"""What the service does, in its sandbox: everything that is done without one."""

import contextlib
import os
import subprocess

from flood import OTHER4, V4
from host import MANAGER, STORE, call, run
from lab import eventually
from learning import RESOLVER4, ask, learned, settle
from packets import Wire
from policies import allow, policy

NAMES = policy(allow(1, domains=["*.example"]), allow(2, ips=[OTHER4], ports=[80]))
NO_IP = "<filter name='no-ip'><rule action='drop' direction='out'><mac protocolid='ipv4'/></rule></filter>"
BINDING = "<filterbinding><portdev name='tap0'/><filterref filter='no-ip'/></filterbinding>"


def load(text, *options):
    return call("LoadPolicy", "ssa{sv}", "test", text, len(options) // 3 + 1, "resolvers", "as", 1, RESOLVER4, *options)


def test_it_learns_from_dns(service):
    """Loaded and attached over the bus: the guest reaches what the policy says, and a name when it was looked up."""
    load(NAMES)
    call("Attach", "assa{sv}", 1, "vnet0", "test", 0)
    service.reach(f"tcp {OTHER4} 80", [f"tcp {OTHER4} 443", f"tcp {V4} 443"])
    ask(service, "www.example", qtypes=[1])
    service.wait_learned("www.example", V4)
    service.reach([f"tcp {OTHER4} 80", f"tcp {V4} 443"], f"tcp {OTHER4} 443")
    call("Detach", "as", 1, "vnet0")
    service.reach(f"tcp {OTHER4} 443")


def test_what_is_loaded_is_stored(service):
    load(NAMES)
    call("Attach", "assa{sv}", 1, "vnet0", "test", 0)
    with open(f"{STORE}/bindings", encoding="utf-8") as stream:
        assert "vnet0 test" in stream.read()
    assert os.path.exists(f"{STORE}/policies/test.policy")
    assert os.stat(STORE).st_mode & 0o077 == 0


def test_the_command_has_the_service_do_it(service, tmp_path):
    """From within its sandbox the service sees the same directories."""
    calls = tmp_path / "calls"
    with open(calls, "w", encoding="utf-8") as output:
        monitor = subprocess.Popen(
            ["busctl", "--json=short", "--match", f"type='method_call',interface='{MANAGER}'", "monitor"], stdout=output)
    try:
        eventually(lambda: service.nfw("list") and "GetStatus" in calls.read_text())
        service.load(NAMES, "--resolver", RESOLVER4)
        assert os.path.exists(f"{STORE}/policies/test.policy")
        eventually(lambda: "LoadPolicyFd" in calls.read_text())
    finally:
        monitor.terminate()
        monitor.wait()
    service.nfw("unload", "test", "--force")
    assert not os.path.exists(f"{STORE}/policies/test.policy")


def test_what_the_command_changes_alone_is_stored_too(service):
    """The daemon hears of it from the kernel."""
    service.load(NAMES, "--resolver", RESOLVER4, "--no-bus")
    eventually(lambda: os.path.exists(f"{STORE}/policies/test.policy"))
    service.nfw("unload", "test", "--force", "--no-bus")
    eventually(lambda: not os.path.exists(f"{STORE}/policies/test.policy"))


@contextlib.contextmanager
def bridge():
    """tap0 and peer0 on a bridge; what is behind them is tap0p and peer0p."""
    run("ip", "link", "add", "br0", "type", "bridge")
    try:
        run("ip", "link", "set", "br0", "up")
        for name in ("tap0", "peer0"):
            run("ip", "link", "add", name, "type", "veth", "peer", "name", f"{name}p")
            for end in (name, f"{name}p"):
                run("ip", "link", "set", end, "up")
            run("ip", "link", "set", name, "master", "br0")
        for name in ("tap0", "peer0"):
            eventually(lambda port=name: "forwarding" in run("bridge", "link", "show", "dev", port).stdout)
        yield
    finally:
        for name in ("tap0", "peer0", "br0"):
            run("ip", "link", "delete", name, check=False)


def test_filters(service):
    """A filter that drops IPv4: of two frames on the way to a neighbour one arrives."""
    frame = b"\xff" * 6 + b"\x52\x54\x00\x00\x00\x0a"
    with bridge(), Wire(service.host, "tap0p") as tap, Wire(service.host, "peer0p") as peer:
        call("DefineFilter", "sa{sv}", NO_IP, 0)
        call("Bind", "sa{sv}", BINDING, 0)
        tap.send(frame + b"\x08\x00" + b"\x45" + bytes(80) + b"forbidden")
        tap.send(frame + b"\x08\x06" + bytes(80) + b"the end of it")
        assert not [each for each in peer.receive_until(b"the end of it") if b"forbidden" in each]
        call("Unbind", "as", 1, "tap0")
        call("UndefineFilter", "s", "no-ip")
        tap.send(frame + b"\x08\x00" + b"\x45" + bytes(80) + b"forbidden")
        peer.receive_until(b"forbidden")


def test_policies_on_a_bridge(service):
    """For it the kernel has to load a module, which the daemon itself may not."""
    load(NAMES)
    with bridge():
        call("Attach", "assa{sv}", 1, "tap0", "test", 0)
        assert "table bridge nfwpolicy" in service.nft("list", "tables")
        assert service.nfw("verify").returncode == 0
        call("Detach", "as", 1, "tap0")


def test_a_port_that_comes_later(service):
    """Rules by name are there before the link, and the daemon follows it by netlink."""
    load(NAMES)
    call("Attach", "assa{sv}", 1, "late0", "test", 1, "persistent", "b", "true")
    guest = service.add_guest("late0", 9)
    try:
        service.reach(f"tcp {OTHER4} 80", f"tcp {OTHER4} 443", namespace=guest)
    finally:
        run("ip", "link", "delete", "late0")
    call("Detach", "as", 1, "late0")


def test_another_program_flushes_the_ruleset(service, flood):
    """From then on everything is as it was, what was learned too."""
    edits = service.learner_log().count("changed our tables")
    run("nft", "flush", "ruleset")
    eventually(lambda: service.learner_log().count("changed our tables") > edits)
    settle(service)
    assert service.nfw("verify").returncode == 0
    assert ("www.example", V4) in learned(service)
    flood.goes_on(flood.FIXED, flood.GRANTED)
    passed = flood.n[flood.FORBIDDEN]
    flood.goes_on(flood.FIXED, flood.GRANTED)
    assert flood.n[flood.FORBIDDEN] == passed
