# SPDX-License-Identifier: GPL-2.0-or-later
"""nfwpolicyd with a store: links come, go, and change names and bridges; packets tell what is in force for them."""

import json
import os
import shutil
import signal
import socket

import pytest

from lab import eventually
from packets import Wire
from policies import allow, policy
from test_keeping import Keeper

V4, OTHER4 = "192.0.2.1", "198.51.100.1"
ALLOWED, DENIED = f"tcp {V4} 80", f"tcp {OTHER4} 80"
RULES = policy(allow(ips=[V4], ports=[80]))


@pytest.fixture(scope="module")
def network(module_lab):
    module_lab.serve(80)
    return module_lab


@pytest.fixture
def keeper(network, shared_lab):
    keeper = Keeper(shared_lab)
    shutil.rmtree(keeper.store, ignore_errors=True)
    keeper.start()
    yield keeper
    if keeper.process.poll() is None:
        keeper.stop()


def ports(lab):
    return {each["port"]: each for each in lab.json("list")["ports"]}


def ip(lab, *words):
    lab.host.run("ip", *words)


def load_alone(lab):
    """The policy, with no port under it."""
    lab.load(RULES)
    lab.nfw("detach", "--port", "vnet0")


def attention(lab):
    found = json.loads(lab.nfw("status", "--json", check=False).stdout)["attention"]
    return [(each["severity"], each["code"]) for each in found]


def bare_veth(lab, name, *more):
    ip(lab, "link", "add", name, "type", "veth", "peer", "name", f"{name}p", *more)


def see_links(keeper):
    """Waits until the daemon has seen all that became of links so far: a port that comes last and goes is gone."""
    lab = keeper.lab
    bare_veth(lab, "last0")
    lab.load(policy(allow()), name="last", ports=["last0"])
    ip(lab, "link", "delete", "last0")
    eventually(lambda: "last0" not in ports(lab))
    lab.nfw("unload", "last")


def elements(lab, family, direction, interface):
    """What the map has for an interface, as nft prints it, or None."""
    listed = lab.host.run("nft", "list", "map", family, "nfwpolicy", direction, check=False)
    for part in listed.stdout.replace("elements = {", ",").split(","):
        if f'"{interface}"' in part:
            return " ".join(part.split()).rstrip(" }")
    return None


def first_packets(lab, number, interface, master=None):
    """Makes a guest whose link sends forbidden packets from the moment it exists; returns what arrived behind it."""
    guest = lab.namespace("guest")
    with guest.enter():
        pass
    with Wire(lab.host, "up0") as wire:
        lab._link_guest(guest, interface, number)
        if master:
            ip(lab, "link", "set", interface, "master", master)
        with guest.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for _ in range(20):
                sender.sendto(b"forbidden", (OTHER4, 9999))
        lab.host.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"the end of it", (OTHER4, 9998))
        return guest, [each for each in wire.receive_until(b"the end of it") if b"forbidden" in each]


@pytest.mark.parametrize("is_running", [True, False], ids=["daemon", "no daemon"])
def test_a_persistent_port_waits_for_its_link(keeper, is_running):
    lab = keeper.lab
    load_alone(lab)
    if not is_running:
        keeper.stop()
    assert "port/no-interface" in lab.nfw("attach", "test", "--port", "late0", check=False).stderr
    result = lab.nfw("attach", "test", "--port", "late0", "--persistent")
    assert "does not exist yet" in result.stderr
    assert ports(lab)["late0"]["persistent"]
    assert lab.nfw("verify").returncode == 0
    guest, passed = first_packets(lab, 9, "late0")
    assert passed == []
    lab.reach(ALLOWED, DENIED, namespace=guest)
    ip(lab, "link", "delete", "late0")
    if is_running:
        see_links(keeper)
    assert ports(lab)["late0"]["persistent"]
    lab.nfw("detach", "--port", "late0")
    assert "late0" not in lab.nft("list", "ruleset")
    if is_running:
        lab.nfw("unload", "test")
        eventually(lambda: keeper.is_stored())


