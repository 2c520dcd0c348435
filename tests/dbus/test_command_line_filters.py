# SPDX-License-Identifier: GPL-2.0-or-later
"""The commands for network filters and sets without privileges: over the bus they do and say what they do and say as root."""

import json
import os
import re

import pytest

from bus import NAME
from callers import GROUP, LACKING, REFUSED, Callers
from conftest import laboratory

FILTER = """<filter name='{name}' chain='root'>
  <uuid>6ef53069-ba34-94a0-d33d-17751b9b8c{n:02}</uuid>
  {rules}
</filter>
"""
RULE = "<rule action='drop' direction='out'><ip srcipaddr='$IP'/></rule>"
SET_RULE = "<rule action='drop' direction='out'><all ipset='friends' ipsetflags='dst'/></rule>"
BINDING = """<filterbinding>
  <owner><name>web1</name><uuid>d54df46f-1ab5-4a22-8618-4560ef5fac2c</uuid></owner>
  <portdev name='{port}'/>
  <mac address='52:54:00:7b:35:93'/>
  <filterref filter='{name}'><parameter name='IP' value='192.0.2.1'/></filterref>
</filterbinding>
"""
IMPORT = {"a.xml": FILTER.format(name="a", n=4, rules="<filterref filter='b'/>"),
          "b.xml": FILTER.format(name="b", n=5, rules=RULE), "README": "no filter"}
FILES = {
    "base.xml": FILTER.format(name="base", n=1, rules=RULE),
    "again.xml": FILTER.format(name="base", n=1, rules=RULE + "\n  " + RULE),
    "other.xml": FILTER.format(name="other", n=2, rules=RULE),
    "set.xml": FILTER.format(name="set", n=3, rules=SET_RULE),
    "uuid.xml": FILTER.format(name="base", n=9, rules=RULE),
    "loop.xml": FILTER.format(name="base", n=1, rules="<filterref filter='base'/>"),
    "missing.xml": FILTER.format(name="base", n=1, rules="<filterref filter='nothing'/>"),
    "wrong.xml": FILTER.format(name="other", n=2, rules="<rule action='dorp' direction='out'/>\n<rule action='drop'/>"),
    "torn.xml": "<filter name='other'>",
    "declared.xml": "<?xml version='1.0' encoding='ISO-8859-1'?>\n" + FILTER.format(name="other", n=2, rules=RULE),
    "bind0.xml": BINDING.format(port="port0", name="base"),
    "bind1.xml": BINDING.format(port="port1", name="base"),
    "unknown.xml": BINDING.format(port="port1", name="bsae"),
    "no-port.xml": BINDING.format(port="prot1", name="base"),
    "no-bridge.xml": BINDING.format(port="up0", name="base"),
    "learn.xml": "<filterbinding><portdev name='port1'/><mac address='52:54:00:7b:35:94'/><filterref filter='base'/></filterbinding>",
    "no-binding.xml": "<filterbinding><portdev/></filterbinding>",
    **{f"import/{name}": text for name, text in IMPORT.items()},
    **{f"bad/{name}": text for name, text in IMPORT.items()}, "bad/c.xml": "<filter/>", "bad/d.xml": "<filter nmae='d'/>",
    "used/base.xml": FILTER.format(name="base", n=1, rules="<filterref filter='nothing'/>"),
    "used/b.xml": FILTER.format(name="b", n=5, rules=RULE),
    "empty/README": "",
}
UUID = "6ef53069-ba34-94a0-d33d-17751b9b8c01"


