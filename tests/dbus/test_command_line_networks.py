# SPDX-License-Identifier: GPL-2.0-or-later
"""The commands for virtual networks without privileges: over the bus they do and say what they do and say as root."""

import json
import os
import re

import pytest

from bus import NAME
from callers import GROUP, LACKING, REFUSED, SIMPLE, Callers
from conftest import laboratory

NETWORK = """<network>
  <name>{name}</name>
  <uuid>6ef53069-ba34-94a0-d33d-17751b9b8d{n:02}</uuid>
  <bridge name='{bridge}'/>
  <ip address='192.0.{n}.1' prefix='24'/>
</network>
"""
FILES = {
    "lab.xml": NETWORK.format(name="lab", bridge="virbr7", n=1),
    "again.xml": NETWORK.format(name="lab", bridge="virbr9", n=1),
    "other.xml": NETWORK.format(name="other", bridge="virbr8", n=2),
    "other.yaml": "name: other\nuuid: 6ef53069-ba34-94a0-d33d-17751b9b8d02\nbridge: {name: virbr5}\n",
    "nat.xml": NETWORK.format(name="nat", bridge="virbr6", n=3).replace("<bridge", "<forward mode='nat'/><bridge"),
    "same-bridge.xml": NETWORK.format(name="third", bridge="virbr7", n=4),
    "wrong.xml": "<network>\n  <name>other</name>\n  <forward mode='nta'/>\n  <ip address='192.0.2.256'/>\n</network>\n",
    "torn.xml": "<network>",
    "wrong.yaml": "name: other\nbrigde: virbr8\n",
    "bad-policy.yaml": SIMPLE.replace("action", "acton"),
}


class NetworkCallers(Callers):
    """Root says where the networks are, the daemon knows it."""

    def __init__(self, bus):
        super().__init__(bus)
        self.directory = os.path.join(bus.lab.directory, "networks")
        self.places = ("--network-directory", self.directory)
        for name, text in FILES.items():
            bus.write(name, text)

    def root(self, *arguments, **options):
        return super().root(*arguments, *self.places, **options)

    def networks(self):
        return json.loads(self.root("net-list", "--all", "--json")[1])["networks"]

    def prepare(self):
        """The same before each: one that runs, and one that does not."""
        for each in self.networks():
            assert not each["active"] or self.root("net-destroy", each["name"])[0] == 0
            assert not each["persistent"] or self.root("net-undefine", each["name"])[0] == 0
        for command in (("net-define", "lab.xml"), ("net-start", "lab", "--create-bridge"), ("net-define", "other.xml")):
            assert self.root(*command)[0] == 0

    def state(self):
        files = {}
        for name in sorted(os.listdir(self.directory)):
            with open(os.path.join(self.directory, name), "rb") as stream:
                files[name] = stream.read()
        return self.networks(), files, re.sub(r" handle \d+", "", self.lab.nft("-s", "list", "ruleset"))


@pytest.fixture(scope="module")
def module_callers():
    with laboratory() as bus:
        bus.start_daemon("--group", GROUP.gr_name)
        yield NetworkCallers(bus)


@pytest.fixture
def callers(module_callers):
    module_callers.prepare()
    return module_callers


