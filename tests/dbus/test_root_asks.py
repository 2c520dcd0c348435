# SPDX-License-Identifier: GPL-2.0-or-later
"""Whom root's commands ask: a daemon of the same world that answers, and else nobody."""

import contextlib
import fcntl
import glob
import json
import os
import random
import signal
import socket
import subprocess
import time

import pytest
from gi.repository import GLib

from bus import HURRIED, LONG, MANAGER, NAME, NOBODY, PATH
from conftest import laboratory
from lab import NFWPOLICY, eventually
from policies import allow, policy
from world import Monitor

SIMPLE = policy(allow(ips=["192.0.2.0/24"]))
OBJECTS = "org.freedesktop.DBus.ObjectManager"


@pytest.fixture
def world():
    """A bus and nobody on it; root's commands know where it is."""
    with laboratory(world=True) as bus:
        bus.write("web.yaml", SIMPLE)
        yield bus


def root(world, *arguments, namespace=None, env=(), **other):
    """Exit status, output, errors."""
    options = {each: other.pop(each) for each in ("input",) if each in other}
    result = (namespace or world.lab.host).run(
        *env, *world.root_command(*arguments, **other), check=False, cwd=world.directory, **options)
    return result.returncode, result.stdout, result.stderr


def load(world, *arguments, **options):
    return root(world, "load", "web.yaml", "--port", "vnet0", *arguments, **options)


def detach(world, **options):
    return root(world, "detach", "--port", "vnet0", **options)


LOADED = (0, "policy web (1 rule) in force on vnet0\n", "")
ASKED = ["GetAll", "LoadPolicyFd"]
LOOKED = ["GetAll"]  # and went on alone


def test_the_daemon_is_asked(world):
    world.start_daemon()
    monitor = Monitor(world)
    assert load(world) == LOADED
    assert monitor.calls() == ASKED
    assert detach(world)[0] == 0
    assert monitor.calls() == ["GetAll", "Detach"]
    assert root(world, "list", "--ports")[0] == 0
    assert monitor.calls() == ["GetAll", "GetStatus"]


@pytest.mark.parametrize("options", [
    ("--no-bus",), ("--state-directory", "/run/nfwpolicy"), ("--config", "/dev/null"),
], ids=lambda options: options[0])
def test_who_says_how_acts_alone(world, options):
    world.start_daemon()
    monitor = Monitor(world)
    assert load(world, *options) == LOADED
    assert monitor.calls() == []


def test_what_goes_on_until_somebody_ends_it(world):
    """It goes on when the daemon ends."""
    world.start_daemon()
    assert load(world) == LOADED
    monitor = Monitor(world)
    names = world.lab.host.start(*world.root_command("names", "--follow"), stdout=subprocess.PIPE)
    world.lab.processes.append(names)
    assert names.stdout.readline().startswith("PORT")
    world.daemon.terminate()
    assert world.daemon.wait() == 0
    assert names.poll() is None
    names.terminate()
    assert names.wait() == 0
    assert monitor.calls() == []


# --- a bus that was named -----------------------------------------------------------------------------------------


def named(world, *arguments, address=None, **options):
    return load(world, *arguments, "--bus-address", address or world.address, **options)


def note(address):
    return f"nfwpolicy: note: no nfwpolicyd that would do the same answers at {address}, so this is done without one\n"


def test_who_names_a_bus_is_told_that_nobody_there_did_it(world):
    nowhere = f"unix:path={world.directory}/nowhere"
    for address in (world.address, nowhere):
        assert named(world, address=address) == (*LOADED[:2], note(address))
        assert named(world, "--quiet", address=address) == (0, "", "")
        status, output, errors = named(world, "--json", address=address)
        assert (status, json.loads(output)["outcome"], errors) == (0, "ok", note(address))
    # The system's bus is nobody's wish.
    assert load(world) == LOADED


def test_who_names_a_bus_is_told_nothing_where_the_daemon_did_it(world):
    world.start_daemon()
    monitor = Monitor(world)
    assert named(world) == LOADED
    assert monitor.calls() == ASKED


def test_who_names_a_bus_is_told_that_the_daemon_there_is_of_another_world(world):
    world.start_daemon("--state-directory", "/run/other")
    monitor = Monitor(world)
    assert named(world) == (*LOADED[:2], note(world.address))
    assert monitor.calls() == LOOKED


# --- another world ------------------------------------------------------------------------------------------------


def test_another_network_namespace(world):
    world.start_daemon()
    monitor = Monitor(world)
    other = world.lab.namespace("other")
    other.run("ip", "link", "add", "vnet0", "type", "veth", "peer", "name", "peer0")
    assert load(world, namespace=other) == LOADED
    assert monitor.calls() == LOOKED
    assert "nfwpolicy" in other.run("nft", "list", "tables").stdout
    assert world.lab.nft("list", "tables") == ""