class FilterCallers(Callers):
    """Root says where the filters are, the daemon knows it."""

    def __init__(self, bus):
        super().__init__(bus)
        names = iter(("nwfilter", "builtin"))
        self.places = [each for option in ("--filter-directory", "--builtin-directory")
                       for each in (option, os.path.join(bus.lab.directory, next(names)))]
        for name, text in FILES.items():
            os.makedirs(os.path.join(bus.directory, os.path.dirname(name)), exist_ok=True)
            bus.write(name, text)

    def root(self, *arguments, **options):
        return super().root(*arguments, *self.places, **options)

    def root_json(self, *arguments):
        return json.loads(self.root(*arguments, "--json")[1])

    def prepare(self):
        """The same before each: a filter, a port that is under it, and a set."""
        for binding in self.root_json("nwfilter-binding-list")["bindings"]:
            assert self.root("nwfilter-binding-delete", binding["port"])[0] == 0
        for each in self.root_json("nwfilter-list")["filters"]:
            assert self.root("nwfilter-undefine", each["name"])[0] == 0
        for each in self.root_json("set", "list")["sets"]:
            assert self.root("set", "delete", each["name"])[0] == 0
        for command in (("nwfilter-define", "base.xml"), ("nwfilter-binding-create", "bind0.xml"),
                        ("set", "add", "friends", "192.0.2.0/24", "198.51.100.7")):
            assert self.root(*command)[0] == 0

    def state(self):
        filters = self.root_json("nwfilter-list")["filters"]
        return (filters, [self.root("nwfilter-dumpxml", each["name"])[1] for each in filters],
                self.root_json("nwfilter-binding-list"), self.root_json("set", "list"))


def make_bridge(lab):
    for command in ("link add br0 type bridge", "link set br0 up", "link add port0 type veth peer name peer0",
                    "link set port0 master br0 up", "link add port1 type veth peer name peer1",
                    "link set port1 master br0 up"):
        lab.host.run("ip", *command.split(" "))


@pytest.fixture(scope="module")
def module_callers():
    with laboratory() as bus:
        bus.start_daemon("--group", GROUP.gr_name)
        make_bridge(bus.lab)
        callers = FilterCallers(bus)
        yield callers
        callers.prepare()
        callers.root("nwfilter-binding-delete", "port0")


@pytest.fixture
def callers(module_callers):
    module_callers.prepare()
    return module_callers


