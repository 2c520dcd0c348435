# SPDX-License-Identifier: GPL-2.0-or-later
"""The interface file says what the running daemon says."""

import os
import xml.etree.ElementTree as ET

from gi.repository import GLib

from bus import FILTER, MANAGER, NAME, NETWORK, PATH, POLICY, PORT
from lab import SOURCE
from policies import allow, policy

FILE = os.path.join(SOURCE, "data", "dbus", "org.nfwpolicy1.xml")
WHERE = {MANAGER: PATH, POLICY: f"{PATH}/policy/web", PORT: f"{PATH}/port/vnet0", FILTER: f"{PATH}/filter/nothing",
         NETWORK: f"{PATH}/network/lab"}


def members(interface):
    """An interface as something that can be compared; the order of members says nothing, that of arguments does."""
    found = {}
    for member in interface:
        if member.tag == "annotation":
            continue
        arguments = [
            (each.get("name"), each.get("type"), each.get("direction", "out")) for each in member.findall("arg")
        ]
        annotations = {each.get("name"): each.get("value") for each in member.findall("annotation")}
        kind = (member.tag, member.get("type"), member.get("access"))
        found[member.get("name")] = (kind, arguments, annotations)
    return found


def interfaces(root):
    return {each.get("name"): members(each) for each in root.findall("interface")}


def test_the_file_and_the_daemon_agree(client):
    client.call(
        "LoadPolicy", "(ssa{sv})", "web", policy(allow(ips=["192.0.2.1"])), {"ports": GLib.Variant("as", ["vnet0"])}
    )
    client.call("DefineFilter", "(sa{sv})", "<filter name='nothing'/>", {})
    client.call("DefineNetwork", "(sa{sv})", "<network><name>lab</name></network>", {})
    written = interfaces(ET.parse(FILE).getroot())
    assert written.keys() == WHERE.keys()
    for interface, path in WHERE.items():
        (text,) = client.ask(NAME, path, "org.freedesktop.DBus.Introspectable", "Introspect")
        said = interfaces(ET.fromstring(text))
        assert said[interface] == written[interface]
        own = {each for each in said if each.startswith(NAME)}
        assert own == {interface}
    assert len(written[MANAGER]) == 52 and len(written[POLICY]) == 8 and len(written[PORT]) == 5
    assert len(written[FILTER]) == 5 and len(written[NETWORK]) == 7
