# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the programs of the build directory that NFWPOLICY_BUILD names."""

import ctypes
import os
import pathlib
import subprocess

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("NFWPOLICY_BUILD", SOURCE / "build"))

# How long a program may take at most, in seconds: only a test that fails waits so long.
PATIENT = 120

CAP_DAC_OVERRIDE = 1
CAP_NET_ADMIN = 12
PR_CAPBSET_DROP = 24

VALID = """\
version: "1.0"
rules:
  - name: web
    action: allow
    priority: 10
    egress:
      protocols: [tcp]
      ports: ["443"]
"""

DOMAINS = VALID.replace("protocols: [tcp]", 'domains: ["www.example"]')

# one error with a hint, at a place that is easy to count
INVALID = VALID.replace("action: allow", "acton: allow")


def drop_privileges():
    # Fails without privileges, and then there is nothing to drop.
    for capability in (CAP_DAC_OVERRIDE, CAP_NET_ADMIN):
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def environment_of(changes):
    kept = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "TERM")}
    kept.update({"LC_ALL": "C.UTF-8", "TERM": "xterm"}, **(changes or {}))
    return kept


class Program:
    def __init__(self, name, *prefix):
        self.path = BUILD / "cmd" / name / name
        self.prefix = prefix

    def __call__(self, *arguments, environment=None, **options):
        options.setdefault("stdin", subprocess.DEVNULL if "input" not in options else None)
        if "input" in options:
            del options["stdin"]
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        return subprocess.run(
            [*self.prefix, self.path, *arguments],
            env=environment_of(environment), text=True, errors="surrogateescape", timeout=PATIENT, check=False, **options,
        )

    def start(self, *arguments, **options):
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        return subprocess.Popen(
            [*self.prefix, self.path, *arguments],
            stdin=subprocess.DEVNULL, env=environment_of(None), text=True, **options,
        )

    def unprivileged(self, *arguments):
        return self(*arguments, preexec_fn=drop_privileges)


def program(name):
    found = Program(name)
    if not found.path.exists():
        pytest.exit(f"{found.path} is missing: build it, and say where with NFWPOLICY_BUILD", 2)
    return found


@pytest.fixture(scope="session")
def nfwpolicy():
    return program("nfwpolicy")


@pytest.fixture(scope="session")
def nfwpolicyd():
    return program("nfwpolicyd")


@pytest.fixture
def valid(tmp_path):
    path = tmp_path / "valid.yaml"
    path.write_text(VALID)
    return path


@pytest.fixture
def invalid(tmp_path):
    path = tmp_path / "invalid.yaml"
    path.write_text(INVALID)
    return path


class Host:
    """A namespace with the interfaces vnet0 and vnet1, a state directory, and the programs in it."""

    def __init__(self, directory):
        self.name = f"nfw-{os.getpid()}-cli"
        self.state = directory / "state"
        self.directory = directory
        prefix = ("ip", "netns", "exec", self.name)
        self.program, self.daemon = Program("nfwpolicy", *prefix), Program("nfwpolicyd", *prefix)
        subprocess.run(["ip", "netns", "add", self.name], check=True)
        for command in ("ip link set lo up", "ip link add vnet0 type veth peer name vnet1"):
            subprocess.run([*prefix, *command.split()], check=True)

    def __call__(self, *arguments, **options):
        return self.program("--state-directory", self.state, *arguments, **options)

    def start(self, *arguments, **options):
        return self.program.start("--state-directory", self.state, *arguments, **options)

    def start_daemon(self, *arguments, **options):
        return self.daemon.start("--state-directory", self.state, *arguments, **options)

    def run(self, *command):
        return subprocess.run([*self.program.prefix, *command], check=True, capture_output=True, text=True).stdout

    def ip(self, command):
        return self.run("ip", *command.split())

    def nft(self, command):
        return self.run("nft", *command.split(maxsplit=1)) if command.startswith("-") else self.run("nft", command)

    def file(self, name, text=VALID):
        path = self.directory / name
        path.write_text(text)
        return path

    def remove(self):
        subprocess.run(["ip", "netns", "del", self.name], check=True)


@pytest.fixture(scope="module")
def module_host(tmp_path_factory):
    if os.geteuid() != 0:
        pytest.skip("needs root: it makes a network namespace and nftables rules")
    host = Host(tmp_path_factory.mktemp("host"))
    yield host
    host.remove()


@pytest.fixture
def host(module_host):
    """With the policies web, on vnet0, and names, which learns and is on no port."""
    result = module_host("load", module_host.file("web.yaml"), "--port", "vnet0")
    assert (result.returncode, result.stdout) == (0, "policy web (1 rule) in force on vnet0\n")
    result = module_host("load", module_host.file("names.yaml", DOMAINS), "--port", "vnet1", "--no-learner")
    assert result.returncode == 0
    assert module_host("detach", "--port", "vnet1").stdout == "no policy any more on vnet1\n"
    yield module_host
    for name in module_host("list", "--brief").stdout.split():
        assert module_host("unload", name, "--force").returncode == 0
