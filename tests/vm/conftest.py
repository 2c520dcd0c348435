# SPDX-License-Identifier: GPL-2.0-or-later
import os

import pytest

from lab.topology import Lab

GITHUB, SERVICES = "github", "services"


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """Two guests under data/examples/github.yaml, one under policies/services.yaml, nfwpolicyd learning."""
    with Lab(tmp_path_factory.mktemp("state")) as lab:
        lab.know_neighbours()
        lab.start_learner()
        lab.must("load", lab.source / "data/examples/github.yaml", "--port", "g1", "--port", "g2")
        lab.must("load", os.path.join(os.path.dirname(__file__), "policies/services.yaml"), "--port", "g3")
        yield lab


@pytest.fixture
def host(lab):
    return lab.host


@pytest.fixture
def guest(lab):
    return lab.guests[0]


@pytest.fixture
def neighbour(lab):
    """Another guest under the same policy."""
    return lab.guests[1]


@pytest.fixture
def services_guest(lab):
    return lab.guests[2]


@pytest.fixture
def name(lab):
    """A name that the policy allows and that nobody has looked up."""
    return lab.fresh_name()
