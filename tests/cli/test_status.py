# SPDX-License-Identifier: GPL-2.0-or-later
"""nfwpolicy status: whether all is well, in states that are made and not pretended."""

import glob
import json
import os
import re
import signal
import struct

import pytest

from conftest import PATIENT

KEYS = [
    "daemon", "table_name", "learner", "kernel", "tables", "policies", "ports", "waiting", "filter_ports", "networks", "names", "addresses", "ignored", "attention",
]
# Their places among the counters, see enum nfw_counter.
UNTRUSTED, LOST, FAILED = 4, 8, 9


@pytest.fixture
def well(host):
    """With web on vnet0 only, which learns nothing."""
    assert host("unload", "names").returncode == 0
    return host


def status(host, *options):
    result = host("status", "--no-bus", "--json", *options)
    assert result.stderr == ""
    answer = json.loads(result.stdout)
    assert list(answer) == KEYS
    assert result.returncode == (1 if answer["attention"] else 0)
    return answer


def codes(host):
    return [each["code"] for each in status(host)["attention"]]


def test_all_is_well(well):
    result = well("status", "--no-bus")
    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[:2] == ["daemon    none on the bus", "learner   not running"]
    assert re.fullmatch(rf"kernel    Linux {re.escape(os.uname().release)}, has nf_tables\b.*", lines[2])
    assert lines[3:] == [
        "tables    inet nfwpolicy", "loaded    1 policy, 1 port", "learned   0 names, 0 addresses", "",
        "nothing needs attention",
    ]
    result = well("status", "--quiet")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_json(well):
    answer = status(well)
    assert answer["daemon"] == {"version": None}
    assert answer["learner"] == json.loads(well("list", "--json").stdout)["learner"]
    assert answer["kernel"]["release"] == os.uname().release
    features = answer["kernel"]["features"]
    assert list(features) == ["nf_tables", "bridge_conntrack", "timeout_update"] and features["nf_tables"] is True
    assert answer["tables"] == ["inet"]
    assert [answer[key] for key in KEYS[5:10]] == [1, 1, 0, 0, 0]


def test_nothing_is_loaded(well):
    assert well("unload", "web", "--force").returncode == 0
    answer = status(well)
    assert (answer["tables"], answer["policies"], answer["attention"]) == ([], 0, [])
    assert "tables    none\nloaded    0 policies, 0 ports\n" in well("status", "--no-bus").stdout


def test_the_kernel_tells_whether_it_tracks_connections_on_bridges(well):
    """As loading onto a port of a bridge finds out."""
    well.ip("link add br0 type bridge")
    well.ip("link add tap0 type veth peer name tap1")
    try:
        well.ip("link set tap0 master br0")
        loaded = well("load", well.directory / "web.yaml", "--name", "bridged", "--port", "tap0")
        assert ("kernel/no-bridge-conntrack" in loaded.stderr) != status(well)["kernel"]["features"]["bridge_conntrack"]
        assert (loaded.returncode == 0) == ("bridge" in status(well)["tables"])
    finally:
        if "bridged" in well("list", "--brief").stdout.split():
            assert well("unload", "bridged", "--force").returncode == 0
        well.ip("link del br0")
        well.ip("link del tap0")


# --- what needs attention ----------------------------------------------------------------------------------------


def test_no_learner_although_a_policy_has_domains(host):
    (attention,) = status(host)["attention"]
    assert (attention["severity"], attention["code"]) == ("error", "learner/not-running")
    assert "policy `names`" in attention["text"] and "nfwpolicyd" in attention["hint"]
    text = host("status", "--no-bus")
    assert text.returncode == 1
    told = (
        "nfwpolicy: error: nothing learns from DNS, so the domains of policy `names` open nothing [learner/not-running]\n"
        f"    hint: {attention['hint']}\n"
    )
    assert text.stdout.endswith(f"\nThis needs attention:\n{told}")
    quiet = host("status", "--quiet")
    assert (quiet.returncode, quiet.stdout) == (1, told)
    colored = host("status", "--quiet", "--color=always").stdout
    assert "\x1b[" in colored and re.sub(r"\x1b\[[\d;]*m", "", colored) == told

    with host.start_daemon("--no-bus") as process:
        process.stdout.readline()
        assert codes(host) == []
        assert "\nlearner   running\n" in host("status", "--no-bus").stdout
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENT)


