# SPDX-License-Identifier: GPL-2.0-or-later
"""nfwpolicy without privileges: over the bus it does and says what it does and says as root."""

import json
import os
import re

import pytest

from bus import NAME
from callers import DOMAINS, GROUP, LACKING, SIMPLE, Callers
from conftest import laboratory
from dnsserver import answer_with, lookup
from lab import eventually
from learning import RESOLVER4, UNTRUSTED, MarkedResponder
from policies import allow, policy


@pytest.fixture(scope="module")
def module_callers():
    with laboratory() as bus:
        bus.start_daemon("--group", GROUP.gr_name)
        bus.lab.add_guest("vnet1", 3)
        yield Callers(bus)


@pytest.fixture
def callers(module_callers):
    module_callers.prepare()
    return module_callers


# What each says on stdout, or the code of what it complains of.
SUCCESSES = {
    "load": ("load", "web.yaml", "--port", "vnet1"),
    "load: another": ("load", "web.yaml", "--port", "vnet1", "--name", "other"),
    "load: dry": ("load", "web.yaml", "--port", "vnet1", "--name", "other", "--dry-run"),
    "load: learns": ("load", "names.yaml", "--port", "vnet1", "--resolver", "203.0.113.53,2001:db8::53"),
    "load: any": ("load", "names.yaml", "--port", "vnet1", "-r", "any", "--min-ttl", "7", "--max-ttl=70"),
    "load: bound": ("load", "names.yaml", "--port", "vnet1", "--max-names", "3", "--no-learner"),
    "load: two": ("load", "names.yaml", "--port", "vnet1", "--port", "vnet0"),
    "attach": ("attach", "web", "--port", "vnet1"),
    "attach: two": ("attach", "web", "--port", "vnet1", "--port", "vnet0"),
    "detach": ("detach", "--port", "vnet0"),
    "unload": ("unload", "web", "--force"),
}
FAILURES = {
    "load: wrong": ("load", "wrong.yaml", "--port", "vnet0"),
    "load: empty": ("load", "empty.yaml", "--port", "vnet0"),
    "load: no file": ("load", "missing.yaml", "--port", "vnet0"),
    "load: directory": ("load", ".", "--port", "vnet0"),
    "load: port": ("load", "web.yaml", "--port", "vnte0"),
    "load: name": ("load", "9.yaml", "--port", "vnet0"),
    "load: name given": ("load", "web.yaml", "--port", "vnet0", "--name", "a b"),
    "load: resolver": ("load", "names.yaml", "--port", "vnet0", "--resolver", "ns.example"),
    "load: lifetime": ("load", "web.yaml", "--port", "vnet0", "--min-ttl", "9", "--max-ttl", "8"),
    "attach: policy": ("attach", "wbe", "--port", "vnet0"),
    "attach: port": ("attach", "web", "--port", "vnte1"),
    "detach: port": ("detach", "--port", "vnet1"),
    "unload: used": ("unload", "web"),
    "unload: policy": ("unload", "wbe", "--force"),
}
OPTIONS = [(), ("--json",), ("--quiet",), ("--color=always",)]


def compare(callers, command):
    as_root = callers.root(*command)
    root_made = callers.state()
    callers.prepare()
    as_user = callers.user(*command)
    assert as_user == as_root
    assert callers.state() == root_made
    return as_root


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
@pytest.mark.parametrize("command", SUCCESSES.values(), ids=SUCCESSES.keys())
def test_what_succeeds(callers, command, options):
    before = callers.state()
    status, _, _ = compare(callers, (*command, *options))
    assert status == 0
    assert (callers.state() == before) == ("--dry-run" in command)


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
@pytest.mark.parametrize("command", FAILURES.values(), ids=FAILURES.keys())
def test_what_fails(callers, command, options):
    before = callers.state()
    status, output, errors = compare(callers, (*command, *options))
    assert status in (1, 2) and output + errors != ""
    assert callers.state() == before


def test_standard_input(callers):
    for text in (SIMPLE, "rulez: []"):
        command = ("load", "-", "--name", "piped", "--port", "vnet1")
        as_root = callers.root(*command, input=text)
        callers.prepare()
        assert callers.user(*command, input=text) == as_root
    assert callers.root("load", "-", "--name", "piped", "--port", "vnet1", input=SIMPLE)[0] == 0


