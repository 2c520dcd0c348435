# SPDX-License-Identifier: GPL-2.0-or-later
"""Policies and ports as objects, and how the bus hears of changes, whoever makes them."""

import re
import socket
import time

import pytest
from gi.repository import GLib

from bus import MANAGER, PATH, POLICY, PORT, PROPERTIES
from dnsserver import lookup
from dnswire import address, question_name, reply
from lab import GUEST4, eventually
from learning import RESOLVER4, MarkedResponder
from policies import allow, policy, rule

OBJECTS = "org.freedesktop.DBus.ObjectManager"
SIMPLE = policy(allow(ips=["192.0.2.0/24"]))
TWO_RULES = policy(allow(ips=["192.0.2.0/24"]), allow(ips=["198.51.100.0/24"]))
DOMAINS = policy(allow(domains=["www.example"]))


def load(client, text=SIMPLE, name="web", ports=("vnet0",), resolvers=(RESOLVER4,), **options):
    client.call("LoadPolicy", "(ssa{sv})", name, text, {
        "ports": GLib.Variant("as", ports), "resolvers": GLib.Variant("as", resolvers), **options,
    })


def load_by_command(bus, text=SIMPLE, name="web", ports=("vnet0",)):
    bus.lab.load(text, "--resolver", RESOLVER4, name=name, ports=ports)


def own_interfaces(objects):
    return {(path, each) for path, found in objects.items() for each in found if each.startswith("org.nfwpolicy1")}


def test_every_policy_and_every_port_is_an_object(client):
    load(client, DOMAINS, ports=["up0", "vnet0"])
    objects = client.objects()
    assert own_interfaces(objects) == {
        (f"{PATH}/policy/web", POLICY), (f"{PATH}/port/up0", PORT), (f"{PATH}/port/vnet0", PORT),
    }
    assert objects[f"{PATH}/policy/web"][POLICY] == {
        "Name": "web", "File": "web", "Rules": 1, "HasDomains": True, "AnyResolver": False, "LogDenied": False,
        "Id": objects[f"{PATH}/policy/web"][POLICY]["Id"], "Ports": ["up0", "vnet0"],
    }
    assert re.fullmatch("[0-9a-f]{16}", objects[f"{PATH}/policy/web"][POLICY]["Id"])
    table = client.properties(f"{PATH}/port/vnet0", PORT)["Table"]
    assert objects[f"{PATH}/port/vnet0"][PORT] == {
        "Name": "vnet0", "Policy": "web", "Table": table, "Persistent": False, "Resolvers": [RESOLVER4],
    }
    assert table == "inet"


def test_objects_follow_a_call_before_it_is_answered_what_they_are(client):
    for _ in range(20):
        load(client)
        assert client.properties(f"{PATH}/port/vnet0", PORT)["Policy"] == "web"
        client.call("Detach", "(as)", ["vnet0"])
        assert client.properties(f"{PATH}/policy/web", POLICY)["Ports"] == []


def test_what_is_not_loaded_is_no_object(client):
    with pytest.raises(GLib.Error, match="UnknownObject"):
        client.properties(f"{PATH}/port/vnet0", PORT)


def test_names_are_escaped(shared, client):
    load(client, name="my-web.1")
    assert client.properties(f"{PATH}/policy/my_2dweb_2e1", POLICY)["Name"] == "my-web.1"
    assert f"{PATH}/policy/my_2dweb_2e1" in client.objects()


def test_the_manager_says_its_version_and_counts(client):
    manager = client.properties(PATH, MANAGER)
    assert manager["Version"] and manager["LearnerRunning"] is True
    assert {"queries", "replies", "learned", "lost"} <= manager["Counters"].keys()


# --- signals -----------------------------------------------------------------------------------------------------


