# SPDX-License-Identifier: GPL-2.0-or-later
"""A network, a bus and the daemon for the tests, removed even when a test fails."""

import contextlib
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "netns"))


def pytest_collection_modifyitems(config, items):
    """
    With sanitizers a program takes ten times as long, so of the options that say how it prints each command is given one
    there, by turns, and all of them without.
    """
    if "NFWPOLICY_SANITIZERS" not in os.environ:
        return
    cases = {}
    for item in items:
        parameters = getattr(item, "callspec", None) and item.callspec.params or {}
        if "options" in parameters:
            others = tuple(str(value) for name, value in sorted(parameters.items()) if name != "options")
            cases.setdefault((item.path, item.originalname, others), []).append(item)
    left_out = {item for i, case in enumerate(cases.values()) for j, item in enumerate(case) if j != i % len(case)}
    config.hook.pytest_deselected(items=list(left_out))
    items[:] = (item for item in items if item not in left_out)


@contextlib.contextmanager
def laboratory(world=False):
    if os.geteuid() != 0:
        pytest.skip("needs root: it makes network namespaces and nftables rules")
    from bus import Bus
    from lab import Lab
    from world import World, WorldBus

    lab = World() if world else Lab()
    bus = None
    try:
        bus = WorldBus(lab) if world else Bus(lab)
        yield bus
    finally:
        if bus:
            bus.remove()
        lab.remove()


@pytest.fixture
def bus():
    """A bus of the test's own, and nobody on it."""
    with laboratory() as bus:
        yield bus


@pytest.fixture(scope="module")
def module_bus():
    with laboratory() as bus:
        bus.start_daemon()
        yield bus


@pytest.fixture
def shared(module_bus):
    """The bus and the daemon that the tests of a file share; what one of them loads is gone before the next."""
    try:
        yield module_bus
    finally:
        module_bus.lab.unload_all()


@pytest.fixture
def client(shared):
    client = shared.client()
    # What the last test has left is told before this one begins.
    client.call("Reload")
    client.heard()
    client.signals.clear()
    yield client
    client.close()


def pytest_runtest_makereport(item, call):
    """A failure shows what the daemon said."""
    funcargs = getattr(item, "funcargs", {})
    bus = funcargs.get("bus") or funcargs.get("module_bus")
    if call.when == "call" and call.excinfo and bus:
        item.add_report_section("call", "daemon", bus.lab.learner_log())
