# SPDX-License-Identifier: GPL-2.0-or-later
"""load, attach, detach and unload: all of it or nothing, and never a moment without rules."""

import contextlib
import os
import socket
import subprocess

import pytest

from policies import allow, deny, policy
from probe import PATIENT

V4, V6, OTHER4 = "192.0.2.1", "2001:db8::1", "198.51.100.1"
DOMAINS = policy(allow(domains=["www.example"]))


@pytest.fixture(scope="module")
def network(module_lab):
    module_lab.serve(80, 443)
    module_lab.other = module_lab.add_guest("vnet1", 3)
    return module_lab


@pytest.fixture
def lab(network, shared_lab):
    return shared_lab


def ruleset(lab):
    return lab.nft("-s", "list", "ruleset")


def everything(lab):
    """All that a command can change."""
    files = []
    for directory, _, names in os.walk(lab.state):
        for name in names:
            with open(os.path.join(directory, name), "rb") as stream:
                files.append((directory, name, stream.read()))
    return ruleset(lab), sorted(files)


def bindings(lab):
    return {(each["port"], each["policy"]) for each in lab.json("list")["ports"]}


def start_load(lab, path):
    return lab.host.start(*lab.nfw_command("load", path, "--name", "test", "--port", "vnet0", "-q"))


# --- load --------------------------------------------------------------------------------------------------------


def test_load_onto_several_ports(lab):
    lab.load(policy(allow(ips=[V4])), ports=["vnet0", "vnet1"])
    assert bindings(lab) == {("vnet0", "test"), ("vnet1", "test")}
    lab.reach(f"tcp {V4} 443", f"tcp {OTHER4} 443")
    lab.reach(f"tcp {V4} 443", f"tcp {OTHER4} 443", namespace=lab.other)


def test_each_port_has_its_own_policy(lab):
    lab.load(policy(allow(ips=[V4])), name="one", ports=["vnet0"])
    lab.load(policy(allow(ips=[OTHER4])), name="two", ports=["vnet1"])
    lab.reach(f"tcp {V4} 443", f"tcp {OTHER4} 443")
    lab.reach(f"tcp {OTHER4} 443", f"tcp {V4} 443", namespace=lab.other)


def test_load_takes_a_port_from_another_policy(lab):
    lab.load(policy(allow(ips=[V4])), name="one")
    lab.load(policy(allow(ips=[OTHER4])), name="two")
    assert bindings(lab) == {("vnet0", "two")}
    lab.reach(f"tcp {OTHER4} 443", f"tcp {V4} 443")


def test_load_on_a_name_that_exists_replaces_it_and_keeps_its_ports(lab):
    lab.load(policy(allow(ips=[V4])), ports=["vnet0", "vnet1"])
    lab.load(policy(allow(ips=[OTHER4])), ports=["vnet0"])
    assert bindings(lab) == {("vnet0", "test"), ("vnet1", "test")}
    lab.reach(f"tcp {OTHER4} 443", f"tcp {V4} 443", namespace=lab.other)


def test_the_name_comes_from_the_file_or_from_the_option(lab):
    lab.load(policy(allow()), name="from-file")
    lab.load(policy(allow()), "--name", "from-option", name="other-file")
    assert {each["name"] for each in lab.json("list")["policies"]} == {"from-file", "from-option"}


