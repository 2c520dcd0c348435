# SPDX-License-Identifier: GPL-2.0-or-later
"""Networks for the tests, removed even when a test fails."""

import contextlib
import os

import pytest

from lab import Lab
from nwfilter import Bridge
from nwfilter_host import Host


@contextlib.contextmanager
def laboratory():
    if os.geteuid() != 0:
        pytest.skip("needs root: it makes network namespaces and nftables rules")
    lab = Lab()
    try:
        yield lab
    finally:
        lab.remove()


@pytest.fixture
def lab():
    """A network of the test's own."""
    with laboratory() as lab:
        yield lab


@pytest.fixture(scope="module")
def module_lab():
    with laboratory() as lab:
        yield lab


@pytest.fixture
def shared_lab(module_lab):
    """The network that the tests of a file share; what one of them loads is gone before the next."""
    try:
        yield module_lab
    finally:
        module_lab.unload_all()


@pytest.fixture(scope="module")
def bridge():
    """For network filters: a bridge that the tests of a file share."""
    bridge = Bridge()
    try:
        yield bridge
    finally:
        bridge.remove()


@pytest.fixture
def host(bridge):
    """The commands for network filters on it."""
    host = Host(bridge)
    try:
        yield host
    finally:
        host.close()


def pytest_runtest_makereport(item, call):
    """A failure shows what the learner said."""
    funcargs = getattr(item, "funcargs", {})
    lab = funcargs.get("lab") or funcargs.get("module_lab")
    if call.when == "call" and call.excinfo and lab:
        item.add_report_section("call", "learner", lab.learner_log())
