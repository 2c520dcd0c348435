# SPDX-License-Identifier: GPL-2.0-or-later
"""What systemd has made of the unit while the machine came up; these run first."""

import pathlib
import re

from host import NAME, UNIT, is_active, main_pid, owner, properties, run, systemctl
from lab import eventually

CAP_NET_ADMIN = 1 << 12
MOST_EXPOSED = 2.0


def test_it_came_up_with_the_machine(network):
    known = properties()
    assert (known["ActiveState"], known["SubState"], known["NRestarts"]) == ("active", "running", "0")
    assert known["Type"] in ("notify", "notify-reload")
    assert known["WatchdogUSec"] == "1min"
    assert known["UnitFileState"] == "enabled"


def test_policies_are_in_force_before_the_network(network):
    """at-network-pre.service has looked at the rules when network-pre.target was reached."""
    eventually(lambda: properties("at-network-pre.service")["ExecMainExitTimestampMonotonic"] != "0")
    seen = pathlib.Path("/run/at-network-pre").read_text()
    assert 'comment "policy boot, id ' in seen and "chain boot-egress" in seen
    times = [int(properties(unit)["ActiveEnterTimestampMonotonic"]) for unit in (UNIT, "network-pre.target")]
    assert 0 < times[0] <= times[1]
    assert UNIT in properties("network-pre.target")["After"].split()


def test_it_has_its_name_on_the_bus(network):
    assert eventually(owner) == main_pid()
    assert run("busctl", "get-property", NAME, "/org/nfwpolicy1", f"{NAME}.Manager", "Version").stdout.startswith('s "')


def test_it_is_exposed_little(network):
    answer = run("systemd-analyze", "--no-pager", "security", UNIT).stdout
    exposure = float(re.search(rf"Overall exposure level for {UNIT}: ([\d.]+)", answer)[1])
    assert exposure <= MOST_EXPOSED, answer


def test_it_runs_with_what_the_unit_says(network):
    pid = main_pid()
    status = dict(
        line.split(":\t", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line
    )
    for capabilities in ("CapEff", "CapPrm", "CapBnd"):
        assert int(status[capabilities], 16) == CAP_NET_ADMIN
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    priority = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[16]
    assert priority == "-20"


def test_stopping_the_machine_would_stop_it(network):
    """And nothing that must be there later than the daemon stands in the way of a start at boot."""
    assert "shutdown.target" in properties()["Conflicts"].split()
    assert "sysinit.target" not in properties()["After"].split()
    eventually(lambda: systemctl("list-jobs").stdout.startswith("No jobs"))
    assert is_active()