@pytest.fixture(params=["over the bus", "by another process"])
def change(request, shared, client):
    """The same changes, by the daemon itself and behind its back."""

    class OverTheBus:
        load = staticmethod(lambda *args, **options: load(client, *args, **options))
        attach = staticmethod(lambda name, port: client.call("Attach", "(assa{sv})", [port], name, {}))
        detach = staticmethod(lambda port: client.call("Detach", "(as)", [port]))
        unload = staticmethod(lambda name: client.call("UnloadPolicy", "(sb)", name, True))

    class ByAnotherProcess:
        load = staticmethod(lambda *args, **options: load_by_command(shared, *args, **options))
        attach = staticmethod(lambda name, port: shared.lab.nfw("attach", name, "--port", port))
        detach = staticmethod(lambda port: shared.lab.nfw("detach", "--port", port))
        unload = staticmethod(lambda name: shared.lab.nfw("unload", name, "--force"))

    return OverTheBus if request.param == "over the bus" else ByAnotherProcess


def test_a_port_comes_and_goes(client, change):
    change.load()
    assert client.wait_for("PortAttached") == ("vnet0", "web")
    added = {parameters[0]: parameters[1] for _, _, _, parameters in client.heard("InterfacesAdded")}
    assert added[f"{PATH}/port/vnet0"][PORT]["Policy"] == "web"
    assert added[f"{PATH}/policy/web"][POLICY]["Ports"] == ["vnet0"]
    change.detach("vnet0")
    assert client.wait_for("PortDetached") == ("vnet0",)
    path, interfaces = client.wait_for("InterfacesRemoved")
    assert path == f"{PATH}/port/vnet0"
    # Who keeps objects by their interfaces forgets one when all of them are gone.
    assert set(interfaces) == set(added[path])
    change.unload("web")
    client.wait_for("InterfacesRemoved", lambda parameters: parameters[0] == f"{PATH}/policy/web")


def test_unloading_takes_everything(client, change):
    change.load()
    client.wait_for("PortAttached")
    change.unload("web")
    client.wait_for("InterfacesRemoved", lambda parameters: parameters[0] == f"{PATH}/policy/web")
    assert client.wait_for("PortDetached") == ("vnet0",)
    assert own_interfaces(client.objects()) == set()


def test_a_replaced_policy_is_told(client, change):
    change.load()
    client.wait_for("PortAttached")
    change.load(TWO_RULES)
    assert client.wait_for("PolicyReplaced") == ("web",)
    changed = client.wait_for("PropertiesChanged")
    assert changed[0] == POLICY and changed[1]["Rules"] == 2
    assert client.heard("PortDetached") == []


def test_a_policy_that_is_replaced_by_one_that_looks_alike(client, change):
    change.load()
    client.wait_for("PortAttached")
    change.load(policy(allow(ips=["198.51.100.0/24"])))
    assert client.wait_for("PolicyReplaced") == ("web",)
    interface, properties, _ = client.wait_for("PropertiesChanged", lambda parameters: "Id" in parameters[1])
    assert interface == POLICY and set(properties) == {"Id"}
    first = properties["Id"]
    change.load(policy(allow(ips=["198.51.100.0/24"])))
    client.wait_for("PropertiesChanged", lambda parameters: parameters[1].get("Id", first) != first)
    eventually(lambda: len(client.heard("PolicyReplaced")) == 2)


def test_what_is_dropped_is_told(shared, client):
    load(client, **{"log-denied": GLib.Variant("b", True)})
    assert client.properties(f"{PATH}/policy/web", POLICY)["LogDenied"] is True
    with shared.lab.guest.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind((GUEST4, 4000))
        begin = time.monotonic()
        for _ in range(1000):
            sender.sendto(b"x", ("203.0.113.66", 99))
    told = client.wait_for("Denied")
    assert told == ("vnet0", "web", "egress", 0x0800, socket.IPPROTO_UDP, GUEST4, 4000, "203.0.113.66", 99, "nothing matched", 0)
    # Ten at once, and five a second.
    assert len(client.heard("Denied")) <= 11 + 5 * (time.monotonic() - begin)