def test_another_mount_namespace(world):
    """Of the same names; what is there is another directory."""
    world.start_daemon()
    monitor = Monitor(world)
    elsewhere = os.path.join(world.directory, "elsewhere")
    os.makedirs(f"{elsewhere}/nfwpolicy")
    assert load(world, **{"/run": elsewhere}) == LOADED
    assert monitor.calls() == LOOKED
    assert glob.glob(f"{elsewhere}/nfwpolicy/net-*/web-*") != []


@pytest.mark.parametrize("options", [
    ("--state-directory", "/run/other"), ("--filter-directory", "/run/filters"), ("--network-directory", "/run/networks"),
], ids=lambda options: options[0])
def test_other_directories(world, options):
    world.start_daemon(*options)
    monitor = Monitor(world)
    assert load(world) == LOADED
    assert monitor.calls() == LOOKED


CONFIGURATION = "[Daemon]\nGroup=operator\n[Defaults]\nMinTTL={}\n"


def configuration(world):
    """Where this build has it."""
    filters = world.busctl("get-property", NAME, PATH, MANAGER, "Directories")["filters"][0]
    return world.lab.real(os.path.join(os.path.dirname(filters), "nfwpolicyd.conf"))


def test_other_settings(world):
    """A file that was edited counts for whoever reads it next; the daemon goes on with what it has."""
    daemon = world.start_daemon()
    path = configuration(world)
    monitor = Monitor(world)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(CONFIGURATION.format(7))
    assert load(world) == LOADED
    assert monitor.calls() == LOOKED
    daemon.send_signal(signal.SIGHUP)
    eventually(lambda: world.busctl("get-property", NAME, PATH, MANAGER, "Settings")["MinTTL"] == "7")
    monitor.calls()
    assert load(world) == LOADED
    assert monitor.calls() == ASKED
    with open(path, "w", encoding="utf-8") as stream:
        stream.write("[Kernel]\nTableName=other\n")
    daemon.send_signal(signal.SIGHUP)
    eventually(lambda: "counts from the next start on" in world.lab.learner_log())
    assert load(world) == LOADED
    assert monitor.calls() == LOOKED
    with open(path, "w", encoding="utf-8") as stream:
        stream.write("[Daemon]\nBus=no\n")
    assert load(world) == LOADED
    assert monitor.calls() == []


def test_what_the_daemon_says(world):
    world.start_daemon("--network-directory", "/run/nowhere")
    cookie = world.busctl("get-property", NAME, PATH, MANAGER, "NetworkNamespace")
    with world.lab.host.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as here:
        assert cookie == int.from_bytes(here.getsockopt(socket.SOL_SOCKET, 71, 8), "little")
    directories = world.busctl("get-property", NAME, PATH, MANAGER, "Directories")
    status = os.stat(world.lab.state)
    assert directories["state"] == ["/run/nfwpolicy", status.st_dev, status.st_ino]
    assert directories["networks"] == ["/run/nowhere", 0, 0]
    assert directories.keys() == {"state", "filters", "builtin", "networks"}
    settings = world.busctl("get-property", NAME, PATH, MANAGER, "Settings")
    assert settings == {"TableName": "", "NflogGroup": "", "Resolvers": "", "MinTTL": "", "MaxTTL": "", "MaxNames": "",
                        "LogDenied": ""}


# --- nobody who answers -------------------------------------------------------------------------------------------


def test_a_daemon_that_hangs(world):
    daemon = world.start_daemon()
    assert load(world, "--no-bus") == LOADED
    with locked(world):
        # Nor does it have the lock.
        daemon.send_signal(signal.SIGSTOP)
    try:
        assert load(world, env=HURRIED) == LOADED
        assert json.loads(root(world, "status", "--json", env=HURRIED)[1])["daemon"] == {"version": None}
        assert detach(world, env=HURRIED)[0] == 0
    finally:
        daemon.send_signal(signal.SIGCONT)


def test_a_daemon_that_is_slow(world):
    """Who says that he waits for answers longer than others is not told that there is nobody."""
    daemon = world.start_daemon()
    monitor = Monitor(world)
    daemon.send_signal(signal.SIGSTOP)
    try:
        process = world.lab.host.start(*world.root_command("load", "web.yaml", "--port", "vnet0"), cwd=world.directory,
                                       stdout=subprocess.PIPE)
        world.lab.processes.append(process)
        assert eventually(monitor.calls) == LOOKED
        time.sleep(3)  # longer than others wait
        assert process.poll() is None
    finally:
        daemon.send_signal(signal.SIGCONT)
    assert (process.stdout.read(), process.wait()) == (LOADED[1], 0)
    assert monitor.calls() == ASKED[1:]


