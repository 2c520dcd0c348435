# SPDX-License-Identifier: GPL-2.0-or-later
"""What nfwpolicyd.conf says comes into the kernel, and two names of tables have nothing in common."""

import json
import os
import re
import shutil
import signal
import subprocess

import pytest

from dnsserver import answer_with
from lab import NFWPOLICY, NFWPOLICYD, eventually
from learning import RESOLVER4, RESOLVER6, MarkedResponder, ask
from policies import allow, policy
from probe import PATIENT
from test_keeping import bindings_in

V4, OTHER4 = "192.0.2.1", "198.51.100.1"
NAMES = policy(allow(domains=["*.example"], ports=[80]))


@pytest.fixture(scope="module")
def network(module_lab):
    module_lab.serve(80, 443)
    MarkedResponder(module_lab, answer_with(V4, ttl=3000))
    return module_lab


class Instance:
    """A configuration, and the programs with it."""

    def __init__(self, lab, name, text):
        self.lab, self.name = lab, name
        self.path = os.path.join(lab.directory, f"{name}.conf")
        self.log = os.path.join(lab.directory, f"{name}.log")
        self.process = None
        shutil.rmtree(f"{self.path}.d", ignore_errors=True)
        self.write(text)

    def write(self, text, drop_in=None):
        path = self.path
        if drop_in:
            os.makedirs(f"{self.path}.d", exist_ok=True)
            path = f"{self.path}.d/{drop_in}"
        with open(path, "w", encoding="utf-8") as stream:
            # The last section is [Daemon], so that two instances do not meet by accident.
            stream.write(text + ("" if drop_in else f"\n[Daemon]\nStateDirectory={self.lab.state}\nBus=no\n"))

    def nfw(self, command, *args, check=True):
        return self.lab.host.run(NFWPOLICY, command, "--config", self.path, *args, check=check)

    def json(self, command, *args):
        return json.loads(self.nfw(command, "--json", *args).stdout)

    def load(self, text, *args, name="test", port="vnet0"):
        return self.nfw("load", self.lab.file(f"{name}.yaml", text), "--port", port, *args)

    def said(self):
        with open(self.log, encoding="utf-8") as stream:
            return stream.read()

    def start(self, *options):
        self.process = self.lab.host.start(
            NFWPOLICYD, "--config", self.path, *options, stdout=open(self.log, "w", encoding="utf-8"),
            stderr=subprocess.STDOUT,
        )
        self.lab.processes.append(self.process)
        eventually(lambda: "learning (" in self.said() or self.process.poll() is not None)
        return self.process

    def stop(self):
        self.process.terminate()
        assert self.process.wait(timeout=PATIENT) == 0

    def learned(self):
        return {(each["name"], each["address"]) for each in self.json("names")}

    def seconds_left(self):
        return max((each["seconds_left"] for each in self.json("names")), default=0)

    def resolvers(self):
        return sorted(self.json("list")["ports"][0]["resolvers"])


@pytest.fixture
def instance(network):
    made = []

    def make(text, name=None):
        made.append(Instance(network, name or f"instance{len(made)}", text))
        return made[-1]

    yield make
    for each in made:
        if each.process and each.process.poll() is None:
            each.stop()
    network.host.run("nft", "flush", "ruleset")
    network.host.run("rm", "-rf", network.state)


# --- how policies are loaded ----------------------------------------------------------------------------------------


def test_defaults_of_loads(instance):
    one = instance(f"[Defaults]\nResolvers={RESOLVER4} {RESOLVER6}\nMaxTTL=100\n")
    one.start()
    one.load(NAMES)
    assert one.resolvers() == sorted([RESOLVER4, RESOLVER6])
    ask(one.lab, "www.example", qtypes=(1,))
    eventually(lambda: one.learned() == {("www.example", V4)})
    assert 0 < one.seconds_left() <= 100
    one.lab.reach(f"tcp {V4} 80", denied=f"tcp {V4} 443")


