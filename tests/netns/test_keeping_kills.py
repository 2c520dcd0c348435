# SPDX-License-Identifier: GPL-2.0-or-later
"""nfwpolicyd killed at random moments, and the ruleset flushed, while a guest sends all the time: packets tell."""

import os
import random
import shutil
import signal
import time

import pytest

from dnsserver import answer_with
from flood import V4, Flood
from lab import eventually
from learning import RESOLVER4, MarkedResponder, ask, settle
from test_keeping import Keeper

RULES = Flood.RULES

# With sanitizers a start takes ten times as long.
N_KILLS = int(os.environ.get("NFWPOLICY_KILLS", "200"))
N_FLUSHES = 20


@pytest.fixture(scope="module")
def network(module_lab):
    module_lab.serve(80, 443)
    MarkedResponder(module_lab, answer_with(V4, ttl=86400))
    return module_lab


@pytest.fixture
def keeper(network, shared_lab):
    keeper = Keeper(shared_lab)
    shutil.rmtree(keeper.store, ignore_errors=True)
    keeper.start()
    shared_lab.load(RULES, "--resolver", RESOLVER4)
    ask(shared_lab, "www.example", qtypes=[1])
    settle(shared_lab)
    eventually(lambda: keeper.is_stored(test="vnet0"))
    yield keeper
    if keeper.process.poll() is None:
        keeper.stop()


@pytest.fixture
def flood(keeper):
    with Flood(keeper.lab) as flood:
        flood.goes_on(Flood.GRANTED, Flood.FIXED)
        yield flood


def test_killed_at_random_moments(keeper, flood):
    """Each time it starts again; half of the times it is not even ready when it is killed."""
    lab = keeper.lab
    seed = int(os.environ.get("NFWPOLICY_SEED", random.getrandbits(32)))
    print("seed", seed)
    moments = random.Random(seed)
    names = [f"n{i}.example" for i in range(N_KILLS // 10)]
    keeper.stop(signal.SIGKILL)
    for i in range(N_KILLS):
        if i % 10 == 0:
            keeper.start()
            ask(lab, names[i // 10], qtypes=[1])
            settle(lab)
            load = lab.host.start(*lab.nfw_command("load", lab.file("test.yaml", RULES), "--port", "vnet0", "-q",
                                                   "--no-learner", "--resolver", RESOLVER4))
            time.sleep(moments.uniform(0, 0.02))
            keeper.stop(signal.SIGKILL)
            assert load.wait() == 0
        else:
            process = lab.host.start(*lab.learner_command(), "--no-bus", "--store-directory", keeper.store,
                                     stdout=open(os.devnull, "w", encoding="utf-8"))
            time.sleep(moments.uniform(0, 0.05))
            assert process.poll() is None
            process.kill()
            process.wait()
    keeper.start()
    flood.goes_on(Flood.GRANTED, Flood.FIXED)
    assert flood.n[Flood.FORBIDDEN] == 0
    assert lab.nfw("verify").returncode == 0
    assert V4 in {each["address"] for each in lab.names()}
    assert keeper.is_stored(test="vnet0")


def test_flushed_under_traffic(keeper, flood):
    """While nothing is in force packets pass, and then no more: the same without anybody's help, each time."""
    lab = keeper.lab
    for _ in range(N_FLUSHES):
        edits = lab.learner_log().count("changed our tables")
        lab.host.run("nft", "flush", "ruleset")
        eventually(lambda: lab.learner_log().count("changed our tables") > edits)
        eventually(lambda: lab.nfw("verify", check=False).returncode == 0 and lab.json("list")["ports"])
        # What was forwarded before is counted now: the wire is in order.
        flood.goes_on(Flood.FIXED, Flood.GRANTED)
        passed = flood.n[Flood.FORBIDDEN]
        flood.goes_on(Flood.FIXED, Flood.GRANTED)
        assert flood.n[Flood.FORBIDDEN] == passed
