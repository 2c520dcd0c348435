# SPDX-License-Identifier: GPL-2.0-or-later
"""Whoever writes a file, a service with a mask of its own or root's command, it is for the same readers."""

import os
import stat

import pytest

from conftest import laboratory
from test_root_asks import root
from world import Monitor

FILTER = "<filter name='{}'><rule action='drop' direction='out'/></filter>\n"
NETWORK = "<network><name>{0}</name><bridge name='{0}'/><ip address='10.55.{1}.1' prefix='24'/></network>\n"


@pytest.fixture
def world():
    with laboratory(world=True) as bus:
        yield bus


def modes(world, *paths):
    return [stat.S_IMODE(os.stat(world.lab.real(path)).st_mode) for path in paths]


def define(world, command, name, text, *options):
    path = world.write(f"{name}.xml", text)
    assert root(world, command, path, *options)[0] == 0


def test_definitions(world):
    places = [os.path.join(prefix, "nfwpolicy") for prefix in ("/usr/local/etc", "/etc")]
    world.start_daemon(umask=0o077)
    monitor = Monitor(world)
    define(world, "nwfilter-define", "one", FILTER.format("one"))
    define(world, "net-define", "lab1", NETWORK.format("lab1", 1))
    assert {"DefineFilter", "DefineNetwork"} <= set(monitor.calls())
    define(world, "nwfilter-define", "two", FILTER.format("two"), "--no-bus")
    define(world, "net-define", "lab2", NETWORK.format("lab2", 2), "--no-bus")
    found = next(place for place in places if os.path.exists(world.lab.real(f"{place}/nwfilter/one.xml")))
    assert modes(world, found, f"{found}/nwfilter") == [0o755, 0o755]
    assert modes(world, f"{found}/nwfilter/one.xml", f"{found}/nwfilter/two.xml") == [0o644, 0o644]
    found = next(place for place in places if os.path.exists(world.lab.real(f"{place}/networks/lab1.xml")))
    assert modes(world, f"{found}/networks/lab1.xml", f"{found}/networks/lab2.xml") == [0o600, 0o600]
