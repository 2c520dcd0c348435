# SPDX-License-Identifier: GPL-2.0-or-later
"""The nwfilter commands: virsh's words, virsh's output, and nothing half done."""

import json
import os
import pathlib
import re
import uuid

import pytest

from lab import SOURCE

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
BUILTIN = os.path.join(SOURCE, "data", "filters")

ARP_ONLY = """<filter name='arp-only'>
  <rule action='accept' direction='inout' priority='100'><mac protocolid='arp'/></rule>
  <rule action='drop' direction='inout' priority='1000'/>
</filter>
"""
BINDING = """<filterbinding>
  <owner><name>web1</name><uuid>d54df46f-1ab5-4a22-8618-4560ef5fac2c</uuid></owner>
  <portdev name='vnet4'/>
  <mac address='52:54:00:7b:35:93'/>
  <filterref filter='{filter}'>{parameters}</filterref>
</filterbinding>
"""


@pytest.fixture(scope="module")
def network(module_lab):
    for command in (
        ("ip", "link", "add", "br0", "type", "bridge"),
        ("ip", "link", "set", "br0", "up"),
        ("ip", "link", "add", "vnet4", "type", "veth", "peer", "name", "peer4"),
        ("ip", "link", "set", "vnet4", "master", "br0", "up"),
        ("ip", "link", "set", "peer4", "up"),
    ):
        module_lab.host.run(*command)
    return module_lab


class Filters:
    """The commands, each lab with a directory of its own for what is defined."""

    def __init__(self, lab, directory):
        self.lab = lab
        self.directory = directory

    def run(self, command, *args, check=True, **options):
        return self.lab.host.run(
            *self.lab.nfw_command(f"nwfilter-{command}", "--filter-directory", self.directory, "--builtin-directory",
                                  BUILTIN, *args), check=check, **options)

    def json(self, command, *args):
        return json.loads(self.run(command, "--json", *args).stdout)

    def define(self, text, check=True):
        return self.run("define", self.lab.file("filter.xml", text), check=check)

    def bind(self, name, parameters="", *args, check=True):
        return self.run("binding-create", self.lab.file("binding.xml", BINDING.format(filter=name, parameters=parameters)),
                        *args, check=check)

    def names(self):
        return {each["name"] for each in self.json("list")["filters"]}

    def everything(self):
        files = {}
        for directory in (self.directory, self.lab.state):
            for where, _, names in os.walk(directory):
                for name in names:
                    with open(os.path.join(where, name), "rb") as stream:
                        files[where, name] = stream.read()
        return self.lab.nft("-s", "list", "ruleset"), files


@pytest.fixture
def filters(network, tmp_path):
    filters = Filters(network, tmp_path / "nwfilter")
    try:
        yield filters
    finally:
        for binding in filters.json("binding-list")["bindings"]:
            filters.run("binding-delete", binding["port"])


# --- filters -----------------------------------------------------------------------------------------------------


def test_list_has_what_comes_with_it(filters):
    listed = filters.json("list")["filters"]
    assert {each["name"] for each in listed} == {name.removesuffix(".xml") for name in os.listdir(BUILTIN)
                                                 if name.endswith(".xml")}
    assert all(each["builtin"] and UUID.match(each["uuid"]) for each in listed)
    assert [each["name"] for each in listed] == sorted(each["name"] for each in listed)


def test_list_looks_as_virsh_prints_it(filters):
    lines = filters.run("list").stdout.split("\n")
    assert re.match(r" UUID {33}  Name$", lines[0].rstrip()) and lines[0].startswith(" UUID")
    assert set(lines[1]) == {"-"}
    for line in lines[2:-2]:
        uuid, name = line.split()
        assert line == f" {uuid}   {name}" and UUID.match(uuid)
    assert lines[-2:] == ["", ""]
    assert filters.run("list", "--quiet").stdout.split("\n")[0] == lines[2]


def test_define_and_dump(filters):
    told = filters.define(ARP_ONLY)
    assert told.stdout == f"Network filter arp-only defined from {filters.lab.directory}/filter.xml\n\n"
    dumped = filters.run("dumpxml", "arp-only").stdout
    uuid = re.search(r"<uuid>(.*)</uuid>", dumped).group(1)
    assert UUID.match(uuid)
    assert filters.run("dumpxml", uuid).stdout == dumped
    assert filters.json("dumpxml", "arp-only")["xml"].strip() == dumped.strip()
    # What is printed defines the same again.
    filters.define(dumped)
    assert filters.run("dumpxml", "arp-only").stdout == dumped
    assert (filters.directory / "arp-only.xml").exists()


def test_define_from_standard_input(filters):
    told = filters.run("define", "-", input=ARP_ONLY, stdin=None)
    assert told.stdout == "Network filter arp-only defined from <stdin>\n\n"
    assert "arp-only" in filters.names()


def test_undefine(filters):
    filters.define(ARP_ONLY)
    assert filters.run("undefine", "arp-only").stdout == "Network filter arp-only undefined\n\n"
    assert "arp-only" not in filters.names()
    result = filters.run("undefine", "arp-only", check=False)
    assert result.returncode == 1 and "arp-only" in result.stderr