def test_it_is_in_both_tables_and_drops_what_it_cannot_restrict(keeper):
    """This kernel may lack connection tracking on bridges; then a bridge port that waits drops everything."""
    lab = keeper.lab
    load_alone(lab)
    told = lab.nfw("attach", "test", "--port", "late0", "--persistent").stderr
    drops = "port/drops-on-bridge" in told
    for direction in ("egress", "ingress"):
        verdict = "drop" if drops else f"goto test-{direction}"
        assert elements(lab, "bridge", direction, "late0") == f'"late0" comment "standby" : {verdict}'
        assert f"goto test-{direction}" in elements(lab, "inet", direction, "late0")
    ip(lab, "link", "add", "br0", "type", "bridge")
    ip(lab, "link", "set", "br0", "up")
    bare_veth(lab, "other0")
    bare_veth(lab, "late0")
    for name in ("other0", "late0"):
        ip(lab, "link", "set", name, "master", "br0")
        for end in (name, f"{name}p"):
            ip(lab, "link", "set", end, "up")
    frame = b"\xff" * 6 + b"\x02\0\0\0\0\x01" + b"\x08\x00" + b"\x45" + bytes(80)
    with Wire(lab.host, "late0p") as late, Wire(lab.host, "other0p") as other:
        eventually(lambda: "forwarding" in lab.host.run("bridge", "link", "show", "dev", "late0").stdout)
        for _ in range(20):
            late.send(frame + b"forbidden")
        with Wire(lab.host, "br0") as bridge:
            bridge.send(frame + b"the end of it")
            seen = other.receive_until(b"the end of it")
    assert not [each for each in seen if b"forbidden" in each]
    assert lab.nfw("verify").returncode == 0
    for name in ("late0", "other0", "br0"):
        ip(lab, "link", "delete", name)
    lab.nfw("unload", "test", "--force")
    assert lab.nft("list", "ruleset") == ""


def test_a_port_that_is_put_into_a_bridge_and_taken_out(keeper):
    lab = keeper.lab
    guest = lab.add_guest("vnet7", 7)
    lab.load(RULES, ports=["vnet7"])
    ip(lab, "link", "add", "br0", "type", "bridge")
    ip(lab, "link", "set", "br0", "up")
    ip(lab, "link", "set", "vnet7", "master", "br0")
    eventually(lambda: elements(lab, "bridge", "egress", "vnet7"))
    assert lab.nfw("verify").returncode == 0
    drops = "goto" not in elements(lab, "bridge", "egress", "vnet7")
    assert attention(lab) == drops * [("error", "kernel/no-bridge-conntrack")]
    ip(lab, "link", "set", "vnet7", "nomaster")
    eventually(lambda: "goto" in (elements(lab, "inet", "egress", "vnet7") or ""))
    assert attention(lab) == []
    lab.reach(ALLOWED, DENIED, namespace=guest)
    for name in ("vnet7", "br0"):
        ip(lab, "link", "delete", name)
    eventually(lambda: "vnet7" not in ports(lab))
    assert "vnet7" not in lab.nft("list", "ruleset")


def test_a_port_of_a_bridge_keeps_nothing_from_the_others(keeper):
    """Where its connections cannot be tracked it passes nothing, and all else is put back, flushed or after a reboot."""
    lab = keeper.lab
    bare_veth(lab, "port0")
    lab.load(RULES, ports=["vnet0", "port0"])
    ip(lab, "link", "add", "br0", "type", "bridge")
    ip(lab, "link", "set", "port0", "master", "br0")

    def in_force():
        return (lab.nfw("verify", check=False).returncode == 0 and set(ports(lab)) == {"vnet0", "port0"}
                and bool(elements(lab, "bridge", "egress", "port0")))

    eventually(in_force)
    lab.host.run("nft", "flush", "ruleset")
    eventually(in_force)
    lab.host.run("nft", "insert rule inet nfwpolicy prerouting accept")
    eventually(in_force)
    keeper.stop()
    lab.host.run("nft", "flush", "ruleset")
    shutil.rmtree(lab.state)
    keeper.start()
    assert in_force()
    lab.reach(ALLOWED, DENIED)
    ip(lab, "link", "del", "port0")
    ip(lab, "link", "del", "br0")
    eventually(lambda: set(ports(lab)) == {"vnet0"})


def test_names_are_followed(keeper):
    """Two links swap their names: each keeps its policy, and at no moment is one of them without."""
    lab = keeper.lab
    guests = [lab.add_guest(f"vnet{number}", number) for number in (5, 6)]
    lab.load(RULES, name="one", ports=["vnet5"])
    lab.load(policy(allow(ips=[OTHER4], ports=[80])), name="two", ports=["vnet6"])
    eventually(lambda: keeper.is_stored(one="vnet5", two="vnet6"))
    for old, new in (("vnet5", "vnet4"), ("vnet6", "vnet5"), ("vnet4", "vnet6")):
        ip(lab, "link", "set", old, "name", new)
    eventually(lambda: {k: v["policy"] for k, v in ports(lab).items()} == {"vnet6": "one", "vnet5": "two"})
    lab.reach(ALLOWED, DENIED, namespace=guests[0])
    lab.reach(DENIED, ALLOWED, namespace=guests[1])
    eventually(lambda: keeper.is_stored(one="vnet6", two="vnet5"))
    assert lab.nfw("verify").returncode == 0
    for name in ("vnet5", "vnet6"):
        ip(lab, "link", "delete", name)
    eventually(lambda: ports(lab) == {})


