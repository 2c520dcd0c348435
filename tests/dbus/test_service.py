# SPDX-License-Identifier: GPL-2.0-or-later
"""The unit for systemd: how little it leaves to the daemon, and that this is enough for it."""

import os
import re
import shutil
import subprocess

import pytest

from bus import LONG
from dnsserver import lookup
from dnswire import address, question_name, reply
from lab import NFWPOLICYD, SOURCE, eventually
from learning import RESOLVER4, MarkedResponder
from policies import allow, policy

UNIT = os.path.join(SOURCE, "data", "systemd", "nfwpolicyd.service.in")
MOST_EXPOSED = 2.0


def settings():
    """Every value of every key, in order."""
    found = {}
    with open(UNIT, encoding="utf-8") as stream:
        for line in stream:
            if "=" in line and not line.startswith("#"):
                key, _, value = line.strip().partition("=")
                found.setdefault(key, []).append(value)
    return found


@pytest.fixture
def unit(tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("needs systemd-analyze")
    with open(UNIT, encoding="utf-8") as stream:
        text = stream.read().replace("@sbindir@/nfwpolicyd", os.path.realpath(NFWPOLICYD)).replace("@filters@", "/etc/filters")
    path = tmp_path / "nfwpolicyd.service"
    path.write_text(text)
    return path


def analyze(*arguments):
    return subprocess.run(["systemd-analyze", "--no-pager", *arguments], capture_output=True, text=True, check=False)


def test_it_is_exposed_little(unit):
    answer = analyze("security", "--offline=true", str(unit))
    exposure = float(re.search(r"Overall exposure level for nfwpolicyd.service: ([\d.]+)", answer.stdout)[1])
    assert exposure <= MOST_EXPOSED, answer.stdout
    threshold = analyze("security", "--offline=true", f"--threshold={int(MOST_EXPOSED * 10)}", str(unit))
    assert threshold.returncode == 0


def test_systemd_understands_it(unit):
    answer = analyze("verify", "--man=no", str(unit))
    said = [line for line in answer.stderr.splitlines() if "nfwpolicyd" in line and "notify-reload" not in line]
    assert said == []


def expand(name):
    """The system calls of a set of systemd's, which holds other sets."""
    calls = set()
    for line in analyze("syscall-filter", name).stdout.splitlines()[1:]:
        word = line.strip()
        if word.startswith("@"):
            calls |= expand(word)
        elif word and not word.startswith("#"):
            calls.add(word)
    return calls


def allowed_calls():
    calls = expand("@default")
    for value in settings()["SystemCallFilter"]:
        words = set().union(*(expand(word) if word[0] == "@" else {word} for word in value.lstrip("~").split()))
        calls = calls - words if value.startswith("~") else calls | words
    return calls


def is_instrumented():
    with open(NFWPOLICYD, "rb") as stream:
        return b"__asan_init" in stream.read()


@pytest.fixture
def trace(bus, unit, tmp_path):
    """The daemon at work with the privileges that the unit leaves it, and what it asked the kernel for."""
    if is_instrumented():
        pytest.skip("a sanitizer asks the kernel for more")
    if not shutil.which("strace"):
        pytest.skip("needs strace")
    capabilities = ",".join("+" + each.lower().removeprefix("cap_") for each in settings()["CapabilityBoundingSet"])
    path = tmp_path / "trace"
    bus.daemon_prefix = (
        "setpriv", "--no-new-privs", "--inh-caps=-all", f"--bounding-set=-all,{capabilities}",
        "strace", "--daemonize", "--follow-forks", "-o", str(path),
    )
    daemon = bus.start_daemon("--store-directory", str(tmp_path / "store"))
    lab, client = bus.lab, bus.client()
    MarkedResponder(lab, lambda message: [reply(message, address(question_name(message), "192.0.2.10", 300))])
    text = policy(allow(domains=["www.example"]))
    lab.load(text, "--resolver", RESOLVER4, name="web")
    client.call("Reload")
    lookup(lab.guest, RESOLVER4, "www.example")
    client.wait_for("Learned")
    client.call("Attach", "(assa{sv})", ["up0"], "web", {})
    client.call("Detach", "(as)", ["up0"])
    client.call("ListNames", "(s)", "")
    client.objects()
    lab.host.run("nft", "flush", "ruleset")
    eventually(lambda: lab.nfw("verify", check=False).returncode == 0)
    client.call("UnloadPolicy", "(sb)", "web", True)
    eventually(lambda: not os.listdir(tmp_path / "store" / "policies"))
    daemon.terminate()
    assert daemon.wait(timeout=LONG) == 0
    eventually(lambda: "+++ exited with 0 +++" in path.read_text())
    return path.read_text()


def test_the_unit_leaves_it_what_it_needs(trace):
    calls = set(re.findall(r"^\d+ +(\w+)\(", trace, re.MULTILINE))
    assert {"sendmsg", "epoll_wait", "flock", "fsync"} <= calls
    # It was started by then.
    denied = calls - allowed_calls() - {"execve"}
    # Priority is the unit's business: the call fails, and it goes on.
    assert denied - {"setpriority"} == set()
    assert settings()["Nice"] == ["-20"]

    families = set(re.findall(r"socket\((AF_\w+)", trace))
    assert families <= set(settings()["RestrictAddressFamilies"][0].split())
    assert not re.search(r"PROT_WRITE\|PROT_EXEC", trace)
    assert calls.isdisjoint({"fork", "vfork", "clone", "clone3"})