SUCCESSES = {
    "define": ("net-define", "nat.xml"),
    "define: again": ("net-define", "again.xml"),
    "define: yaml": ("net-define", "other.yaml"),
    "define: policy": ("net-define", "nat.xml", "--policy", "web.yaml"),
    "define: validate": ("net-define", "nat.xml", "--validate"),
    "start": ("net-start", "other", "--create-bridge"),
    "start: no bridge": ("net-start", "other"),
    "destroy": ("net-destroy", "lab"),
    "undefine": ("net-undefine", "other"),
    "undefine: running": ("net-undefine", "lab"),
}
FAILURES = {
    "define: wrong": ("net-define", "wrong.xml"),
    "define: wrong yaml": ("net-define", "wrong.yaml"),
    "define: torn": ("net-define", "torn.xml"),
    "define: policy": ("net-define", "nat.xml", "--policy", "bad-policy.yaml"),
    "define: no policy": ("net-define", "nat.xml", "--policy", "nothing.yaml"),
    "define: no file": ("net-define", "nothing.xml"),
    "define: bridge": ("net-define", "same-bridge.xml"),
    "define: bridge, policy": ("net-define", "same-bridge.xml", "--policy", "web.yaml"),
    "start: twice": ("net-start", "lab"),
    "start: typo": ("net-start", "ohter"),
    "destroy: twice": ("net-destroy", "other"),
    "undefine: typo": ("net-undefine", "ohter"),
}
LOOKS = {
    "list": ("net-list",),
    "list: all": ("net-list", "--all"),
    "list: inactive": ("net-list", "--inactive", "--color=always"),
    "dump": ("net-dumpxml", "lab"),
    "dump: inactive": ("net-dumpxml", "lab", "--inactive"),
    "dump: typo": ("net-dumpxml", "alb"),
}
OPTIONS = [(), ("--json",)]


def compare(callers, command, **options):
    callers.prepare()
    as_root = callers.root(*command, **options)
    root_made = callers.state()
    callers.prepare()
    assert callers.user(*command, **options) == as_root
    assert callers.state() == root_made
    return as_root


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
@pytest.mark.parametrize("command", SUCCESSES.values(), ids=SUCCESSES.keys())
def test_what_succeeds(callers, command, options):
    before = callers.state()
    assert compare(callers, (*command, *options))[0] == 0
    assert (callers.state() == before) == ("--validate" in command)


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
@pytest.mark.parametrize("command", FAILURES.values(), ids=FAILURES.keys())
def test_what_fails(callers, command, options):
    before = callers.state()
    status, output, errors = compare(callers, (*command, *options))
    assert status in (1, 2) and output + errors != ""
    assert callers.state() == before


def test_positions_are_told(callers):
    status, output, errors = callers.user("net-define", "wrong.xml")
    assert (status, output) == (1, "") and re.match(r"wrong\.xml:3:\d+: error: ", errors)


def test_standard_input(callers):
    for text in (FILES["nat.xml"], FILES["wrong.yaml"]):
        compare(callers, ("net-define", "-"), input=text)


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
@pytest.mark.parametrize("command", LOOKS.values(), ids=LOOKS.keys())
def test_looking(callers, command, options):
    as_root = callers.root(*command, *options)
    assert callers.user(*command, *options) == as_root
    assert as_root[0] == (1 if command[-1] == "alb" else 0)


def test_what_is_wrong_with_a_file_that_is_there(callers):
    """Both tell it beside the list, and with the exit status."""
    path = os.path.join(callers.directory, "torn.xml")
    with open(path, "w", encoding="utf-8") as stream:
        stream.write("<network>")
    try:
        for command in (("net-list",), ("net-list", "--all", "--json")):
            as_root = callers.root(*command)
            assert callers.user(*command) == as_root
            assert "torn.xml" in as_root[1] + as_root[2]
    finally:
        os.unlink(path)


# --- who may not --------------------------------------------------------------------------------------------------

ACTIONS = {
    "read": [LOOKS["list"], LOOKS["dump"]],
    "manage": [SUCCESSES[name] for name in ("define", "start", "destroy", "undefine")],
}


@pytest.mark.parametrize("action, command", [(action, each) for action, commands in ACTIONS.items() for each in commands])
def test_who_is_not_in_the_group_is_refused(callers, action, command):
    before = callers.state()
    assert callers.user(*command, groups=()) == (2, "", f"nfwpolicy: {NAME}.{action} is refused: {REFUSED}\n")
    alone = (2, "", "nfwpolicy: this needs CAP_NET_ADMIN (run it as root)\n")
    assert callers.user(*command, *callers.places) == alone
    assert callers.user_without_address(*command, "--no-bus") == alone
    assert callers.state() == before


def test_no_daemon(bus):
    callers = NetworkCallers(bus)
    for command in (each for commands in ACTIONS.values() for each in commands):
        assert callers.user(*command) == (2, "", LACKING)