def test_there_is_no_moment_without_rules(lab):
    """While a policy is replaced again and again, what is allowed arrives and what is denied does not."""
    texts = [lab.file(f"{n}.yaml", policy(deny(1, ports=[8443]), *[allow(2, ips=[OTHER4])] * n, allow(3, ips=[V4])))
             for n in (0, 1)]
    lab.nfw("load", texts[0], "--name", "test", "--port", "vnet0")
    with lab.internet.socket(socket.AF_INET, socket.SOCK_DGRAM) as allowed, \
            lab.internet.socket(socket.AF_INET, socket.SOCK_DGRAM) as denied:
        for receiver, port in ((allowed, 8080), (denied, 8443)):
            receiver.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE
            receiver.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            receiver.bind((V4, port))
        sent, arrived = 0, set()
        for turn in range(20):
            loading = start_load(lab, texts[turn % 2])
            while loading.poll() is None or sent % 10:
                with lab.guest.socket(socket.AF_INET, socket.SOCK_DGRAM) as guest:
                    guest.sendto(b"denied", (V4, 8443))
                    guest.sendto(str(sent).encode(), (V4, 8080))
                sent += 1
                # However long it takes, there is room for what comes.
                with contextlib.suppress(BlockingIOError):
                    arrived.add(allowed.recv(100, socket.MSG_DONTWAIT))
            assert loading.returncode == 0
        allowed.settimeout(PATIENT)
        while len(arrived) < sent:
            arrived.add(allowed.recv(100))
        assert arrived == {str(n).encode() for n in range(sent)}
        denied.setblocking(False)
        with pytest.raises(BlockingIOError):
            denied.recv(100)


@pytest.mark.parametrize(
    "text, ports, words",
    [
        (policy(allow(domain=["www.example"])), ["vnet0"], ["test.yaml:", "`domain`", "did you mean `domains`"]),
        (policy(allow(ips=[OTHER4])), ["vnet1", "vnet00"], ["there is no interface `vnet00`", "did you mean `vnet0`"]),
        (DOMAINS, ["vnet1"], ["nothing is running that would learn", "nfwpolicyd", "--foreground", "--no-learner"]),
    ],
    ids=["invalid policy", "unknown interface", "no learner"],
)
def test_a_failed_load_changes_nothing(lab, text, ports, words):
    lab.load(policy(allow(ips=[V4])))
    before = everything(lab)
    result = lab.load(text, ports=ports, check=False)
    assert result.returncode == 1
    assert all(word in result.stderr for word in words), result.stderr
    assert everything(lab) == before
    lab.reach(f"tcp {V4} 443", f"tcp {OTHER4} 443")


def test_a_load_that_fails_first_of_all_leaves_no_table(lab):
    lab.unload_all()
    before = ruleset(lab)
    assert lab.load(DOMAINS, check=False).returncode == 1
    assert ruleset(lab) == before


@pytest.mark.parametrize("first", [True, False], ids=["nothing loaded", "something loaded"])
def test_a_dry_run_changes_nothing(lab, first):
    if not first:
        lab.load(policy(allow(ips=[V4])))
    before = everything(lab)
    result = lab.load(policy(allow(ips=[OTHER4])), "--dry-run", ports=["vnet0", "vnet1"])
    assert "would be accepted on vnet0" in result.stdout
    assert everything(lab) == before


def test_a_dry_run_refuses_what_a_load_would(lab):
    result = lab.load(policy(allow()), "--dry-run", ports=["vnet7"], check=False)
    assert result.returncode == 1 and "there is no interface `vnet7`" in result.stderr


def test_domain_rules_without_a_learner_on_request(lab):
    lab.load(DOMAINS, "--no-learner")
    lab.reach(denied=f"tcp {V4} 443")


def test_a_kernel_error_names_the_rule(lab):
    """Of a table of ours nothing is left that the rules refer to."""
    lab.host.run("nft", 'add table inet nfwpolicy { comment "nfwpolicy 0.1.0"; }')
    before = ruleset(lab)
    try:
        result = lab.load(policy(allow(ips=[V4])), check=False)
        assert result.returncode == 1
        assert "the kernel refused rule " in result.stderr and "[kernel/refused]" in result.stderr
        assert ruleset(lab) == before
    finally:
        lab.host.run("nft", "delete table inet nfwpolicy")


# --- attach, detach, unload --------------------------------------------------------------------------------------


