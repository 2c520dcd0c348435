# SPDX-License-Identifier: GPL-2.0-or-later
"""nfwpolicyd keeps network filters in force: packets, whatever others do to the tables, and over a reboot."""

import json
import os
import shutil
import signal
import subprocess
import tempfile

import pytest

from lab import NFWPOLICY, NFWPOLICYD, SOURCE, eventually
from nwfilter import MAC, Bridge
from packets import ipv4, udp

GUEST, PEER, OTHER = "192.0.2.1", "192.0.2.2", "192.0.2.3"
NO_IP = """<filter name='no-ip' chain='root'>
  <rule action='drop' direction='out' priority='500'><ip srcipaddr='$IP'/></rule>
</filter>
"""
IN_SET = """<filter name='in-set' chain='root'>
  <rule action='accept' direction='out' priority='400'><mac protocolid='arp'/></rule>
  <rule action='accept' direction='out' priority='500' statematch='false'>
    <udp ipset='friends' ipsetflags='{flags}'/>
  </rule>
  <rule action='drop' direction='inout' priority='1000' statematch='false'><all/></rule>
</filter>
"""
BINDING = """<filterbinding>
  <portdev name='{port}'/>
  <mac address='{mac}'/>
  <filterref filter='{name}'>{parameters}</filterref>
</filterbinding>
"""


def datagram(source=GUEST, destination=PEER, port=53):
    payload = ipv4(source, destination, 17, udp(source, destination, 4000, port, b"datagram"))
    return bytes.fromhex("52540000000b52540000000a0800") + payload


class Host:
    """A bridge with guests, the commands, and a daemon with a store."""

    def __init__(self, bridge):
        self.bridge = bridge
        self.host = bridge.host
        self.directory = tempfile.mkdtemp(prefix="nfw-")
        self.state = os.path.join(self.directory, "state")
        self.store = os.path.join(self.directory, "store")
        self.log = os.path.join(self.directory, "daemon.log")
        self.places = ("--filter-directory", os.path.join(self.directory, "nwfilter"),
                       "--builtin-directory", os.path.join(SOURCE, "data", "filters"))
        self.process = None

    def file(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text)
        return path

    def nfw(self, command, *arguments, check=True):
        return self.host.run(NFWPOLICY, command, "--state-directory", self.state, *self.places, *arguments, check=check)

    def json(self, command, *arguments):
        return json.loads(self.nfw(command, "--json", *arguments).stdout)

    def define(self, text, check=True):
        return self.nfw("nwfilter-define", self.file("filter.xml", text), check=check)

    def bind(self, name, port="vnet0", check=True, **parameters):
        values = "".join(f"<parameter name='{key}' value='{value}'/>" for key, value in parameters.items())
        text = BINDING.format(port=port, mac=MAC, name=name, parameters=values)
        return self.nfw("nwfilter-binding-create", self.file("binding.xml", text), check=check)

    def bound(self):
        return {each["port"]: each["filter"] for each in self.json("nwfilter-binding-list")["bindings"]}

    def start(self):
        before = len(self.said())
        self.process = self.host.start(
            NFWPOLICYD, "--foreground", "--state-directory", self.state, "-v", "--no-bus", "--store-directory",
            self.store, *self.places, stdout=open(self.log, "a", encoding="utf-8"), stderr=subprocess.STDOUT)
        eventually(lambda: "learning (" in self.said()[before:] or self.process.poll() is not None)
        assert self.process.poll() is None, self.said()

    def stop(self, number=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
            assert self.process.wait(timeout=20) == (0 if number == signal.SIGTERM else -number)

    def said(self):
        if not os.path.exists(self.log):
            return ""
        with open(self.log, encoding="utf-8") as stream:
            return stream.read()

    def stored(self):
        path = os.path.join(self.store, "nwfilter-binding")
        return {name.removesuffix(".xml") for name in os.listdir(path)} if os.path.isdir(path) else set()

    def reboot(self):
        self.host.run("nft", "flush", "ruleset")
        shutil.rmtree(self.state)

    def ruleset(self):
        return self.host.run("nft", "-s", "list", "ruleset").stdout

    def in_force(self):
        return "table bridge nfwpolicy-filter" in self.ruleset() and not self.bridge.passes(datagram())

    def close(self):
        self.stop()
        for port in self.bound():
            self.nfw("nwfilter-binding-delete", port)
        shutil.rmtree(self.directory)


@pytest.fixture(scope="module")
def bridge():
    bridge = Bridge()
    try:
        yield bridge
    finally:
        bridge.remove()


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
    kept.define(NO_IP.replace("no-ip", "other"))
    kept.bind("other", port="vnet1", IP=PEER)
    eventually(lambda: kept.stored() == {"vnet0", "vnet1"})
    kept.stop()
    kept.reboot()
    os.remove(os.path.join(kept.directory, "nwfilter", "other.xml"))
    kept.start()
    assert kept.in_force()
    assert "there is no filter `other`" in kept.said()
    assert kept.stored() == {"vnet0", "vnet1"}
    kept.define(NO_IP.replace("no-ip", "other"))
    kept.stop()
    kept.start()
    assert kept.in_force() and kept.bound() == {"vnet0": "no-ip", "vnet1": "other"}
