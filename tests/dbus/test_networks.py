# SPDX-License-Identifier: GPL-2.0-or-later
"""Virtual networks over the bus: methods, objects, signals, and who may."""

import json
import os

import pytest
from gi.repository import GLib

from bus import ERROR, NETWORK, NOBODY, PATH, Refused
from lab import NFWPOLICY
from policies import allow, policy

LAB = "<network><name>{name}</name><bridge name='{bridge}'/><ip address='192.0.2.1' prefix='24'/></network>"
LAB_PATH = f"{PATH}/network/my_2dlab"


def define(client, name="my-lab", bridge="virbr7", text=None, **options):
    return client.call("DefineNetwork", "(sa{sv})", text or LAB.format(name=name, bridge=bridge), options)


def start(client, name="my-lab"):
    return client.call("StartNetwork", "(sa{sv})", name, {"create-bridge": GLib.Variant("b", True)})


@pytest.fixture
def networks(client):
    yield client
    for name, _, active, persistent, *_ in client.call("ListNetworks"):
        if active:
            client.call("DestroyNetwork", "(s)", name)
        if persistent:
            client.call("UndefineNetwork", "(s)", name)
    client.heard()


def test_from_the_definition_to_its_end(networks):
    assert define(networks) == []
    ((name, uuid, *rest),) = networks.call("ListNetworks")
    assert (name, *rest) == ("my-lab", False, True, "isolated", "virbr7", False)
    assert networks.properties(LAB_PATH, NETWORK) == {
        "Name": "my-lab", "Uuid": uuid, "Forward": "isolated", "Bridge": "virbr7", "Active": False, "Persistent": True,
        "HasPolicy": False,
    }
    assert networks.wait_for("NetworkDefined") == ("my-lab",)
    assert start(networks) == []
    assert networks.properties(LAB_PATH, NETWORK)["Active"]
    assert networks.wait_for("NetworkStarted") == ("my-lab",)
    changed = networks.wait_for("PropertiesChanged", lambda parameters: parameters[0] == NETWORK)
    assert changed[1] == {"Active": True}
    assert "<name>my-lab</name>" in networks.call("DumpNetwork", "(sb)", "my-lab", False)
    assert networks.objects()[LAB_PATH][NETWORK]["Bridge"] == "virbr7"
    # What runs goes on without a definition.
    assert networks.call("UndefineNetwork", "(s)", "my-lab") == []
    assert not networks.properties(LAB_PATH, NETWORK)["Persistent"]
    assert networks.wait_for("NetworkUndefined") == ("my-lab",)
    assert networks.call("DestroyNetwork", "(s)", "my-lab") == []
    assert networks.wait_for("NetworkDestroyed") == ("my-lab",)
    assert LAB_PATH not in networks.objects()
    assert any(each[2] == "InterfacesRemoved" and each[3][0] == LAB_PATH for each in networks.heard())


def test_another_version(networks):
    define(networks)
    networks.wait_for("NetworkDefined")
    define(networks, bridge="virbr8")
    assert networks.properties(LAB_PATH, NETWORK)["Bridge"] == "virbr8"
    changed = networks.wait_for("PropertiesChanged", lambda parameters: parameters[0] == NETWORK)
    assert changed[1] == {"Bridge": "virbr8"}


def test_what_somebody_else_does_is_told(networks, module_bus):
    """Root, without the bus."""
    lab = module_bus.lab
    path = module_bus.write("my-lab.xml", LAB.format(name="my-lab", bridge="virbr7"))

    def nfwpolicy(*arguments):
        lab.host.run(NFWPOLICY, *arguments, "--state-directory", lab.state, "--network-directory",
                     os.path.join(lab.directory, "networks"))

    nfwpolicy("net-define", path)
    assert networks.wait_for("NetworkDefined") == ("my-lab",)
    nfwpolicy("net-start", "my-lab", "--create-bridge")
    assert networks.wait_for("NetworkStarted") == ("my-lab",)
    nfwpolicy("net-destroy", "my-lab")
    assert networks.wait_for("NetworkDestroyed") == ("my-lab",)
    nfwpolicy("net-undefine", "my-lab")
    assert networks.wait_for("NetworkUndefined") == ("my-lab",)


def test_with_a_policy(networks):
    text = policy(allow(ips=["192.0.2.0/24"]))
    define(networks, policy=GLib.Variant("s", text))
    assert networks.properties(LAB_PATH, NETWORK)["HasPolicy"]
    with pytest.raises(GLib.Error) as raised:
        define(networks, policy=GLib.Variant("s", "rulez: []"), **{"policy-file": GLib.Variant("s", "web.yaml")})
    assert "web.yaml:1:1" in raised.value.message


def test_what_is_wrong(networks):
    define(networks)
    for call, expected in (
        (lambda: define(networks, text="<network/>"), "Invalid"),
        (lambda: networks.call("UndefineNetwork", "(s)", "my-lba"), "NotFound"),
        (lambda: networks.call("DestroyNetwork", "(s)", "my-lab"), "NotFound"),
        (lambda: networks.call("DumpNetwork", "(sb)", "my-lba", False), "NotFound"),
        (lambda: start(networks, "my-lba"), "NotFound"),
        (lambda: define(networks, name="other"), "Refused"),
        (lambda: define(networks, compat=GLib.Variant("b", True)), "Invalid"),
    ):
        with pytest.raises(GLib.Error) as raised:
            call()
        name, message = raised.value.message.split(": ", 1)
        assert name == f"GDBus.Error:{ERROR}{expected}"
        assert json.loads(message.split("\n", 1)[1])["diagnostics"]
    assert [each[0] for each in networks.call("ListNetworks")] == ["my-lab"]


@pytest.mark.parametrize("option", ["file", "policy-file"])
def test_what_messages_call_it_is_short(networks, option):
    with pytest.raises(GLib.Error, match="`" + option + "` is longer than 4096 octets .bus/out-of-range."):
        define(networks, **{option: GLib.Variant("s", 4097 * "x")})
    assert networks.call("ListNetworks") == []


def test_a_dry_run_changes_nothing(networks):
    assert define(networks, **{"dry-run": GLib.Variant("b", True)}) == []
    assert networks.call("ListNetworks") == []


@pytest.mark.parametrize("member, arguments", [
    ("DefineNetwork", ("sa{sv}", LAB.format(name="x", bridge="virbr9"), "0")), ("UndefineNetwork", ("s", "my-lab")),
    ("StartNetwork", ("sa{sv}", "my-lab", "0")), ("DestroyNetwork", ("s", "my-lab")), ("ListNetworks", ()),
    ("DumpNetwork", ("sb", "my-lab", "false")),
])
def test_others_are_refused(networks, module_bus, member, arguments):
    define(networks)
    with pytest.raises(Refused, match="refused"):
        module_bus.call_as(NOBODY, member, *arguments)
    ((name, _, active, *_),) = networks.call("ListNetworks")
    assert (name, active) == ("my-lab", False)
