# SPDX-License-Identifier: GPL-2.0-or-later
"""The commands that need a kernel, in a network namespace of their own: what they print and their exit statuses."""

import fcntl
import glob
import json
import os
import pty
import re
import signal
import subprocess

import pytest

from conftest import PATIENT

FULL = "nfwpolicy: cannot write the output: No space left on device\n"


def commands(host):
    """Each of them succeeds."""
    return [
        ["load", host.directory / "web.yaml", "--port", "vnet0"],
        ["load", host.directory / "web.yaml", "--port", "vnet0", "--dry-run"],
        ["attach", "web", "--port", "vnet1"],
        ["detach", "--port", "vnet1"],
        ["list"],
        ["list", "--brief"],
        ["names"],
        ["names", "--port", "vnet0"],
        ["show", "web"],
        ["show", "web", "--nft"],
        ["show", "web", "--kernel"],
        ["verify"],
        ["verify", "web"],
        ["unload", "names"],
    ]


REFUSALS = [
    (["attach", "wbe", "--port", "vnet1"], "not-found", "policy/not-loaded", "did you mean `web`?"),
    (["attach", "web", "--port", "vent1"], "not-found", "port/no-interface", "did you mean `vnet1`?"),
    (["detach", "--port", "vnet1"], "not-found", "port/not-bound", "did you mean `vnet0`?"),
    (["names", "--port", "vnte0"], "not-found", "port/not-bound", "did you mean `vnet0`?"),
    (["names", "--port", "vnte0", "--follow"], "not-found", "port/not-bound", "did you mean `vnet0`?"),
    (["show", "wbe"], "not-found", "policy/not-loaded", "did you mean `web`?"),
    (["verify", "wbe"], "not-found", "policy/not-loaded", "did you mean `web`?"),
    (["unload", "web"], "in-use", "policy/in-use", "detach its ports first"),
    (["unload", "wbe"], "not-found", "policy/not-loaded", "did you mean `web`?"),
]


# --- results -----------------------------------------------------------------------------------------------------


def test_each_command_succeeds_and_says_so_on_stdout_only(host):
    for command in commands(host):
        result = host(*command)
        assert (result.returncode, result.stderr) == (0, ""), command
        assert result.stdout.endswith("\n")
        assert "\x1b" not in result.stdout


def test_quiet_commands_print_what_was_asked_for_only(host):
    for command in commands(host):
        result = host("-q", *command)
        assert (result.returncode, result.stderr) == (0, "")
        assert bool(result.stdout) == (command[0] in ("list", "names", "show"))


def test_json_of_each_command(host):
    for command in commands(host):
        result = host("--json", *command)
        assert (result.returncode, result.stderr) == (0, "")
        answer = json.loads(result.stdout)
        if command[0] == "names":
            assert answer == []
        elif command[0] == "list":
            assert list(answer) == [
                "learner", "policies", "ports", "filter_ports", "networks", "ignored", "diagnostics",
            ]
        elif command[0] == "show":
            assert list(answer) == ["policy", "format", "text", "diagnostics"]
            assert answer["text"] == host(*command).stdout
        else:
            assert answer == {"outcome": "ok", "diagnostics": []}


def test_json_of_list(host):
    answer = json.loads(host("list", "--json").stdout)
    assert list(answer["learner"]) == ["running", "counters"]
    assert set(answer["learner"]["counters"].values()) == {0}
    names, web = answer["policies"]
    assert names == {
        "name": "names", "file": str(host.directory / "names.yaml"), "rules": 1, "ports": 0, "domains": True,
        "any_resolver": False, "log_denied": False,
    }
    assert (web["name"], web["ports"], web["domains"]) == ("web", 1, False)
    assert answer["ports"] == [
        {
            "port": "vnet0", "policy": "web", "table": "inet", "persistent": False, "resolvers": [], "names": 0,
            "addresses": 0,
        },
    ]
    assert answer["ignored"] == answer["diagnostics"] == []


