# SPDX-License-Identifier: GPL-2.0-or-later
"""What was answered is stored: whoever is killed the moment after loses nothing of it."""

import os
import shutil

from gi.repository import GLib

from bus import LONG
from policies import allow, policy

V4 = "192.0.2.1"
ONE = policy(allow(ips=[V4]))


def start(bus):
    store = os.path.join(bus.lab.directory, "store")
    return bus.start_daemon("--store-directory", store), bus.client()


def die_and_reboot(bus, daemon, client):
    client.close()
    daemon.kill()
    daemon.wait(timeout=LONG)
    bus.lab.host.run("nft", "flush", "ruleset")
    shutil.rmtree(bus.lab.state)


def in_force(bus):
    answer = bus.lab.json("list")
    assert bus.lab.nfw("verify", check=False).returncode == 0
    return {each["name"] for each in answer["policies"]}, {each["port"] for each in answer["ports"]}


def test_what_was_answered_outlives_everything(bus):
    daemon, client = start(bus)
    client.call("LoadPolicy", "(ssa{sv})", "web", ONE, {"ports": GLib.Variant("as", ["vnet0"])})
    die_and_reboot(bus, daemon, client)
    daemon, client = start(bus)
    assert in_force(bus) == ({"web"}, {"vnet0"})

    client.call("Attach", "(assa{sv})", ["up0"], "web", {})
    die_and_reboot(bus, daemon, client)
    daemon, client = start(bus)
    assert in_force(bus) == ({"web"}, {"vnet0", "up0"})

    client.call("Detach", "(as)", ["vnet0"])
    die_and_reboot(bus, daemon, client)
    daemon, client = start(bus)
    assert in_force(bus) == ({"web"}, {"up0"})

    client.call("UnloadPolicy", "(sb)", "web", True)
    die_and_reboot(bus, daemon, client)
    daemon, client = start(bus)
    assert in_force(bus) == (set(), set())
    client.close()
