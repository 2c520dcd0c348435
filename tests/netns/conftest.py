# SPDX-License-Identifier: GPL-2.0-or-later
"""Every test gets a network of its own, removed even when the test fails."""

import os

import pytest

from lab import Lab


@pytest.fixture
def lab():
    if os.geteuid() != 0:
        pytest.skip("needs root: it makes network namespaces and nftables rules")
    laboratory = Lab()
    try:
        yield laboratory
    finally:
        laboratory.remove()


def pytest_runtest_makereport(item, call):
    """A failure shows what the learner said."""
    laboratory = getattr(item, "funcargs", {}).get("lab")
    if call.when == "call" and call.excinfo and laboratory:
        item.add_report_section("call", "learner", laboratory.learner_log())