def test_options_count_more(instance):
    one = instance("[Defaults]\nResolvers=198.51.100.53\nMinTTL=10\nMaxTTL=100\n")
    one.start()
    one.load(NAMES, "--resolver", RESOLVER4, "--max-ttl", "5000", "--min-ttl", "4000")
    assert one.resolvers() == [RESOLVER4]
    ask(one.lab, "www.example", qtypes=(1,))
    eventually(lambda: one.learned() == {("www.example", V4)})
    assert 3000 < one.seconds_left() <= 4000


def test_lifetimes_of_the_file_and_of_the_load_that_cross(instance):
    one = instance("[Defaults]\nMaxTTL=100\n")
    path = one.lab.file("test.yaml", NAMES)
    answer = one.nfw("load", path, "--port", "vnet0", "--min-ttl", "200", "--no-learner", check=False)
    assert answer.returncode == 1
    assert "(200 s) is longer than the longest (100 s)" in answer.stderr
    assert one.lab.nft("list", "ruleset") == ""


def test_any_resolver_by_the_file_is_warned_of(instance):
    one = instance("[Defaults]\nResolvers=any\n")
    answer = one.load(NAMES, "--no-learner")
    assert "[load/any-resolver]" in answer.stderr
    assert one.json("list")["policies"][0]["any_resolver"]


def test_policies_of_the_directory_get_the_defaults(instance, tmp_path):
    (tmp_path / "web.yaml").write_text(NAMES)
    one = instance(f"[Defaults]\nResolvers={RESOLVER6}\nLogDenied=yes\n[Daemon]\nPoliciesDirectory={tmp_path}\n")
    one.start()
    assert [each["name"] for each in one.json("list")["policies"]] == ["web"]
    one.nfw("attach", "web", "--port", "vnet0")
    assert one.resolvers() == [RESOLVER6]
    assert one.json("list")["policies"][0]["log_denied"]


def test_drop_ins_count_more_in_the_order_of_their_names(instance):
    one = instance("[Defaults]\nResolvers=198.51.100.53\nMaxTTL=100\n")
    one.write("[Defaults]\nResolvers=\nResolvers=198.51.100.54\n", "50-other.conf")
    one.write(f"[Defaults]\nResolvers={RESOLVER6}\n", "90-more.conf")
    one.write("nonsense", "10-none.conf.bak")
    one.load(NAMES, "--no-learner")
    assert one.resolvers() == sorted(["198.51.100.54", RESOLVER6])


# --- the kernel -----------------------------------------------------------------------------------------------------


def groups(lab):
    return set(re.findall(r" group (\d+) queue-threshold", lab.nft("list", "ruleset")))


def test_the_nflog_group(instance):
    one = instance(f"[Defaults]\nResolvers={RESOLVER4}\n[Kernel]\nNflogGroup=77\n")
    one.start()
    one.load(NAMES)
    assert groups(one.lab) == {"77"}
    ask(one.lab, "www.example", qtypes=(1,))
    eventually(lambda: one.learned() == {("www.example", V4)})


def test_another_nflog_group_at_the_next_start(instance):
    text = f"[Defaults]\nResolvers={RESOLVER4}\n[Kernel]\nNflogGroup=%d\n"
    one = instance(text % 77)
    one.start()
    one.load(NAMES)
    ask(one.lab, "www.example", qtypes=(1,))
    eventually(lambda: one.learned() == {("www.example", V4)})
    one.stop()

    one.write(text % 99)
    one.start()
    assert groups(one.lab) == {"99"}
    assert ("www.example", V4) in one.learned()
    ask(one.lab, "more.example", qtypes=(1,))
    eventually(lambda: ("more.example", V4) in one.learned())
    assert one.nfw("verify").returncode == 0


