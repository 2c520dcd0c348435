# SPDX-License-Identifier: GPL-2.0-or-later
"""data/examples/embed, built by its own Makefile against the installed library, with a guest behind its tap."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys

import pytest

from conftest import SOURCE, run
from dnsserver import dnsmasq, lookup
from lab import PATIENCE, Lab, eventually
from policies import allow, policy

EXAMPLE = SOURCE / "data/examples/embed"
PORT, GUEST4, HOST4 = "tap0", "10.77.9.2", "10.77.9.1"
ALLOWED, OTHER = "192.0.2.10", "192.0.2.11"
RESOLVER = "203.0.113.53"
POLICY = policy(allow(domains=["github.com"], protocols=["tcp"], ports=["443"]))


@pytest.fixture(scope="module")
def program(installed, tmp_path_factory):
    folder = tmp_path_factory.mktemp("embed")
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
    flags = " ".join(["-g -std=gnu11 -Wall -Wextra -Wshadow -Werror -pedantic", *installed.sanitizers])
    run(
        "make", "-C", str(folder), f"CC={' '.join(installed.compiler)}", f"CFLAGS={flags}",
        f"PKG_CONFIG={installed.pkg_config}", env=installed.environment,
    )
    return folder / "vmrun"


def test_the_example_is_as_short_as_it_says():
    assert 50 < (EXAMPLE / "vmrun.c").read_text().count("\n") < 200


def test_the_example_uses_what_is_installed(installed, program):
    linked = run("ldd", str(program), env=installed.environment)
    assert f"libnfwpolicy.so.0 => {installed.library.parent}/libnfwpolicy.so.0" in linked


def test_usage(installed, program):
    answer = subprocess.run([program], capture_output=True, text=True, check=False, env=installed.environment)
    assert answer.returncode == 2 and "POLICY PORT COMMAND" in answer.stderr


class Manager:
    """The example in the host's namespace, what it has printed, and what else there is to see of it."""

    def __init__(self, lab, installed, program):
        self.lab = lab
        self.program = str(program)
        self.environment = dict(installed.environment, VMRUN_STATE=lab.state)
        self.guest = lab.namespace("guest")

    def start(self, policy_text, *command):
        paths = [self.lab.file(name, "") for name in ("output", "errors")]
        with open(paths[0], "w") as output, open(paths[1], "w") as errors:
            self.process = self.lab.host.start(
                self.program, self.lab.file("vm.yaml", policy_text), PORT, *command,
                env=self.environment, stdout=output, stderr=errors,
            )
        self.lab.processes.append(self.process)
        self.printed = [pathlib.Path(path) for path in paths]

    def start_guest(self):
        """Its guest, with an address, as its manager's host gives it one."""
        script = str(SOURCE / "tests/install/guest.py")
        self.start(POLICY, *self.guest.command(sys.executable, "-B", script, "eth0"))
        self.wait_printed(rf"running on {PORT}\n")
        self.lab.host.run("ip", "addr", "add", f"{HOST4}/24", "dev", PORT)
        eventually(lambda: "eth0" in self.guest.run("ip", "-br", "link").stdout)
        self.guest.run("ip", "addr", "add", f"{GUEST4}/24", "dev", "eth0")
        self.guest.run("ip", "link", "set", "eth0", "up")
        self.guest.run("ip", "route", "add", "default", "via", HOST4)

    def wait_printed(self, pattern):
        return eventually(lambda: re.search(pattern, self.printed[0].read_text()))

    def finish(self, how=None):
        """(exit status, its output, its errors)"""
        if how:
            self.process.send_signal(how)
        return self.process.wait(timeout=120 * PATIENCE), *(path.read_text() for path in self.printed)

    def has_no_guest(self):
        links = [namespace.run("ip", "-br", "link").stdout for namespace in (self.lab.host, self.guest)]
        return PORT not in links[0] and "eth0" not in links[1]

    def assert_nothing_is_left(self):
        assert self.has_no_guest()
        assert self.lab.nft("list", "ruleset") == ""
        assert (self.lab.json("list")["policies"], self.lab.json("list")["ports"]) == ([], [])


