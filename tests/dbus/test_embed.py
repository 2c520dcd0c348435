# SPDX-License-Identifier: GPL-2.0-or-later
"""data/examples/embed/guard.py, which uses nothing but D-Bus, with a guest."""

import os
import re
import signal
import subprocess

import pytest

from bus import LONG
from dnsserver import answer_with, lookup
from lab import HOST4, SOURCE
from learning import MarkedResponder
from policies import allow, policy

GUARD = os.path.join(SOURCE, "data", "examples", "embed", "guard.py")
V4, OTHER4 = "192.0.2.1", "198.51.100.1"


class Guard:
    def __init__(self, bus, text):
        self.process = bus.lab.host.start(
            "/usr/bin/python3", GUARD, bus.lab.file("guard.yaml", text), "vnet0",
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": bus.address},
        )
        bus.lab.processes.append(self.process)

    def line(self):
        return self.process.stdout.readline().rstrip("\n")

    def end(self):
        self.process.send_signal(signal.SIGINT)
        output, errors = self.process.communicate(timeout=LONG)
        return self.process.returncode, output, errors


@pytest.fixture
def served(bus):
    bus.lab.serve(80)
    MarkedResponder(bus.lab, answer_with(V4, ttl=3000), namespace=bus.lab.host, server=HOST4)
    bus.start_daemon()
    return bus


def test_it_restricts_and_tells_what_is_learned(served):
    guard = Guard(served, policy(allow(domains=["www.example"], ports=[80])))
    assert guard.line() == "vnet0 is restricted"
    served.lab.reach((), [f"tcp {V4} 80", f"tcp {OTHER4} 80"])
    lookup(served.lab.guest, HOST4, "www.example")
    # It is told some milliseconds after it was learned, or seconds on a busy machine.
    assert re.fullmatch(rf"www\.example is {V4} for (3000|29\d\d) s, says {HOST4}", guard.line())
    served.lab.reach([f"tcp {V4} 80"], [f"tcp {OTHER4} 80"])
    assert guard.end() == (0, "", "")
    assert served.lab.json("list")["policies"] == []
    served.lab.reach([f"tcp {OTHER4} 80"])


def test_what_is_wrong_is_told_with_its_place(served):
    guard = Guard(served, "version: 1.0\nrules:\n- {name: a, action: alow, priority: 1}\n")
    _, errors = guard.process.communicate(timeout=LONG)
    assert guard.process.returncode == 1
    assert errors.startswith("guard.py: /") and "guard.yaml:3:21: " in errors and "did you mean `allow`?" in errors
    assert "{" not in errors
    assert served.lab.json("list")["policies"] == []
