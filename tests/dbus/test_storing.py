# SPDX-License-Identifier: GPL-2.0-or-later
"""What was answered is stored: whoever is killed the moment after loses nothing of it."""

import json
import os
import shutil

from gi.repository import GLib

from bus import LONG
from callers import GROUP, Callers
from lab import eventually
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


def attention(result):
    status, output, errors = result
    found = json.loads(output)["attention"]
    assert (status, errors) == (1 if found else 0, "")
    return found


def test_status_tells_what_is_wrong_with_the_store(bus):
    """Whoever asks: a user by way of the daemon, and root alone, also when no daemon runs any more."""
    callers = Callers(bus)
    store = os.path.join(bus.lab.directory, "store")
    options = ("--group", GROUP.gr_name, "--store-directory", store)
    daemon, client = bus.start_daemon(*options), bus.client()
    client.call("LoadPolicy", "(ssa{sv})", "web", ONE, {"ports": GLib.Variant("as", ["vnet0"])})
    assert attention(callers.user("status", "--json")) == attention(callers.root("status", "--json", "--no-bus")) == []

    # Nobody can write a file where a directory is.
    os.mkdir(os.path.join(store, "bindings.new"))
    client.call("Attach", "(assa{sv})", ["up0"], "web", {})
    found = attention(callers.user("status", "--json"))
    assert [(each["severity"], each["code"]) for each in found] == [("error", "state/not-stored")]
    assert f"`{store}`" in found[0]["text"] and "Is a directory" in found[0]["text"]
    assert attention(callers.root("status", "--json", "--no-bus")) == found
    os.rmdir(os.path.join(store, "bindings.new"))
    eventually(lambda: attention(callers.user("status", "--json")) == [])

    die_and_reboot(bus, daemon, client)
    os.truncate(os.path.join(store, "bindings"), 0)
    with open(os.path.join(store, "policies", "caf\u00e9"), "w", encoding="utf-8") as stream:
        stream.write("mine")
    daemon, client = bus.start_daemon(*options), bus.client()
    assert in_force(bus) == ({"web"}, {"vnet0", "up0"})
    found = attention(callers.user("status", "--json"))
    assert [(each["severity"], each["code"]) for each in found] == [("warning", "state/set-aside")] * 2
    assert "bindings.damaged" in found[0]["text"] and "caf\u00e9.damaged" in found[1]["text"]
    assert attention(callers.root("status", "--json", "--no-bus")) == found
    client.close()
    daemon.terminate()
    assert daemon.wait(timeout=LONG) == 0
    assert attention(callers.root("status", "--json", "--no-bus")) == found
