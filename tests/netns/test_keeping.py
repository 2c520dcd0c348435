# SPDX-License-Identifier: GPL-2.0-or-later
"""nfwpolicyd with a store: what is loaded stays in force, whatever others do and whoever dies."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import pytest

from lab import eventually
from learning import RESOLVER4, MarkedResponder, ask, settle
from dnsserver import answer_with
from policies import allow, policy
from probe import PATIENT

V4, OTHER4 = "192.0.2.1", "198.51.100.1"
ALL, DENIED = [f"tcp {V4} 80", f"tcp {OTHER4} 80"], f"tcp {OTHER4} 443"
NAMES = policy(allow(1, domains=["*.example"]), allow(2, ips=[OTHER4], ports=[80]))


@pytest.fixture(scope="module")
def network(module_lab):
    module_lab.serve(80, 443)
    MarkedResponder(module_lab, answer_with(V4, ttl=3000))
    return module_lab


def bindings_in(store):
    """What is stored there: the ports, each with its policy."""
    path = os.path.join(store, "bindings")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as stream:
        return sorted(tuple(line.split()[:2]) for line in stream.read().splitlines()[1:-1])


class Keeper:
    def __init__(self, lab):
        self.lab = lab
        self.store = os.path.join(lab.directory, "store")
        self.process = None

    def start(self, *options):
        before = len(self.lab.learner_log())
        self.process = self.lab.host.start(
            *self.lab.learner_command(),
            "--no-bus",
            "--store-directory",
            self.store,
            *options,
            stdout=open(os.path.join(self.lab.directory, "learner.log"), "a", encoding="utf-8"),
            stderr=subprocess.STDOUT,
        )
        self.lab.processes.append(self.process)
        eventually(lambda: "learning (" in self.lab.learner_log()[before:] or self.process.poll() is not None)
        assert self.process.poll() is None, self.lab.learner_log()

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        assert self.process.wait(timeout=PATIENT) == (0 if number == signal.SIGTERM else -number)

    def is_stored(self, **ports):
        """These policies, each with its port, and all of it twice."""
        files = [pathlib.Path(self.store, name) for name in ("bindings", "bindings~")]
        policies = set(os.listdir(os.path.join(self.store, "policies")))
        return (policies == {f"{name}.policy{twin}" for name in ports for twin in ("", "~")}
                and bindings_in(self.store) == sorted((v, k) for k, v in ports.items())
                and all(file.exists() for file in files) and files[0].read_bytes() == files[1].read_bytes())


@pytest.fixture
def keeper(network, shared_lab):
    keeper = Keeper(shared_lab)
    shutil.rmtree(keeper.store, ignore_errors=True)
    keeper.start()
    yield keeper
    # Whatever a test has left is unloaded while nobody puts it back.
    if keeper.process.poll() is None:
        keeper.stop()


def reboot(lab):
    lab.host.run("nft", "flush", "ruleset")
    shutil.rmtree(lab.state)


def load(lab, *arguments):
    lab.load(NAMES, "--resolver", RESOLVER4, *arguments)


def learn(lab):
    ask(lab, "www.example", qtypes=[1])
    settle(lab)


def in_force(lab):
    return lab.nfw("verify", check=False).returncode == 0 and bool(lab.json("list")["ports"])


def test_a_flush_is_undone_and_what_was_learned_stays(keeper):
    lab = keeper.lab
    load(lab)
    learn(lab)
    lab.reach(ALL, DENIED)
    eventually(lambda: keeper.is_stored(test="vnet0"))
    for _ in range(5):
        lab.host.run("nft", "flush", "ruleset")
        eventually(lambda: in_force(lab))
        lab.reach(f"tcp {OTHER4} 80", DENIED)
        eventually(lambda: {each["name"] for each in lab.json("names")} >= {"www.example"})
        lab.reach(ALL, DENIED)
    eventually(lambda: "nft (process " in lab.learner_log())


def rules(lab):
    """As they are listed, without what is another with every version; sets may come in another order."""
    return sorted(re.sub(r"\b[0-9a-f]{16}\b", "", lab.nft("-s", "list", "ruleset")).splitlines())


@pytest.mark.parametrize("edit", [
    "insert rule inet nfwpolicy prerouting accept",
    "insert rule inet nfwpolicy test-egress accept",
    "flush chain inet nfwpolicy test-egress",
    "add chain inet nfwpolicy mine { type filter hook prerouting priority -400; }",
    "add chain inet nfwpolicy prerouting { policy drop; }",
    "add table inet nfwpolicy { flags dormant; }",
    "rename chain inet nfwpolicy test-egress mine",
    "add set inet nfwpolicy mine { type ipv4_addr; }",
    "delete set inet nfwpolicy test.id",
    "delete element inet nfwpolicy egress { vnet0 }",
    "flush map inet nfwpolicy ingress",
    # What ports have in the parameter sets: a name server that nobody trusts, none, and the host unknown.
    "add element inet nfwpolicy resolvers4 { vnet0 . 8.8.8.8 }",
    f"delete element inet nfwpolicy resolvers4 {{ vnet0 . {RESOLVER4} }}",
    "flush set inet nfwpolicy local4",
])
def test_an_edit_is_undone(keeper, edit):
    lab = keeper.lab
    load(lab)
    eventually(lambda: keeper.is_stored(test="vnet0"))
    before, told = rules(lab), lab.learner_log().count("changed our tables")
    lab.host.run("nft", edit)
    eventually(lambda: lab.learner_log().count("changed our tables") > told)
    eventually(lambda: rules(lab) == before)
    assert "nft (process " in lab.learner_log()
    assert in_force(lab)
    lab.reach(f"tcp {OTHER4} 80", DENIED)


def test_what_is_remembered_is_lost(keeper):
    """Somebody has emptied the directory of the state, or one of its files: the store still knows."""
    lab = keeper.lab
    load(lab)
    eventually(lambda: keeper.is_stored(test="vnet0"))

    def record():
        return next(pathlib.Path(lab.state).glob("net-*/test-*.policy"))

    for damage in (lambda: record().unlink(), lambda: record().write_text("torn")):
        damage()
        lab.host.run("nft", "insert rule inet nfwpolicy test-egress accept")
        eventually(lambda: in_force(lab))
        lab.reach(f"tcp {OTHER4} 80", DENIED)
    # Removed without a moment in which it could be made again.
    os.rename(lab.state, f"{lab.state}-gone")
    lab.host.run("nft", "flush", "ruleset")
    eventually(lambda: in_force(lab))
    lab.reach(f"tcp {OTHER4} 80", DENIED)
    eventually(lambda: keeper.is_stored(test="vnet0"))
    shutil.rmtree(f"{lab.state}-gone")
    # What is unloaded afterwards is unloaded.
    lab.nfw("unload", "test", "--force")
    eventually(lambda: keeper.is_stored())
    lab.host.run("nft", "flush", "ruleset")
    keeper.stop()
    keeper.start()
    assert lab.json("list")["policies"] == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_next_one_takes_over(keeper, number):
    lab = keeper.lab
    load(lab)
    learn(lab)
    eventually(lambda: keeper.is_stored(test="vnet0"))
    before = lab.nft("-s", "list", "ruleset")
    keeper.stop(number)
    assert lab.nft("-s", "list", "ruleset") == before
    keeper.start()
    assert lab.nft("-s", "list", "ruleset") == before
    lab.reach(ALL, DENIED)


def test_a_reboot(keeper):
    lab = keeper.lab
    load(lab)
    eventually(lambda: keeper.is_stored(test="vnet0"))
    keeper.stop(signal.SIGKILL)
    reboot(lab)
    assert not in_force(lab)
    keeper.start()
    assert in_force(lab)
    lab.reach(f"tcp {OTHER4} 80", DENIED)
    learn(lab)
    lab.reach(ALL, DENIED)


def test_policies_of_a_directory(keeper, tmp_path):
    """Each under its file's name; a bad one is told; what is in force keeps its ports and grants."""
    lab = keeper.lab
    load(lab)
    learn(lab)
    keeper.stop()
    for name, text in {
        "test.yaml": NAMES,
        "other.json": policy(allow(ips=[V4])),
        "bad.yaml": "version: 1.0\nrules: []\n",
        "notes.txt": "mine",
    }.items():
        (tmp_path / name).write_text(text)
    keeper.start("--policies-directory", str(tmp_path))
    assert {each["name"] for each in lab.json("list")["policies"]} == {"other", "test"}
    assert f"{tmp_path}/bad.yaml:2:8: error: " in lab.learner_log()
    assert "notes" not in lab.learner_log()
    lab.reach(ALL, DENIED)
    keeper.stop()
    keeper.start("--policies-directory", str(tmp_path / "nowhere"))
    assert {each["name"] for each in lab.json("list")["policies"]} == {"other", "test"}


