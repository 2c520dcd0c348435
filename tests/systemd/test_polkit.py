# SPDX-License-Identifier: GPL-2.0-or-later
"""Another user, and polkitd as it is installed: refused, allowed by the administrator's rule, asked for a password."""

import contextlib
import os
import pathlib
import pty
import re
import select
import subprocess
import termios

import pytest

from flood import OTHER4
from host import MANAGER, NAME, PATH, call, run, systemctl
from lab import eventually
from policies import allow, policy

USER = "nobody"
RULES = policy(allow(ips=[OTHER4], ports=[80]))
ATTACH = ("busctl", "call", NAME, PATH, MANAGER, "Attach", "assa{sv}", "1", "vnet0", "test", "0")
RULE = """
polkit.addRule(function(action, subject) {
    if (action.id == "org.nfwpolicy1.attach" && subject.user == "%s")
        return polkit.Result.YES;
});
"""
# polkit's own: with no member in the group of administrators, root is the one whose password it takes.
ADMINISTRATOR = 'polkit.addAdminRule(function() { return ["unix-user:root"]; });\n'
PASSWORD = "of this machine only"


@pytest.fixture
def rules():
    """Rules of the administrator, which polkitd reads when it starts."""
    directory = pathlib.Path("/etc/polkit-1/rules.d")
    path = directory / "00-test.rules"

    def write(text):
        path.write_text(text)
        systemctl("stop", "polkit")

    if not os.path.exists("/usr/lib/polkit-1/polkitd"):
        pytest.skip("needs Debian's polkitd")
    yield write
    path.unlink(missing_ok=True)
    systemctl("stop", "polkit")


@pytest.fixture
def loaded(service):
    call("LoadPolicy", "ssa{sv}", "test", RULES, 0)
    return service


def ports(service):
    return [each["port"] for each in service.json("list")["ports"]]


def as_user(*command):
    return ("setpriv", f"--reuid={USER}", "--regid=nogroup", "--clear-groups", *command)


def test_another_user_is_refused(loaded, rules):
    rules("")
    refused = run(*as_user(*ATTACH), check=False, stdin=subprocess.DEVNULL)
    assert refused.returncode != 0 and "org.nfwpolicy1.attach" in refused.stderr, refused.stderr
    assert ports(loaded) == []
    assert systemctl("is-active", "polkit").stdout.strip() == "active"


def test_a_rule_allows_it(loaded, rules):
    rules(RULE % USER)
    run(*as_user(*ATTACH))
    assert ports(loaded) == ["vnet0"]
    other = run(*as_user("busctl", "call", NAME, PATH, MANAGER, "UnloadPolicy", "sb", "test", "true"), check=False)
    assert other.returncode != 0 and ports(loaded) == ["vnet0"]


class Terminal:
    """A program with a terminal of its own, which what it has started may keep longer than it lives."""

    def __init__(self, *command):
        self.said = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvp(command[0], command)

    def _read(self):
        if select.select([self.fd], [], [], 0.1)[0]:
            # Nobody has it open any more: that is an error here.
            with contextlib.suppress(OSError):
                self.said += os.read(self.fd, 4096).decode(errors="replace")

    def read_until(self, pattern):
        def said():
            self._read()
            return re.search(pattern, self.said)

        try:
            eventually(said)
        except AssertionError:
            raise AssertionError(f"no {pattern} in: {self.said}") from None

    def echoes(self):
        return termios.tcgetattr(self.fd)[3] & termios.ECHO

    def write(self, text):
        os.write(self.fd, text.encode())

    def wait(self):
        """The exit status."""
        def ended():
            self._read()
            return os.waitpid(self.pid, os.WNOHANG)

        _, status = eventually(lambda: next((each for each in [ended()] if each[0]), None))
        os.close(self.fd)
        return os.waitstatus_to_exitcode(status)


# The agent is for the process of the shell, which becomes busctl when polkit knows of it: then it closes its output.
WITH_AGENT = 'read -r _ < <(exec pkttyagent --process $$ --notify-fd 1); exec "$@"'


def ask_on_a_terminal(answer):
    terminal = Terminal(*as_user("bash", "-c", WITH_AGENT, "bash", *ATTACH))
    terminal.read_until("[Pp]assword: *$")
    # What is typed before that is thrown away.
    eventually(lambda: not terminal.echoes())
    terminal.write(answer + "\n")
    return terminal.wait(), terminal.said


def test_a_password_is_asked_for(loaded, rules):
    run("chpasswd", input=f"root:{PASSWORD}\n")
    rules(ADMINISTRATOR)
    status, said = ask_on_a_terminal("wrong")
    assert status != 0 and ports(loaded) == [], said
    assert "Authentication is required to change which network policy a port is under." in said
    status, said = ask_on_a_terminal(PASSWORD)
    assert status == 0 and ports(loaded) == ["vnet0"], said