def test_attach_and_detach(lab):
    lab.load(policy(allow(ips=[V4])))
    lab.reach(f"tcp {OTHER4} 443", namespace=lab.other)
    lab.nfw("attach", "test", "--port", "vnet1")
    lab.reach(f"tcp {V4} 443", f"tcp {OTHER4} 443", namespace=lab.other)
    lab.nfw("detach", "--port", "vnet1")
    assert bindings(lab) == {("vnet0", "test")}
    lab.reach(f"tcp {OTHER4} 443", namespace=lab.other)
    lab.reach(f"tcp {V4} 443", f"tcp {OTHER4} 443")


def test_a_port_that_changes_policies_is_told(lab):
    lab.load(policy(allow(ips=[V4])), name="one")
    assert lab.load(policy(allow(ips=[OTHER4])), name="two").stderr == (
        "nfwpolicy: note: port vnet0 was under policy one until now [port/other-policy]\n"
    )
    assert lab.nfw("attach", "one", "--port", "vnet0", "--port", "vnet1").stderr == (
        "nfwpolicy: note: port vnet0 was under policy two until now [port/other-policy]\n"
    )
    assert lab.nfw("attach", "one", "--port", "vnet0").stderr == ""
    assert bindings(lab) == {("vnet0", "one"), ("vnet1", "one")}


def test_attaching_names_that_nobody_learns_is_warned_of(lab):
    lab.load(policy(allow(ips=[V4])), name="addresses")
    assert lab.load(DOMAINS, "--no-learner", name="names").returncode == 0
    assert "load/no-learner" not in lab.nfw("attach", "addresses", "--port", "vnet0").stderr
    said = lab.nfw("attach", "names", "--port", "vnet0").stderr
    assert "warning: the policy has domain rules, and nothing is running that would learn" in said
    assert "start nfwpolicyd" in said
    learner = lab.learner()
    assert "load/no-learner" not in lab.nfw("attach", "names", "--port", "vnet1").stderr
    learner.terminate()
    assert learner.wait(timeout=PATIENT) == 0


def test_attach_again_changes_nothing(lab):
    lab.load(policy(allow(ips=[V4])))
    before = ruleset(lab)
    lab.nfw("attach", "test", "--port", "vnet0")
    assert ruleset(lab) == before


