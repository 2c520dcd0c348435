# SPDX-License-Identifier: GPL-2.0-or-later
"""What stands in the kernel after all of that: clean, readable, and the same after a reload."""

import json

from lab import kernel, tcp
from lab.topology import await_true


def test_verify_finds_no_difference(lab, guest, name):
    guest.look_up(name.name)
    assert guest.reaches(name.v4)
    lab.must("verify")


def test_verify_finds_what_was_changed(lab):
    lab.host.check("nft", "add", "rule", *kernel.TABLE, "github-egress", "counter", "accept")
    try:
        assert lab.nfwpolicy("verify", "github").returncode == 1
    finally:
        lab.must("load", lab.source / "data/examples/github.yaml", "--port", "g1", "--port", "g2")
    lab.must("verify")


def test_list_knows_ports_and_what_they_learned(lab, guest, name):
    guest.look_up(name.name)
    assert guest.reaches(name.v6)
    listed = json.loads(lab.must("list", "--json"))
    assert listed["learner"]["running"]
    assert {port["port"]: (port["policy"], port["table"]) for port in listed["ports"]} == {
        "g1": ("github", "bridge"),
        "g2": ("github", "bridge"),
        "g3": ("services", "bridge"),
    }
    grants = json.loads(lab.must("names", "--json", "--port", guest.port))
    assert {grant["address"] for grant in grants if grant["name"] == name.name} == {name.v4, name.v6}


def test_nft_reads_back_what_it_lists(lab, guest, name, tmp_path):
    guest.look_up(name.name)
    assert guest.reaches(name.v4)
    # What lives short is over, and not between two looks.
    await_true(lambda: kernel.seconds_left(lab.host, guest.port, lab.brief.v4) is None)
    before = kernel.listing(lab.host)
    assert name.v4 in before
    file = tmp_path / "ruleset.nft"
    file.write_text(before)

    lab.host.check("nft", "flush", "ruleset")
    lab.host.check("nft", "-f", file)
    assert kernel.without_time(kernel.listing(lab.host)) == kernel.without_time(before)

    assert guest.reaches(name.v4)
    assert not guest.tries(name.v4, port=80)
    fresh = lab.fresh_name()
    guest.look_up(fresh.name)
    assert guest.reaches(fresh.v4)


def test_detached_ports_are_free_and_the_last_unload_leaves_nothing(lab, guest, neighbour, name):
    assert not guest.tries(name.v4, port=80)
    lab.must("detach", "--port", guest.port)
    assert guest.tries(name.v4, port=80)
    assert not neighbour.tries(name.v4, port=80)

    assert lab.nfwpolicy("unload", "github").returncode == 1
    lab.must("unload", "github", "--force")
    lab.must("unload", "services", "--force")
    assert "nfwpolicy" not in lab.host.check("nft", "list", "tables")
    with lab.serve_on(neighbour, 80):
        assert tcp.reaches(guest.namespace, neighbour.v4, 80)
