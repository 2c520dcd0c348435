# SPDX-License-Identifier: GPL-2.0-or-later
"""The machine itself as the host of tests/netns/lab.py, and its systemd."""

import contextlib
import json
import os
import pathlib
import re
import subprocess

from lab import Lab, Namespace

UNIT = "nfwpolicyd.service"
NAME, PATH, MANAGER = "org.nfwpolicy1", "/org/nfwpolicy1", "org.nfwpolicy1.Manager"
STORE = "/var/lib/nfwpolicy"


# For what is not meant to give up: the command where it asks the service, and whoever else waits for an answer on the bus.
os.environ["SYSTEMD_BUS_TIMEOUT"] = "300"


def run(*arguments, check=True, **options):
    options = {"capture_output": True, "text": True, "timeout": 900, **options}
    result = subprocess.run(list(map(str, arguments)), check=False, **options)
    if check:
        assert result.returncode == 0, f"{arguments}: exit {result.returncode}\n{result.stdout}{result.stderr}"
    return result


def systemctl(*arguments, **options):
    return run("systemctl", "--no-pager", *arguments, **options)


def properties(unit=UNIT):
    """What systemd knows of the unit. Times are text, microseconds since the boot where the name ends in Monotonic."""
    lines = systemctl("show", unit).stdout.splitlines()
    return dict(line.split("=", 1) for line in lines)


def is_active(unit=UNIT):
    return systemctl("is-active", unit, check=False).stdout.strip() == "active"


def configuration():
    """The directory of nfwpolicyd.conf, as the unit has it."""
    return pathlib.Path(re.search(r"--config (\S+)", properties()["ExecStart"])[1]).parent


def main_pid():
    return int(properties()["MainPID"])


def call(member, *arguments, **options):
    """A method of the daemon, over the system bus."""
    return run("busctl", "call", NAME, PATH, MANAGER, member, *arguments, **options)


def owner():
    """The process that has the daemon's name on the bus, or None."""
    answer = run("busctl", "--json=short", "list").stdout
    return next((each["pid"] for each in json.loads(answer) if each["name"] == NAME), None)


@contextlib.contextmanager
def drop_in(text, unit=UNIT):
    """Settings beside those of the unit, as long as the with statement."""
    directory = f"/run/systemd/system/{unit}.d"
    path = f"{directory}/test.conf"
    os.makedirs(directory, exist_ok=True)
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text)
    systemctl("daemon-reload")
    try:
        yield
    finally:
        os.remove(path)
        systemctl("daemon-reload")


class Root(Namespace):
    """The network namespace that the machine has started with."""

    def __init__(self):
        self.name = "1"

    def enter(self):
        return contextlib.nullcontext()

    def command(self, *arguments):
        return [str(each) for each in arguments]

    def run(self, *arguments, **options):
        return run(*arguments, **options)

    def batch(self, *commands):
        run("ip", "-batch", "-", input="\n".join(commands))

    def remove(self):
        for link in ("vnet0", "up0"):
            run("ip", "link", "delete", link, check=False)


class Service(Lab):
    """The laboratory around the installed program, which runs as a service."""

    def namespace(self, role):
        if role != "host":
            return super().namespace(role)
        root = Root()
        self.namespaces.append(root)
        return root

    def nfw_command(self, command, *arguments):
        return "nfwpolicy", command, *arguments

    def learner_log(self):
        return run("journalctl", "--no-pager", "-b", "-o", "short-monotonic", "-u", UNIT, check=False).stdout
