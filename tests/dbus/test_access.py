# SPDX-License-Identifier: GPL-2.0-or-later
"""Who may do what: root, a group, whom polkit lets, and nobody else."""

import grp
import os
import pathlib
import pwd
import subprocess

import pytest
from gi.repository import Gio, GLib

from bus import LONG, MANAGER, NAME, NOBODY, PATH, PROPERTIES, Refused
from lab import SOURCE, eventually
from policies import allow, policy

SIMPLE = policy(allow(ips=["192.0.2.0/24"]))
GROUP = grp.getgrnam("operator")

BUS_ITSELF = "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus"

CALLS = {
    "ListNames": ("s", ""),
    "LoadPolicy": ("ssa{sv}", "web", SIMPLE, 1, "ports", "as", 1, "vnet0"),
    "Attach": ("assa{sv}", 1, "vnet0", "web", 0),
    "Detach": ("as", 1, "vnet0"),
    "UnloadPolicy": ("sb", "web", "true"),
    "Reload": (),
}
LOOKS = {
    "Get": (PROPERTIES, "Get", "ss", MANAGER, "Version"),
    "GetAll": (PROPERTIES, "GetAll", "s", MANAGER),
    "GetManagedObjects": ("org.freedesktop.DBus.ObjectManager", "GetManagedObjects"),
    "Introspect": ("org.freedesktop.DBus.Introspectable", "Introspect"),
}


def put_web(bus):
    bus.call_as(None, "LoadPolicy", *CALLS["LoadPolicy"])


@pytest.mark.parametrize("member", CALLS)
def test_without_polkit_others_are_refused(shared, member):
    put_web(shared)
    before = shared.lab.json("list")
    with pytest.raises(Refused, match="is refused: not root, and polkit gives no answer"):
        shared.call_as(NOBODY, member, *CALLS[member])
    after = shared.lab.json("list")
    assert (before["policies"], before["ports"]) == (after["policies"], after["ports"])


@pytest.mark.parametrize("look", LOOKS)
def test_without_polkit_others_see_nothing(shared, look):
    with pytest.raises(Refused, match="org.nfwpolicy1.read is refused"):
        shared.busctl("call", NAME, PATH, *LOOKS[look], user=NOBODY)


def test_others_see_no_object(shared):
    put_web(shared)
    with pytest.raises(Refused, match="org.nfwpolicy1.read is refused"):
        shared.busctl("get-property", NAME, f"{PATH}/port/vnet0", f"{NAME}.Port", "Policy", user=NOBODY)


def test_the_error_has_a_name_of_its_own(shared):
    client = subprocess.run(
        ["setpriv", f"--reuid={NOBODY.pw_uid}", f"--regid={NOBODY.pw_gid}", "--clear-groups", "/usr/bin/python3",
         "-c", ERROR_NAME, shared.address],
        capture_output=True, text=True, check=True, timeout=LONG,
    )
    assert client.stdout.strip() == f"{NAME}.Error.AccessDenied"


ERROR_NAME = f"""
import sys
from gi.repository import Gio, GLib
flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
bus = Gio.DBusConnection.new_for_address_sync(sys.argv[1], flags, None, None)
try:
    bus.call_sync("{NAME}", "{PATH}", "{MANAGER}", "Reload", None, None, 0, -1, None)
except GLib.Error as error:
    print(Gio.DBusError.get_remote_error(error))
"""


def test_many_calls_at_once_are_each_answered(shared):
    processes = [
        subprocess.Popen(
            ["setpriv", f"--reuid={NOBODY.pw_uid}", f"--regid={NOBODY.pw_gid}", "--clear-groups",
             "busctl", f"--address={shared.address}", "call", NAME, PATH, MANAGER, "Reload"],
            stderr=subprocess.PIPE, text=True,
        )
        for _ in range(20)
    ]
    assert all("is refused" in each.communicate(timeout=LONG)[1] for each in processes)
    shared.call_as(None, "Reload")


def test_others_can_ask_whether_it_lives(shared):
    shared.busctl("call", NAME, PATH, "org.freedesktop.DBus.Peer", "Ping", user=NOBODY)


def test_others_cannot_take_the_name(bus):
    with pytest.raises(Refused, match="Access denied|not allowed"):
        bus.busctl(
            "call", "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName", "su",
            NAME, 0, user=NOBODY,
        )


LISTEN = """
import sys
from gi.repository import Gio, GLib
flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
bus = Gio.DBusConnection.new_for_address_sync(sys.argv[1], flags, None, None)
def heard(connection, sender, path, interface, signal, parameters):
    print(signal, parameters.print_(False), flush=True)
bus.signal_subscribe(None, None, None, None, None, 0, heard)
bus.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetId", None, None, 0, -1, None)
print("ready", flush=True)
GLib.MainLoop().run()
"""