@pytest.mark.parametrize("command, outcome, code, hint", REFUSALS)
def test_refusals(host, command, outcome, code, hint):
    result = host(*command)
    assert (result.returncode, result.stdout) == (1, "")
    assert re.fullmatch(rf"nfwpolicy: error: .+ \[{code}\]\n    hint: .*{re.escape(hint)}.*\n", result.stderr)
    result = host("--json", *command)
    assert (result.returncode, result.stderr) == (1, "")
    assert result.stdout.count("\n") == 1
    answer = json.loads(result.stdout)
    assert answer["outcome"] == outcome
    (diagnostic,) = answer["diagnostics"]
    assert list(diagnostic) == ["severity", "code", "file", "line", "column", "text", "hint"]
    assert (diagnostic["severity"], diagnostic["code"], diagnostic["file"]) == ("error", code, None)
    assert hint in diagnostic["hint"]


def test_a_port_named_twice(host):
    ports = ["--port", "vnet0", "--port", "vnet1", "--port", "vnet0"]
    assert host("attach", "web", *ports).returncode == 0
    assert host("detach", *ports).returncode == 0
    assert json.loads(host("list", "--json").stdout)["ports"] == []


@pytest.mark.parametrize("name", ["my policy", "9web", "n" * 80])
def test_a_file_name_that_is_no_policy_name(host, name):
    path = host.file(f"{name}.yaml")
    result = host("load", path, "--port", "vnet0")
    assert result.returncode == 1
    first, *hints = result.stderr.splitlines()
    assert f"`{name[:32]}" in first and "[load/bad-name]" in first
    assert ("80 characters" in first) == (len(name) == 80)
    assert any("--name" in hint for hint in hints)
    assert host("load", path, "--port", "vnet0", "--name", "web").returncode == 0
    assert "name of the file" not in host("load", path, "--port", "vnet0", "--name", "a b").stderr


def test_list_says_what_a_missing_learner_means(host):
    assert "learner: not running, so names that guests look up open nothing" in host("list").stdout
    host("unload", "names")
    assert host("list").stdout.endswith("\nlearner: not running\n")


# --- the state directory -----------------------------------------------------------------------------------------


def test_directories_above_the_state_are_made(host, tmp_path):
    path = tmp_path / "a" / "b" / "state"
    assert host("list", "--state-directory", path).returncode == 0
    assert path.is_dir()


def test_a_relative_state_directory(host, tmp_path):
    assert host("list", "--state-directory", "some/where", cwd=tmp_path).returncode == 0
    assert (tmp_path / "some" / "where").is_dir()


@pytest.mark.parametrize("options", [[], ["--json"]])
@pytest.mark.parametrize(
    "command", [["list"], ["load", "FILE", "--port", "vnet0"], ["detach", "--port", "vnet0"], ["names"]]
)
def test_a_state_directory_that_cannot_be(host, command, options):
    command = [host.directory / "web.yaml" if each == "FILE" else each for each in command]
    for directory, culprit in (("/etc/passwd/state", "/etc/passwd"), ("/sys/state", "/sys/state")):
        result = host(*command, *options, "--state-directory", directory)
        assert (result.returncode, result.stdout) == (2, "")
        assert re.fullmatch(
            rf"nfwpolicy: error: the state cannot be kept in `{culprit}`: .+ \[state/directory\]\n    hint: .+\n",
            result.stderr,
        )


# --- streams -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_full_disk(host, options):
    for command in commands(host):
        with open("/dev/full", "w", encoding="utf-8") as full:
            result = host(*options, *command, stdout=full)
        assert (result.returncode, result.stderr) == (2, FULL), command


def test_closed_output_does_not_reach_the_kernel(host):
    """The first socket that is opened would otherwise be what is printed to."""
    for command in commands(host)[:-1]:
        result = host(*command, preexec_fn=lambda: os.close(1))
        assert (result.returncode, result.stderr) == (2, "nfwpolicy: cannot write the output: Bad file descriptor\n")
    assert host("verify").returncode == 0


