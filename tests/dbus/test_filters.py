# SPDX-License-Identifier: GPL-2.0-or-later
"""Network filters over the bus: methods, objects, signals, and who may."""

import json
import os
import re
import shutil

import pytest
from gi.repository import GLib

from bus import ERROR, FILTER, NOBODY, PATH, Refused
from lab import NFWPOLICY

TEXT = "<filter name='{name}' chain='root'><rule action='drop' direction='out'><ip srcipaddr='$IP'/></rule></filter>"
BINDING = """<filterbinding><portdev name='{port}'/><filterref filter='{name}'>{parameters}</filterref></filterbinding>"""
IP = "<parameter name='IP' value='192.0.2.1'/>"


@pytest.fixture(scope="module")
def bridge(module_bus):
    for command in ("link add br0 type bridge", "link set br0 up", "link add port0 type veth peer name peer0",
                    "link set port0 master br0 up"):
        module_bus.lab.host.run("ip", *command.split(" "))
    return module_bus


def define(client, name="no-ip", text=None, **options):
    return client.call("DefineFilter", "(sa{sv})", text or TEXT.format(name=name), options)


def bind(client, name="no-ip", port="port0", parameters=IP, **options):
    return client.call("Bind", "(sa{sv})", BINDING.format(name=name, port=port, parameters=parameters), options)


def code_of(raised):
    name, message = raised.value.message.split(": ", 1)
    report = json.loads(message.split("\n", 1)[1])
    return name.removeprefix("GDBus.Error:").removeprefix(ERROR), report["diagnostics"][0]["code"]


def id_of(client, path=f"{PATH}/filter/no_2dip"):
    return client.properties(path, FILTER)["Id"]


@pytest.fixture
def filters(bridge, client):
    yield client
    for port, *_ in client.call("ListBindings"):
        client.call("Unbind", "(as)", [port])
    for name, _, _ in client.call("ListFilters"):
        client.call("UndefineFilter", "(s)", name)
    client.heard()


def test_from_the_definition_to_its_end(filters):
    path = f"{PATH}/filter/no_2dip"
    assert define(filters) == []
    ((name, uuid, builtin),) = filters.call("ListFilters")
    assert (name, builtin) == ("no-ip", False)
    assert filters.properties(path, FILTER) == {
        "Name": "no-ip", "Uuid": uuid, "Id": id_of(filters), "Builtin": False, "Ports": [],
    }
    assert filters.wait_for("FilterDefined") == ("no-ip",)
    assert filters.call("DumpFilter", "(s)", uuid) == filters.call("DumpFilter", "(s)", "no-ip")
    assert bind(filters) == []
    assert filters.properties(path, FILTER)["Ports"] == ["port0"]
    assert filters.wait_for("PortBound") == ("port0", "no-ip")
    changed = filters.wait_for("PropertiesChanged", lambda parameters: parameters[0] == FILTER)
    assert changed[1] == {"Ports": ["port0"]}
    ((port, name, xml, learning, addresses),) = filters.call("ListBindings")
    assert (port, name, learning, addresses) == ("port0", "no-ip", "", []) and "192.0.2.1" in xml
    assert filters.objects()[path][FILTER]["Ports"] == ["port0"]
    assert filters.call("Verify", "(s)", "") == []
    assert filters.call("Unbind", "(as)", ["port0"]) == []
    assert filters.call("UndefineFilter", "(s)", "no-ip") == []
    assert filters.wait_for("PortUnbound") == ("port0",)
    assert filters.wait_for("FilterUndefined") == ("no-ip",)
    assert path not in filters.objects()
    assert any(each[2] == "InterfacesRemoved" and each[3][0] == path for each in filters.heard())


def test_what_somebody_else_does_is_told(filters, bridge):
    """Root, without the bus, where no port is under a filter and so nothing changes in the kernel."""
    lab = bridge.lab
    path = bridge.write("no-ip.xml", TEXT.format(name="no-ip"))
    places = ("--state-directory", lab.state, "--filter-directory", os.path.join(lab.directory, "nwfilter"))
    lab.host.run(NFWPOLICY, "nwfilter-define", path, *places)
    assert filters.wait_for("FilterDefined") == ("no-ip",)
    shutil.rmtree(places[-1])
    assert filters.wait_for("FilterUndefined") == ("no-ip",)
    filters.signals.clear()
    # The directory is another one now.
    lab.host.run(NFWPOLICY, "nwfilter-define", path, *places)
    assert filters.wait_for("FilterDefined") == ("no-ip",)


