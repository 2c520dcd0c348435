# SPDX-License-Identifier: GPL-2.0-or-later
"""
Network filters in the kernel: the conformance scenarios as frames over a bridge, and what must hold while filters come,
change and go. Rules that need connection tracking on bridges run in tests/vm.
"""

import json
import os

import pytest

from lab import SOURCE
from nwfilter import Bridge, Filters

CONFORMANCE = os.path.join(SOURCE, "..", "shared", "conformance", "nwfilter")
BUILTIN = os.path.join(SOURCE, "data", "filters")

# What must happen is what libvirt does, where by default more is filtered, or something else.
AS_LIBVIRT = ("arp-fields", "vlan-bypasses-iptables")


def scenarios():
    path = os.path.join(CONFORMANCE, "scenarios.json")
    if not os.path.exists(path):
        return []
    with open(path) as file:
        return json.load(file)


@pytest.fixture
def bridge():
    bridge = Bridge()
    yield bridge
    bridge.remove()


@pytest.fixture
def filters(bridge, tmp_path):
    filters = Filters(bridge.host, str(tmp_path), BUILTIN)
    yield filters
    filters.close()


def define_all(filters, scenario):
    for xml in scenario["filters"]:
        result = filters.define(xml)
        if result != "ok":
            return result
    return "ok"


def bind_scenario(filters, scenario):
    result = define_all(filters, scenario)
    if result == "ok":
        compat = scenario["name"] in AS_LIBVIRT
        result = filters.bind(filters.binding("vnet0", scenario["top"], scenario["params"], compat=compat))
    return result


def round_trip(bridge):
    """Through nft and back; handles aside, nothing changes."""
    listed = bridge.host.run("nft", "list", "ruleset").stdout
    bridge.host.run("nft", "flush", "ruleset")
    bridge.host.run("nft", "-f", "-", input=listed)
    assert bridge.host.run("nft", "list", "ruleset").stdout == listed


@pytest.mark.skipif(not scenarios(), reason="the conformance data are not there")
@pytest.mark.parametrize("scenario", scenarios(), ids=[scenario["name"] for scenario in scenarios()])
@pytest.mark.parametrize("by_nft", [False, True], ids=["", "by-nft"])
def test_scenario(bridge, filters, scenario, by_nft):
    result = bind_scenario(filters, scenario)
    if result == "refused" and filters.diagnostics()[0][0] == "kernel/no-bridge-conntrack" and not scenario["refused"]:
        pytest.skip("this kernel cannot track connections between bridge ports")
    assert (result != "ok") == scenario["refused"], (result, filters.diagnostics())
    if scenario["refused"]:
        assert bridge.host.run("nft", "list", "ruleset").stdout == ""
        return
    if by_nft:
        round_trip(bridge)
    else:
        assert filters.verify() == "ok", filters.diagnostics()
    for step in scenario["steps"]:
        frame = bytes.fromhex(step["frame"])
        ends = ("vnet0", "vnet1") if step["dir"] == "out" else ("vnet1", "vnet0")
        assert bridge.passes(frame, *ends) == (step["verdict"] == "pass"), step["label"]
    assert filters.unbind("vnet0") == "ok", filters.diagnostics()
    assert bridge.host.run("nft", "list", "ruleset").stdout == ""