def test_the_rule_that_denied_it_is_told(shared, client):
    """Of two that the kernel has as one, and of the version that dropped it."""
    addresses = ["203.0.113.66", "203.0.113.67"]
    versions = [
        policy(*(rule("deny", 1, f"{version}-{address}", ips=[address]) for address in addresses), rule("allow", 2, "rest"))
        for version in ("first", "second")
    ]
    expected = []
    with shared.lab.guest.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for version, text in zip(("first", "second"), versions):
            load(client, text, **{"log-denied": GLib.Variant("b", True)})
            for each in addresses:
                line = text[:text.index(f"{version}-{each}")].count("\n")
                expected.append((each, f"{version}-{each}", line))
                sender.sendto(b"x", (each, 99))
            eventually(lambda: len(client.heard("Denied")) == len(expected))
    assert [(told[7], *told[9:]) for *_, told in client.heard("Denied")] == expected


def test_an_attach_is_no_replacement(client, change):
    change.load()
    change.attach("web", "up0")
    client.wait_for("PortAttached", lambda parameters: parameters[0] == "up0")
    assert client.heard("PolicyReplaced") == []


def test_a_port_changes_its_policy(client, change):
    change.load()
    client.wait_for("PortAttached", lambda parameters: parameters == ("vnet0", "web"))
    change.load(name="other")
    client.wait_for("PortAttached", lambda parameters: parameters == ("vnet0", "other"))
    interface, properties, _ = client.wait_for("PropertiesChanged", lambda parameters: parameters[0] == PORT)
    assert properties == {"Policy": "other"}
    assert client.heard("PortDetached") == []


def test_tables_that_somebody_flushes_are_noticed_at_the_latest_when_asked(shared, client):
    load(client)
    shared.lab.nft("flush", "ruleset")
    client.call("Reload")
    assert own_interfaces(client.objects()) == set()
    shared.lab.nfw("unload", "web", "--force", check=False)


def test_many_changes_in_a_row_are_all_told_in_the_end(client):
    load(client, ports=[])
    for _ in range(30):
        client.call("Attach", "(assa{sv})", ["vnet0", "up0"], "web", {})
        client.call("Detach", "(as)", ["up0"])
    eventually(lambda: client.heard("PortAttached"))
    assert set(client.objects()) >= {f"{PATH}/port/vnet0"}
    assert f"{PATH}/port/up0" not in client.objects()
    attached = [each[3][0] for each in client.heard("PortAttached")]
    detached = [each[3][0] for each in client.heard("PortDetached")]
    assert attached.count("vnet0") == 1 and attached.count("up0") == detached.count("up0")


# --- names -------------------------------------------------------------------------------------------------------


def test_what_is_learned_is_told_and_listed(shared, client):
    lab = shared.lab
    MarkedResponder(lab, lambda message: [reply(message, address(question_name(message), "192.0.2.10", 300))])
    load(client, DOMAINS)
    client.call("Reload")
    begin = time.monotonic()
    lookup(lab.guest, RESOLVER4, "www.example")
    port, name, learned, expires_ms, resolver = client.wait_for("Learned")
    assert (port, name, learned, resolver) == ("vnet0", "www.example", "192.0.2.10", RESOLVER4)
    assert 299_000 - 1000 * (time.monotonic() - begin) < expires_ms <= 300_000
    for wanted in ("vnet0", ""):
        (row,) = client.call("ListNames", "(s)", wanted)
        assert row[:5] == ("vnet0", "web", "www.example", "192.0.2.10", RESOLVER4)
        assert 0 < row[5] <= 300_000
    assert client.properties(PATH, MANAGER)["Counters"]["learned"] >= 1


def test_properties_cannot_be_written(client):
    with pytest.raises(GLib.Error, match="ReadOnly"):
        client.ask(
            "org.nfwpolicy1", PATH, PROPERTIES, "Set", "(ssv)", MANAGER, "Version", GLib.Variant("s", "2")
        )