def test_the_name_of_the_tables(instance):
    one = instance(f"[Defaults]\nResolvers={RESOLVER4}\n[Kernel]\nTableName=lab.one\n")
    one.start()
    one.load(NAMES)
    assert one.lab.nft("list", "tables").split() == ["table", "inet", "lab.one"]
    assert one.nfw("show", "test", "--kernel").stdout.startswith("table inet lab.one {\n")
    assert one.nfw("show", "test", "--nft").stdout.startswith('table inet lab.one {\n\tcomment "nfwpolicy ')
    assert one.json("status")["table_name"] == "lab.one"
    assert "tables    inet lab.one\n" in one.nfw("status", check=False).stdout
    ask(one.lab, "www.example", qtypes=(1,))
    eventually(lambda: one.learned() == {("www.example", V4)})
    one.lab.reach(f"tcp {V4} 80", denied=f"tcp {V4} 443")

    one.lab.nft("add", "rule", "inet", "lab.one", "test-egress", "accept")
    answer = one.nfw("verify", check=False)
    assert answer.returncode == 1
    assert "`nft -a list chain inet lab.one test-egress` shows it" in answer.stderr
    one.lab.nft("delete", "table", "inet", "lab.one")
    answer = one.nfw("verify", check=False)
    assert answer.returncode == 1 and "[kernel/missing-policy]" in answer.stderr


def test_a_foreign_table_of_the_name(instance):
    one = instance("[Kernel]\nTableName=lab\n")
    one.lab.nft("add", "table", "inet", "lab")
    path = one.lab.file("test.yaml", policy(allow(ips=[V4])))
    answer = one.nfw("load", path, "--port", "vnet0", check=False)
    assert answer.returncode == 1
    assert "a table `inet lab` exists that is not nfwpolicy's" in answer.stderr
    assert "`nft list table inet lab`" in answer.stderr
    assert "a table `inet lab` exists" in one.nfw("status", check=False).stdout


# --- two of them ----------------------------------------------------------------------------------------------------


@pytest.fixture
def two(instance):
    """Both with policies of the same name, on the same port."""
    a = instance(f"[Defaults]\nResolvers={RESOLVER4}\n", "a")
    b = instance(f"[Defaults]\nResolvers={RESOLVER4}\n[Kernel]\nTableName=other\nNflogGroup=77\n", "b")
    store = os.path.join(a.lab.directory, "store")
    a.lab.host.run("rm", "-rf", store)
    for each in (a, b):
        each.start("--store-directory", store)
        assert each.process.poll() is None, each.said()
    a.load(policy(allow(1, domains=["*.example"]), allow(2, ips=[OTHER4])))
    b.load(policy(allow(1, domains=["www.example"], ports=[80]), allow(2, ips=[OTHER4], ports=[443])))
    return a, b


BOTH, NOT_BOTH = [f"tcp {V4} 80", f"tcp {OTHER4} 443"], [f"tcp {V4} 443", f"tcp {OTHER4} 80"]


def test_both_are_in_force(two):
    a, b = two
    ask(a.lab, "www.example", qtypes=(1,))
    for each in two:
        eventually(lambda each=each: each.learned() == {("www.example", V4)})
    a.lab.reach(BOTH, denied=NOT_BOTH)
    for each in two:
        assert each.json("list")["policies"][0]["ports"] == 1
        assert each.nfw("verify").returncode == 0
        assert each.json("list")["learner"]["counters"]["failed"] == 0
        # What was mirrored to it, and nothing that was mirrored to the other one.
        assert each.json("list")["learner"]["counters"]["replies"] == 1


@pytest.mark.parametrize("first", [0, 1])
def test_one_goes_and_the_other_stays(two, first):
    gone, stays = two[first], two[1 - first]
    ask(gone.lab, "www.example", qtypes=(1,))
    for each in two:
        eventually(lambda each=each: each.learned() == {("www.example", V4)})
    gone.nfw("unload", "test", "--force")
    assert gone.json("list")["policies"] == []
    assert stays.nfw("verify").returncode == 0
    assert stays.learned() == {("www.example", V4)}
    gone.stop()
    if first == 0:
        stays.lab.reach(BOTH, denied=NOT_BOTH)
    else:
        stays.lab.reach([*BOTH, *NOT_BOTH])


