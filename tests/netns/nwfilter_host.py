# SPDX-License-Identifier: GPL-2.0-or-later
"""A bridge with guests, the commands for network filters, and a daemon with a store."""

import json
import os
import shutil
import signal
import subprocess
import tempfile

from lab import NFWPOLICY, NFWPOLICYD, SOURCE, eventually
from nwfilter import MAC
from packets import ipv4, udp
from probe import PATIENT

GUEST, PEER, OTHER = "192.0.2.1", "192.0.2.2", "192.0.2.3"
NO_IP = """<filter name='no-ip' chain='root'>
  <rule action='drop' direction='out' priority='500'><ip srcipaddr='$IP'/></rule>
</filter>
"""
BINDING = """<filterbinding>
  <portdev name='{port}'/>
  <mac address='{mac}'/>
  <filterref filter='{name}'>{parameters}</filterref>
</filterbinding>
"""


def datagram(source=GUEST, destination=PEER, port=53):
    payload = ipv4(source, destination, 17, udp(source, destination, 4000, port, b"datagram"))
    return bytes.fromhex("52540000000b52540000000a0800") + payload


class Host:
    """For one test; what it binds is unbound at the end."""

    def __init__(self, bridge):
        self.bridge = bridge
        self.host = bridge.host
        self.directory = tempfile.mkdtemp(prefix="nfw-")
        self.state = os.path.join(self.directory, "state")
        self.store = os.path.join(self.directory, "store")
        self.log = os.path.join(self.directory, "daemon.log")
        self.places = ("--filter-directory", os.path.join(self.directory, "nwfilter"),
                       "--builtin-directory", os.path.join(SOURCE, "data", "filters"))
        self.process = None

    def file(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text)
        return path

    def nfw(self, command, *arguments, check=True):
        return self.host.run(NFWPOLICY, command, "--state-directory", self.state, *self.places, *arguments, check=check)

    def json(self, command, *arguments):
        return json.loads(self.nfw(command, "--json", *arguments).stdout)

    def define(self, text, check=True):
        return self.nfw("nwfilter-define", self.file("filter.xml", text), check=check)

    def bind(self, name, port="vnet0", check=True, **parameters):
        values = "".join(f"<parameter name='{key}' value='{value}'/>" for key, value in parameters.items())
        text = BINDING.format(port=port, mac=MAC, name=name, parameters=values)
        return self.nfw("nwfilter-binding-create", self.file("binding.xml", text), check=check)

    def bound(self):
        return {each["port"]: each["filter"] for each in self.json("nwfilter-binding-list")["bindings"]}

    def start(self):
        before = len(self.said())
        self.process = self.host.start(
            NFWPOLICYD, "--foreground", "--state-directory", self.state, "-v", "--no-bus", "--store-directory",
            self.store, *self.places, stdout=open(self.log, "a", encoding="utf-8"), stderr=subprocess.STDOUT)
        eventually(lambda: "learning (" in self.said()[before:] or self.process.poll() is not None)
        assert self.process.poll() is None, self.said()

    def stop(self, number=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
            assert self.process.wait(timeout=PATIENT) == (0 if number == signal.SIGTERM else -number)

    def said(self):
        if not os.path.exists(self.log):
            return ""
        with open(self.log, encoding="utf-8") as stream:
            return stream.read()

    def stored(self):
        path = os.path.join(self.store, "nwfilter-binding")
        return {name.removesuffix("~").removesuffix(".xml") for name in os.listdir(path)} if os.path.isdir(path) else set()

    def reboot(self):
        self.host.run("nft", "flush", "ruleset")
        shutil.rmtree(self.state)

    def ruleset(self):
        return self.host.run("nft", "-s", "list", "ruleset").stdout

    def in_force(self):
        return "table bridge nfwpolicy-filter" in self.ruleset() and not self.bridge.passes(datagram())

    def close(self):
        self.stop()
        for port in self.bound():
            self.nfw("nwfilter-binding-delete", port)
        shutil.rmtree(self.directory)