@pytest.mark.parametrize("text, said", [
    ("<filter name='x'><rule action='drop' direction='up'/></filter>", "direction"),
    ("<filter name='x'><rule action='drop' direction='out'><ip srcipaddr='10.0.0.256'/></rule></filter>", "srcipaddr"),
    ("<filter name='x'><rule action='drop' direction='out'><ip scripaddr='10.0.0.1'/></rule></filter>", "scripaddr"),
    ("<filter name='x'>", "filter.xml:1:"),
    ("<!DOCTYPE x [<!ENTITY a 'b'>]><filter name='x'/>", "filter.xml:1:"),
])
def test_what_is_wrong_changes_nothing(filters, text, said):
    filters.define(ARP_ONLY)
    before = filters.everything()
    result = filters.define(text, check=False)
    assert result.returncode == 1
    assert re.search(r"filter\.xml:\d+:\d+: error: ", result.stderr) and said in result.stderr
    assert filters.everything() == before


def test_a_filter_may_refer_to_what_is_not_there_but_not_to_itself(filters):
    filters.define("<filter name='a'><filterref filter='b'/></filter>")
    result = filters.bind("a", check=False)
    assert result.returncode == 1 and "b" in result.stderr
    result = filters.define("<filter name='b'><filterref filter='a'/></filter>", check=False)
    assert result.returncode == 1 and "a" in result.stderr
    assert "b" not in filters.names()


# --- bindings ----------------------------------------------------------------------------------------------------


def test_binding(filters):
    filters.define(ARP_ONLY)
    told = filters.bind("arp-only", "<parameter name='IP' value='10.0.0.1'/>")
    assert told.stdout == f"Network filter binding on vnet4 created from {filters.lab.directory}/binding.xml\n\n"
    listed = filters.run("binding-list").stdout.split("\n")
    assert listed[0].split() == ["Port", "Dev", "Filter"]
    assert listed[2].split() == ["vnet4", "arp-only"]
    (binding,) = filters.json("binding-list")["bindings"]
    assert binding["mac"] == "52:54:00:7b:35:93" and binding["owner"] == "web1" and not binding["compat"]
    assert binding["parameters"] == [{"name": "IP", "value": "10.0.0.1"}]
    dumped = filters.run("binding-dumpxml", "vnet4").stdout
    assert "<portdev name='vnet4'/>" in dumped and "value='10.0.0.1'" in dumped
    assert '"vnet4"' in filters.lab.nft("list", "ruleset")

    assert filters.run("binding-delete", "vnet4").stdout == "Network filter binding on vnet4 deleted\n\n"
    assert filters.json("binding-list")["bindings"] == []
    assert '"vnet4"' not in filters.lab.nft("list", "ruleset")
    result = filters.run("binding-dumpxml", "vnet4", check=False)
    assert result.returncode == 1 and "vnet4" in result.stderr


def test_a_dumped_binding_can_be_created_again(filters):
    filters.define(ARP_ONLY)
    filters.bind("arp-only")
    dumped = filters.run("binding-dumpxml", "vnet4").stdout
    filters.run("binding-delete", "vnet4")
    filters.run("binding-create", filters.lab.file("again.xml", dumped))
    assert filters.run("binding-dumpxml", "vnet4").stdout == dumped


def test_undefine_in_use_is_refused(filters):
    filters.define(ARP_ONLY)
    filters.define("<filter name='top'><filterref filter='arp-only'/></filter>")
    filters.bind("top")
    before = filters.everything()
    for name in ("top", "arp-only"):
        result = filters.run("undefine", name, check=False)
        assert result.returncode == 1 and name in result.stderr
    assert filters.everything() == before


def test_missing_variable_is_refused(filters):
    filters.define("<filter name='x'><rule action='accept' direction='in'><ip protocol='udp' dstportstart='$PORT'/></rule></filter>")
    before = filters.everything()
    result = filters.bind("x", check=False)
    assert result.returncode == 1 and "PORT" in result.stderr
    assert filters.everything() == before


LISTS = "<parameter name='A' value='1'/><parameter name='A' value='2'/>"


@pytest.mark.parametrize("names, listed", [
    (["root-cost", "port", "age"], True),
    (["root-cost", "port", "age", "max-age"], False),
    (["root-cost", "sender-priority", "port", "age", "max-age", "hello-time"], False),
])
def test_variables_that_are_walked_together(filters, names, listed):
    """Where nft could not list the set it is refused: it would list nothing else, either."""
    fields = " ".join(f"{name}='$A'" for name in names)
    filters.define(f"<filter name='x' chain='root'><rule action='drop' direction='inout'><stp {fields}/></rule></filter>")
    before = filters.everything()
    result = filters.bind("x", LISTS, check=False)
    if listed:
        assert result.returncode == 0
    else:
        assert result.returncode == 1 and "[nwfilter/too-large]" in result.stderr
        assert filters.everything() == before
    filters.lab.host.run("nft", "-c", "-f", filters.lab.file("ruleset", filters.lab.nft("list", "ruleset")))