def test_each_puts_its_own_tables_right(two):
    a, b = two
    ask(a.lab, "www.example", qtypes=(1,))
    eventually(lambda: a.learned() == b.learned() == {("www.example", V4)})
    a.lab.nft("delete", "table", "inet", "other")
    eventually(lambda: "other" in a.lab.nft("list", "tables"))
    eventually(lambda: b.nfw("verify", check=False).returncode == 0)
    a.lab.reach(BOTH, denied=NOT_BOTH)
    assert b.learned() == {("www.example", V4)}
    eventually(lambda: "nft" in b.said())
    assert "nft" not in a.said()
    a.lab.nft("flush", "ruleset")
    for each in two:
        eventually(lambda each=each: each.nfw("verify", check=False).returncode == 0)
    a.lab.reach(BOTH, denied=NOT_BOTH)


def test_each_puts_its_own_store_back(two):
    lab = two[0].lab
    store = os.path.join(lab.directory, "store")
    for directory in (store, os.path.join(store, "table-other")):
        eventually(lambda directory=directory: bindings_in(directory) == [("vnet0", "test")])
    for each in two:
        each.process.kill()
        each.process.wait()
    lab.nft("flush", "ruleset")
    lab.host.run("rm", "-rf", lab.state)
    for each in two:
        each.start("--store-directory", store)
        assert [(each["name"], each["rules"]) for each in each.json("list")["policies"]] == [("test", 2)]
        assert each.nfw("verify").returncode == 0
    lab.reach(f"tcp {OTHER4} 443", denied=f"tcp {OTHER4} 80")
    assert os.path.exists(os.path.join(store, "table-other", "bindings"))


def test_one_group_for_two_is_refused(instance):
    a = instance("", "a")
    b = instance("[Kernel]\nTableName=other\n", "b")
    a.start()
    assert b.start().wait(timeout=PATIENT) == 1
    assert "[learner/running]" in b.said() and "NflogGroup=" in b.said()
    assert a.process.poll() is None


# --- told to read it again ------------------------------------------------------------------------------------------


def hang_up(one, sentence):
    before = len(one.said())
    one.process.send_signal(signal.SIGHUP)
    eventually(lambda: sentence in one.said()[before:])


def test_what_is_wrong_does_not_start(instance):
    one = instance("[Defaults]\nMinTLL=5\nResolvers=here\n")
    assert one.start().wait(timeout=PATIENT) == 2
    assert f"{one.path}:2:1: error: [Defaults] has no `MinTLL` [config/unknown-key]" in one.said()
    assert "hint: did you mean `MinTTL`?" in one.said()
    assert f"{one.path}:3:11: error: `here` is no address of a name server [config/bad-value]" in one.said()
    assert one.lab.nft("list", "ruleset") == ""


def test_what_is_wrong_is_not_taken(instance):
    one = instance("[Defaults]\nMaxTTL=100\n")
    one.start()
    one.write("[Defaults]\nMaxTTL=100\n[Kernal]\nNflogGroup=5\n")
    hang_up(one, "it goes on with the configuration that it has")
    assert f"{one.path}:3:2: error: there is no section `Kernal`" in one.said()
    assert one.process.poll() is None
    one.write("[Defaults]\nMaxTTL=100\n[Kernel]\nNflogGroup=5\n")
    hang_up(one, "NflogGroup= has changed, which counts from the next start on")


def test_verbose_is_taken(instance):
    one = instance(f"[Defaults]\nResolvers={RESOLVER4}\n")
    one.start()
    one.load(NAMES)
    ask(one.lab, "quiet.example", qtypes=(1,))
    eventually(lambda: ("quiet.example", V4) in one.learned())
    one.write(f"[Defaults]\nResolvers={RESOLVER4}\n[Daemon]\nVerbose=yes\n")
    one.process.send_signal(signal.SIGHUP)

    def is_told():
        ask(one.lab, "loud.example", qtypes=(1,))
        return "loud.example" in one.said()

    eventually(is_told)
    assert "quiet.example" not in one.said()