def test_a_policy_that_is_not_in_the_kernel_any_more(well):
    well.nft("flush ruleset")
    (attention,) = status(well)["attention"]
    assert attention["code"] == "kernel/missing-policy"
    assert "nfwpolicy load" in attention["hint"] and "nfwpolicy unload web" in attention["hint"]
    assert well("load", well.directory / "web.yaml", "--port", "vnet0").returncode == 0
    assert codes(well) == []


def test_a_port_that_a_map_lacks(well):
    listing = well.nft("-j list table inet nfwpolicy")
    maps = [each["map"]["name"] for each in json.loads(listing)["nftables"] if "map" in each]
    name = next(each for each in maps if "egress" in each)
    well.nft(f'delete element inet nfwpolicy {name} {{ "vnet0" }}')
    found = status(well)["attention"]
    assert [each["code"] for each in found] == ["kernel/missing-element"] and "vnet0" in found[0]["text"]
    assert well("attach", "web", "--port", "vnet0").returncode == 0
    assert codes(well) == []


def test_an_interface_that_is_gone(well):
    well.ip("link add gone0 type veth peer name gone1")
    assert well("attach", "web", "--port", "gone0").returncode == 0
    assert codes(well) == []
    well.ip("link del gone0")
    (attention,) = status(well)["attention"]
    assert (attention["severity"], attention["code"]) == ("warning", "port/no-interface")
    assert attention["hint"] == "`nfwpolicy detach --port gone0` if it does not come back"
    assert well("detach", "--port", "gone0").returncode == 0
    assert codes(well) == []


def test_a_persistent_port_that_waits(well):
    assert well("attach", "web", "--port", "later0", "--persistent").returncode == 0
    answer = status(well)
    assert (answer["ports"], answer["waiting"], answer["attention"]) == (2, 1, [])
    assert "2 ports (1 waits for its interface)\n" in well("status", "--no-bus").stdout
    well.ip("link add later0 type veth peer name later1")
    assert status(well)["waiting"] == 0
    well.ip("link del later0")
    assert well("detach", "--port", "later0").returncode == 0


def test_a_foreign_table(well):
    well.nft("add table bridge nfwpolicy")
    try:
        assert codes(well) == ["kernel/foreign-table"]
        assert status(well)["tables"] == ["inet"]
    finally:
        well.nft("delete table bridge nfwpolicy")


def test_losses(well):
    """What the last learner has counted, in the file that it maps: losing packets on purpose would take luck."""
    with well.start_daemon("--no-bus") as process:
        process.stdout.readline()
        process.kill()
        process.communicate(timeout=PATIENT)
    (path,) = glob.glob(f"{well.state}/net-*/learner")
    with open(path, "r+b") as file:
        for counter, n in ((UNTRUSTED, 4), (LOST, 1), (FAILED, 3)):
            file.seek(16 + 8 * counter)
            file.write(struct.pack("=Q", n))
    found = status(well)["attention"]
    assert [(each["severity"], each["code"]) for each in found] == [
        ("warning", "learner/lost"), ("warning", "learner/failed"),
    ]
    assert found[0]["text"].endswith("(1 time)") and found[1]["text"].endswith("(3 times)")
    assert "\ncounters  untrusted 4, lost 1, failed 3\n" in well("status", "--no-bus").stdout
    # The next one begins at zero.
    with well.start_daemon("--no-bus") as process:
        process.stdout.readline()
        assert codes(well) == []
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENT)
    assert "counters" not in well("status", "--no-bus").stdout


def test_it_changes_nothing(host):
    before = host.nft("list ruleset")
    assert host("status").returncode == 1
    assert host.nft("list ruleset") == before


def test_without_the_privilege(nfwpolicy):
    result = nfwpolicy.unprivileged("status")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("nfwpolicy: this needs CAP_NET_ADMIN (run it as root)")
