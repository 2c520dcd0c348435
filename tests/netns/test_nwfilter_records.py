# SPDX-License-Identifier: GPL-2.0-or-later
"""Network filters stay in force as they were loaded, whatever becomes of the files that define them: packets tell."""

import glob
import os
import shutil
import signal

import pytest

from lab import NFWPOLICY, SOURCE, eventually
from nwfilter import Filters
from nwfilter_host import GUEST, NO_IP, datagram

BUILTIN = os.path.join(SOURCE, "data", "filters")
RULE = "<rule action='drop' direction='out' priority='{}'><ip protocol='udp' dstportstart='{}'/></rule>"


@pytest.fixture
def filters(bridge, tmp_path):
    filters = Filters(bridge.host, str(tmp_path), BUILTIN)
    yield filters
    for port in filters.bound():
        assert filters.unbind(port) == "ok"
    filters.close()


def filter_of(*ports, name="t", references=()):
    inner = "".join(f"<filterref filter='{each}'/>" for each in references)
    return f"<filter name='{name}' chain='root'>{inner}{''.join(RULE.format(100, port) for port in ports)}</filter>"


def records(filters):
    return {os.path.basename(path).removesuffix(".xml"): path
            for path in glob.glob(os.path.join(filters.state, "net-*", "nwfilter-record", "*"))}


def file_of(filters, name):
    return os.path.join(filters.definitions, f"{name}.xml")


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def loaded(bridge, filters, *ports, **how):
    assert filters.define(filter_of(*ports, **how)) == "ok", filters.diagnostics()
    assert filters.bind(filters.binding("vnet0", how.get("name", "t"))) == "ok", filters.diagnostics()
    assert [bridge.passes(datagram(port=port)) for port in ports] == [False for _ in ports]


def codes(filters):
    return [code for code, _ in filters.diagnostics()]


# --- what becomes of the file ---------------------------------------------------------------------------------


