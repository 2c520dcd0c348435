# SPDX-License-Identifier: GPL-2.0-or-later
"""nfwpolicyd keeps network filters in force: packets, whatever others do to the tables, and over a reboot."""

import os
import signal

import pytest

from lab import eventually
from nwfilter_host import GUEST, NO_IP, OTHER, PEER, Host, datagram


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
    for place in "nwfilter", "store/nwfilter-record":
        os.remove(os.path.join(kept.directory, place, "other.xml"))
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
    os.remove(os.path.join(kept.store, "nwfilter-record", "no-ip.xml"))
    kept.start()
    assert not kept.bridge.passes(datagram()) and not kept.bridge.passes(datagram(OTHER))
    os.rename(path + ".away", path)
    eventually(lambda: kept.bridge.passes(datagram(OTHER)))
    assert kept.in_force()
    eventually(lambda: os.path.exists(os.path.join(kept.store, "nwfilter-record", "no-ip.xml")))