def test_nobody_on_the_bus_and_nobody_is_started(world):
    world.write("services/org.nfwpolicy1.service", f"[D-BUS Service]\nName={NAME}\nExec=/bin/false\nUser=root\n")
    world.stop()
    world.start()
    assert load(world) == LOADED
    assert detach(world)[0] == 0
    with open(os.path.join(world.directory, "bus.log"), encoding="utf-8") as log:
        assert "Activating" not in log.read()


def test_no_bus(world):
    assert load(world, address="unix:path=/nonexistent") == LOADED
    assert detach(world, address="nonsense")[0] == 0


@pytest.mark.parametrize("hangs_up", [False, True], ids=["silent", "hangs up"])
def test_a_bus_that_is_none(world, hangs_up):
    path = f"{world.directory}/deaf"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as deaf:
        deaf.bind(path)
        deaf.listen()
        deaf.settimeout(LONG)
        for command in ("load", "web.yaml", "--port", "vnet0"), ("status", "--json"):
            process = world.lab.host.start(*HURRIED, *world.root_command(*command, address=f"unix:path={path}"),
                                           cwd=world.directory, stdout=subprocess.PIPE)
            world.lab.processes.append(process)
            connection, _ = deaf.accept()
            if hangs_up:
                connection.close()
            assert process.wait(timeout=LONG) == 0
            connection.close()


def test_a_bus_with_a_full_queue(world):
    path = f"{world.directory}/full"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as full, socket.socket(socket.AF_UNIX) as first:
        full.bind(path)
        full.listen(0)
        first.connect(path)
        assert load(world, address=f"unix:path={path}") == LOADED


# --- a daemon that goes -------------------------------------------------------------------------------------------


@contextlib.contextmanager
def locked(world):
    """Whoever wants to do something waits; the daemon has nothing left to do of its own then."""
    (lock,) = glob.glob(f"{world.lab.state}/net-*/lock")
    with open(lock, "r+", encoding="utf-8") as held:
        client = world.client()
        while True:
            fcntl.flock(held, fcntl.LOCK_EX)
            with contextlib.suppress(GLib.Error):
                # Before it answers this it looks at whatever it has put off; or it waits for the lock as well.
                client.ask(NAME, PATH, OBJECTS, "GetManagedObjects", timeout=3000)
                break
            fcntl.flock(held, fcntl.LOCK_UN)
        yield


def test_a_daemon_that_dies_over_an_order(world):
    """Nobody knows what became of it, so it is not done again."""
    daemon = world.start_daemon()
    monitor = Monitor(world)
    assert load(world) == LOADED
    with locked(world):
        monitor.calls()
        process = world.lab.host.start(*world.root_command("detach", "--port", "vnet0"), stderr=subprocess.PIPE)
        world.lab.processes.append(process)
        eventually(lambda: "Detach" in monitor.calls())
        daemon.kill()
        daemon.wait()
        errors = process.stderr.read()
        assert process.wait() == 2
    assert errors == ("nfwpolicy: vnet0: nfwpolicyd went away before it had answered, so it may be done or not; "
                      "`nfwpolicy status --no-bus` looks without it\n")
    assert root(world, "list", "--ports")[1] == "vnet0\n"
    world.daemon = None


def test_a_look_is_taken_again(world):
    daemon = world.start_daemon()
    monitor = Monitor(world)
    assert load(world) == LOADED
    with locked(world):
        monitor.calls()
        process = world.lab.host.start(*world.root_command("verify"), stdout=subprocess.PIPE)
        world.lab.processes.append(process)
        eventually(lambda: "Verify" in monitor.calls())
        daemon.kill()
        daemon.wait()
    assert (process.stdout.read(), process.wait()) == ("all policies: the kernel holds what was compiled\n", 0)
    world.daemon = None


def test_who_waits_is_told(world):
    """By a signal after a second, which disturbs nothing."""
    world.start_daemon()
    monitor = Monitor(world)
    assert load(world) == LOADED
    screen, terminal = os.openpty()
    with locked(world):
        monitor.calls()
        process = world.lab.host.start(*world.root_command("detach", "--port", "vnet0"), stdout=terminal, stderr=terminal)
        world.lab.processes.append(process)
        assert b"still working" in os.read(screen, 4096)
        eventually(lambda: "Detach" in monitor.calls())
    assert process.wait() == 0
    assert os.read(screen, 4096) == b"no policy any more on vnet0\r\n"
    for each in screen, terminal:
        os.close(each)


