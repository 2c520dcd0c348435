# SPDX-License-Identifier: GPL-2.0-or-later
"""A host with taps, and the hooks as they are installed there."""

import contextlib
import fcntl
import json
import os
import pathlib
import struct
import subprocess
import sys

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests/netns"))

from lab import NFWPOLICY, PATIENCE, Lab, eventually  # noqa: E402

GUEST = SOURCE / "tests/install/guest.py"
# For what ends by itself; that it never does is not what is looked for.
LONG = 120 * PATIENCE
TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000

# As it is installed, with this host's places.
COMMAND = f"""#!/bin/sh
command=$1
shift
case $command in
nwfilter-*) set -- --filter-directory {{filters}} --builtin-directory {SOURCE}/data/filters "$@" ;;
esac
exec {{program}} --state-directory {{state}} "$command" "$@"
"""


class Host:
    """The lab's host: where hooks, their programs and their configuration are."""

    def __init__(self, lab):
        self.lab = lab
        self.namespace = lab.host
        self.folder = pathlib.Path(lab.directory)
        self.configuration = self.folder / "etc"
        for folder in ("guests.d", "lima.d"):
            (self.configuration / folder).mkdir(parents=True)
        self.program("nfwpolicy", COMMAND.format(state=lab.state, program=NFWPOLICY, filters=self.folder / "nwfilter"))

    def program(self, name, text):
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    def hook(self, name, installed_as=None):
        """The hook, with this host's paths where meson puts those of an installation."""
        text = (SOURCE / f"data/hooks/{name}.in").read_text()
        for key, value in {"nfwpolicy": self.folder / "nfwpolicy", "configuration": self.configuration}.items():
            assert f"@{key}@" in text
            text = text.replace(f"@{key}@", str(value))
        return self.program(installed_as or name, text)

    def write(self, path, text):
        (self.configuration / path).write_text(text)

    @property
    def bindings(self):
        """(port, policy) of all ports"""
        return sorted((each["port"], each["policy"]) for each in self.lab.json("list")["ports"])

    @property
    def filters(self):
        """(port, filter) of all ports"""
        answer = self.namespace.run(self.folder / "nfwpolicy", "nwfilter-binding-list", "--json")
        return sorted((each["port"], each["filter"]) for each in json.loads(answer.stdout)["bindings"])

    @property
    def policies(self):
        return sorted(each["name"] for each in self.lab.json("list")["policies"])

    def run_guest(self, card, number, gateway_on=None):
        """A guest behind its open tap: 10.77.NUMBER.2, with the host's end of the tap or a bridge as its gateway."""
        guest = self.lab.namespace("guest")
        command = guest.command(sys.executable, "-B", GUEST, "eth0")
        process = subprocess.Popen(["bash", "-c", f'exec "$@" 3<&{card}', "bash", *command], pass_fds=[card])
        self.lab.processes.append(process)
        eventually(lambda: "eth0" in guest.run("ip", "-br", "link").stdout)
        if gateway_on:
            self.namespace.run("ip", "addr", "add", f"10.77.{number}.1/24", "dev", gateway_on)
        guest.run("ip", "addr", "add", f"10.77.{number}.2/24", "dev", "eth0")
        guest.run("ip", "link", "set", "eth0", "up")
        guest.run("ip", "route", "add", "default", "via", f"10.77.{number}.1")
        return guest

    @contextlib.contextmanager
    def tap(self, name):
        """As libvirt makes one: it is there for as long as it is open."""
        card = self.open_tap(name)
        try:
            self.namespace.run("ip", "link", "set", name, "up")
            yield card
        finally:
            os.close(card)

    def open_tap(self, name):
        with self.namespace.enter():
            card = os.open("/dev/net/tun", os.O_RDWR)
            fcntl.ioctl(card, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
        return card

    def tracks_bridges(self):
        probe = "add table bridge probe; add chain bridge probe c; add rule bridge probe c ct state new"
        return self.namespace.run("nft", "-c", probe, check=False).returncode == 0


@pytest.fixture
def host():
    if os.geteuid() != 0:
        pytest.skip("needs root: it makes network namespaces and nftables rules")
    if not os.path.exists("/dev/net/tun"):
        pytest.skip("needs /dev/net/tun")
    lab = Lab()
    try:
        lab.serve(80, 443)
        yield Host(lab)
    finally:
        lab.remove()
