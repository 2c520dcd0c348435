# SPDX-License-Identifier: GPL-2.0-or-later
"""names --follow without privileges: through a pipe from the daemon, what root hears from the kernel."""

import contextlib
import itertools
import json
import os
import re
import types

import pytest
from gi.repository import Gio, GLib

from bus import LONG, MANAGER, NAME, PATH
from callers import GROUP, REFUSED, Callers
from conftest import laboratory
from dnsserver import answer_with
from follower import Follower
from lab import eventually
from learning import RESOLVER4, MarkedResponder, ask, load
from policies import allow


@pytest.fixture(scope="module")
def module_callers():
    with laboratory() as bus:
        bus.start_daemon("--group", GROUP.gr_name)
        responder = MarkedResponder(bus.lab, lambda message: answer_with(next(bus.addresses), ttl=3000)(message))
        yield Callers(bus)
        responder.close()


@pytest.fixture
def callers(module_callers):
    module_callers.lab.unload_all()
    module_callers.bus.addresses = itertools.repeat("192.0.2.200")
    load(module_callers.lab, allow(1, domains=["*.example"]), resolvers=[RESOLVER4])
    ask(module_callers.lab, "early.example", qtypes=[1])
    eventually(module_callers.lab.names)
    return module_callers


def user_follows(callers, *arguments):
    """As the follower that root has, but through the bus."""
    command = callers.user_command("names", "--follow", "--bus-address", callers.bus.address, groups=(GROUP.gr_gid,))
    lab = types.SimpleNamespace(
        host=callers.lab.host, processes=callers.lab.processes, nfw_command=lambda _command, _follow, *more: [*command, *more])
    return Follower(lab, *arguments)


def without_times(line):
    return re.sub(r"\b\d+m\d+s\b|(?<=, )\d+(?= s\b)|(?<=\"seconds_left\": )[0-9.]+", "N", line)


def n_pipes(callers):
    """Those that the daemon has open; nothing else of it is one."""
    directory = f"/proc/{callers.bus.daemon.pid}/fd"
    n = 0
    for descriptor in os.listdir(directory):
        with contextlib.suppress(FileNotFoundError):
            n += os.readlink(f"{directory}/{descriptor}").startswith("pipe:")
    return n


@pytest.mark.parametrize("options", [(), ("--json",), ("--verbose",), ("--port", "vnet0"), ("--json", "--port", "vnet0")],
                         ids=" ".join)
def test_as_root_hears_it(callers, options):
    followers = Follower(callers.lab, *options), user_follows(callers, *options)
    n_before = 1 if "--json" in options else 2
    for _ in range(n_before):
        lines = [without_times(each.line()) for each in followers]
        assert lines[0] == lines[1]
    ask(callers.lab, "late.example", qtypes=[1])
    lines = [without_times(each.line()) for each in followers]
    assert lines[0] == lines[1] and "late.example" in lines[0]
    callers.lab.nfw("detach", "--port", "vnet0")
    lines = [without_times(each.line()) for each in followers]
    assert lines[0] == lines[1] and "evicted" in lines[0]
    assert [each.interrupt()[0] for each in followers] == [0, 0]


def test_a_port_that_learns_nothing(callers):
    as_root = callers.root("names", "--follow", "--port", "vnte0")
    assert callers.user("names", "--follow", "--port", "vnte0") == as_root
    assert as_root[0] == 1 and "vnet0" in as_root[2]


def test_others_are_refused(callers):
    refused = (2, "", f"nfwpolicy: {NAME}.read is refused: {REFUSED}\n")
    assert callers.user("names", "--follow", groups=()) == refused


def test_who_has_gone_is_forgotten(callers):
    eventually(lambda: n_pipes(callers) == 0)
    followers = [user_follows(callers) for _ in range(3)]
    for each in followers:
        each.line()
    assert n_pipes(callers) == 3
    for each in followers:
        assert each.interrupt()[0] == 0
    eventually(lambda: n_pipes(callers) == 0)


class Pipe:
    """What FollowNames gives, read only when the test wants to."""

    def __init__(self, client, port=""):
        answer, fds = client.connection.call_with_unix_fd_list_sync(
            NAME, PATH, MANAGER, "FollowNames", GLib.Variant("(s)", (port,)), None, Gio.DBusCallFlags.NONE, 30000, None, None)
        self.descriptor = fds.get(answer.unpack()[0])
        self.text = b""

    def events(self):
        """All that have come by now."""
        with contextlib.suppress(BlockingIOError):
            while chunk := os.read(self.descriptor, 65536):
                self.text += chunk
        return [json.loads(line) for line in self.text.splitlines()]

    def close(self):
        os.close(self.descriptor)


def test_who_does_not_read_is_told_that_something_is_lost(callers):
    # Who came first is told last, so all that is told has been told when he has read it.
    reader, pipe = (Pipe(callers.bus.client(), "vnet0") for _ in range(2))
    # More than a pipe holds: every line has more than 150 octets.
    callers.bus.addresses = (f"198.51.{i // 250}.{i % 250 + 1}" for i in itertools.count())
    for first in range(0, 600, 100):
        ask(callers.lab, *(f"n{i}.example" for i in range(first, first + 100)), qtypes=[1])
        eventually(lambda last=f"n{first + 99}.example": reader.events()[-1:] and reader.events()[-1]["name"] == last)
    reader.close()
    events = pipe.events()
    assert {each["event"] for each in events} == {"learned"} and 200 < len(events) < 600
    ask(callers.lab, "afterwards.example", qtypes=[1])
    eventually(lambda: pipe.events()[-1]["name"] == "afterwards.example")
    assert [each["event"] for each in pipe.events()[len(events):]] == ["lost", "learned"]
    pipe.close()


def test_another_port(callers):
    pipe = Pipe(callers.bus.client(), "vnet1")
    ask(callers.lab, "another.example", qtypes=[1])
    eventually(lambda: "another.example" in {each["name"] for each in callers.lab.names()})
    assert pipe.events() == []
    pipe.close()


def test_there_are_not_too_many(callers):
    client = callers.bus.client()
    pipes = [Pipe(client) for _ in range(64)]
    with pytest.raises(GLib.Error) as raised:
        Pipe(client)
    assert "[bus/too-many]" in raised.value.message
    for each in pipes:
        each.close()

    def one_more():
        with contextlib.suppress(GLib.Error):
            Pipe(client).close()
            return True
        return False

    eventually(one_more)


def test_the_daemon_ends(bus):
    bus.start_daemon("--group", GROUP.gr_name)
    callers = Callers(bus)
    load(bus.lab, allow(1, domains=["*.example"]), resolvers=[RESOLVER4])
    follower = user_follows(callers)
    follower.line()
    bus.daemon.terminate()
    assert follower.process.wait(timeout=LONG) == 2
