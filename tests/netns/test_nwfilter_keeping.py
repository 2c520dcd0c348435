# SPDX-License-Identifier: GPL-2.0-or-later
"""nfwpolicyd keeps network filters in force: packets, whatever others do to the tables, and over a reboot."""

import os
import re
import signal
import socket
import struct

import pytest

from lab import NFWPOLICY, eventually
from networks import ip4, xml
from nwfilter_host import GUEST, NO_IP, OTHER, PEER, Host, datagram
from policies import allow, deny, policy
from test_keeping import bindings_in


def contents(ruleset):
    """A policy that was put back has another id, so that learners see it, and may stand elsewhere."""
    return sorted(re.sub(r"\b[0-9a-f]{16}\b", "ID", ruleset).splitlines())


@pytest.fixture
def host(bridge):
    host = Host(bridge)
    try:
        host.define(NO_IP)
        yield host
    finally:
        host.close()


@pytest.fixture
def kept(host):
    host.start()
    host.bind("no-ip", IP=GUEST)
    eventually(lambda: host.stored() == {"vnet0"})
    assert host.in_force() and host.bridge.passes(datagram(OTHER))
    return host


def test_a_flush_is_undone(kept):
    before = kept.ruleset()
    for i in range(3):
        kept.host.run("nft", "flush", "ruleset")
        eventually(lambda: kept.ruleset() == before)
        assert kept.in_force() and kept.bridge.passes(datagram(OTHER))
    # What has been put right is told after that.
    eventually(lambda: kept.said().count("changed our tables") >= 3)
    assert "nft (process " in kept.said()
    assert kept.said().count("changed our tables") == 3


@pytest.mark.parametrize("edit", [
    "delete table bridge nfwpolicy-filter",
    "flush chain bridge nfwpolicy-filter filter-link-egress",
    "insert rule bridge nfwpolicy-filter filter-link-egress accept",
    "delete element bridge nfwpolicy-filter no-ip/ports { vnet0 }",
    "add chain bridge nfwpolicy-filter mine",
    "add element bridge nfwpolicy-filter no-ip/ports { vnet1 }",
])
def test_an_edit_is_undone(kept, edit):
    before = kept.ruleset()
    kept.host.run("nft", *edit.split(" "))
    eventually(lambda: kept.ruleset() == before)
    eventually(lambda: "changed our tables" in kept.said())
    assert kept.in_force()


def test_what_the_commands_do_is_no_edit(kept):
    kept.define(NO_IP.replace("drop", "accept"))
    assert kept.bridge.passes(datagram())
    kept.define(NO_IP)
    kept.nfw("nwfilter-binding-delete", "vnet0")
    kept.bind("no-ip", IP=OTHER)
    eventually(lambda: kept.stored() == {"vnet0"})
    assert kept.bridge.passes(datagram()) and not kept.bridge.passes(datagram(OTHER))
    assert "changed our tables" not in kept.said()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_next_one_takes_over(kept, number):
    before = kept.ruleset()
    kept.stop(number)
    assert kept.in_force()
    kept.start()
    assert kept.ruleset() == before and kept.in_force()
    assert "changed our tables" not in kept.said()


def test_what_was_taken_out_while_nobody_looked_is_put_back(kept):
    before = kept.ruleset()
    kept.stop()
    kept.host.run("nft", "delete", "table", "bridge", "nfwpolicy-filter")
    assert kept.bridge.passes(datagram())
    kept.start()
    assert kept.ruleset() == before and kept.in_force()


def test_a_reboot(kept):
    before = kept.ruleset()
    kept.bind("no-ip", port="vnet1", IP=PEER)
    eventually(lambda: kept.stored() == {"vnet0", "vnet1"})
    kept.nfw("nwfilter-binding-delete", "vnet1")
    eventually(lambda: kept.stored() == {"vnet0"})
    kept.stop(signal.SIGKILL)
    kept.reboot()
    assert kept.bridge.passes(datagram())
    kept.start()
    assert kept.bound() == {"vnet0": "no-ip"}
    assert kept.ruleset() == before and kept.in_force()


def generation(namespace):
    """How often the ruleset has been changed in the namespace: NFT_MSG_GETGEN."""
    with namespace.enter(), socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12) as netlink:
        netlink.send(struct.pack("=IHHIIBBH", 20, 10 << 8 | 16, 1, 1, 0, 0, 0, 0))
        answer = netlink.recv(4096)
    size, kind = struct.unpack_from("=HH", answer, 20)
    assert (size, kind) == (8, 1), answer
    return struct.unpack_from(">I", answer, 24)[0]


@pytest.fixture
def kept_all(kept):
    """A policy, networks and a filter, each of them in force."""
    kept.bridge.batch(kept.host, "link add w0 type veth peer name w1", "link set w0 up")
    state = ("--state-directory", kept.state)
    net = ("--network-directory", os.path.join(kept.directory, "networks"), *state)
    web = kept.file("web.yaml", policy(allow(ips=["203.0.113.2"]), deny()))
    kept.host.run(NFWPOLICY, "load", web, "--port", "w0", *state)
    definition = kept.file("lan.xml", xml("lan", "virbr7", "<forward mode='nat'/>", ip4("192.168.177.1")))
    kept.host.run(NFWPOLICY, "net-define", definition, *net)
    kept.host.run(NFWPOLICY, "net-start", "lan", "--create-bridge", *net)
    eventually(lambda: kept.stored() == {"vnet0"})
    eventually(lambda: os.path.exists(os.path.join(kept.store, "networks", "lan.network")))
    eventually(lambda: bindings_in(kept.store) == [("w0", "web")])
    yield kept
    kept.host.run(NFWPOLICY, "net-destroy", "lan", *net)
    kept.host.run(NFWPOLICY, "unload", "web", "--force", *state)
    kept.bridge.batch(kept.host, "link del w0")


