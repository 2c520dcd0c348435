# SPDX-License-Identifier: GPL-2.0-or-later
"""nfwpolicyd killed at random moments, and the ruleset flushed, while a guest sends all the time: packets tell."""

import os
import random
import re
import shutil
import signal
import socket
import subprocess
import time

import pytest

from dnswire import A, address, query, question_name, reply
from flood import V4, Flood
from lab import eventually
from learning import RESOLVER4, MarkedResponder, ask, settle
from test_keeping import Keeper

RULES = Flood.RULES

# With sanitizers a start takes ten times as long.
N_KILLS = int(os.environ.get("NFWPOLICY_KILLS", "200"))
N_FLUSHES = 20


def address_of(name):
    """Every name has its own, so that each grant is missed when it is lost."""
    number = name.split(".")[0]
    return f"203.0.113.{100 + int(number[1:])}" if re.fullmatch(r"k[0-9]+", number) else V4


def answer(message):
    name = question_name(message)
    return [reply(message, address(name, address_of(name), 86400))]


@pytest.fixture(scope="module")
def network(module_lab):
    module_lab.serve(80, 443)
    MarkedResponder(module_lab, answer)
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


def granted(lab):
    return {each["address"] for each in lab.names()}


def told(lab):
    """What a daemon has said that it granted."""
    return set(re.findall(r"^learned \S+ (\S+) for vnet0", lab.learner_log(), re.MULTILINE))


class Kills:
    """Half of the times it is not even ready when it is killed."""

    def __init__(self, keeper, moments):
        self.keeper, self.lab, self.moments = keeper, keeper.lab, moments
        self.wanted = {V4}
        self.n = 0

    def sleep(self, longest):
        time.sleep(self.moments.uniform(0, longest))

    def start(self):
        """It always does, and all that was granted before is granted still."""
        self.keeper.start()
        assert self.wanted <= granted(self.lab)

    def kill(self):
        self.keeper.stop(signal.SIGKILL)
        self.wanted |= told(self.lab)
        assert self.wanted <= granted(self.lab)
        self.wanted |= granted(self.lab)

    def starting(self):
        process = self.lab.host.start(*self.lab.learner_command(), "--no-bus", "--store-directory", self.keeper.store,
                                      stdout=subprocess.DEVNULL)
        self.sleep(0.05)
        assert process.poll() is None
        process.kill()
        process.wait()

    def learning(self):
        before = len(told(self.lab))
        self.start()
        with self.lab.guest.socket(socket.AF_INET, socket.SOCK_DGRAM) as guest:
            guest.connect((RESOLVER4, 53))
            for _ in range(3):
                guest.send(query(f"k{self.n}.example", A))
                self.n += 1
                self.sleep(0.004)
            if self.n % 2:
                # However slow the machine is, half of the times something was learned before it is killed.
                eventually(lambda: len(told(self.lab)) > before)
        self.kill()

    def replacing(self):
        self.start()
        load = self.lab.host.start(*self.lab.nfw_command(
            "load", self.lab.file("test.yaml", RULES), "--port", "vnet0", "-q", "--no-learner",
            "--resolver", RESOLVER4))
        self.sleep(0.03)
        self.kill()
        assert load.wait() == 0


def test_killed_at_random_moments(keeper, flood):
    lab = keeper.lab
    seed = int(os.environ.get("NFWPOLICY_SEED", random.getrandbits(32)))
    print("seed", seed)
    kills = Kills(keeper, random.Random(seed))
    keeper.stop(signal.SIGKILL)
    for i in range(N_KILLS):
        (kills.starting, kills.learning, kills.starting, kills.replacing)[i % 4]()
        assert flood.n[Flood.FORBIDDEN] == 0
    kills.start()
    flood.goes_on(Flood.GRANTED, Flood.FIXED)
    assert flood.n[Flood.FORBIDDEN] == 0
    # A query that comes while nobody learns is lost; not all of them do.
    assert len(told(lab)) > N_KILLS // 10
    assert lab.nfw("verify").returncode == 0
    eventually(lambda: keeper.is_stored(test="vnet0"))


def test_flushed_under_traffic(keeper, flood):
    """While nothing is in force packets pass, and then no more: the same without anybody's help, each time."""
    lab = keeper.lab
    for _ in range(N_FLUSHES):
        edits = lab.learner_log().count("changed our tables")
        lab.host.run("nft", "flush", "ruleset")
        eventually(lambda: lab.learner_log().count("changed our tables") > edits)
        eventually(lambda: lab.nfw("verify", check=False).returncode == 0 and lab.json("list")["ports"])
        # What was forwarded before is counted then: the wire is in order.
        flood.goes_on(Flood.FIXED, Flood.GRANTED)
        passed = flood.n[Flood.FORBIDDEN]
        flood.goes_on(Flood.FIXED, Flood.GRANTED)
        assert flood.n[Flood.FORBIDDEN] == passed