SUCCESSES = {
    "define": ("nwfilter-define", "other.xml"),
    "define: again": ("nwfilter-define", "again.xml"),
    "define: validate": ("nwfilter-define", "set.xml", "--validate"),
    "define: encoding": ("nwfilter-define", "declared.xml"),
    "bind": ("nwfilter-binding-create", "bind1.xml"),
    "bind: compat": ("nwfilter-binding-create", "bind1.xml", "--compat", "libvirt", "--validate"),
    "bind: learns": ("nwfilter-binding-create", "learn.xml"),
    "unbind": ("nwfilter-binding-delete", "port0"),
    "import": ("nwfilter-import", "import"),
    "import: nothing": ("nwfilter-import", "empty"),
    "set: add": ("set", "add", "friends", "203.0.113.1"),
    "set: another": ("set", "add", "services", "192.0.2.1,443", "192.0.2.2,8000-8080"),
    "set: typed": ("set", "add", "six", "2001:db8::/32", "--type", "ip", "--family", "ipv6"),
    "set: delete": ("set", "delete", "friends", "198.51.100.7"),
    "set: delete all": ("set", "delete", "friends"),
}
FAILURES = {
    "define: wrong": ("nwfilter-define", "wrong.xml"),
    "define: torn": ("nwfilter-define", "torn.xml"),
    "define: uuid": ("nwfilter-define", "uuid.xml"),
    "define: loop": ("nwfilter-define", "loop.xml"),
    "define: cannot be enforced": ("nwfilter-define", "missing.xml"),
    "define: no file": ("nwfilter-define", "nothing.xml"),
    "define: directory": ("nwfilter-define", "."),
    "undefine: used": ("nwfilter-undefine", "base"),
    "undefine: uuid": ("nwfilter-undefine", UUID),
    "undefine: typo": ("nwfilter-undefine", "bsae"),
    "bind: twice": ("nwfilter-binding-create", "bind0.xml"),
    "bind: filter": ("nwfilter-binding-create", "unknown.xml"),
    "bind: port": ("nwfilter-binding-create", "no-port.xml"),
    "bind: bridge": ("nwfilter-binding-create", "no-bridge.xml"),
    "bind: wrong": ("nwfilter-binding-create", "no-binding.xml"),
    "unbind: port": ("nwfilter-binding-delete", "port1"),
    "import: wrong": ("nwfilter-import", "bad"),
    "import: cannot be enforced": ("nwfilter-import", "used"),
    "import: directory": ("nwfilter-import", "nowhere"),
    "set: element": ("set", "add", "friends", "friend"),
    "set: name": ("set", "add", "a/b", "192.0.2.1"),
    "set: type": ("set", "add", "new", "192.0.2.1", "--type", "mac"),
    "set: not in it": ("set", "delete", "friends", "203.0.113.9"),
    "set: typo": ("set", "delete", "freinds"),
    "set: no name": ("set", "add"),
}
LOOKS = {
    "list": ("nwfilter-list",),
    "dump": ("nwfilter-dumpxml", "base"),
    "dump: uuid": ("nwfilter-dumpxml", UUID.upper()),
    "dump: typo": ("nwfilter-dumpxml", "bsae"),
    "bindings": ("nwfilter-binding-list",),
    "dump binding": ("nwfilter-binding-dumpxml", "port0"),
    "dump binding: none": ("nwfilter-binding-dumpxml", "port1"),
    "list: quiet": ("nwfilter-list", "--quiet"),
    "bindings: coloured": ("nwfilter-binding-list", "--color=always"),
    "sets: coloured": ("set", "list", "--color=always"),
    "sets": ("set", "list"),
    "set": ("set", "list", "friends"),
    "set: typo": ("set", "list", "freinds"),
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
    status, _, errors = compare(callers, (*command, *options))
    assert (status, errors) == (0, "")
    assert (callers.state() == before) == ("empty" in command)


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
@pytest.mark.parametrize("command", FAILURES.values(), ids=FAILURES.keys())
def test_what_fails(callers, command, options):
    before = callers.state()
    status, output, errors = compare(callers, (*command, *options))
    assert status in (1, 2) and output + errors != ""
    assert callers.state() == before


def test_positions_are_told(callers):
    status, output, errors = callers.user("nwfilter-define", "wrong.xml")
    assert (status, output) == (1, "") and re.match(r"wrong\.xml:3:\d+: error: ", errors)


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
@pytest.mark.parametrize("command", LOOKS.values(), ids=LOOKS.keys())
def test_looking(callers, command, options):
    as_root = callers.root(*command, *options)
    assert callers.user(*command, *options) == as_root
    assert as_root[0] == (1 if command[-1] in ("bsae", "port1", "freinds") else 0)


@pytest.mark.parametrize("options", [(), ("--json",), ("--color=always",)], ids=" ".join)
def test_the_list_has_filters_and_networks(callers, options):
    """Root, who says nothing of where they are defined, sees which port is under which."""
    text = "<network><name>lab</name><bridge name='virbr7'/></network>"
    places = ("--network-directory", os.path.join(callers.lab.directory, "networks"))
    callers.bus.write("lab.xml", text)
    for command in (("net-define", "lab.xml"), ("net-start", "lab", "--create-bridge")):
        assert Callers.root(callers, *command, *places)[0] == 0
    try:
        as_root = Callers.root(callers, "list", *options)
        assert callers.user("list", *options) == as_root
        status, overview, _ = callers.user("status", *options)
    finally:
        for command in (("net-destroy", "lab"), ("net-undefine", "lab")):
            assert Callers.root(callers, *command, *places)[0] == 0
    assert status == 0
    if options == ("--json",):
        found = json.loads(as_root[1])
        assert found["filter_ports"] == [{"port": "port0", "filter": "base"}]
        assert found["networks"] == [{"name": "lab", "bridge": "virbr7", "forward": "isolated", "policy": False}]
        assert (json.loads(overview)["filter_ports"], json.loads(overview)["networks"]) == (1, 1)
    if options == ():
        lines = [line.split() for line in as_root[1].splitlines()]
        assert lines[lines.index(["PORT", "FILTER"]) + 1] == ["port0", "base"]
        assert lines[lines.index(["NETWORK", "FORWARD", "BRIDGE", "POLICY"]) + 1] == ["lab", "isolated", "virbr7", "no"]
        assert "filters   1 port\nnetworks  1 active\n" in overview


def test_standard_input(callers):
    for text in (FILES["other.xml"], FILES["wrong.xml"]):
        compare(callers, ("nwfilter-define", "-"), input=text)
    compare(callers, ("nwfilter-binding-create", "-"), input=FILES["bind1.xml"])


@pytest.mark.parametrize("size", [65535, 65536, 65537, 200000])
def test_a_long_file(callers, size):
    text = FILES["other.xml"]
    callers.bus.write("long.xml", text + "<!--" + " " * (size - len(text) - len("<!---->")) + "-->")
    assert os.path.getsize(os.path.join(callers.bus.directory, "long.xml")) == size
    assert compare(callers, ("nwfilter-define", "long.xml"))[0] == 0


def test_what_is_wrong_with_a_file_that_is_there(callers):
    """Both tell it beside the list."""
    path = os.path.join(callers.places[1], "torn.xml")
    with open(path, "w", encoding="utf-8") as stream:
        stream.write("<filter name='torn'>")
    try:
        for command in (("nwfilter-list",), ("nwfilter-list", "--json"), ("nwfilter-dumpxml", "torn")):
            as_root = callers.root(*command)
            assert callers.user(*command) == as_root
            assert "torn.xml" in as_root[1] + as_root[2]
    finally:
        os.unlink(path)


# --- the editor ---------------------------------------------------------------------------------------------------

EDITS = {
    "nothing": "true",
    "a comment": "sed -i 's/^  <rule/<!-- more -->  <rule/'",
    "another rule": f"sed -i \"s|</filter>|{RULE}</filter>|\"",
    "another name": "sed -i \"s/name='base'/name='other'/\"",
    "wrong": "sed -i 's/drop/dorp/'",
    "cannot be enforced": "sed -i \"s|</filter>|<filterref filter='nothing'/></filter>|\"",
    "fails": "false",
}


@pytest.mark.parametrize("edit, name", [*((each, "base") for each in EDITS), ("another rule", UUID), ("nothing", "bsae")])
def test_editing(callers, edit, name):
    environment = {**os.environ, "VISUAL": EDITS[edit], "TMPDIR": "/tmp"}
    results = compare(callers, ("nwfilter-edit", name), env=environment, input="y\nn\n")
    assert results[0] == 0 or results[1] + results[2] != ""


def test_somebody_else_edits_meanwhile(callers):
    script = callers.bus.write("edit.sh", "#!/bin/sh\nsed -i 's/drop/reject/' \"$1\"\n" + " ".join(
        f"'{each}'" for each in callers.lab.nfw_command("nwfilter-define", *callers.places,
                                                        os.path.join(callers.bus.directory, "again.xml"))) + ">&2\n")
    os.chmod(script, 0o755)
    status, output, errors = callers.root("nwfilter-edit", "base", env={**os.environ, "VISUAL": script}, input="n\n")
    assert status == 1 and "was changed by somebody else in the meantime" in errors


# --- who may not --------------------------------------------------------------------------------------------------

ACTIONS = {
    "read": [("nwfilter-list",), ("nwfilter-dumpxml", "base"), ("nwfilter-binding-list",), ("set", "list"),
             ("nwfilter-binding-dumpxml", "port0"), ("nwfilter-edit", "base")],
    "attach": [SUCCESSES["bind"], SUCCESSES["unbind"]],
    "manage": [SUCCESSES["define"], FAILURES["undefine: used"], SUCCESSES["import"], SUCCESSES["set: add"],
               SUCCESSES["set: delete"], SUCCESSES["set: delete all"]],
}


@pytest.mark.parametrize("action, command", [(action, each) for action, commands in ACTIONS.items() for each in commands])
def test_who_is_not_in_the_group_is_refused(callers, action, command):
    before = callers.state()
    assert callers.user(*command, groups=()) == (2, "", f"nfwpolicy: {NAME}.{action} is refused: {REFUSED}\n")
    assert callers.state() == before


@pytest.mark.parametrize("command", [each for commands in ACTIONS.values() for each in commands], ids=" ".join)
def test_who_names_directories_acts_alone(callers, command):
    alone = (2, "", "nfwpolicy: this needs CAP_NET_ADMIN (run it as root)\n")
    assert callers.user(*command, *callers.places) == alone
    assert callers.user_without_address(*command, "--no-bus") == alone


def test_no_daemon(bus):
    callers = FilterCallers(bus)
    for command in (each for commands in ACTIONS.values() for each in commands):
        assert callers.user(*command) == (2, "", LACKING)
