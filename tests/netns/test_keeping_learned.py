# SPDX-License-Identifier: GPL-2.0-or-later
"""Somebody else changes what was learned: nfwpolicyd knows what should be there."""

import json
import os
import pathlib
import re
import shutil

import pytest

from dnsserver import answer_with
from lab import eventually
from learning import RESOLVER4, MarkedResponder, ask, settle
from policies import allow, policy
from test_keeping import Keeper

V4, OTHER4 = "192.0.2.1", "198.51.100.1"
TTL = 3000
NAMES = policy(allow(1, domains=["*.example"]), allow(2, domains=["*.test"], ports=[443]))
OPEN, CLOSED = f"tcp {V4} 80, tcp {V4} 443", f"tcp {OTHER4} 80, tcp {OTHER4} 443"
TOLD = "changed what was learned; it is put right"


@pytest.fixture(scope="module")
def network(module_lab):
    module_lab.serve(80, 443)
    MarkedResponder(module_lab, answer_with(V4, ttl=TTL))
    return module_lab


@pytest.fixture
def keeper(network, shared_lab):
    keeper = Keeper(shared_lab)
    shutil.rmtree(keeper.store, ignore_errors=True)
    keeper.start()
    shared_lab.load(NAMES, "--resolver", RESOLVER4)
    ask(shared_lab, "www.example", "www.test", qtypes=[1])
    settle(shared_lab)
    eventually(lambda: keeper.is_stored(test="vnet0"))
    yield keeper
    if keeper.process.poll() is None:
        keeper.stop()


def learned_sets(lab):
    """Those for IPv4."""
    return re.findall(r"set (test\S*-learned4\S*) {", lab.nft("list", "sets", "inet"))


def elements(lab):
    """Of the learned sets: port and address, and in how many seconds it ends; None: never."""
    found = {}
    for name in learned_sets(lab):
        listed = json.loads(lab.nft("-j", "list", "set", "inet", "nfwpolicy", name))["nftables"]
        for element in next(each["set"] for each in listed if "set" in each).get("elem", []):
            element = element.get("elem", {"val": element}) if isinstance(element, dict) else {"val": element}
            found[name, *element["val"]["concat"]] = element.get("expires")
    return found


def is_as(lab, before):
    now = elements(lab)
    return now.keys() == before.keys() and all(
        now[each] is not None and abs(now[each] - before[each]) <= 30 for each in before)


def change(lab, edit):
    """Under every policy's set."""
    script = "".join(line.format(set=f"inet nfwpolicy {name}") + "\n" for name in learned_sets(lab) for line in edit)
    lab.host.run("nft", "-f", "-", input=script)


ELEMENT = f"vnet0 . {V4}"
EDITS = {
    "flushed": ["flush set {set}"],
    "deleted": ["delete element {set} {{ " + ELEMENT + " }}"],
    "another address": ["add element {set} {{ vnet0 . " + OTHER4 + " }}"],
    "another address for an hour": ["add element {set} {{ vnet0 . " + OTHER4 + " timeout 1h }}"],
    "another address with a note": ["add element {set} {{ vnet0 . " + OTHER4 + ' timeout 1h comment "a.example" }}'],
    "for ever": ["delete element {set} {{ " + ELEMENT + " }}", "add element {set} {{ " + ELEMENT + " }}"],
    "longer": ["delete element {set} {{ " + ELEMENT + " }}",
               "add element {set} {{ " + ELEMENT + " timeout 2d }}"],
    "not so long": ["delete element {set} {{ " + ELEMENT + " }}",
                    "add element {set} {{ " + ELEMENT + " timeout 1m }}"],
    "everything at once": ["flush set {set}", "add element {set} {{ vnet0 . " + OTHER4 + " }}"],
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_is_undone(keeper, edit):
    lab = keeper.lab
    before, told = elements(lab), lab.learner_log().count(TOLD)
    assert {each[2] for each in before} >= {V4} and OTHER4 not in {each[2] for each in before}
    for _ in range(3):
        change(lab, EDITS[edit])
        eventually(lambda: lab.learner_log().count(TOLD) > told)
        eventually(lambda: is_as(lab, before))
        told = lab.learner_log().count(TOLD)
    lab.reach(OPEN, CLOSED)
    assert re.search(rf"nft \(process \d+\) {TOLD}", lab.learner_log())
    # And it is done: nobody fights with himself.
    settle(lab)
    assert lab.learner_log().count(TOLD) == told
    lab.nfw("verify")


def test_what_is_remembered_is_lost(keeper):
    """Somebody has emptied the directory of the state: the learner makes anew what it is known, locked and woken by."""
    lab = keeper.lab
    # Removed without a moment in which it could be made again.
    os.rename(lab.state, f"{lab.state}-gone")
    shutil.rmtree(f"{lab.state}-gone")
    eventually(lambda: json.loads(lab.nfw("status", "--json", check=False).stdout)["learner"]["running"])
    before = elements(lab)
    told = lab.learner_log().count(TOLD)
    change(lab, EDITS["another address"])
    eventually(lambda: lab.learner_log().count(TOLD) > told)
    eventually(lambda: is_as(lab, before))
    lab.reach(OPEN, CLOSED)
    lab.load(policy(allow(1, domains=["*.example"])), "--resolver", RESOLVER4)
    ask(lab, "other.example", qtypes=[1])
    settle(lab)
    assert "other.example" in lab.nfw("names").stdout
    # One of its files alone, too.
    for file in ("learner", "lock"):
        (path,) = pathlib.Path(lab.state).glob(f"net-*/{file}")
        path.unlink()
        eventually(path.exists)
        eventually(lambda: json.loads(lab.nfw("status", "--json", check=False).stdout)["learner"]["running"])


def test_what_was_added_while_nobody_looked(keeper):
    lab = keeper.lab
    before = elements(lab)
    keeper.stop()
    change(lab, EDITS["another address"])
    eventually(lambda: lab.connects(OTHER4, 80))
    keeper.start()
    eventually(lambda: is_as(lab, before))
    lab.reach(OPEN, CLOSED)


def test_our_own_commands_are_no_edits(keeper):
    """They change learned sets, too: of a policy that is replaced, and of ports that come and go."""
    lab = keeper.lab
    said = len(lab.learner_log())
    lab.nfw("attach", "test", "--port", "lo", "--no-bus")
    lab.load(policy(allow(1, domains=["*.example"]), allow(2, domains=["www.test"], ports=[443])), "--no-bus",
             "--resolver", RESOLVER4)
    lab.nfw("detach", "--port", "lo", "--no-bus")
    settle(lab)
    assert {each[2] for each in elements(lab)} >= {V4}
    lab.reach(OPEN, CLOSED)
    assert TOLD not in lab.learner_log()[said:]