def test_what_is_unloaded_does_not_come_back(keeper):
    lab = keeper.lab
    load(lab)
    eventually(lambda: keeper.is_stored(test="vnet0"))
    lab.nfw("unload", "test", "--force")
    eventually(lambda: keeper.is_stored())
    keeper.stop()
    reboot(lab)
    keeper.start()
    assert lab.json("list")["policies"] == []


def test_a_damaged_file_does_not_keep_the_rest_from_it(keeper):
    lab = keeper.lab
    load(lab)
    lab.load(policy(allow(ips=[V4])), name="other", ports=["up0"])
    eventually(lambda: keeper.is_stored(test="vnet0", other="up0"))
    keeper.stop()
    reboot(lab)
    for twin in ("", "~"):
        with open(os.path.join(keeper.store, "policies", f"test.policy{twin}"), "r+b") as stream:
            stream.truncate(20)
    keeper.start()
    assert {each["port"]: each["policy"] for each in lab.json("list")["ports"]} == {"vnet0": "test", "up0": "other"}
    assert V4 in lab.nfw("show", "other").stdout and V4 not in lab.nfw("show", "test").stdout
    assert "state/set-aside" in lab.learner_log()


def test_killed_again_and_again_under_traffic(keeper):
    """At whatever moment: nothing that should be dropped passes, and nothing that was learned is lost."""
    lab = keeper.lab
    load(lab)
    learn(lab)
    eventually(lambda: keeper.is_stored(test="vnet0"))
    for i in range(20):
        if i % 2:
            lab.host.run("nft", "flush", "ruleset")
        else:
            load(lab, "-q")
        time.sleep(0.002 * (i % 7))
        keeper.stop(signal.SIGKILL)
        keeper.start()
        assert in_force(lab)
        if i % 2 == 0:
            assert "www.example" in {each["name"] for each in lab.json("names")}
        else:
            learn(lab)
    lab.reach(ALL, DENIED)