@pytest.mark.parametrize(
    "command, words",
    [
        (("attach", "tset", "--port", "vnet0"), ["there is no policy `tset`", "did you mean `test`"]),
        (("attach", "test", "--port", "vnet00"), ["there is no interface `vnet00`", "did you mean `vnet0`"]),
        (("detach", "--port", "vnet1"), ["no policy is on port `vnet1`"]),
        (("unload", "tset"), ["there is no policy `tset`", "did you mean `test`"]),
        (("show", "tset"), ["there is no policy `tset`"]),
        (("verify", "tset"), ["there is no policy `tset`"]),
        (("unload", "test"), ["`test` is on 1 port (vnet0)", "detach", "force"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_refusals_say_why_and_change_nothing(lab, command, words):
    lab.load(policy(allow(ips=[V4])))
    before = everything(lab)
    result = lab.nfw(*command, check=False)
    assert result.returncode == 1
    assert all(word in result.stderr for word in words), result.stderr
    assert everything(lab) == before


def test_unload_without_ports_and_by_force(lab):
    lab.load(policy(allow(ips=[V4])), name="one")
    lab.load(policy(allow(ips=[V4])), name="two", ports=["vnet1"])
    lab.nfw("detach", "--port", "vnet1")
    lab.nfw("unload", "two")
    assert bindings(lab) == {("vnet0", "one")}
    lab.nfw("unload", "one", "--force")
    lab.reach(f"tcp {OTHER4} 443")
    assert lab.json("list")["policies"] == []


def test_a_link_that_is_gone_can_be_detached(lab):
    lab.add_guest("vnet9", 9)
    lab.load(policy(allow(ips=[V4])), ports=["vnet9"])
    lab.host.run("ip", "link", "del", "vnet9")
    lab.nfw("detach", "--port", "vnet9")
    assert bindings(lab) == set()


# --- which table -------------------------------------------------------------------------------------------------


@pytest.fixture
def bridge(lab):
    """A guest behind a bridge of the host's: 10.77.4.2 on vnet4."""
    guest = lab.namespace("guest")
    lab.host.run("ip", "link", "add", "br0", "type", "bridge")
    lab.host.run("ip", "link", "add", "vnet4", "type", "veth", "peer", "name", "guest0", "netns", guest.name)
    for command in (
        ("ip", "link", "set", "vnet4", "master", "br0", "up"), ("ip", "link", "set", "br0", "up"),
        ("ip", "addr", "add", "10.77.4.1/24", "dev", "br0"),
    ):
        lab.host.run(*command)
    for command in (
        ("ip", "addr", "add", "10.77.4.2/24", "dev", "guest0"), ("ip", "link", "set", "guest0", "up"),
        ("ip", "route", "add", "default", "via", "10.77.4.1"),
    ):
        guest.run(*command)
    yield guest
    lab.unload_all()
    lab.host.run("ip", "link", "del", "vnet4")
    lab.host.run("ip", "link", "del", "br0")


def test_a_whole_bridge_goes_to_the_inet_table(lab, bridge):
    lab.load(policy(allow(ips=[V4])), ports=["br0"])
    (port,) = lab.json("list")["ports"]
    assert port["table"] == "inet"
    lab.reach(f"tcp {V4} 443", f"tcp {OTHER4} 443", namespace=bridge)


def test_a_port_of_a_bridge_needs_bridge_conntrack(lab, bridge):
    probe = "add table bridge probe; add chain bridge probe c; add rule bridge probe c ct state new"
    if lab.host.run("nft", "-c", probe, check=False).returncode == 0:
        pytest.skip("this kernel has it: tests/vm looks at ports of bridges")
    before = everything(lab)
    result = lab.load(policy(allow(ips=[V4])), ports=["vnet4"], check=False)
    assert result.returncode == 1
    assert "cannot track connections between bridge ports" in result.stderr
    assert "nf_conntrack_bridge" in result.stderr and "on the whole bridge" in result.stderr
    assert everything(lab) == before


# --- others on the same machine ----------------------------------------------------------------------------------


def test_other_tables_are_not_touched(lab):
    lab.host.run("nft", "add table ip other; add chain ip other c { type filter hook input priority 0; };"
                 "add rule ip other c counter comment mine; add table bridge other; add table netdev other")
    others = [("ip", "other"), ("bridge", "other"), ("netdev", "other")]
    before = [lab.nft("-s", "-a", "list", "table", *each) for each in others]
    lab.load(policy(allow(ips=[V4])))
    lab.nfw("attach", "test", "--port", "vnet1")
    lab.load(policy(deny()))
    lab.nfw("unload", "test", "--force")
    assert [lab.nft("-s", "-a", "list", "table", *each) for each in others] == before
    for each in others:
        lab.host.run("nft", "delete", "table", *each)


def test_another_writer_at_the_same_time(lab):
    """Every foreign change makes our view of the ruleset stale; commands go on all the same."""
    loop = "while :; do nft add table ip busy; nft add chain ip busy c; nft delete table ip busy; done"
    writer = lab.host.start("sh", "-c", loop, start_new_session=True, stderr=subprocess.DEVNULL)
    try:
        for _ in range(15):
            lab.load(policy(allow(ips=[V4])))
            lab.nfw("attach", "test", "--port", "vnet1")
            lab.nfw("detach", "--port", "vnet1")
            assert bindings(lab) == {("vnet0", "test")}
    finally:
        os.killpg(writer.pid, 9)
        writer.wait()


def test_many_commands_at_the_same_time(lab):
    """They take turns: none fails, and what is in force in the end is what one of them wanted."""
    texts = [lab.file(f"policy-{n}.yaml", policy(allow(ips=[f"192.0.2.{n}"]))) for n in range(8)]
    commands = [start_load(lab, text) for text in texts]
    assert [command.wait() for command in commands] == [0] * 8
    assert bindings(lab) == {("vnet0", "test")}
    assert lab.nfw("verify").returncode == 0