def change(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    os.remove(path)
    write(path, text.replace("53", "80"))


def break_it(path):
    os.remove(path)
    write(path, "<filter name='t'><rule")


BECOMES = {"changed": (change, "nwfilter/changed"), "broken": (break_it, "nwfilter/changed"),
           "removed": (os.remove, "nwfilter/gone")}


@pytest.mark.parametrize("how", BECOMES)
def test_a_definition_edited_by_hand_changes_nothing(bridge, filters, tmp_path, how):
    edit, code = BECOMES[how]
    loaded(bridge, filters, 53)
    before = bridge.host.run("nft", "-s", "list", "ruleset").stdout
    edit(file_of(filters, "t"))

    assert (filters.verify(), codes(filters)) == ("ok", [code])
    assert bridge.host.run("nft", "-s", "list", "ruleset").stdout == before
    assert filters.bind(filters.binding("vnet1", "t")) == "ok", filters.diagnostics()
    assert filters.unbind("vnet1") == "ok"
    assert bridge.host.run("nft", "-s", "list", "ruleset").stdout == before

    bridge.host.run("nft", "flush", "ruleset")
    assert bridge.passes(datagram())
    later = Filters(bridge.host, str(tmp_path), BUILTIN)
    assert later.restore() == "ok", later.diagnostics()
    assert codes(later) == [code]
    later.close()
    assert bridge.host.run("nft", "-s", "list", "ruleset").stdout == before
    assert not bridge.passes(datagram(port=53)) and bridge.passes(datagram(port=80))


@pytest.mark.parametrize("how", BECOMES)
def test_defining_it_again_puts_it_in_force(bridge, filters, how):
    loaded(bridge, filters, 53)
    BECOMES[how][0](file_of(filters, "t"))
    assert filters.define(filter_of(80)) == "ok", filters.diagnostics()
    assert bridge.passes(datagram(port=53)) and not bridge.passes(datagram(port=80))
    assert (filters.verify(), filters.diagnostics()) == ("ok", [])


def test_the_edit_counts_when_nothing_is_under_it_any_more(bridge, filters):
    loaded(bridge, filters, 53)
    change(file_of(filters, "t"))
    assert filters.unbind("vnet0") == "ok"
    assert filters.bind(filters.binding("vnet0", "t")) == "ok"
    assert bridge.passes(datagram(port=53)) and not bridge.passes(datagram(port=80))
    assert (filters.verify(), filters.diagnostics()) == ("ok", [])


def test_part_of_another_filter_stays_as_it_is_in_force(bridge, filters):
    loaded(bridge, filters, 53)
    change(file_of(filters, "t"))
    assert filters.define(filter_of(90, name="top", references=["t"])) == "ok", filters.diagnostics()
    assert filters.bind(filters.binding("vnet1", "top")) == "ok", filters.diagnostics()
    assert [bridge.passes(datagram(port=port), "vnet1", "vnet0") for port in (53, 80, 90)] == [False, True, False]
    assert (filters.verify(), codes(filters)) == ("ok", ["nwfilter/changed"])


def test_other_directories(bridge, filters, tmp_path):
    loaded(bridge, filters, 53)
    (tmp_path / "elsewhere").mkdir()
    other = Filters(bridge.host, str(tmp_path / "elsewhere"), BUILTIN)
    other.lib.nfw_context_set_state_directory(other.context, filters.state.encode())
    assert (other.verify(), codes(other)) == ("ok", ["nwfilter/gone"])
    other.close()


# --- what there is of records ---------------------------------------------------------------------------------


def test_what_is_in_use_is_recorded(bridge, filters):
    assert filters.define(filter_of(53)) == "ok"
    assert records(filters) == {}
    assert filters.define(filter_of(80, name="top", references=["t"])) == "ok"
    assert filters.bind(filters.binding("vnet0", "top")) == "ok"
    assert filters.bind(filters.binding("vnet1", "t")) == "ok"
    assert set(records(filters)) == {"t", "top"}
    assert filters.unbind("vnet0") == "ok"
    assert set(records(filters)) == {"t"}
    assert filters.unbind("vnet1") == "ok"
    assert records(filters) == {}


def test_what_is_not_referred_to_any_more_goes(bridge, filters):
    assert filters.define(filter_of(53)) == "ok"
    assert filters.define(filter_of(80, name="top", references=["t"])) == "ok"
    assert filters.bind(filters.binding("vnet0", "top")) == "ok"
    assert set(records(filters)) == {"t", "top"}
    assert filters.define(filter_of(80, name="top")) == "ok"
    assert set(records(filters)) == {"top"}
    assert filters.define(filter_of(80, name="top", references=["t"])) == "ok"
    assert set(records(filters)) == {"t", "top"}
    assert (filters.verify(), filters.diagnostics()) == ("ok", [])


def test_the_same_filter_with_other_values(bridge, filters):
    """They are two in the kernel, and one record."""
    assert filters.bind(filters.binding("vnet0", "clean-traffic", [("IP", GUEST)])) == "ok"
    assert filters.bind(filters.binding("vnet1", "clean-traffic", [("IP", GUEST)], compat=True)) == "ok"
    before = set(records(filters))
    assert "clean-traffic" in before
    assert filters.unbind("vnet0") == "ok"
    assert set(records(filters)) == before
    assert filters.unbind("vnet1") == "ok"
    assert records(filters) == {}


def test_another_port_writes_no_record(bridge, filters):
    loaded(bridge, filters, 53)
    directory = os.path.dirname(records(filters)["t"])
    before = os.stat(directory).st_ctime_ns, os.stat(records(filters)["t"]).st_ino
    assert filters.bind(filters.binding("vnet1", "t")) == "ok"
    assert filters.unbind("vnet1") == "ok"
    assert (os.stat(directory).st_ctime_ns, os.stat(records(filters)["t"]).st_ino) == before


def test_what_was_refused_is_not_recorded(bridge, filters):
    loaded(bridge, filters, 53)
    with open(records(filters)["t"], encoding="utf-8") as file:
        before = file.read()
    assert filters.define("<filter name='t' chain='root'><rule action='drop' direction='out'><ip srcipaddr='$NOBODY'/>"
                          "</rule></filter>") == "invalid"
    assert filters.bind(filters.binding("vnet1", "nobody")) == "not-found"
    assert set(records(filters)) == {"t"}
    with open(records(filters)["t"], encoding="utf-8") as file:
        assert file.read() == before


def test_who_died_before_the_commit_has_it_finished(bridge, filters):
    """The record is written first, so there is never anything in force of which nothing is known."""
    loaded(bridge, filters, 53)
    write(records(filters)["t"], filter_of(80))
    assert filters.verify() == "differs"
    assert filters.restore() == "ok", filters.diagnostics()
    assert bridge.passes(datagram(port=53)) and not bridge.passes(datagram(port=80))


def test_what_somebody_took_out_of_the_kernel_keeps_its_record(bridge, filters):
    loaded(bridge, filters, 53)
    bridge.host.run("nft", "flush", "ruleset")
    assert filters.bind(filters.binding("vnet1", "clean-traffic", [("IP", GUEST)])) == "ok"
    assert filters.unbind("vnet1") == "ok"
    assert "t" in records(filters)
    os.remove(file_of(filters, "t"))
    assert filters.restore() == "ok", filters.diagnostics()
    assert not bridge.passes(datagram(port=53))
    assert set(records(filters)) == {"t"}


def test_what_somebody_took_out_of_the_kernel_comes_back_as_it_is_defined(bridge, filters):
    loaded(bridge, filters, 53)
    bridge.host.run("nft", "flush", "ruleset")
    assert filters.define(filter_of(80)) == "ok"
    assert filters.restore() == "ok", filters.diagnostics()
    assert bridge.passes(datagram(port=53)) and not bridge.passes(datagram(port=80))


# --- the daemon, and commands ---------------------------------------------------------------------------------


@pytest.mark.parametrize("how", BECOMES)
def test_a_reboot_with_another_definition(host, how):
    host.define(NO_IP)
    host.start()
    host.bind("no-ip", IP=GUEST)
    eventually(lambda: host.stored() == {"vnet0"} and os.path.exists(os.path.join(host.store, "nwfilter-record/no-ip.xml")))
    before = host.ruleset()
    host.stop(signal.SIGKILL)
    host.reboot()
    assert host.bridge.passes(datagram())
    path = os.path.join(host.directory, "nwfilter", "no-ip.xml")
    (lambda path: write(path, NO_IP.replace("drop", "accept")) if how == "changed" else BECOMES[how][0](path))(path)
    host.start()
    assert host.ruleset() == before and host.in_force()
    assert "is in force" in host.said()

    host.nfw("nwfilter-binding-delete", "vnet0")
    eventually(lambda: os.listdir(os.path.join(host.store, "nwfilter-record")) == [])


def test_without_any_definitions(host):
    """Of what comes with nfwpolicy, too: the package may be gone."""
    host.start()
    host.bind("clean-traffic", IP=GUEST)
    eventually(lambda: host.stored() == {"vnet0"})
    before = host.ruleset()
    host.stop()
    host.reboot()
    host.places = ("--filter-directory", os.path.join(host.directory, "none"),
                   "--builtin-directory", os.path.join(host.directory, "none"))
    host.start()
    assert host.ruleset() == before


def test_verify_and_status_tell(host):
    host.define(NO_IP)
    host.bind("no-ip", IP=GUEST)
    assert host.nfw("verify").stderr == ""
    path = os.path.join(host.directory, "nwfilter", "no-ip.xml")
    change_to = NO_IP.replace("500", "400")
    write(path + ".new", change_to)
    os.rename(path + ".new", path)
    told = host.nfw("verify")
    assert told.returncode == 0 and "filter `no-ip` has been changed since it was loaded" in told.stderr
    assert f"nfwpolicy nwfilter-define {path}" in told.stderr
    status = host.host.run(NFWPOLICY, "status", "--state-directory", host.state, check=False)
    assert status.returncode == 1 and "no-ip" in status.stdout
    host.nfw("nwfilter-define", path)
    assert host.nfw("verify").stderr == ""
    assert not host.bridge.passes(datagram())


def test_what_comes_with_nfwpolicy_is_put_in_force_where_it_is(host):
    """An upgrade brings other definitions: defining them makes no copies that stand before the next ones."""
    builtin = os.path.join(host.directory, "builtin")
    shutil.copytree(BUILTIN, builtin)
    host.places = ("--filter-directory", os.path.join(host.directory, "nwfilter"), "--builtin-directory", builtin)
    host.bind("no-ip-spoofing", IP=GUEST)
    path = os.path.join(builtin, "no-ip-spoofing.xml")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    os.remove(path)
    write(path, text.replace("</filter>", RULE.format(-999, 53) + "</filter>"))
    assert "no-ip-spoofing" in host.nfw("verify").stderr
    assert host.bridge.passes(datagram())
    host.nfw("nwfilter-define", path)
    assert not host.bridge.passes(datagram())
    assert host.nfw("verify").stderr == ""
    assert not os.path.exists(os.path.join(host.directory, "nwfilter", "no-ip-spoofing.xml"))
