# SPDX-License-Identifier: GPL-2.0-or-later
"""nfwpolicy as root: through the daemon it does and says what it does and says alone."""

import pytest

import test_command_line as policies
import test_command_line_filters as filters
import test_command_line_networks as networks
from callers import Callers
from conftest import laboratory
from world import Monitor

OPTIONS = [(), ("--json",)]


class Asking(Callers):
    """Who is root's user elsewhere is root here, too, and asks the daemon."""

    def __init__(self, bus):
        super().__init__(bus)
        self.monitor = Monitor(bus)
        self.asked = []

    def root(self, *arguments, **options):
        """Alone; who is told where the bus is does not ask there."""
        alone = ["--state-directory", "/run/nfwpolicy"] if "--bus-address" in arguments else ["--no-bus"]
        return self._run(*self.bus.root_command(*arguments, *alone), **options)

    def user(self, *arguments, **options):
        self.monitor.calls()
        result = self._run(*self.bus.root_command(*arguments), **options)
        self.asked = self.monitor.calls()
        return result


class AskingForFilters(Asking, filters.FilterCallers):
    pass


class AskingForNetworks(Asking, networks.NetworkCallers):
    def __init__(self, bus):
        super().__init__(bus)
        self.directory = bus.lab.real("/etc/nfwpolicy/networks")


def cases(table):
    return pytest.mark.parametrize("command", table.values(), ids=table.keys())


def compare(module, callers, command, options, succeeds):
    before = callers.state()
    status, output, errors = module.compare(callers, (*command, *options))
    assert callers.asked[:1] == ["GetAll"] or status == 2  # wrong usage is seen before
    if succeeds:
        assert status == 0 and (len(callers.asked) > 1 or "empty" in command)
    else:
        assert status in (1, 2) and output + errors != "" and callers.state() == before


# --- policies -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def policy_callers():
    with laboratory(world=True) as bus:
        bus.start_daemon()
        bus.lab.add_guest("vnet1", 3)
        yield Asking(bus)


@pytest.fixture
def asking(policy_callers):
    policy_callers.prepare()
    return policy_callers


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
@cases(policies.SUCCESSES)
def test_policies(asking, command, options):
    compare(policies, asking, command, options, True)


@cases(policies.FAILURES)
def test_policies_fail(asking, command):
    compare(policies, asking, command, (), False)


def test_standard_input(asking):
    policies.test_standard_input(asking)
    assert "LoadPolicyFd" not in asking.asked  # of the second text, which is wrong


@pytest.fixture
def learned(asking):
    yield from policies.learned.__wrapped__(asking)


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
@cases(policies.LOOKS)
def test_looking(learned, command, options):
    policies.look(learned, (*command, *options))
    assert len(learned.asked) > 1


def test_more_than_the_bus_takes_is_shown_all_the_same(asking):
    policies.load_much(asking)
    owner = asking.bus.owner()
    status, output, errors = asking.user("show", "much", "--nft")
    assert (status, errors) == (0, "") and len(output) > 16 << 20
    assert "Show" in asking.asked and asking.bus.owner() == owner


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
@pytest.mark.parametrize("command", ["verify", "status"])
def test_what_is_not_as_it_should_be(asking, command, options):
    policies.test_what_is_not_as_it_should_be(asking, command, options)


# --- network filters and sets -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def filter_callers():
    with laboratory(world=True) as bus:
        bus.start_daemon()
        filters.make_bridge(bus.lab)
        callers = AskingForFilters(bus)
        yield callers
        callers.prepare()
        callers.root("nwfilter-binding-delete", "port0")


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
@cases(filters.SUCCESSES)
def test_filters(filter_callers, command, options):
    filter_callers.prepare()
    compare(filters, filter_callers, command, options, True)


@cases(filters.FAILURES)
def test_filters_fail(filter_callers, command):
    filter_callers.prepare()
    compare(filters, filter_callers, command, (), False)


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
@cases(filters.LOOKS)
def test_looking_at_filters(filter_callers, command, options):
    filter_callers.prepare()
    filters.test_looking(filter_callers, command, options)
    assert len(filter_callers.asked) > 1


@pytest.mark.parametrize("edit", filters.EDITS)
def test_editing(filter_callers, edit):
    filters.test_editing(filter_callers, edit, "base")
    assert "DumpFilter" in filter_callers.asked


def test_filters_on_standard_input(filter_callers):
    filters.test_standard_input(filter_callers)
    assert "Bind" in filter_callers.asked


# --- virtual networks ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def network_callers():
    with laboratory(world=True) as bus:
        bus.start_daemon()
        yield AskingForNetworks(bus)


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
@cases(networks.SUCCESSES)
def test_networks(network_callers, command, options):
    network_callers.prepare()
    compare(networks, network_callers, command, options, True)


@cases(networks.FAILURES)
def test_networks_fail(network_callers, command):
    network_callers.prepare()
    compare(networks, network_callers, command, (), False)


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
@cases(networks.LOOKS)
def test_looking_at_networks(network_callers, command, options):
    network_callers.prepare()
    networks.test_looking(network_callers, command, options)
    assert len(network_callers.asked) > 1
