# SPDX-License-Identifier: GPL-2.0-or-later
"""The learner may go at any moment: the rules and what was learned stay, and the next one goes on."""

import re
import signal
import socket
import subprocess
import threading

import pytest

from dnsserver import lookup
from dnswire import address, query, question_name, reply
from lab import eventually
from learning import RESOLVER4, MarkedResponder, ask, learned, load, settle
from policies import allow, policy
from probe import PATIENT

WANTED, ADDRESS = "www.example", "192.0.2.10"


@pytest.fixture
def network(lab):
    lab.serve(443)
    lab.records = lambda name: [address(name, ADDRESS, 300)]
    MarkedResponder(lab, lambda message: [reply(message, *lab.records(question_name(message)))])
    return lab


class Traffic:
    """The guest asks for names and connects, all the time."""

    def __init__(self, lab):
        self.lab, self.stop, self.n_asked = lab, threading.Event(), 0
        self.socket = lab.guest.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.thread = threading.Thread(target=self._run)

    def _run(self):
        self.socket.connect((RESOLVER4, 53))
        self.socket.settimeout(PATIENT)
        while not self.stop.is_set():
            self.socket.send(query(f"n{self.n_asked}.{WANTED}"))
            self.socket.recv(1000)
            self.n_asked += 1

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()
        self.socket.close()


def kill(learner):
    learner.send_signal(signal.SIGKILL)
    learner.wait()


def start_with_grant(lab, *options):
    learner = lab.learner()
    load(lab, allow(domains=[WANTED, f"*.{WANTED}"]), resolvers=[RESOLVER4], options=options)
    ask(lab, WANTED)
    settle(lab)
    return learner


def test_rules_and_grants_stay_when_the_learner_is_killed_amid_traffic(network):
    lab = network
    learner = start_with_grant(lab)
    with Traffic(lab) as traffic:
        eventually(lambda: traffic.n_asked > 200)
        kill(learner)
        asked = traffic.n_asked
        eventually(lambda: traffic.n_asked > asked + 200)
    assert not lab.json("list")["learner"]["running"]
    assert ADDRESS in {each for _, each in learned(lab)}
    lab.reach(f"tcp {ADDRESS} 443", "tcp 192.0.2.11 443")
    assert lab.nfw("verify").returncode == 0


def test_nothing_is_learned_while_no_learner_runs_and_traffic_goes_on(network):
    lab = network
    learner = start_with_grant(lab)
    kill(learner)
    lab.records = lambda name: [address(name, "192.0.2.20", 300)]
    lookup(lab.guest, RESOLVER4, "new." + WANTED)
    lab.reach(f"tcp {ADDRESS} 443", "tcp 192.0.2.20 443")
    lab.learner()
    lookup(lab.guest, RESOLVER4, "new." + WANTED)
    settle(lab)
    lab.reach(f"tcp {ADDRESS} 443, tcp 192.0.2.20 443")


def test_the_next_learner_knows_the_grants_and_extends_them(network):
    lab = network
    lab.records = lambda name: [address(name, ADDRESS, 900)]
    kill(start_with_grant(lab))
    assert 0 < lab.seconds_left(ADDRESS) <= 900
    lab.learner()
    assert (WANTED, ADDRESS) in learned(lab)
    lab.records = lambda name: [address(name, ADDRESS, 3000)]
    ask(lab, WANTED)
    settle(lab)
    assert lab.seconds_left(ADDRESS) > 2000


def test_the_next_learner_does_not_shorten_a_grant(network):
    lab = network
    lab.records = lambda name: [address(name, ADDRESS, 3000)]
    kill(start_with_grant(lab))
    lab.learner()
    lab.records = lambda name: [address(name, ADDRESS, 60)]
    ask(lab, WANTED)
    settle(lab)
    assert lab.seconds_left(ADDRESS) > 2000


def test_the_next_learner_evicts_what_the_last_one_learned(network):
    lab = network
    learner = lab.learner()
    lab.load(policy(allow(domains=[f"*.{WANTED}"])), "--resolver", RESOLVER4, "--max-names", "3")
    for number in range(1, 4):
        if number == 3:
            kill(learner)
            lab.learner()
        lab.records = lambda name, number=number: [address(name, f"192.0.2.{number}", 1000 * number)]
        lookup(lab.guest, RESOLVER4, f"n{number}.{WANTED}")
        lab.wait_learned(f"n{number}.{WANTED}", f"192.0.2.{number}")
    lab.records = lambda name: [address(name, "192.0.2.4", 4000)]
    lookup(lab.guest, RESOLVER4, f"n4.{WANTED}")
    lab.wait_learned(f"n4.{WANTED}", "192.0.2.4")
    assert {name for name, _ in lab.learned()} == {f"n{number}.{WANTED}" for number in (2, 3, 4)}