def test_an_alternative_name_is_no_name(keeper):
    """The kernel finds the link by it, but packets are known by the other one: nothing would be in force."""
    lab = keeper.lab
    load_alone(lab)
    bare_veth(lab, "port0")
    ip(lab, "link", "property", "add", "dev", "port0", "altname", "guest7")
    for options in ([], ["--persistent"]):
        refused = lab.nfw("attach", "test", "--port", "guest7", *options, check=False)
        assert refused.returncode == 1 and "port/no-interface" in refused.stderr
        assert "another name of `port0`" in refused.stderr
    assert ports(lab) == {}
    # As udev leaves it where it renames: the port goes on under its new name.
    lab.nfw("attach", "test", "--port", "port0")
    ip(lab, "link", "set", "port0", "name", "port1")
    ip(lab, "link", "property", "add", "dev", "port1", "altname", "port0")
    eventually(lambda: set(ports(lab)) == {"port1"})
    assert elements(lab, "inet", "egress", "port0") is None
    ip(lab, "link", "del", "port1")


def test_another_link_of_the_same_name_is_another_one(keeper):
    lab = keeper.lab
    bare_veth(lab, "vnet8")
    lab.load(RULES, ports=["vnet8"])
    for _ in range(10):
        lab.host.run("sh", "-c", "ip link del vnet8; ip link add vnet8 type veth peer name vnet8p")
    eventually(lambda: "vnet8" not in ports(lab))
    lab.nfw("attach", "test", "--port", "vnet8")
    see_links(keeper)
    assert "vnet8" in ports(lab)
    ip(lab, "link", "delete", "vnet8")
    eventually(lambda: "vnet8" not in ports(lab))


def test_a_port_that_somebody_takes_out_of_both_maps_is_put_back(keeper):
    lab = keeper.lab
    lab.load(RULES)
    lab.nfw("attach", "test", "--port", "up0")
    for _ in range(5):
        lab.host.run("nft", "; ".join(
            f'delete element inet nfwpolicy {direction} {{ "vnet0" }}' for direction in ("egress", "ingress")))
        eventually(lambda: set(ports(lab)) == {"vnet0", "up0"})
    lab.nfw("detach", "--port", "up0")
    lab.reach(ALLOWED, DENIED)
    lab.nfw("detach", "--port", "vnet0")
    see_links(keeper)
    assert ports(lab) == {}
    eventually(lambda: lab.learner_log().count("nft (process ") >= 5)


@pytest.mark.parametrize("name", ['a"b', "up*", '"'])
def test_a_name_that_nft_cannot_print(keeper, name):
    """What nft lists can be loaded again."""
    lab = keeper.lab
    lab.load(RULES)
    assert lab.nfw("attach", "test", "--port", name, "--persistent", check=False).returncode != 0
    bare_veth(lab, name)
    result = lab.nfw("attach", "test", "--port", name, check=False)
    assert result.returncode != 0 and "[port/bad-name]" in result.stderr
    assert [each["port"] for each in lab.json("list")["ports"]] == ["vnet0"]
    lab.host.run("nft", "-c", "-f", lab.file("ruleset", lab.nft("list", "ruleset")))
    ip(lab, "link", "delete", name)
    lab.nfw("unload", "test", "--force")


@pytest.mark.parametrize("family", ["inet", "bridge"])
def test_a_persistent_port_outlives_the_deletion_of_one_table(keeper, family):
    """What the other table has of it may be no more than a drop, without a policy."""
    lab = keeper.lab
    lab.load(RULES)
    lab.nfw("attach", "test", "--port", "vnet0", "--port", "late0", "--persistent")
    before = {(name, table): elements(lab, table, "egress", name)
              for name in ("vnet0", "late0") for table in ("inet", "bridge")}
    assert all(before.values())
    lab.host.run("nft", "delete", "table", family, "nfwpolicy")
    eventually(lambda: lab.learner_log().count("nft (process "))
    for (name, table), element in before.items():
        eventually(lambda name=name, table=table, element=element: elements(lab, table, "egress", name) == element)
    assert lab.nfw("verify").returncode == 0
    lab.reach(ALLOWED, DENIED)
    lab.nfw("unload", "test", "--force")


