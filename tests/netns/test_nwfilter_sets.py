# SPDX-License-Identifier: GPL-2.0-or-later
"""Sets that filters refer to with ipset: what is put there counts for the next packet, and stays."""

import os

import pytest

from lab import eventually
from nwfilter_host import GUEST, OTHER, PEER, datagram

FILTER = """<filter name='in-set' chain='root'>
  <rule action='return' direction='out' priority='500' statematch='false'>
    <{protocol} ipset='friends' ipsetflags='{flags}'/>
  </rule>
  <rule action='drop' direction='out' priority='1000' statematch='false'><{all}/></rule>
</filter>
"""
ADDRESSES = FILTER.format(protocol="all", all="all", flags="dst")
PORTS = FILTER.format(protocol="udp", all="all", flags="dst,dst")
THREE = FILTER.format(protocol="udp", all="all", flags="dst,dst,src")


def listed(host):
    return {each["name"]: each["elements"] for each in host.json("set", "list")["sets"]}


def refused(host, *arguments, status=1):
    result = host.nfw("set", *arguments, check=False)
    assert result.returncode == status, result
    return result.stderr


def passes(host, **what):
    return host.bridge.passes(datagram(**what))


def test_addresses(host):
    host.define(ADDRESSES)
    host.bind("in-set")
    assert not passes(host)
    assert host.nfw("set", "add", "friends", PEER).stdout == "set friends: 1 element added\n"
    assert passes(host) and not passes(host, destination=OTHER)
    assert host.nfw("set", "add", "friends", "192.0.2.0/25", "198.51.100.7-198.51.100.9").stdout == (
        "set friends: 2 elements added\n")
    assert passes(host, destination=OTHER) and passes(host, destination="198.51.100.8")
    assert not passes(host, destination="198.51.100.10")
    host.nfw("set", "delete", "friends", PEER)
    assert passes(host)
    host.nfw("set", "delete", "friends", "192.0.2.0/25")
    assert not passes(host) and passes(host, destination="198.51.100.8")
    assert listed(host) == {"friends": ["198.51.100.7-198.51.100.9"]}
    assert host.nfw("set", "list", "friends").stdout == "198.51.100.7-198.51.100.9\n"
    assert host.nfw("set", "list").stdout.split() == [
        "SET", "TYPE", "FAMILY", "ELEMENTS", "friends", "ip", "ipv4", "1"]
    host.nfw("set", "delete", "friends", "198.51.100.7-198.51.100.9")
    assert not passes(host, destination="198.51.100.8")


@pytest.mark.parametrize("text, element, other", [
    (PORTS, f"{PEER},53", f"{PEER},54"),
    (PORTS, "192.0.2.0/24,50-53", "192.0.2.0/24,54-60"),
    (THREE, f"{PEER},53,{GUEST}", f"{PEER},53,{OTHER}"),
])
def test_ports(host, text, element, other):
    host.define(text)
    host.bind("in-set")
    host.nfw("set", "add", "friends", other)
    assert not passes(host)
    host.nfw("set", "add", "friends", element)
    assert passes(host) and not passes(host, destination="203.0.113.1")
    host.nfw("set", "delete", "friends", element)
    assert not passes(host)
    assert listed(host) == {"friends": [other]}


def test_filled_before_a_filter_looks_into_it(host):
    host.nfw("set", "add", "friends", PEER)
    assert "nfwpolicy-filter" not in host.ruleset()
    host.define(ADDRESSES)
    host.bind("in-set")
    assert passes(host) and not passes(host, destination=OTHER)
    host.nfw("nwfilter-binding-delete", "vnet0")
    assert "nfwpolicy-filter" not in host.ruleset()
    assert listed(host) == {"friends": [PEER]}
    host.bind("in-set")
    assert passes(host)


def test_a_filter_that_changes_keeps_its_set(host):
    host.define(ADDRESSES)
    host.bind("in-set")
    host.nfw("set", "add", "friends", PEER)
    host.define(ADDRESSES.replace("500", "600"))
    assert passes(host) and not passes(host, destination=OTHER)


def test_kept_over_flushes_edits_and_a_reboot(host):
    host.define(ADDRESSES)
    host.start()
    host.bind("in-set")
    host.nfw("set", "add", "friends", PEER, "198.51.100.0/24")
    host.nfw("set", "add", "idle", "2001:db8::1,443")
    before = host.ruleset()
    host.host.run("nft", "flush", "ruleset")
    eventually(lambda: host.ruleset() == before)
    assert passes(host)
    host.host.run("nft", "flush", "set", "bridge", "nfwpolicy-filter", "set/friends")
    eventually(lambda: host.ruleset() == before)
    host.host.run("nft", "add", "element", "bridge", "nfwpolicy-filter", "set/friends", "{ 203.0.113.1 }")
    eventually(lambda: host.ruleset() == before)
    eventually(lambda: host.said().count("changed our tables") >= 3)
    assert host.said().count("changed our tables") == 3
    sets = listed(host)
    eventually(lambda: set(os.listdir(os.path.join(host.store, "nwfilter-set"))) == {
        "friends.set", "friends.set~", "idle.set", "idle.set~"})
    host.stop()
    host.reboot()
    host.start()
    assert host.ruleset() == before and listed(host) == sets
    assert passes(host) and not passes(host, destination=OTHER)
    host.nfw("set", "delete", "idle")
    eventually(lambda: set(os.listdir(os.path.join(host.store, "nwfilter-set"))) == {"friends.set", "friends.set~"})
    host.stop()
    host.reboot()
    host.start()
    assert set(listed(host)) == {"friends"}