@pytest.fixture
def manager(installed, program):
    if os.geteuid() != 0:
        pytest.skip("needs root: it makes network namespaces and nftables rules")
    lab = Lab()
    try:
        lab.resolv_conf(RESOLVER)
        lab.serve(80, 443)
        dnsmasq(
            lab, lab.internet, [RESOLVER],
            ["--local-ttl=300", f"--host-record=github.com,{ALLOWED}", f"--host-record=other.example,{OTHER}"],
        )
        yield Manager(lab, installed, program)
    finally:
        lab.remove()


LEARNED = rf"learned {PORT} github\.com {ALLOWED} for (\d+) s\n"


def test_a_guest_behind_the_example(manager):
    lab = manager.lab
    manager.start_guest()
    lab.reach((), f"tcp {ALLOWED} 443, tcp {OTHER} 443", namespace=manager.guest)

    # From then on nothing gets lost any more, and what is learned is printed once.
    lookup(manager.guest, RESOLVER, "other.example", again=2)
    lookup(manager.guest, RESOLVER, "github.com")
    assert 200 < int(manager.wait_printed(LEARNED)[1]) <= 300
    lab.reach(f"tcp {ALLOWED} 443", f"tcp {ALLOWED} 80, tcp {OTHER} 443", namespace=manager.guest)
    (loaded,) = lab.json("list")["policies"]
    assert loaded["name"] == PORT

    code, output, errors = manager.finish(signal.SIGTERM)
    assert (code, errors) == (0, "")
    assert re.fullmatch(rf"running on {PORT}\n{LEARNED}", output)
    manager.assert_nothing_is_left()


def test_the_example_ends_with_its_guest(manager):
    manager.start(POLICY, "/bin/sh", "-c", "test -w /dev/fd/3 && echo card")
    code, output, errors = manager.finish()
    assert (code, sorted(output.splitlines()), errors) == (0, ["card", f"running on {PORT}"], "")
    manager.assert_nothing_is_left()


def test_what_a_killed_example_left_is_in_force_until_the_next_takes_it_over(manager):
    lab = manager.lab
    manager.start_guest()
    lookup(manager.guest, RESOLVER, "github.com", again=2)
    manager.wait_printed(LEARNED)
    manager.process.kill()
    manager.process.wait()
    # The guest has the tap's descriptor and lives on: under the policy, with what was learned.
    lab.reach(f"tcp {ALLOWED} 443", f"tcp {ALLOWED} 80, tcp {OTHER} 443", namespace=manager.guest)

    for process in lab.host.run("ip", "netns", "pids", manager.guest.name).stdout.split():
        os.kill(int(process), signal.SIGKILL)
    eventually(manager.has_no_guest)
    assert f'"{PORT}"' in lab.nft("list", "map", "inet", "nfwpolicy", "egress")
    manager.start_guest()
    code, _, errors = manager.finish(signal.SIGINT)
    assert (code, errors) == (0, "")
    manager.assert_nothing_is_left()


def test_a_mistake_in_the_policy_is_told_with_its_place(manager):
    manager.start(POLICY.replace("domains", "domain"), "/bin/true")
    code, output, errors = manager.finish()
    assert (code, output) == (1, "")
    assert "vm.yaml:9:5: `domain` is not a key of `egress` [policy/unknown-key]\n    hint: did you mean `domains`?" in errors
    manager.assert_nothing_is_left()


def test_where_nfwpolicyd_learns_the_example_tells_what_it_learns(manager):
    lab = manager.lab
    lab.learner()
    manager.start_guest()
    lookup(manager.guest, RESOLVER, "github.com", again=2)
    manager.wait_printed(LEARNED)
    lab.reach(f"tcp {ALLOWED} 443", f"tcp {ALLOWED} 80, tcp {OTHER} 443", namespace=manager.guest)
    code, output, errors = manager.finish(signal.SIGTERM)
    assert (code, errors) == (0, "")
    assert re.fullmatch(rf"running on {PORT}\n({LEARNED})+", output)
    manager.assert_nothing_is_left()


def test_policy_and_port_are_in_force_when_the_guest_starts(manager):
    manager.start(POLICY, "nft", "list", "map", "inet", "nfwpolicy", "egress")
    code, output, errors = manager.finish()
    assert (code, errors) == (0, "")
    assert f'"{PORT}"' in output and f"goto {PORT}-egress" in output
    manager.assert_nothing_is_left()
