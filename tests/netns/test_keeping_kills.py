# SPDX-License-Identifier: GPL-2.0-or-later
"""nfwpolicyd killed at random moments, and the ruleset flushed, while a guest sends all the time: packets tell."""

import os
import random
import shutil
import signal
import socket
import threading
import time

import pytest

from dnsserver import answer_with
from lab import eventually
from learning import RESOLVER4, MarkedResponder, ask, settle
from packets import Wire
from policies import allow, policy
from test_keeping import Keeper

V4, OTHER4 = "192.0.2.1", "198.51.100.1"
RULES = policy(allow(1, domains=["*.example"]), allow(2, ips=[OTHER4], ports=[80]))

# With sanitizers a start takes ten times as long.
N_KILLS = int(os.environ.get("NFWPOLICY_KILLS", "200"))
N_FLUSHES = 20


class Flood:
    """A guest's datagrams, forbidden and allowed ones by turns, and what of them comes out on the other side."""

    FORBIDDEN, GRANTED, FIXED = (OTHER4, 9999), (V4, 443), (OTHER4, 80)

    def __init__(self, lab):
        self.stop = threading.Event()
        self.sender = lab.guest.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.wire = Wire(lab.internet, "down0", 0x0800)  # what comes in there
        self.wire.socket.settimeout(0.2)
        self.n = {self.FORBIDDEN: 0, self.GRANTED: 0, self.FIXED: 0}
        self.threads = [threading.Thread(target=each) for each in (self.send, self.listen)]

    def send(self):
        number = 0
        while not self.stop.is_set():
            for destination in self.n:
                # From another port each time: no packet rides on the connection of an earlier one.
                if number % 50 == 0:
                    self.sender.close()
                    self.sender = self.sender_of()
                self.sender.sendto(b"flood", destination)
                number += 1
            time.sleep(0.0005)

    def listen(self):
        while not self.stop.is_set():
            try:
                frame = self.wire.socket.recv(2000)
            except TimeoutError:
                continue
            # An ICMP error of the guest quotes what it was sent.
            if frame.endswith(b"flood") and frame[23] == socket.IPPROTO_UDP:
                to = socket.inet_ntoa(frame[30:34]), int.from_bytes(frame[36:38], "big")
                self.n[to] += 1

    def __enter__(self):
        for each in self.threads:
            each.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for each in self.threads:
            each.join()
        self.sender.close()
        self.wire.socket.close()

    def goes_on(self, *destinations):
        """Waits until more of each has passed."""
        before = dict(self.n)
        eventually(lambda: all(self.n[each] > before[each] for each in destinations))


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
    flood = Flood(keeper.lab)
    flood.sender_of = lambda: keeper.lab.guest.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with flood:
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