def test_what_happens_while_no_daemon_runs_is_taken_as_it_is(keeper):
    lab = keeper.lab
    bare_veth(lab, "vnet2")
    bare_veth(lab, "vnet3")
    lab.load(RULES, name="stays", ports=["vnet0"])
    lab.load(RULES, name="goes", ports=["vnet2"])
    eventually(lambda: keeper.is_stored(stays="vnet0", goes="vnet2"))
    keeper.stop(signal.SIGKILL)
    lab.nfw("unload", "goes", "--force")
    lab.nfw("detach", "--port", "vnet0")
    lab.load(RULES, name="comes", ports=["vnet3"])
    lab.nfw("unload", "stays")
    keeper.start()
    assert set(ports(lab)) == {"vnet3"}
    assert keeper.is_stored(comes="vnet3")
    # and what somebody else did meanwhile is undone, from what is recorded
    keeper.stop(signal.SIGKILL)
    lab.load(policy(allow(ips=[OTHER4])), name="comes", ports=["vnet0"])
    lab.host.run("nft", "flush", "ruleset")
    keeper.start()
    lab.reach(DENIED, ALLOWED)
    for name in ("vnet2", "vnet3"):
        ip(lab, "link", "delete", name)


def test_a_macvtap_is_refused(keeper):
    lab = keeper.lab
    made = lab.host.run("ip", "link", "add", "link", "up0", "name", "mac0", "type", "macvtap", check=False)
    if made.returncode != 0:
        pytest.skip("this kernel has no macvtap")
    load_alone(lab)
    for options in ((), ("--persistent",)):
        result = lab.nfw("attach", "test", "--port", "mac0", *options, check=False)
        assert result.returncode == 1 and "port/not-seen" in result.stderr and "macvtap" in result.stderr
    ip(lab, "link", "delete", "mac0")


def resident(process):
    """The daemon's memory in KiB; what was started is `ip netns exec`, which has become it."""
    with open(f"/proc/{process.pid}/status", encoding="utf-8") as stream:
        return int(next(line for line in stream if line.startswith("VmRSS:")).split()[1])


N_LINKS = 1000


def test_a_thousand_links_come_and_go(keeper):
    """
    As fast as the machine makes them. Of each three, one is under the policy while it is there, one waits for its link and
    for every next one of its name, one is nobody's business.
    """
    lab = keeper.lab
    said = len(lab.learner_log())
    lab.load(RULES)
    bound, waiting = ([f"c{n}" for n in range(first, N_LINKS, 3)] for first in (0, 1))
    lab.nfw("attach", "test", "--persistent", "--quiet", *(word for name in waiting for word in ("--port", name)))
    make = lab.file("make", "".join(f"link add c{n} group 77 type veth peer name c{n}p\n" for n in range(N_LINKS)))

    def churn():
        lab.host.run("ip", "-batch", make)
        lab.nfw("attach", "test", *(word for name in bound for word in ("--port", name)))
        ip(lab, "link", "delete", "group", "77")
        eventually(lambda: set(ports(lab)) == {"vnet0", *waiting}, 300)
        eventually(lambda: keeper_has(keeper, {"vnet0", *waiting}), 300)
        return resident(keeper.process)

    churn()
    sizes = [churn(), churn()]
    if "NFWPOLICY_SANITIZERS" not in os.environ:
        # How much it has at once differs; what is never freed is more each time.
        while sizes[-1] > sizes[-2] + 256 and len(sizes) < 8:
            sizes.append(churn())
        assert sizes[-1] <= sizes[-2] + 256, sizes
    # Whoever attaches while links come and go has not edited anything.
    assert "changed our tables" not in lab.learner_log()[said:]

    # One of them once more, with a guest behind it: what is in force for it is not only what is said of it.
    assert lab.nfw("verify").returncode == 0
    guest, passed = first_packets(lab, 9, waiting[0])
    assert passed == []
    lab.reach(ALLOWED, DENIED, namespace=guest)
    lab.reach(ALLOWED, DENIED)

    lab.nfw("detach", *(word for name in waiting for word in ("--port", name)))
    ip(lab, "link", "delete", waiting[0])
    eventually(lambda: keeper_has(keeper, {"vnet0"}))
    (place,) = [path for path in os.scandir(lab.state) if path.is_dir()]
    assert os.listdir(os.path.join(place.path, "ports")) == ["vnet0"]
    for family in ("inet", "bridge"):
        listed = lab.host.run("nft", "list", "table", family, "nfwpolicy", check=False).stdout
        assert '"c' not in listed


def keeper_has(keeper, names):
    with open(os.path.join(keeper.store, "bindings"), encoding="utf-8") as stream:
        return {line.split()[0] for line in stream.read().splitlines()[1:-1]} == names