def test_another_version_is_told(filters):
    define(filters)
    bind(filters)
    before = id_of(filters)
    assert re.fullmatch("[0-9a-f]{16}", before)
    filters.wait_for("PortBound")
    # The same again is no other version.
    define(filters, text=filters.call("DumpFilter", "(s)", "no-ip"))
    assert id_of(filters) == before and filters.heard("FilterReplaced") == []
    filters.signals.clear()
    define(filters, text=TEXT.format(name="no-ip").replace("drop", "reject"))
    assert id_of(filters) != before
    assert filters.wait_for("FilterReplaced") == ("no-ip",)
    changed = filters.wait_for("PropertiesChanged", lambda parameters: parameters[0] == FILTER)
    assert changed[1] == {"Id": id_of(filters)}
    assert not filters.heard("FilterDefined", "PortBound", "PortUnbound")
    # Refused, so it is the same as before.
    filters.signals.clear()
    with pytest.raises(GLib.Error):
        define(filters, text="<filter name='no-ip'><filterref filter='nothing'/></filter>")
    filters.call("Reload")
    assert filters.heard("FilterReplaced") == []


def test_what_is_wrong(filters):
    define(filters)
    for call, expected in (
        (lambda: define(filters, text="<filter/>"), ("Invalid", "nwfilter/")),
        (lambda: filters.call("UndefineFilter", "(s)", "no-pi"), ("NotFound", "nwfilter/no-filter")),
        (lambda: filters.call("DumpFilter", "(s)", "no-pi"), ("NotFound", "nwfilter/")),
        (lambda: bind(filters, port="prot0"), ("NotFound", "port/no-interface")),
        (lambda: bind(filters, port="up0"), ("Refused", "nwfilter/no-bridge-port")),
        (lambda: bind(filters, name="other"), ("NotFound", "nwfilter/no-filter")),
        (lambda: filters.call("Unbind", "(as)", ["port0"]), ("NotFound", "nwfilter/unbound")),
        (lambda: filters.call("Unbind", "(as)", []), ("Invalid", "bus/no-interface")),
        (lambda: define(filters, compat=GLib.Variant("b", True)), ("Invalid", "bus/unknown-option")),
        (lambda: bind(filters, compat=GLib.Variant("s", "yes")), ("Invalid", "bus/wrong-type")),
    ):
        with pytest.raises(GLib.Error) as raised:
            call()
        name, code = code_of(raised)
        assert name == expected[0] and code.startswith(expected[1])
    bind(filters)
    with pytest.raises(GLib.Error) as raised:
        filters.call("UndefineFilter", "(s)", "no-ip")
    assert code_of(raised) == ("InUse", "nwfilter/in-use")
    with pytest.raises(GLib.Error) as raised:
        bind(filters)
    assert code_of(raised) == ("InUse", "nwfilter/bound")


def test_a_dry_run_changes_nothing(filters):
    assert define(filters, **{"dry-run": GLib.Variant("b", True), "file": GLib.Variant("s", "mine.xml")}) == []
    assert filters.call("ListFilters") == []
    with pytest.raises(GLib.Error) as raised:
        define(filters, text="<filter/>", file=GLib.Variant("s", "mine.xml"))
    assert "mine.xml:1:" in raised.value.message


def test_compat(filters):
    define(filters)
    bind(filters, compat=GLib.Variant("b", True))
    assert "compat" in filters.call("ListBindings")[0][2]


@pytest.mark.parametrize("member, arguments", [
    ("DefineFilter", ("sa{sv}", "<filter name='x'/>", "0")), ("UndefineFilter", ("s", "no-ip")),
    ("Bind", ("sa{sv}", BINDING.format(name="no-ip", port="port0", parameters=""), "0")), ("Unbind", ("as", "1", "port0")),
    ("ListFilters", ()), ("DumpFilter", ("s", "no-ip")), ("ListBindings", ()),
])
def test_others_are_refused(filters, bridge, member, arguments):
    define(filters)
    with pytest.raises(Refused, match="refused"):
        bridge.call_as(NOBODY, member, *arguments)
    assert [each[0] for each in filters.call("ListFilters")] == ["no-ip"] and filters.call("ListBindings") == []
