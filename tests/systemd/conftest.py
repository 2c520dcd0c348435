# SPDX-License-Identifier: GPL-2.0-or-later
"""For a machine that systemd runs, with the build installed: tests/vm/run --systemd."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "netns"))

from dnsserver import answer_with  # noqa: E402
from flood import V4, Flood  # noqa: E402
from host import Service, is_active, run, systemctl  # noqa: E402
from lab import eventually  # noqa: E402
from learning import RESOLVER4, MarkedResponder, ask, settle  # noqa: E402


@pytest.fixture(scope="session")
def network():
    """Guests, an internet with a name server, and the service, as it came up with the machine."""
    if pathlib.Path("/proc/1/comm").read_text().strip() != "systemd":
        pytest.skip("systemd does not run this machine")
    eventually(is_active)
    service = Service()
    service.serve(80, 443)
    MarkedResponder(service, answer_with(V4, ttl=86400))
    yield service
    service.remove()


@pytest.fixture
def service(network):
    """The unit is active when a test begins, and nothing is loaded but what lies in policies.d."""
    systemctl("reset-failed", check=False)
    systemctl("start", "nfwpolicyd")
    yield network
    for policy in network.json("list")["policies"]:
        if policy["name"] != "boot":
            network.nfw("unload", policy["name"], "--force")


@pytest.fixture
def flood(service):
    """A guest that has learned a name and sends all the time."""
    service.load(Flood.RULES, "--resolver", RESOLVER4)
    ask(service, "www.example", qtypes=[1])
    settle(service)
    with Flood(service) as flood:
        flood.goes_on(Flood.GRANTED, Flood.FIXED)
        yield flood


def pytest_runtest_makereport(item, call):
    """A failure shows what the service and systemd said."""
    if call.when == "call" and call.excinfo:
        said = run("journalctl", "--no-pager", "-b", "-n", "60", "-o", "short-monotonic", check=False).stdout
        item.add_report_section("call", "journal", said)
