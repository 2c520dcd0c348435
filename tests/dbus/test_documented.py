# SPDX-License-Identifier: GPL-2.0-or-later
"""Every example of docs/dbus.rst is run, in the order in which they stand there."""

import glob
import os
import re
import subprocess
import textwrap

from bus import ERROR, LONG, MANAGER, NAME
from lab import BUILD, SOURCE, eventually

PAGE = os.path.join(SOURCE, "docs", "dbus.rst")
FILE = os.path.join(SOURCE, "data", "dbus", "org.nfwpolicy1.xml")


def page():
    with open(PAGE, encoding="utf-8") as stream:
        return stream.read()


def examples():
    """Each block as a list of (command, what it prints)."""
    for match in re.finditer(r"^\.\. code-block:: (console|python)\n((?:\n|    .*\n)+)", page(), re.MULTILINE):
        text = textwrap.dedent(match[2]).strip("\n") + "\n"
        if match[1] == "python":
            yield [(f"/usr/bin/python3 - <<'END'\n{text}END", "")]
        else:
            yield [tuple(command.split("\n", 1)) for command in re.split(r"^# ", text, flags=re.MULTILINE)[1:]]


def matches(expected, printed):
    """Three dots stand for anything within a line."""
    pattern = re.escape(expected).replace(re.escape("..."), ".*")
    return re.fullmatch(pattern, printed) is not None


class Shell:
    """A user's shell on the host, where `busctl` finds our bus as the system's."""

    def __init__(self, bus, directory):
        self.bus, self.directory = bus, directory
        path = os.pathsep.join([os.path.join(BUILD, "cmd", "nfwpolicy"), os.environ["PATH"]])
        self.options = {
            "cwd": directory, "text": True,
            "env": {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": bus.address, "PATH": path, "LC_ALL": "C.UTF-8"},
        }
        # The lab keeps its state in a directory of its own.
        self.prologue = f'nfwpolicy() {{ local c=$1; shift; command nfwpolicy "$c" --state-directory {bus.lab.state} "$@"; }}\n'

    def command(self, text):
        return self.bus.lab.host.command("bash", "-c", self.prologue + text)

    def run(self, text):
        return subprocess.run(
            self.command(text), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=LONG, **self.options
        ).stdout

    def start(self, text):
        """In the background, once it listens."""
        output = open(os.path.join(self.directory, "heard"), "w+", encoding="utf-8")
        process = subprocess.Popen(
            self.command(text), stdout=output, stderr=subprocess.PIPE, start_new_session=True, **self.options
        )
        assert "Monitoring bus message stream" in process.stderr.readline()
        return process, output.name


def test_the_examples(bus, tmp_path):
    bus.start_daemon()
    bus.lab.add_guest("vnet1", 3)
    for command in ("link add br0 type bridge", "link set br0 up", "link add vnet2 type veth peer name peer2",
                    "link set vnet2 master br0 up"):
        bus.lab.host.run("ip", *command.split(" "))
    policy = re.search(r'^    version: "1.0"\n(?:    .*\n)+', page(), re.MULTILINE)[0]
    (tmp_path / "web.yaml").write_text(textwrap.dedent(policy))
    shell = Shell(bus, tmp_path)
    heard = None
    n_commands = 0
    for block in examples():
        waiting, heard = heard, None
        for command, expected in block:
            n_commands += 1
            if command.startswith("busctl monitor"):
                heard = (*shell.start(command), expected)
            else:
                printed = shell.run(command)
                assert matches(expected, printed), f"{command}\n{printed}"
        if waiting:
            process, path, expected = waiting

            def has_come(path=path, expected=expected):
                with open(path, encoding="utf-8") as stream:
                    return stream.read() == expected

            try:
                eventually(has_come)
            finally:
                subprocess.run(["pkill", "-s", str(process.pid)], check=False)
                process.wait()
                process.stderr.close()
    assert n_commands > 15


def test_every_member_is_described():
    with open(FILE, encoding="utf-8") as stream:
        members = set(re.findall(r'<(?:method|property|signal) name="(\w+)"', stream.read()))
    assert {"LoadPolicy", "Learned", "Table"} <= members
    described = set(re.findall(r"``(\w+)(?:\(.*\).*)?``", page()))
    assert sorted(members - described) == []


def test_every_method_is_in_an_example():
    with open(FILE, encoding="utf-8") as stream:
        methods = re.findall(r'<method name="(\w+)"', stream.read())
    called = {
        word for block in examples() for command, _ in block
        for word in re.findall(rf'{re.escape(MANAGER)}(?: |", ")(\w+)', command)
    }
    assert sorted(set(methods) - called) == []


def test_every_error_and_code_is_described_and_exists():
    source = ""
    for path in glob.glob(os.path.join(SOURCE, "cmd", "nfwpolicyd", "**", "*.[ch]"), recursive=True):
        with open(path, encoding="utf-8") as stream:
            source += stream.read()
    for pattern in (rf'{re.escape(ERROR)}\w+', r'bus/[a-z-]+', rf'{re.escape(NAME)}\.(?:read|attach|manage)\b'):
        in_source = set(re.findall(f'"({pattern})"', source))
        described = set(re.findall(f"^``({pattern})``", page(), re.MULTILINE))
        assert in_source and in_source == described