def test_a_daemon_that_goes_between_two_orders(world):
    """While an editor is open, and then somebody else has the name."""
    daemon = world.start_daemon()
    world.write("base.xml", "<filter name='base'/>")
    assert root(world, "nwfilter-define", "base.xml")[0] == 0
    script = world.write("edit.sh", f"#!/bin/sh\nkill {daemon.pid}\nwhile [ -e /proc/{daemon.pid}/root/etc ]; do sleep .1; done\n"
                         "sed -i \"s|</filter>|<rule action='drop' direction='in'/></filter>|\" \"$1\"\n")
    os.chmod(script, 0o755)
    monitor = Monitor(world)
    process = world.lab.host.start("env", f"VISUAL={script}", "TMPDIR=/tmp", *world.root_command("nwfilter-edit", "base"),
                                   stdout=subprocess.PIPE)
    world.lab.processes.append(process)
    assert daemon.wait() == 0
    assert (process.stdout.read(), process.wait()) == ("Network filter base XML configuration edited.\n\n", 0)
    assert "DefineFilter" not in monitor.calls()
    world.daemon = None


# --- what a call cannot carry -------------------------------------------------------------------------------------


def test_a_name_that_is_not_utf8(world):
    world.start_daemon()
    for command in ("attach", os.fsdecode(b"w\xffb"), "--port", "vnet0"), ("detach", "--port", os.fsdecode(b"\xff")), (
            "verify", os.fsdecode(b"w\xffb")):
        assert root(world, *command) == root(world, *command, "--no-bus")


@pytest.mark.parametrize("name", [b"\xff.yaml", b"\x1b.yaml", "\u00e9.yaml".encode()], ids=repr)
def test_a_file_with_an_odd_name(world, name):
    """What the daemon would call something else is not for it."""
    with open(os.path.join(os.fsencode(world.directory), name), "w", encoding="utf-8") as stream:
        stream.write(SIMPLE)
    world.start_daemon()
    command = ("load", os.fsdecode(name), "--port", "vnet0", "--name", "odd", "--json")
    listed = [(root(world, *command, *alone), root(world, "list", "--json", "--no-bus"))
              for alone in ((), ("--no-bus",))]
    assert listed[0] == listed[1] and listed[0][0][0] == 0


def test_more_ports_than_a_call_can_name(world):
    """It is done at once all the same, by who can."""
    ports = 4097 * ("--port", "vnet0")
    commands = ("load", "web.yaml", *ports), ("attach", "web", *ports), ("detach", *ports)
    alone = [(root(world, *each, "--no-bus"), root(world, "list", "--ports", "--no-bus")) for each in commands]
    assert [each[0][0] for each in alone] == [0, 0, 0]
    assert root(world, "unload", "web", "--no-bus")[0] == 0
    world.start_daemon()
    monitor = Monitor(world)
    for command, (result, listed) in zip(commands, alone):
        assert root(world, *command) == result and monitor.calls() == LOOKED
        assert root(world, "list", "--ports", "--no-bus") == listed


def test_a_hundred_thousand_addresses(world):
    numbers = random.Random(1).sample(range(1 << 24), 100_000)
    world.write("web.yaml", policy(allow(ips=[f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in numbers])))
    world.start_daemon()
    monitor = Monitor(world)
    assert load(world) == LOADED
    assert monitor.calls() == ASKED
    assert root(world, "verify", "web", "--no-bus")[0] == 0


def test_the_privilege_without_root(world):
    """Whom the daemon refuses acts alone, and is told what becomes of that."""
    world.start_daemon()
    assert load(world) == LOADED
    monitor = Monitor(world)
    identity = ["setpriv", f"--reuid={NOBODY.pw_uid}", f"--regid={NOBODY.pw_gid}", "--clear-groups",
                "--inh-caps=+net_admin", "--ambient-caps=+net_admin"]
    environment = ["env", f"DBUS_SYSTEM_BUS_ADDRESS={world.address}", *identity, NFWPOLICY]
    answers = [world.lab.host.run(*world.lab.inside(*environment, "show", "web", *options), check=False)
               for options in ((), ("--no-bus",))]
    assert monitor.calls() == LOOKED
    assert answers[0].stdout == answers[1].stdout and answers[0].stderr == answers[1].stderr


# --- what others are told -----------------------------------------------------------------------------------------


def test_it_is_told_once_and_nobody_is_suspected(world):
    store = os.path.join(world.lab.directory, "store")
    world.start_daemon("--store-directory", store)
    client = world.client()
    assert load(world) == LOADED
    with open(f"{store}/bindings", encoding="utf-8") as stream:
        assert "vnet0 web" in stream.read()  # at once, and not when the keeper hears of it
    client.wait_for("PortAttached")
    assert detach(world)[0] == 0
    client.wait_for("PortDetached")
    client.call("Reload")
    heard = [each[2] for each in client.heard("PortAttached", "PortDetached", "Edited", "PolicyReplaced")]
    assert heard == ["PortAttached", "PortDetached"]
