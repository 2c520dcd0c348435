# SPDX-License-Identifier: GPL-2.0-or-later
"""A client that only adds up what the signals say has the same objects as one that asks, whatever happens."""

import os
import random
import re

from gi.repository import GLib

from bus import NAME, PATH, PORT, PROPERTIES
from lab import eventually
from policies import allow, policy

MANY = "org.freedesktop.DBus.ObjectManager"
N_STEPS = int(os.environ.get("NFWPOLICY_STEPS", "120"))


class View:
    """What the signals have said so far."""

    def __init__(self, client):
        self.client = client
        client.call("Reload")
        client.heard()
        client.signals.clear()
        self.objects = client.objects()

    def add(self, path, interfaces):
        assert path not in self.objects
        self.objects[path] = interfaces

    def remove(self, path, _interfaces):
        del self.objects[path]

    def change(self, path, interface, changed, invalidated):
        assert invalidated == []
        for name, value in changed.items():
            assert self.objects[path][interface][name] != value, "nothing has changed"
        self.objects[path][interface].update(changed)

    def take(self):
        """Whether that is all there is to know."""
        asked = self.client.objects()
        for path, interface, signal, parameters in self.client.heard():
            if (interface, signal) == (MANY, "InterfacesAdded"):
                self.add(*parameters)
            elif (interface, signal) == (MANY, "InterfacesRemoved"):
                self.remove(*parameters)
            elif interface == PROPERTIES and path != PATH:
                self.change(path, *parameters)
        self.client.signals.clear()
        return self.objects == asked


class Walk:
    def __init__(self, bus, client, moments):
        self.bus, self.lab, self.client, self.moments = bus, bus.lab, client, moments
        for i in range(3):
            self.ip("link", "add", f"t{i}", "type", "veth", "peer", "name", f"t{i}p")
        self.ip("link", "add", "br9", "type", "bridge")
        self.ip("link", "add", "t3", "type", "veth", "peer", "name", "t3p")
        self.ip("link", "set", "t3", "master", "br9")

    def ip(self, *words):
        self.lab.host.run("ip", *words, check=False)

    def pick(self, *of):
        return self.moments.choice(of)

    def ports(self):
        return self.moments.sample(["vnet0", "up0", "t0", "t1", "t2", "nowhere"], self.moments.randrange(1, 4))

    def name(self):
        return self.pick("a", "b-c", "d.e")

    def load(self):
        self.client.call("LoadPolicy", "(ssa{sv})", self.name(), policy(allow(ips=[f"192.0.2.{self.pick(1, 2, 3)}"])), {
            "ports": GLib.Variant("as", [each for each in self.ports() if each != "nowhere"]),
            "log-denied": GLib.Variant("b", self.pick(True, False)),
            "resolvers": GLib.Variant("as", self.pick([], ["203.0.113.53"])),
            "dry-run": GLib.Variant("b", self.pick(True, False, False)),
        })

    def unload(self):
        self.client.call("UnloadPolicy", "(sb)", self.name(), self.pick(True, True, False))

    def attach(self):
        persistent = {"persistent": GLib.Variant("b", self.pick(True, False))}
        self.client.call("Attach", "(assa{sv})", self.ports(), self.name(), persistent)

    def detach(self):
        self.client.call("Detach", "(as)", self.ports()[:1])

    def attach_by_command(self):
        self.lab.nfw("attach", self.name(), "--port", self.pick("t0", "t1"), "--no-bus", check=False)

    def detach_by_command(self):
        self.lab.nfw("detach", "--port", self.pick("t0", "t1"), "--no-bus", check=False)

    def flush(self):
        self.lab.host.run("nft", "flush", "ruleset")

    def rename(self):
        self.ip("link", "set", "t1", "name", "t11")
        self.ip("link", "set", *self.pick(("t11", "name", "t1"), ("t0", "up")))

    def replace_link(self):
        self.ip("link", "del", "t2")
        self.ip("link", "add", "t2", "type", "veth", "peer", "name", "t2p")

    def define(self):
        self.client.call("DefineFilter", "(sa{sv})", f"<filter name='{self.pick('f', 'g-h')}'><rule action='drop' "
                         f"direction='in' priority='{self.pick(1, 2, 3)}'><ip/></rule></filter>", {})

    def undefine(self):
        self.client.call("UndefineFilter", "(s)", self.pick("f", "g-h"))

    def bind(self):
        self.client.call("Bind", "(sa{sv})", "<filterbinding><portdev name='t3'/>"
                         f"<filterref filter='{self.pick('f', 'g-h')}'/></filterbinding>", {})

    def unbind(self):
        self.client.call("Unbind", "(as)", ["t3"])

    def define_network(self):
        self.client.call("DefineNetwork", "(sa{sv})", "<network><name>n</name><bridge name='virbr9'/>"
                         "<ip address='10.59.0.1' prefix='24'/></network>", {})

    def undefine_network(self):
        self.client.call("UndefineNetwork", "(s)", "n")

    def start_network(self):
        self.client.call("StartNetwork", "(sa{sv})", "n", {"create-bridge": GLib.Variant("b", True)})

    def destroy_network(self):
        self.client.call("DestroyNetwork", "(s)", "n")

    STEPS = (load, load, unload, attach, attach, detach, attach_by_command, detach_by_command, flush, rename,
             replace_link, define, define, undefine, bind, unbind, define_network, undefine_network, start_network,
             destroy_network)

    def step(self):
        step = self.pick(*self.STEPS)
        try:
            step(self)
        except GLib.Error as error:
            # Half of it is refused, as it should be.
            assert re.search(r"\.Error\.(NotFound|InUse|Refused|Invalid):", error.message), step
        return step.__name__


def nodes_of_ports(client):
    xml = client.ask(NAME, f"{PATH}/port", "org.freedesktop.DBus.Introspectable", "Introspect")[0]
    return set(re.findall(r'<node name="([^"]+)"', xml))


def ports(client):
    return {path.rpartition("/")[2] for path, interfaces in client.objects().items() if PORT in interfaces}


def test_what_signals_say_adds_up(bus):
    bus.start_daemon("--store-directory", os.path.join(bus.lab.directory, "store"))
    client = bus.client()
    seed = int(os.environ.get("NFWPOLICY_SEED", random.getrandbits(32)))
    print("seed", seed)
    walk, view = Walk(bus, client, random.Random(seed)), View(client)
    for _ in range(N_STEPS // 4):
        print(*(walk.step() for _ in range(4)))
        eventually(view.take)
        # The kernel may tell of a link that has gone between two questions.
        eventually(lambda: nodes_of_ports(client) == ports(client))
    assert bus.daemon.poll() is None