def test_an_open_connection_does_not_notice(network):
    lab = network
    learner = start_with_grant(lab)
    with lab.guest.socket(socket.AF_INET, socket.SOCK_STREAM) as connection:
        connection.settimeout(PATIENT)
        connection.connect((ADDRESS, 443))
        assert connection.recv(5) == b"hello"
        kill(learner)
        connection.send(b"still there?")
        assert connection.recv(100) == b"still there?"


def test_killed_again_and_again_amid_traffic(network):
    lab = network
    learner = start_with_grant(lab)
    with Traffic(lab) as traffic:
        for _ in range(10):
            asked = traffic.n_asked
            eventually(lambda: traffic.n_asked > asked + 50)
            kill(learner)
            learner = lab.learner()
    settle(lab)
    assert learner.poll() is None
    lab.reach(f"tcp {ADDRESS} 443")
    assert lab.nfw("verify").returncode == 0


# --- only one, and the embedded way ------------------------------------------------------------------------------


def test_a_second_learner_is_refused(network):
    lab = network
    lab.learner()
    result = lab.host.run(*lab.learner_command(), check=False)
    assert result.returncode == 1 and "a learner is running already" in result.stderr


def start_foreground(lab, text, *options):
    process = lab.host.start(
        *lab.nfw_command("load", lab.file("test.yaml", text), "--port", "vnet0", "--foreground", *options),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )
    lab.processes.append(process)
    eventually(lambda: lab.json("list")["ports"] or process.poll() is not None)
    assert process.poll() is None, process.stdout.read()
    return process


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_load_in_the_foreground_learns_until_it_is_interrupted(network, end):
    lab = network
    process = start_foreground(lab, policy(allow(domains=[WANTED])), "--resolver", RESOLVER4)
    assert lab.json("list")["learner"]["running"]
    ask(lab, WANTED)
    lab.wait_learned(WANTED, ADDRESS)
    lab.reach(f"tcp {ADDRESS} 443", "tcp 192.0.2.11 443")
    process.send_signal(end)
    said = process.communicate(timeout=PATIENT)[0]
    assert process.returncode == 0, said
    assert re.search(rf"learned {WANTED} {ADDRESS} for vnet0", said)
    assert "the rules stay in force" in said
    lab.reach(f"tcp {ADDRESS} 443", "tcp 192.0.2.11 443")


def test_load_in_the_foreground_beside_a_learner_is_refused(network):
    lab = network
    lab.learner()
    path = lab.file("test.yaml", policy(allow(domains=[WANTED])))
    result = lab.nfw("load", path, "--port", "vnet0", "--foreground", check=False)
    assert result.returncode == 1 and "a learner is running already" in result.stderr
    assert lab.json("list")["ports"] == []


# --- replacing a policy under a learner --------------------------------------------------------------------------


def test_a_replaced_policy_keeps_the_grants_that_still_apply(network):
    lab = network
    lab.learner()
    load(lab, allow(domains=[WANTED, "*.example"], ports=[443]), resolvers=[RESOLVER4])
    lab.records = lambda name: [address(name, ADDRESS if name == WANTED else "192.0.2.20", 300)]
    ask(lab, WANTED, "ftp.example")
    settle(lab)
    # The rules around it are others now, and ftp.example is not among the names any more.
    load(lab, allow(ips=["198.51.100.0/24"]), allow(domains=[WANTED], ports=[443]), resolvers=[RESOLVER4])
    assert learned(lab) == {(WANTED, ADDRESS)}
    lab.reach(f"tcp {ADDRESS} 443", "tcp 192.0.2.20 443")
    lab.records = lambda name: [address(name, ADDRESS, 3000)]
    ask(lab, WANTED)
    settle(lab)
    assert lab.seconds_left(ADDRESS) > 2000


def test_detaching_forgets_what_the_port_has_learned(network):
    lab = network
    start_with_grant(lab)
    lab.nfw("detach", "--port", "vnet0")
    lab.nfw("attach", "test", "--port", "vnet0")
    assert lab.learned() == set()
    lab.reach(denied=f"tcp {ADDRESS} 443")
    ask(lab, WANTED)
    settle(lab)
    lab.reach(f"tcp {ADDRESS} 443")


def test_ports_attached_later_learn_too(network):
    lab = network
    start_with_grant(lab)
    other = lab.add_guest("vnet1", 3)
    lab.nfw("attach", "test", "--port", "vnet1")
    lookup(other, RESOLVER4, WANTED)
    lab.wait_learned(WANTED, ADDRESS, "vnet1")
    lab.reach(f"tcp {ADDRESS} 443", namespace=other)