def on_terminal(host, *arguments, until=None, then=None):
    """What a command writes to stderr, which is a terminal; then() is called once a text has come there."""
    primary, secondary = pty.openpty()
    text = b""
    with host.start(*arguments, stderr=secondary) as process:
        os.close(secondary)
        while True:
            try:
                chunk = os.read(primary, 65536)
            except OSError:  # nobody has the other end open any more
                break
            text += chunk
            if until and until in text:
                then()
                until = None
        process.communicate(timeout=PATIENT)
    os.close(primary)
    return process.returncode, text.decode()


@pytest.fixture
def busy(host):
    """As if another command were at work: it holds the lock."""
    (path,) = glob.glob(f"{host.state}/net-*/lock")
    with open(path, "w", encoding="utf-8") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield stream


def test_who_waits_is_told(host, busy):
    status, text = on_terminal(
        host, "list", until=b"still working", then=lambda: fcntl.flock(busy, fcntl.LOCK_UN)
    )
    assert status == 0
    assert text.replace("\r", "") == "nfwpolicy: still working; commands take turns, so this one may wait for another\n"


@pytest.mark.parametrize("options", [[], ["-q"], ["--json"]])
def test_who_does_not_look_is_not_told(host, busy, options):
    with host.start("list", *options, stderr=subprocess.PIPE if not options else None) as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1.5)
        fcntl.flock(busy, fcntl.LOCK_UN)
        _, errors = process.communicate(timeout=PATIENT)
    assert (process.returncode, errors or "") == (0, "")


# --- what runs until it is interrupted ---------------------------------------------------------------------------


def load_in_foreground(host, *options):
    return host.start("load", host.directory / "names.yaml", "--port", "vnet1", "--foreground", *options)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_foreground(host, number):
    with load_in_foreground(host) as process:
        assert process.stdout.readline() == "policy names (1 rule) in force on vnet1\n"
        assert "learner: running; queries 0," in host("list").stdout
        process.send_signal(number)
        output, errors = process.communicate(timeout=PATIENT)
    assert (process.returncode, errors) == (0, "")
    assert output.startswith("the rules stay in force") and "nfwpolicy unload names --force" in output


def test_foreground_as_json_is_one_object_a_line(host):
    with load_in_foreground(host, "--json") as process:
        assert json.loads(process.stdout.readline()) == {"outcome": "ok", "diagnostics": []}
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=PATIENT)
    assert (process.returncode, output, errors) == (0, "", "")


def test_daemon(host):
    with host.start_daemon() as process:
        assert process.stdout.readline() == "nfwpolicyd: learning (2 policies, 1 port)\n"
        for second in (host.start_daemon(), load_in_foreground(host)):
            output, errors = second.communicate(timeout=PATIENT)
            assert (second.returncode, output) == (1, "")
            assert "a learner is running already [learner/running]\n    hint: " in errors
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENT)
    assert process.returncode == 0


def test_daemon_as_json(host):
    with host.start_daemon("--json") as process:
        assert json.loads(process.stdout.readline()) == {"event": "ready", "policies": 2, "ports": 1}
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=PATIENT)
    assert (process.returncode, output, errors) == (0, "", "")


def test_daemon_goes_on_when_nobody_reads_what_it_says(host):
    reader, writer = os.pipe()
    os.close(reader)
    with host.start_daemon(stdout=writer) as process:
        os.close(writer)
        while not json.loads(host("list", "--json").stdout)["learner"]["running"]:
            assert process.poll() is None
        assert host("load", host.directory / "names.yaml", "--port", "vnet1").returncode == 0
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENT)
    assert process.returncode == 2  # what it said is lost, which is no success


@pytest.mark.parametrize("ignored", [False, True], ids=["usual signals", "SIGPIPE ignored"])
def test_follow_ends_with_its_reader(host, ignored):
    with host.start("names", "--follow", restore_signals=not ignored) as process:
        assert process.stdout.readline().split() == ["PORT", "NAME", "ADDRESS", "LEFT", "RESOLVER"]
        process.stdout.close()
        assert process.wait(PATIENT) == 0
        assert process.stderr.read() == ""


def test_follow_is_interrupted(host):
    with host.start("names", "--follow") as process:
        assert process.stdout.readline().startswith("PORT ")
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=PATIENT)
    assert (process.returncode, output, errors) == (0, "", "")
