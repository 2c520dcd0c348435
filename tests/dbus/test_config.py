# SPDX-License-Identifier: GPL-2.0-or-later
"""nfwpolicyd.conf and the method Reload: what is right counts from then on, and what is wrong changes nothing."""

import grp
import json
import os
import signal

import pytest
from gi.repository import Gio, GLib

from bus import ERROR, NOBODY, Refused, ServiceManager
from lab import eventually
from learning import RESOLVER4, RESOLVER6
from policies import allow, policy

NAMES = policy(allow(domains=["www.example"]))


class Configured:
    def __init__(self, bus):
        self.bus = bus
        self.path = os.path.join(bus.lab.directory, "daemon.conf")
        self.client = None

    def write(self, text):
        with open(self.path, "w", encoding="utf-8") as stream:
            stream.write(text)

    def start(self, text, **options):
        self.write(text)
        daemon = self.bus.start_daemon("--config", self.path, **options)
        self.client = self.bus.client()
        return daemon

    def load(self, **options):
        """The name servers of the port then."""
        options["ports"] = GLib.Variant("as", ["vnet0"])
        self.client.call("LoadPolicy", "(ssa{sv})", "web", NAMES, options)
        return sorted(self.bus.lab.json("list")["ports"][0]["resolvers"])

    def refused(self, member, *arguments):
        """The error's name, its first line, and its report."""
        with pytest.raises(GLib.Error) as caught:
            self.client.call(member, *arguments)
        name = Gio.DBusError.get_remote_error(caught.value)
        # GLib puts the name before the text.
        line, _, report = caught.value.message.partition(name + ": ")[2].partition("\n")
        return name, line, json.loads(report)["diagnostics"]


@pytest.fixture
def configured(bus):
    configured = Configured(bus)
    yield configured
    if configured.client:
        configured.client.close()


def test_defaults_of_loads(configured):
    configured.start(f"[Defaults]\nResolvers={RESOLVER4}\nMinTTL=50\nMaxTTL=100\n")
    assert configured.load() == [RESOLVER4]
    assert configured.load(resolvers=GLib.Variant("as", [RESOLVER6])) == [RESOLVER6]
    name, line, report = configured.refused(
        "LoadPolicy", "(ssa{sv})", "web", NAMES, {"max-ttl": GLib.Variant("u", 49)}
    )
    assert name == ERROR + "Invalid"
    assert "(50 s) is longer than the longest (49 s)" in line
    assert [each["code"] for each in report] == ["load/bad-lifetime"]


def test_the_command_line_asks_with_what_the_daemon_has(configured):
    """Who lacks the privilege does not read the file; the daemon's counts."""
    configured.start(f"[Defaults]\nResolvers={RESOLVER4}\n[Daemon]\nGroup=nogroup\n")
    group = grp.getgrnam("nogroup").gr_gid
    path = configured.bus.lab.file("web.yaml", NAMES)
    os.chmod(configured.bus.lab.directory, 0o755)
    answer = configured.bus.lab.host.run(
        "setpriv", f"--reuid={NOBODY.pw_uid}", f"--regid={group}", "--clear-groups", "--inh-caps=-all",
        *configured.bus.lab.nfw_command("load")[:1], "load", path, "--port", "vnet0",
        "--bus-address", configured.bus.address, check=False,
    )
    assert (answer.returncode, answer.stderr) == (0, "")
    assert configured.bus.lab.json("list")["ports"][0]["resolvers"] == [RESOLVER4]


def test_reload(configured):
    configured.start(f"[Defaults]\nResolvers={RESOLVER4}\n")
    assert configured.load() == [RESOLVER4]
    configured.write(f"[Defaults]\nResolvers={RESOLVER6}\n")
    assert configured.load() == [RESOLVER4]
    configured.client.call("Reload")
    # What is loaded stays as it is; what is loaded anew does not.
    assert configured.bus.lab.json("list")["ports"][0]["resolvers"] == [RESOLVER4]
    assert configured.load() == [RESOLVER6]
    configured.write("")
    configured.client.call("Reload")
    assert RESOLVER6 not in configured.load()


def test_reload_of_what_is_wrong(configured):
    configured.start(f"[Defaults]\nResolvers={RESOLVER4}\n")
    configured.write(f"[Defaults]\nResolvers={RESOLVER6}\nMinTLL=7\nMaxTTL=x\n")
    name, line, report = configured.refused("Reload")
    assert name == ERROR + "Invalid"
    assert line.startswith(f"{configured.path}:3:1: [Defaults] has no `MinTLL` [config/unknown-key]")
    assert [(each["code"], each["line"], each["column"], each["hint"]) for each in report] == [
        ("config/unknown-key", 3, 1, "did you mean `MinTTL`?"),
        ("config/bad-value", 4, 8, None),
    ]
    assert configured.load() == [RESOLVER4]
    log = configured.bus.lab.learner_log()
    assert f"{configured.path}:3:1: error: [Defaults] has no `MinTLL` [config/unknown-key]" in log
    assert "nfwpolicyd: it goes on with the configuration that it has" in log
    os.unlink(configured.path)
    assert configured.refused("Reload")[2][0]["code"] == "config/file"
    assert configured.load() == [RESOLVER4]


def test_the_group(configured):
    configured.start("[Daemon]\nGroup=nogroup\n")
    group = grp.getgrnam("nogroup").gr_gid
    configured.bus.call_as(NOBODY, "Reload", groups=[group])
    configured.write("[Daemon]\nGroup=no-such-group\n")
    name, line, report = configured.refused("Reload")
    assert name == ERROR + "Invalid" and line.startswith("there is no group `no-such-group` [config/bad-value]")
    assert report[0]["hint"] == "make the group first"
    # The old one still may.
    with pytest.raises(Refused, match="there is no group"):
        configured.bus.call_as(NOBODY, "Reload", groups=[group])
    configured.write("[Daemon]\nGroup=daemon\n")
    configured.client.call("Reload")
    with pytest.raises(Refused, match="is refused"):
        configured.bus.call_as(NOBODY, "Reload", groups=[group])
    configured.bus.call_as(NOBODY, "Reload", groups=[grp.getgrnam("daemon").gr_gid])


def test_what_counts_from_the_next_start_on(configured):
    configured.start("[Kernel]\nTableName=lab\n")
    configured.write("[Kernel]\nTableName=other\n[Daemon]\nStoreDirectory=/nowhere\n")
    configured.client.call("Reload")
    log = configured.bus.lab.learner_log()
    assert "nfwpolicyd: TableName= has changed, which counts from the next start on\n" in log
    assert "nfwpolicyd: StoreDirectory= has changed, which counts from the next start on\n" in log
    configured.client.call("LoadPolicy", "(ssa{sv})", "web", NAMES, {})
    assert configured.bus.lab.nft("list", "tables").split() == ["table", "inet", "lab"]


def test_the_service_manager_hears_of_it(configured):
    manager = ServiceManager(configured.bus.directory)

    def hear():
        said = manager.hear()
        return hear() if said[0] == "RELOADING=1" else said

    daemon = configured.start("", env=manager.environment())
    assert hear() == ["READY=1"]
    configured.write("nonsense")
    daemon.send_signal(signal.SIGHUP)
    assert hear() == ["READY=1", "STATUS=nfwpolicyd.conf is wrong and not in force"]
    configured.write("")
    daemon.send_signal(signal.SIGHUP)
    assert hear() == ["READY=1", "STATUS="]
    daemon.send_signal(signal.SIGHUP)
    assert hear() == ["READY=1"]
    eventually(lambda: daemon.poll() is None)
    manager.close()
