# SPDX-License-Identifier: GPL-2.0-or-later
"""Who may do what: without the capability one clear line, and no more is needed than that."""

import subprocess

import pytest

from lab import NFWPOLICY, NFWPOLICYD
from policies import allow, policy

V4, OTHER4 = "192.0.2.1", "198.51.100.1"
WITHOUT = ("setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin")


@pytest.fixture
def lab(shared_lab):
    return shared_lab


@pytest.mark.parametrize(
    "command",
    [("load", "FILE", "--port", "vnet0"), ("load", "FILE", "--port", "vnet0", "--dry-run"),
     ("attach", "test", "--port", "vnet0"), ("detach", "--port", "vnet0"), ("unload", "test"), ("list",), ("names",),
     ("show", "test"), ("verify",)],
    ids=lambda command: " ".join(word for word in command if word != "FILE"),
)
def test_without_the_capability_one_line_says_so(lab, command):
    path = lab.file("test.yaml", policy(allow(ips=[V4])))
    arguments = [path if word == "FILE" else word for word in command]
    result = lab.host.run(*WITHOUT, *lab.nfw_command(*arguments), check=False)
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1 and "CAP_NET_ADMIN" in result.stderr


def test_the_learner_without_the_capability(lab):
    result = lab.host.run(*WITHOUT, NFWPOLICYD, "--state-directory", lab.state, check=False)
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1 and "CAP_NET_ADMIN" in result.stderr


def test_check_needs_nothing(lab):
    path = lab.file("test.yaml", policy(allow(ips=[V4])))
    lab.host.run(*WITHOUT, NFWPOLICY, "check", path)


IN_A_USER_NAMESPACE = """
set -e
ip link add vnet0 type veth peer name guest0
ip addr add 10.77.1.1/24 dev vnet0
ip link set vnet0 up
"$NFWPOLICY" load "$POLICY" --port vnet0 --no-learner --state-directory "$STATE" -q
"$NFWPOLICY" list --brief --state-directory "$STATE"
"$NFWPOLICY" verify -q --state-directory "$STATE"
"$NFWPOLICYD" --state-directory "$STATE" > "$LOG" 2>&1 &
until grep -q learning "$LOG"; do kill -0 $!; sleep 0.05; done
kill -TERM $!
wait $!
"$NFWPOLICY" detach --port vnet0 -q --state-directory "$STATE"
"$NFWPOLICY" unload test -q --state-directory "$STATE"
nft list ruleset
"""


def test_in_a_user_namespace_of_ones_own(lab):
    """Root in there is nobody out here, and may neither write to /run nor force socket buffers."""
    environment = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "NFWPOLICY": NFWPOLICY, "NFWPOLICYD": NFWPOLICYD, "STATE": lab.state,
        "LOG": lab.file("nobody.log", ""),
        "POLICY": lab.file("test.yaml", policy(allow(domains=["www.example"]), allow(ips=[V4]))),
    }
    result = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--net", "sh", "-c", IN_A_USER_NAMESPACE],
        env=environment, text=True, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )
    if "unshare failed" in result.stdout:
        pytest.skip("this machine allows no user namespaces")
    assert result.returncode == 0, result.stdout
    assert result.stdout.splitlines()[0] == "test", result.stdout