def test_a_set_is_deleted_where_nothing_looks_into_it(host):
    host.define(ADDRESSES)
    host.bind("in-set")
    host.nfw("set", "add", "friends", PEER)
    assert "set `friends` is in use: filter `in-set` looks into it [set/in-use]" in refused(host, "delete", "friends")
    assert passes(host)
    host.nfw("nwfilter-binding-delete", "vnet0")
    assert host.nfw("set", "delete", "friends").stdout == "set friends is deleted\n"
    assert listed(host) == {}
    assert "there is no set `friends` [set/no-set]" in refused(host, "delete", "friends")
    assert "[set/no-set]" in refused(host, "list", "friends")


def test_the_type(host):
    host.define(PORTS)
    host.bind("in-set")
    told = refused(host, "add", "friends", PEER)
    assert f"`{PEER}` cannot be in the set: the set has an address and a port [set/element]" in told
    assert "[set/type]" in refused(host, "add", "friends", "--type", "ip", PEER)
    assert "the set is for IPv4" in refused(host, "add", "friends", "2001:db8::1,53")
    assert listed(host) == {}
    host.nfw("set", "add", "friends")
    sets = host.json("set", "list", "friends")["sets"]
    assert sets == [{"name": "friends", "type": "ip,port", "family": "ipv4", "elements": []}]
    # What is there goes before what a filter looks for.
    host.nfw("set", "add", "others", "--type", "ip", "--family", "ipv6")
    told = host.define(PORTS.replace("friends", "others"), check=False)
    assert told.returncode == 1 and "[set/type]" in told.stderr
    assert "filter `in-set` looks for ip,port (ipv4) in set `others`, which has ip (ipv6)" in told.stderr
    assert "[set/no-type]" in refused(host, "add", "new", "--type", "ip")


@pytest.mark.parametrize("element, reason", [
    ("192.0.2", "it is neither an IPv4 nor an IPv6 address"),
    ("192.0.2.1/33", "prefix"),
    ("192.0.2.1/24", "bits behind the length of the prefix are set"),
    ("192.0.2.9-192.0.2.1", "the end of the range is below its start"),
    ("192.0.2.1-2001:db8::1", "that is no range of addresses"),
    ("192.0.2.1,tcp:80", "a port stands alone here"),
    ("192.0.2.1,0", "port"),
    ("192.0.2.1,70000", "port"),
    ("192.0.2.1,80,192.0.2.2,80", "at most an address, a port and an address"),
    ("192.0.2.1,80,2001:db8::1", "the set is for IPv4"),
    ("", "it is empty"),
    ("192.0.2.1,", ""),
])
def test_what_is_no_element(host, element, reason):
    told = refused(host, "add", "friends", "198.51.100.1", element)
    assert f"`{element}` cannot be in the set: " in told or "the set has addresses only" in told
    assert listed(host) == {}
    if "," not in element:
        assert reason in told
    else:
        assert reason in refused(host, "add", "friends", element)


def test_all_or_nothing(host):
    host.nfw("set", "add", "friends", "192.0.2.1,80", "192.0.2.1,81", "192.0.2.1,81")
    before = listed(host)
    assert before == {"friends": ["192.0.2.1,80", "192.0.2.1,81"]}
    told = refused(host, "add", "friends", "192.0.2.2,80", "192.0.2.0/24,81-90")
    assert "`192.0.2.0/24,81-90` and `192.0.2.1,81` overlap" in told and "[set/overlap]" in told
    assert "`192.0.2.9,80` is not in the set [set/no-element]" in refused(
        host, "delete", "friends", "192.0.2.1,80", "192.0.2.9,80")
    assert "[set/name]" in refused(host, "add", "a/b", "192.0.2.1")
    assert "none of add, delete and list" in refused(host, "rename", "friends", status=2)
    assert "NAME" in refused(host, "add", status=2)
    assert listed(host) == before


def test_many(host):
    host.define(ADDRESSES)
    host.bind("in-set")
    host.nfw("set", "add", "friends", *(f"10.{i // 200}.{i % 200}.1" for i in range(4000)))
    assert passes(host, destination="10.19.199.1") and not passes(host, destination="10.20.0.1")
    host.nfw("set", "add", "friends", "10.20.0.1")
    assert passes(host, destination="10.20.0.1") and len(listed(host)["friends"]) == 4001
