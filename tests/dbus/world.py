# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon and root of one world: with the usual directories, which are the test's own where both of them look."""

import json
import os
import subprocess

from bus import PATH, Bus
from lab import NFWPOLICY, NFWPOLICYD, Lab, eventually

# What is the test's own, by where it is for programs in the world.
PLACES = {"/run": "run", "/etc": "etc", "/usr/local/etc": "local", "/usr/local/share": "share",
          "/usr/share/nfwpolicy": "builtin"}
MOUNT = 'for each in {}; do mount --bind "${{each#*=}}" "${{each%%=*}}" || exit 125; done; exec "$@"'


class World(Lab):
    def __init__(self):
        super().__init__()
        self.directories = {place: os.path.join(self.directory, name) for place, name in PLACES.items()}
        for place, directory in self.directories.items():
            if place == "/etc":
                subprocess.run(["cp", "-a", place, directory], check=True)
            elif os.path.isdir(place):
                os.mkdir(directory)
        self.directories = {place: each for place, each in self.directories.items() if os.path.isdir(each)}

    def real(self, path):
        """Where a file of the world is for everybody else."""
        place = next((each for each in self.directories if path.startswith(f"{each}/")), None)
        if not place:
            return path
        return self.directories[place] + path[len(place):]

    @property
    def state(self):
        return self.real("/run/nfwpolicy")

    def inside(self, *command, **other):
        """A command that runs where the directories are; some of them may be others."""
        pairs = {**self.directories, **other}.items()
        return "sh", "-c", MOUNT.format(" ".join(f"{place}={each}" for place, each in pairs)), "sh", *command


class WorldBus(Bus):
    """Without options, as the service starts it."""

    def daemon_command(self, *options):
        return self.lab.inside(NFWPOLICYD, "--foreground", "--bus-address", self.address, *options)

    def root_command(self, *arguments, address=None, **other):
        """Root's command, who says nothing of where it is to be done."""
        return self.lab.inside("env", f"DBUS_SYSTEM_BUS_ADDRESS={address or self.address}", NFWPOLICY, *arguments, **other)


class Monitor:
    """Who calls what on the bus."""

    def __init__(self, bus):
        self.bus = bus
        self.path = os.path.join(bus.directory, "monitor")
        with open(self.path, "w", encoding="utf-8") as output:
            self.process = subprocess.Popen(
                ["busctl", f"--address={bus.address}", "--json=short", "--match", "type='method_call'", "monitor"],
                stdout=output, stderr=subprocess.DEVNULL)
        bus.lab.processes.append(self.process)
        self.client = bus.client()
        eventually(lambda: self._mark() and self._calls())
        self.calls()

    def _mark(self):
        self.client.ask("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetId")
        return True

    def _calls(self):
        with open(self.path, encoding="utf-8") as output:
            lines = output.readlines()
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def calls(self):
        """The members of the daemon's that have been called since the last time, in their order."""
        name = self.client.connection.get_unique_name()
        before = len([each for each in self._calls() if each["sender"] == name])
        self._mark()
        eventually(lambda: len([each for each in self._calls() if each["sender"] == name]) > before)
        found = [each["member"] for each in self._calls() if each.get("path") == PATH and each["sender"] != name]
        self.n, first = len(found), getattr(self, "n", 0)
        return found[first:]