def test_a_file_that_is_not_called_in_utf8(callers):
    path = os.path.join(os.fsencode(callers.bus.directory), b"\xff\x1b.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(SIMPLE)
    command = ("load", os.fsdecode(b"\xff\x1b.yaml"), "--port", "vnet1", "--name", "odd")
    assert callers.user(*command) == (0, "policy odd (1 rule) in force on vnet1\n", "")


def test_a_long_policy(callers):
    callers.bus.write("long.yaml", SIMPLE + "\n" * 3_000_000)
    assert callers.user("load", "long.yaml", "--port", "vnet1") == (0, "policy long (1 rule) in force on vnet1\n", "")


def test_more_ports_than_a_call_can_name(callers):
    """Who has nothing but the daemon hears so from it."""
    ports = 4097 * ("--port", "vnet1")
    for command in ("load", "web.yaml", *ports), ("attach", "web", *ports), ("detach", *ports):
        before = callers.state()
        status, output, errors = callers.user(*command)
        assert (status, output) == (1, "") and "[bus/too-many]" in errors
        assert callers.state() == before


# --- looking ------------------------------------------------------------------------------------------------------

LOOKS = {
    "list": ("list",),
    "list: policies": ("list", "--brief"),
    "list: ports": ("list", "--ports"),
    "names": ("names",),
    "names: of one": ("names", "--port", "vnet0"),
    "names: typo": ("names", "--port", "vnte0"),
    "names: no such": ("names", "--port", "anything-else"),
    "verify": ("verify",),
    "verify: one": ("verify", "web"),
    "verify: typo": ("verify", "wbe"),
    "show": ("show", "web"),
    "show: nft": ("show", "web", "--nft"),
    "show: kernel": ("show", "web", "--kernel"),
    "show: typo": ("show", "wbe"),
    "status": ("status",),
}


def look(callers, command):
    """As root, who is told on which bus the daemon is, and as a user; one after the other, so time goes on."""
    as_root = callers.root(*command, "--bus-address", callers.bus.address)
    as_user = callers.user(*command)
    if command[0] in ("names", "show"):
        as_root, as_user = (
            (status, re.sub(r"(?<=expires )\w+|\d+m\d+s|\b\d+s\b|(?<=\"seconds_left\": )[0-9.]+", "N", output), errors)
            for status, output, errors in (as_root, as_user)
        )
    assert as_user == as_root
    return as_root


@pytest.fixture
def learned(callers):
    """Something to see: a policy with names, one of which a guest has learned, and an answer that did not count."""
    responders = [
        MarkedResponder(callers.lab, answer_with("192.0.2.1", ttl=3000), server=server)
        for server in (RESOLVER4, UNTRUSTED)
    ]
    text = policy(allow(1, domains=["www.example"]), allow(2, ips=[UNTRUSTED]))
    callers.bus.write("seen.yaml", text)
    assert callers.root("load", "seen.yaml", "--name", "web", "--port", "vnet0", "--resolver", RESOLVER4)[0] == 0
    for server in (RESOLVER4, UNTRUSTED):
        lookup(callers.lab.guest, server, "www.example")
    eventually(lambda: callers.lab.names())
    eventually(lambda: callers.lab.json("list")["ignored"])
    yield callers
    for responder in responders:
        responder.close()


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
@pytest.mark.parametrize("command", LOOKS.values(), ids=LOOKS.keys())
def test_looking(learned, command, options):
    status, output, errors = look(learned, (*command, *options))
    assert status == (1 if command[-1] in ("vnte0", "anything-else", "wbe") else 0)
    assert output + errors != "" or "--quiet" in options
    if options == () and command == ("list",):
        assert "www" not in output and "vnet0" in output and "IGNORED REPLIES" in output
    if options == () and command == ("names",):
        assert "www.example" in output


def load_much(callers):
    """What fits into a file, and as nft writes it not into an answer."""
    addresses = (f"2001:db8:1111:2222:3333:4444:{0x1000 + i // 10000:x}:{0x1000 + 2 * (i % 10000):x}" for i in range(370_000))
    rule = {"name": "much", "action": "allow", "priority": 1, "egress": {"ips": list(addresses)}}
    callers.bus.write("much.json", json.dumps({"version": "1.0", "rules": [rule]}, separators=(",", ":")))
    assert callers.root("load", "much.json", "--port", "vnet1")[0] == 0


def test_more_than_the_bus_takes(callers):
    load_much(callers)
    owner = callers.bus.owner()
    said = "nfwpolicy: much is larger than the 16 MiB that are given over the bus: Message too long\n"
    assert callers.user("show", "much", "--nft") == (2, "", said)
    assert callers.user("show", "much")[0] == 0
    # The bus has not ended the connection of who sends too much.
    assert callers.bus.owner() == owner and "the bus has gone" not in callers.lab.learner_log()


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
@pytest.mark.parametrize("command", ["verify", "status"])
def test_what_is_not_as_it_should_be(callers, command, options):
    callers.lab.host.run("ip", "link", "add", "gone0", "type", "veth", "peer", "name", "gone1")
    assert callers.root("load", "names.yaml", "--port", "gone0", "--no-learner")[0] == 0
    callers.lab.host.run("ip", "link", "del", "gone0")
    callers.lab.host.run("ip", "link", "add", "moved0", "type", "veth", "peer", "name", "moved1")
    callers.lab.host.run("ip", "link", "add", "moved9", "type", "bridge")
    drops = "drops-on-bridge" in callers.root("attach", "names", "--port", "moved0", "--persistent")[2]
    callers.lab.host.run("ip", "link", "set", "moved0", "master", "moved9")
    callers.lab.nft("add", "chain", "inet", "nfwpolicy", "somebody")
    try:
        status, output, errors = look(callers, (command, *options))
    finally:
        callers.lab.nft("delete", "chain", "inet", "nfwpolicy", "somebody")
        for link in ("moved0", "moved9"):
            callers.lab.host.run("ip", "link", "del", link)
        callers.lab.nfw("detach", "--port", "moved0", check=False)
    assert status == 1
    assert ("kernel/no-bridge-conntrack" in output) == (drops and command == "status")
    assert "kernel/foreign-chain" in output + errors
    assert ("port/no-interface" in output) == (command == "status")


@pytest.mark.parametrize("command", ["list", "names", "show web", "verify", "status"])
def test_who_may_not_look(callers, command):
    assert callers.user(*command.split(), groups=()) == (
        2, "", f"nfwpolicy: {NAME}.read is refused: not root, and polkit gives no answer\n",
    )
    assert callers.user_without_address(*command.split(), "--no-bus") == (
        2, "", "nfwpolicy: this needs CAP_NET_ADMIN (run it as root)\n",
    )


# --- who may not --------------------------------------------------------------------------------------------------

CHANGES = [SUCCESSES[name] for name in ("load", "attach", "detach", "unload")]


@pytest.mark.parametrize("command", CHANGES, ids=lambda command: command[0])
def test_who_is_not_in_the_group_is_refused(callers, command):
    before = callers.state()
    action = "attach" if command[0] in ("attach", "detach") else "manage"
    for options in ((), ("--json",)):
        assert callers.user(*command, *options, groups=()) == (
            2, "", f"nfwpolicy: {NAME}.{action} is refused: not root, and polkit gives no answer\n",
        )
    assert callers.state() == before


def test_other_commands_need_the_privilege(callers):
    commands = [(*SUCCESSES["load"], "--foreground")]
    for command in commands:
        assert callers.user_without_address(*command, groups=(GROUP.gr_gid,)) == (
            2, "", "nfwpolicy: this needs CAP_NET_ADMIN (run it as root)\n",
        )


@pytest.mark.parametrize("command", CHANGES, ids=lambda command: command[0])
def test_a_state_directory_or_no_bus_mean_alone(callers, command):
    for options in (("--no-bus",), ("--state-directory", callers.lab.state)):
        assert callers.user_without_address(*command, *options) == (
            2, "", "nfwpolicy: this needs CAP_NET_ADMIN (run it as root)\n",
        )


def test_root_needs_no_bus(callers):
    assert callers.root("detach", "--port", "vnet0", "--bus-address", "unix:path=/nonexistent")[0] == 0


def test_a_bus_or_none(callers):
    status, output, errors = callers.user(*CHANGES[0], "--no-bus")
    assert (status, output) == (2, "")
    assert errors.startswith("nfwpolicy: --no-bus and --bus-address exclude each other\n")


# --- no daemon ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [*CHANGES, *map(LOOKS.get, ("list", "status"))], ids=lambda command: command[0])
def test_no_bus_and_no_daemon(bus, command):
    callers = Callers(bus)
    assert callers.user(*command) == (2, "", LACKING)
    nowhere = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent"}
    assert callers.user_without_address(*command, env=nowhere) == (2, "", LACKING)
    bus.address = "unix:path=/nonexistent"
    assert callers.user(*command) == (2, "", f"nfwpolicy: {bus.address}: No such file or directory\n")


def test_the_daemon_is_started(bus):
    """The bus knows how, as the system's does."""
    callers = Callers(bus)
    script = bus.write("start", "#!/bin/sh\nexec " + " ".join(
        [*bus.lab.host.command(*bus.daemon_command("--group", GROUP.gr_name))]
    ) + "\n")
    os.chmod(script, 0o755)
    bus.write("services/org.nfwpolicy1.service", f"[D-BUS Service]\nName={NAME}\nExec={script}\nUser=root\n")
    bus.stop()
    bus.start()
    assert not bus.has_name()
    assert callers.user("load", "web.yaml", "--port", "vnet0")[:2] == (0, "policy web (1 rule) in force on vnet0\n")
    assert bus.has_name()


# --- status -------------------------------------------------------------------------------------------------------


def test_status_knows_the_daemon(callers):
    version = callers.root("--version")[1].split()[1]
    status, output, _ = callers.root("status", "--bus-address", callers.bus.address)
    assert status == 0
    assert output.startswith(f"daemon    nfwpolicyd {version}\nlearner   running\n")
    status, output, _ = callers.root("status", "--bus-address", callers.bus.address, "--json")
    assert json.loads(output)["daemon"] == {"version": version}
    assert callers.root("status", "--no-bus")[1].startswith("daemon    none on the bus\nlearner   running\n")


def test_status_starts_no_daemon(bus):
    bus.write("services/org.nfwpolicy1.service", f"[D-BUS Service]\nName={NAME}\nExec=/bin/false\nUser=root\n")
    bus.stop()
    bus.start()
    status, output, errors = Callers(bus).root("status", "--bus-address", bus.address)
    assert (status, errors) == (0, "") and output.startswith("daemon    none on the bus\n")
    with open(os.path.join(bus.directory, "bus.log"), encoding="utf-8") as log:
        assert "Activating" not in log.read()
