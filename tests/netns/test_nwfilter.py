# SPDX-License-Identifier: GPL-2.0-or-later
"""
Network filters in the kernel: the scenarios of tests/data as frames over a bridge. Rules that need connection tracking on
bridges run in tests/vm.
"""

import os

import pytest

from cases import read_cases
from lab import SOURCE
from nwfilter import Bridge, Filters

BUILTIN = os.path.join(SOURCE, "data", "filters")


SCENARIOS = read_cases("nwfilter", "scenarios")


@pytest.fixture(scope="module")
def the_bridge():
    bridge = Bridge()
    # What a scenario has sent is not to tell the next one's frames where to go.
    bridge.batch(bridge.host, *(f"link set {port} type bridge_slave learning off" for port in ("vnet0", "vnet1")))
    yield bridge
    bridge.remove()


@pytest.fixture
def bridge(the_bridge):
    the_bridge.forget_connections()
    return the_bridge


@pytest.fixture
def filters(bridge, tmp_path):
    filters = Filters(bridge.host, str(tmp_path), BUILTIN)
    yield filters
    filters.close()


def bind(filters, scenario):
    for xml in scenario.get("filters", []):
        result = filters.define(xml)
        if result != "ok":
            return result
    values = [(value["name"], value["value"]) for value in scenario.get("values", [])]
    return filters.bind(filters.binding("vnet0", scenario["bind"], values, compat="compat" in scenario))


def round_trip(bridge):
    """Through nft and back; handles aside, nothing changes."""
    listed = bridge.host.run("nft", "list", "ruleset").stdout
    bridge.host.run("nft", "flush", "ruleset")
    bridge.host.run("nft", "-f", "-", input=listed)
    assert bridge.host.run("nft", "list", "ruleset").stdout == listed


def test_all_scenarios_are_there():
    assert (len(SCENARIOS), sum(len(scenario.get("frames", [])) for scenario in SCENARIOS)) == (55, 133)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario["name"] for scenario in SCENARIOS])
@pytest.mark.parametrize("by_nft", [False, True], ids=["", "by-nft"])
def test_scenario(bridge, filters, scenario, by_nft):
    result = bind(filters, scenario)
    refused = scenario.get("refused", False)
    if result == "refused" and filters.diagnostics()[0][0] == "kernel/no-bridge-conntrack" and not refused:
        pytest.skip("this kernel cannot track connections between bridge ports")
    assert (result != "ok") == refused, (result, filters.diagnostics())
    if refused:
        assert bridge.host.run("nft", "list", "ruleset").stdout == ""
        return
    if by_nft:
        round_trip(bridge)
    else:
        assert filters.verify() == "ok", filters.diagnostics()
    for frame in scenario["frames"]:
        ends, verdict = (("vnet0", "vnet1"), frame["out"]) if "out" in frame else (("vnet1", "vnet0"), frame["in"])
        assert bridge.passes(bytes.fromhex(frame["frame"]), *ends) == (verdict == "pass"), frame["what"]
    assert filters.unbind("vnet0") == "ok", filters.diagnostics()
    assert bridge.host.run("nft", "list", "ruleset").stdout == ""