@pytest.mark.parametrize("how", ["a reboot", "a flush"])
def test_policies_networks_and_filters_come_back_in_one_transaction(kept_all, how):
    host = kept_all
    before = host.ruleset()
    assert all(each in before for each in ("chain web-egress", "192.168.177.0/24", "no-ip/ports"))
    if how == "a reboot":
        host.stop(signal.SIGKILL)
        host.reboot()
        changed = generation(host.host)
        host.start()
    else:
        changed = generation(host.host) + 1
        host.host.run("nft", "flush", "ruleset")
    eventually(lambda: contents(host.ruleset()) == contents(before))
    assert host.in_force()
    host.stop()
    assert generation(host.host) == changed + 1


def test_a_filter_that_the_kernel_refuses_does_not_keep_the_rest_from_it(kept_all, tmp_path):
    """Somebody else's table has the name that the filters need: each of the others is back all the same."""
    host = kept_all
    before = host.ruleset()
    host.stop(signal.SIGKILL)
    host.reboot()
    host.host.run("nft", "add", "table", "bridge", "nfwpolicy-filter")
    host.start()
    eventually(lambda: "chain web-egress" in host.ruleset() and "192.168.177.0/24" in host.ruleset())
    assert "no-ip/ports" not in host.ruleset()
    host.stop()
    host.host.run("nft", "delete", "table", "bridge", "nfwpolicy-filter")
    host.start()
    eventually(lambda: contents(host.ruleset()) == contents(before))


def test_what_was_unbound_while_nobody_stored_that_stays_so(kept):
    kept.stop()
    kept.nfw("nwfilter-binding-delete", "vnet0")
    kept.start()
    assert kept.bound() == {} and kept.bridge.passes(datagram())
    eventually(lambda: kept.stored() == set())


def test_a_link_comes_back(kept):
    """Who started the guest ends the binding; until then it waits for a link of that name."""
    kept.bridge.add("vnet7", "52:54:00:00:00:17")
    kept.bind("no-ip", port="vnet7", IP=GUEST)
    assert not kept.bridge.passes(datagram(), source="vnet7")
    kept.host.run("ip", "link", "del", "vnet7")
    assert kept.bound() == {"vnet0": "no-ip", "vnet7": "no-ip"}
    kept.bridge.add("vnet7", "52:54:00:00:00:17")
    assert not kept.bridge.passes(datagram(), source="vnet7")
    kept.nfw("nwfilter-binding-delete", "vnet7")
    assert kept.bridge.passes(datagram(), source="vnet7")
    kept.host.run("ip", "link", "del", "vnet7")
    assert "changed our tables" not in kept.said()


def test_a_filter_that_is_gone_does_not_keep_the_others_from_it(kept):
    """Its own port is not left open for that: nothing passes it until the filter is defined."""
    kept.define(NO_IP.replace("no-ip", "other"))
    kept.bind("other", port="vnet1", IP=PEER)
    eventually(lambda: kept.stored() == {"vnet0", "vnet1"})
    kept.stop()
    kept.reboot()
    for file in "nwfilter/other.xml", "store/nwfilter-record/other.xml", "store/nwfilter-record/other.xml~":
        os.remove(os.path.join(kept.directory, file))
    kept.start()
    assert kept.in_force()
    assert "there is no filter `other`" in kept.said()
    assert "nothing passes port vnet1" in kept.said()
    assert kept.stored() == {"vnet0", "vnet1"}
    assert not kept.bridge.passes(datagram(OTHER)) and not kept.bridge.passes(datagram(OTHER), "vnet1", "vnet0")
    kept.define(NO_IP.replace("no-ip", "other"))
    assert kept.bridge.passes(datagram(OTHER)) and kept.bridge.passes(datagram(OTHER), "vnet1", "vnet0")
    assert not kept.bridge.passes(datagram(PEER), "vnet1", "vnet0")
    assert kept.in_force() and kept.bound() == {"vnet0": "no-ip", "vnet1": "other"}
    assert kept.nfw("verify").stderr == ""
    assert "changed our tables" not in kept.said()


def test_a_filter_that_is_gone_comes_back_with_its_file(kept):
    """Put there by a package or by hand, with nobody saying so."""
    path = os.path.join(kept.directory, "nwfilter", "no-ip.xml")
    kept.stop()
    kept.reboot()
    os.rename(path, path + ".away")
    for file in "no-ip.xml", "no-ip.xml~":
        os.remove(os.path.join(kept.store, "nwfilter-record", file))
    kept.start()
    assert not kept.bridge.passes(datagram()) and not kept.bridge.passes(datagram(OTHER))
    os.rename(path + ".away", path)
    eventually(lambda: kept.bridge.passes(datagram(OTHER)))
    assert kept.in_force()
    eventually(lambda: os.path.exists(os.path.join(kept.store, "nwfilter-record", "no-ip.xml")))