def listen(bus, *prefix):
    process = subprocess.Popen(
        [*prefix, "/usr/bin/python3", "-c", LISTEN, bus.address], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"
    return process


def heard_until(listener, word):
    """The names of the signals up to the one that has the word in it."""
    signals = []
    for line in listener.stdout:
        signals.append(line.split()[0])
        if word in line:
            return signals
    raise AssertionError(f"the listener has ended before {word}")


def test_signals_are_for_root(shared):
    """Others hear that a name has come or gone, and nothing of what guests do."""
    root = listen(shared)
    nobody = listen(
        shared, "setpriv", f"--reuid={NOBODY.pw_uid}", f"--regid={NOBODY.pw_gid}", "--clear-groups"
    )
    try:
        put_web(shared)
        assert "InterfacesAdded" in heard_until(root, "PortAttached")
        # The bus itself tells everybody of who comes, after everything else that has happened.
        marker = shared.client().connection.get_unique_name()
        heard_until(root, f"('{marker}', '', '{marker}')")
        assert set(heard_until(nobody, f"('{marker}', '', '{marker}')")) <= {"NameAcquired", "NameOwnerChanged"}
    finally:
        for process in (root, nobody):
            process.kill()
            process.wait()
            process.stdout.close()


TRUST_ROOT = """
<busconfig><policy user="root"><allow send_type="method_call"/></policy></busconfig>
"""


def test_nothing_is_told_without_the_name(bus):
    """The bus keeps others from hearing who has the name; who does not get it says nothing on the bus."""
    bus.write("system.d/root.conf", TRUST_ROOT)
    bus.stop()
    bus.start()
    other = bus.client()
    assert other.ask(*BUS_ITSELF, "RequestName", "(su)", NAME, 0) == (1,)
    log = os.path.join(bus.lab.directory, "learner.log")
    daemon = bus.lab.host.start(
        *bus.lab.learner_command(), stdout=open(log, "a", encoding="utf-8"), stderr=subprocess.STDOUT,
        env={**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": bus.address},
    )
    bus.lab.processes.append(daemon)
    eventually(lambda: "another process has it; it goes on without D-Bus" in bus.lab.learner_log())
    name = next(
        each for each in other.ask(*BUS_ITSELF, "ListNames")[0]
        if each.startswith(":") and other.ask(*BUS_ITSELF, "GetConnectionUnixProcessID", "(s)", each) == (daemon.pid,)
    )
    listener = listen(bus)
    try:
        bus.lab.load(SIMPLE, name="web")
        # It has looked at what is loaded when it answers.
        other.ask(name, PATH, MANAGER, "Reload")
        marker = bus.client().connection.get_unique_name()
        assert set(heard_until(listener, f"('{marker}', '', '{marker}')")) <= {"NameAcquired", "NameOwnerChanged"}
    finally:
        listener.kill()
        listener.wait()
        listener.stdout.close()


# --- a group -----------------------------------------------------------------------------------------------------


def test_the_group_may_do_everything(bus):
    bus.start_daemon("--group", GROUP.gr_name)
    put_web(bus)
    for member in ("ListNames", "Detach", "Attach", "LoadPolicy", "UnloadPolicy", "Reload"):
        bus.call_as(NOBODY, member, *CALLS[member], groups=[GROUP.gr_gid])
    assert bus.lab.json("list")["policies"] == []
    bus.busctl("call", NAME, PATH, *LOOKS["GetAll"], user=NOBODY, groups=[NOBODY.pw_gid, GROUP.gr_gid])
    for groups in ([], [NOBODY.pw_gid], [GROUP.gr_gid + 1, 0]):
        with pytest.raises(Refused, match="is refused"):
            bus.call_as(NOBODY, "Reload", groups=groups)


def test_a_group_that_does_not_exist(bus):
    result = bus.lab.host.run(*bus.daemon_command("--group", "nfw-nobody-at-all"), check=False)
    assert result.returncode == 2 and "there is no group `nfw-nobody-at-all`" in result.stderr


# --- polkit ------------------------------------------------------------------------------------------------------

POLKITD = "/usr/lib/polkit-1/polkitd"
POLKIT_BUS = pathlib.Path("/usr/share/dbus-1/system.d/org.freedesktop.PolicyKit1.conf")

RULES = """
polkit.addRule(function(action, subject) {
    if (subject.user == "nobody") {
        if (action.id == "org.nfwpolicy1.read")
            return polkit.Result.YES;
        if (action.id == "org.nfwpolicy1.manage")
            return polkit.Result.NO;
    }
});
"""


@pytest.fixture
def polkit(bus):
    """Debian's polkitd on the bus, with our actions and its rules in places of its own."""
    if not (os.path.exists(POLKITD) and POLKIT_BUS.exists()):
        pytest.skip("needs Debian's polkitd")
    bus.write("system.d/polkit.conf", POLKIT_BUS.read_text())
    for name in ("actions", "rules.d"):
        os.mkdir(os.path.join(bus.directory, name))
    bus.write("rules.d/50-test.rules", RULES)
    actions = pathlib.Path(SOURCE, "data/polkit/org.nfwpolicy1.policy").read_text()
    bus.write("actions/org.nfwpolicy1.policy", actions)
    bus.stop()
    bus.start()
    script = (
        "mount --bind $0/actions /usr/share/polkit-1/actions && mount --bind $0/rules.d /etc/polkit-1/rules.d &&"
        f"exec {POLKITD} --no-debug"
    )
    process = subprocess.Popen(
        ["unshare", "--mount", "sh", "-c", script, bus.directory],
        env={**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": bus.address},
    )
    client = bus.client()

    def has_name():
        assert process.poll() is None, "polkitd has ended"
        return client.ask(
            "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameHasOwner", "(s)",
            "org.freedesktop.PolicyKit1",
        )[0]

    try:
        eventually(has_name)
        bus.start_daemon()
        yield bus
    finally:
        process.kill()
        process.wait()


def test_polkit_decides_for_others(polkit):
    put_web(polkit)
    assert polkit.call_as(NOBODY, "ListNames", "s", "vnet0") == [[]]
    assert polkit.busctl("get-property", NAME, f"{PATH}/port/vnet0", f"{NAME}.Port", "Policy", user=NOBODY) == "web"
    with pytest.raises(Refused, match="org.nfwpolicy1.manage is refused: polkit says no"):
        polkit.call_as(NOBODY, "UnloadPolicy", *CALLS["UnloadPolicy"])
    # What the rules say nothing of needs an administrator, and here nobody can ask one.
    with pytest.raises(Refused, match="org.nfwpolicy1.attach"):
        polkit.call_as(NOBODY, "Detach", *CALLS["Detach"])
    assert polkit.lab.json("list")["ports"][0]["policy"] == "web"


def test_polkit_is_not_asked_for_root(polkit):
    put_web(polkit)
    polkit.call_as(None, "UnloadPolicy", *CALLS["UnloadPolicy"])


def test_a_challenge_is_told_as_such(polkit):
    with pytest.raises(Refused, match="needs an answer from an administrator|[Ii]nteractive"):
        polkit.busctl("--allow-interactive-authorization=no", "call", NAME, PATH, MANAGER, "Detach",
                      *CALLS["Detach"], user=NOBODY)


# What the bus lets root do here, so that he can stand in for a polkit whose administrator is away from the keyboard.
ABSENT = """
<busconfig>
  <policy user="root"><allow own="org.freedesktop.PolicyKit1"/></policy>
  <policy context="default"><allow send_destination="org.freedesktop.PolicyKit1"/></policy>
</busconfig>
"""
AUTHORITY = """
<node><interface name="org.freedesktop.PolicyKit1.Authority"><method name="CheckAuthorization">
  <arg type="(sa{sv})" direction="in"/><arg type="s" direction="in"/><arg type="a{ss}" direction="in"/>
  <arg type="u" direction="in"/><arg type="s" direction="in"/><arg type="(bba{ss})" direction="out"/>
</method></interface></node>
"""


class AbsentAdministrator:
    """A polkit that is asked and gives no answer until it is told to."""

    def __init__(self, bus):
        self.bus, self.questions, self.waiting = bus, [], []
        bus.write("system.d/polkit.conf", ABSENT)
        bus.stop()
        bus.start()
        self.client = bus.client()
        interface = Gio.DBusNodeInfo.new_for_xml(AUTHORITY).interfaces[0]
        self.client.connection.register_object(
            "/org/freedesktop/PolicyKit1/Authority", interface, lambda *call: self.questions.append(call[-1]), None, None
        )
        assert self.client.ask(*BUS_ITSELF, "RequestName", "(su)", "org.freedesktop.PolicyKit1", 0) == (1,)
        bus.start_daemon()

    def call(self, user, n=1):
        """Calls of the user that wait for an answer, each on a connection of its own."""
        before = len(self.questions)
        self.waiting += [
            subprocess.Popen(
                ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "busctl",
                 f"--address={self.bus.address}", "call", NAME, PATH, MANAGER, "Reload"], stdout=subprocess.DEVNULL,
            )
            for _ in range(n)
        ]
        eventually(lambda: (self.client.heard(), len(self.questions))[1] == before + n)

    def says_yes(self):
        for question in self.questions:
            question.return_value(GLib.Variant("((bba{ss}))", ((True, False, {}),)))
        self.client.connection.flush_sync(None)
        assert [each.wait(timeout=LONG) for each in self.waiting] == [0] * len(self.waiting)
        self.questions, self.waiting = [], []

    def remove(self):
        for each in self.waiting:
            each.kill()
            each.wait()


@pytest.fixture
def absent(bus):
    polkit = AbsentAdministrator(bus)
    try:
        yield polkit
    finally:
        polkit.remove()


def refuse_more(polkit, user):
    with pytest.raises(Refused, match="too many calls wait for polkit already"):
        polkit.bus.call_as(user, "Reload")


def test_a_user_with_many_connections_leaves_room_for_others(absent):
    users = [pwd.getpwnam(name) for name in ("daemon", "bin", "sys", "games")]
    absent.call(NOBODY, 4)
    refuse_more(absent, NOBODY)
    for user in users[:3]:
        absent.call(user, 4)
    # All together have an end, too, which is not root's.
    refuse_more(absent, users[3])
    absent.bus.call_as(None, "Reload")
    absent.says_yes()
    absent.call(users[3])
    absent.call(NOBODY)