def test_redefinition_in_use_that_cannot_be_enforced_changes_nothing(filters):
    filters.define(ARP_ONLY)
    filters.bind("arp-only")
    before = filters.everything()
    result = filters.define(ARP_ONLY.replace("protocolid='arp'", "srcmacaddr='$NOWHERE'"), check=False)
    assert result.returncode == 1 and "NOWHERE" in result.stderr
    assert filters.everything() == before


def test_compat(filters):
    filters.define(ARP_ONLY)
    filters.bind("arp-only", "", "--compat", "libvirt")
    assert filters.json("binding-list")["bindings"][0]["compat"]


@pytest.mark.parametrize("port", ["br0", "nothere0", "vnet0"])
def test_only_ports_of_bridges(filters, port):
    """br0 is a bridge, and vnet0 is routed."""
    filters.define(ARP_ONLY)
    text = BINDING.format(filter="arp-only", parameters="").replace("vnet4", port)
    result = filters.run("binding-create", filters.lab.file("binding.xml", text), check=False)
    assert result.returncode == 1 and port in result.stderr


# --- edit and import ---------------------------------------------------------------------------------------------


def editor(filters, script):
    path = filters.lab.file("editor", f"#!/bin/sh\n{script}\n")
    os.chmod(path, 0o700)
    return dict(os.environ, EDITOR=path, VISUAL="")


def test_edit(filters):
    filters.define(ARP_ONLY)
    told = filters.run("edit", "arp-only", env=editor(filters, "sed -i s/1000/900/ \"$1\""))
    assert told.stdout == "Network filter arp-only XML configuration edited.\n\n"
    assert "900" in filters.run("dumpxml", "arp-only").stdout
    told = filters.run("edit", "arp-only", env=editor(filters, "true"))
    assert told.stdout == "Network filter arp-only XML configuration not changed.\n\n"


def test_edit_offers_to_edit_again(filters):
    filters.define(ARP_ONLY)
    script = 'if grep -q never "$1"; then sed -i s/never/drop/ "$1"; else sed -i "s/1000/800/; s/drop/never/" "$1"; fi'
    told = filters.run("edit", "arp-only", env=editor(filters, script), input="y\n", stdin=None)
    assert told.stdout.endswith("Network filter arp-only XML configuration edited.\n\n")
    assert "never" in told.stderr and "Try again?" in told.stderr
    assert "800" in filters.run("dumpxml", "arp-only").stdout

    before = filters.everything()
    told = filters.run("edit", "arp-only", env=editor(filters, 'sed -i s/drop/never/ "$1"'), input="n\n", stdin=None,
                       check=False)
    assert told.returncode == 1
    assert filters.everything() == before


@pytest.mark.parametrize("script", ["exit 3", 'sed -i "s/arp-only/other/" "$1"'])
def test_edit_that_fails(filters, script):
    filters.define(ARP_ONLY)
    before = filters.everything()
    told = filters.run("edit", "arp-only", env=editor(filters, script), input="n\n", stdin=None, check=False)
    assert told.returncode != 0 and told.stderr
    assert filters.everything() == before


def test_import(filters, tmp_path):
    host = tmp_path / "host"
    host.mkdir()
    (host / "one.xml").write_text(ARP_ONLY.replace("arp-only", "one"))
    (host / "two.xml").write_text("<filter name='two'><filterref filter='one'/></filter>")
    (host / "notes.txt").write_text("no filter")
    told = filters.run("import", host)
    assert "2 network filters imported" in told.stdout
    assert {"one", "two"} <= filters.names()

    (host / "three.xml").write_text("<filter name='three'><rule action='drop'/></filter>")
    (host / "four.xml").write_text("<filter name='four'/>")
    before = filters.everything()
    result = filters.run("import", host, check=False)
    assert result.returncode == 1 and "three.xml:1:" in result.stderr
    assert filters.everything() == before


def test_import_takes_over_filters_of_built_in_names(filters, tmp_path):
    """Those of a host with libvirt, with UUIDs of that host."""
    host = tmp_path / "host"
    host.mkdir()
    names = set()
    for path in pathlib.Path(SOURCE, "data", "filters").glob("*.xml"):
        text = re.sub("<uuid>.*</uuid>", "", path.read_text()).replace("</filter>", f"<uuid>{uuid.uuid4()}</uuid></filter>")
        (host / path.name).write_text(text)
        names.add(path.stem)
    filters.run("import", host)
    listed = {each["name"]: each["builtin"] for each in filters.json("list")["filters"]}
    assert len(names) == 24 and not any(listed[name] for name in names)


def test_a_directory_from_here(filters):
    """As a shell's user writes it."""
    filters.define(ARP_ONLY)
    directory, name = os.path.split(filters.directory)
    command = filters.lab.nfw_command("nwfilter-list", "--filter-directory", name, "--json")
    answer = filters.lab.host.run("sh", "-c", 'cd "$0" && exec "$@"', directory, *command)
    assert "arp-only" in {each["name"] for each in json.loads(answer.stdout)["filters"]}
