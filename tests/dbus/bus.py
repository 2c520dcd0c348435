# SPDX-License-Identifier: GPL-2.0-or-later
"""A bus of the test's own, as a system bus is configured, and connections to it."""

import contextlib
import json
import os
import pwd
import shutil
import socket
import subprocess
import tempfile

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

from lab import NFWPOLICYD, PATIENCE, SOURCE, eventually  # noqa: E402

NAME = "org.nfwpolicy1"
PATH = "/org/nfwpolicy1"
MANAGER, POLICY, PORT, FILTER, NETWORK = (
    f"{NAME}.{each}" for each in ("Manager", "Policy", "Port", "Filter", "Network")
)
PROPERTIES = "org.freedesktop.DBus.Properties"
ERROR = f"{NAME}.Error."

NOBODY = pwd.getpwnam("nobody")

# How long whoever is not meant to give up waits for an answer: that the other one hangs is not what is looked for. It is also
# for the programs under test.
LONG = 120 * PATIENCE
os.environ["SYSTEMD_BUS_TIMEOUT"] = str(int(LONG))
# Before a command that is meant to give up as it does for everybody.
HURRIED = ("env", "--unset=SYSTEMD_BUS_TIMEOUT")

# What every distribution's system bus has, with our own file beside it.
CONFIGURATION = """
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={directory}/socket</listen>
  <auth>EXTERNAL</auth>
  <servicedir>{directory}/services</servicedir>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus"/>
  </policy>
  <include>{source}/data/dbus/org.nfwpolicy1.conf</include>
  <includedir>{directory}/system.d</includedir>
</busconfig>
"""


class Client:
    """A connection to the bus, as root."""

    def __init__(self, address):
        flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
        self.connection = Gio.DBusConnection.new_for_address_sync(address, flags, None, None)
        self.signals = []
        self.connection.signal_subscribe(
            NAME, None, None, None, None, Gio.DBusSignalFlags.NONE, self._take_signal, None
        )
        self.ask("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetId")

    def _take_signal(self, _connection, _sender, path, interface, signal, parameters, _data):
        self.signals.append((path, interface, signal, parameters.unpack()))

    def ask(self, destination, path, interface, member, signature="()", *arguments, fds=None, timeout=LONG * 1000):
        parameters = GLib.Variant(signature, arguments)
        answer, _ = self.connection.call_with_unix_fd_list_sync(
            destination, path, interface, member, parameters, None, Gio.DBusCallFlags.NONE, int(timeout), fds, None
        )
        return answer.unpack()

    def call(self, member, signature="()", *arguments, **options):
        answer = self.ask(NAME, PATH, MANAGER, member, signature, *arguments, **options)
        return answer[0] if answer else None

    def properties(self, path, interface):
        return self.ask(NAME, path, PROPERTIES, "GetAll", "(s)", interface)[0]

    def objects(self):
        return self.ask(NAME, PATH, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")[0]

    def heard(self, *wanted):
        """The signals that have come, by name; all of them if none is given."""
        context = GLib.MainContext.default()
        while context.iteration(False):
            pass
        return [each for each in self.signals if not wanted or each[2] in wanted]

    def wait_for(self, signal, check=lambda parameters: True):
        def found():
            return next((each[3] for each in self.heard(signal) if check(each[3])), None)

        return eventually(found)

    def close(self):
        with contextlib.suppress(GLib.Error):
            self.connection.close_sync(None)


class Refused(Exception):
    """What busctl says of an error: the text only."""


class Bus:
    def __init__(self, lab):
        self.lab = lab
        self.directory = tempfile.mkdtemp(prefix="nfw-bus-")
        os.chmod(self.directory, 0o755)
        for name in ("services", "system.d"):
            os.mkdir(os.path.join(self.directory, name))
        self.address = f"unix:path={self.directory}/socket"
        self.process, self.daemon, self.clients = None, None, []
        self.daemon_prefix = ()
        self.start()

    def write(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text)
        return path

    def start(self):
        path = self.write("bus.conf", CONFIGURATION.format(directory=self.directory, source=SOURCE))
        self.process = self.lab.host.start(
            "dbus-daemon", f"--config-file={path}", "--nofork", "--print-address",
            stdout=subprocess.PIPE, stderr=open(os.path.join(self.directory, "bus.log"), "a", encoding="utf-8"),
        )
        assert self.process.stdout.readline().startswith("unix:path="), "dbus-daemon does not start"

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    # --- the daemon ----------------------------------------------------------------------------------------

    def daemon_command(self, *options):
        places = (os.path.join(self.lab.directory, name) for name in ("nwfilter", "builtin", "networks"))
        return (NFWPOLICYD, "--foreground", "--state-directory", self.lab.state, "--bus-address", self.address,
                "--filter-directory", next(places), "--builtin-directory", next(places),
                "--network-directory", next(places), *options)

    def start_daemon(self, *options, **popen):
        log = os.path.join(self.lab.directory, "learner.log")
        self.daemon = self.lab.host.start(
            *self.daemon_prefix, *self.daemon_command("-v", *options),
            stdout=open(log, "a", encoding="utf-8"), stderr=subprocess.STDOUT, **popen,
        )
        self.lab.processes.append(self.daemon)
        eventually(lambda: self.owner() == self.daemon.pid or self.daemon.poll() is not None)
        assert self.daemon.poll() is None, self.lab.learner_log()
        return self.daemon

    def has_name(self):
        client = self.client()
        try:
            return client.ask(
                "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameHasOwner", "(s)", NAME
            )[0]
        finally:
            client.close()

    def owner(self):
        """The process that has the name. One that was killed may have it until the bus has seen that."""
        client = self.client()
        try:
            return client.ask(
                "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetConnectionUnixProcessID",
                "(s)", NAME,
            )[0]
        except GLib.Error:
            return None
        finally:
            client.close()

    # --- callers -------------------------------------------------------------------------------------------

    def client(self):
        client = Client(self.address)
        self.clients.append(client)
        return client

    def busctl(self, *arguments, user=None, groups=(), check=True):
        """What busctl prints, read as JSON; as another user if one is given."""
        prefix = []
        if user:
            # With a group that is asked for, and none of root's.
            prefix = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}"]
            prefix += [f"--groups={','.join(map(str, groups))}"] if groups else ["--clear-groups"]
        result = subprocess.run(
            [*prefix, "busctl", f"--address={self.address}", "--json=short", *map(str, arguments)],
            capture_output=True, text=True, check=False, timeout=2 * LONG,
        )
        if check and result.returncode != 0:
            raise Refused(result.stderr.strip())
        return json.loads(result.stdout)["data"] if result.stdout.strip() else None

    def call_as(self, user, member, *arguments, **options):
        return self.busctl("call", NAME, PATH, MANAGER, member, *arguments, user=user, **options)

    def remove(self):
        for client in self.clients:
            client.close()
        status = 0
        if self.daemon and self.daemon.poll() is None:
            self.daemon.terminate()
            status = self.daemon.wait()
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)
        # Also what a sanitizer found at the end.
        assert status == 0, self.lab.learner_log()


class ServiceManager:
    """The socket that a service manager listens on, see sd_notify(3)."""

    def __init__(self, directory):
        self.path = os.path.join(directory, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(LONG)

    def environment(self, **more):
        return {**os.environ, "NOTIFY_SOCKET": self.path, **more}

    def hear(self):
        return self.socket.recv(4096).decode().split("\n")

    def close(self):
        self.socket.close()
