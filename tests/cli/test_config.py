# SPDX-License-Identifier: GPL-2.0-or-later
"""nfwpolicyd.conf: what is wrong with it is told by every command, and nothing is done."""

import json
import re

import pytest

from conftest import PATIENT, SOURCE

KEYS = [
    "Resolvers", "MinTTL", "MaxTTL", "MaxNames", "LogDenied", "TableName", "NflogGroup", "StateDirectory",
    "StoreDirectory", "PoliciesDirectory", "Group", "Bus", "Verbose",
]
COMMANDS = [
    ["list"], ["names"], ["status"], ["verify"], ["show", "web"], ["unload", "web"], ["attach", "web", "--port", "vnet0"],
    ["detach", "--port", "vnet0"], ["load", "VALID", "--port", "vnet0", "--no-learner"],
]


@pytest.fixture
def configuration(tmp_path):
    def write(text, name="some.conf"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    return write


def test_the_tables_of_settings_agree():
    """The library's, the file that is installed and the manual page."""
    library = (SOURCE / "lib/config/setting.c").read_text()
    assert re.findall(r'\] = \{ "\w+", "(\w+)", NFW_KIND', library) == KEYS
    installed = (SOURCE / "data/nfwpolicyd.conf.in").read_text()
    assert re.findall(r"^#?(\w+)=", installed, re.MULTILINE) == KEYS
    page = (SOURCE / "data/man/nfwpolicyd.conf.5.rst").read_text()
    assert re.findall(r"^(\w+)=$", page, re.MULTILINE) == KEYS


def installed():
    """What is installed, with the names of directories that the build puts in."""
    text = (SOURCE / "data/nfwpolicyd.conf.in").read_text()
    return re.sub(r"@(\w+)dir@", r"/some/\1", text)


@pytest.mark.parametrize("text", [installed(), re.sub(r"(?m)^#(?=\w+=)", "", installed())], ids=["as it is", "all of it"])
def test_what_is_installed_is_right(host, configuration, text, tmp_path):
    text = text.replace("/some/state", str(tmp_path / "state"))
    answer = host.program("list", "--config", configuration(text))
    assert (answer.returncode, answer.stderr) == (0, "")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_wrong_file(host, configuration, valid, command):
    path = configuration("[Defaults]\nMinTTL=0\n\n[Kernel]\nTable=x\n")
    command = [str(valid) if word == "VALID" else word for word in command]
    before = host.run("nft", "list", "ruleset")
    answer = host(*command, "--config", path)
    assert answer.returncode == 2
    assert answer.stdout == ""
    assert answer.stderr == (
        f"{path}:2:8: error: MinTTL must be a number from 1 to 86400, not `0` [config/bad-value]\n"
        f"{path}:5:1: error: [Kernel] has no `Table` [config/unknown-key]\n"
        "    hint: did you mean `TableName`?\n"
    )
    assert host.run("nft", "list", "ruleset") == before
    answer = host(*command, "--config", path, "--json")
    assert answer.returncode == 2
    found = json.loads(answer.stdout)
    assert found["outcome"] == "invalid"
    assert [(each["code"], each["line"], each["column"]) for each in found["diagnostics"]] == [
        ("config/bad-value", 2, 8), ("config/unknown-key", 5, 1),
    ]


def test_check_needs_no_configuration(nfwpolicy, configuration, valid):
    assert nfwpolicy("check", valid, "--config", configuration("nonsense")).returncode == 0


def test_files_beside_it(host, configuration):
    path = configuration("[Defaults]\nMinTTL=10\n")
    configuration("[Defaults]\nMaxTTL=9\n", "some.conf.d/90-more.conf")
    answer = host("list", "--config", path)
    assert answer.returncode == 2
    assert answer.stderr == f"{path}:2:8: error: MinTTL, 10 seconds, is above MaxTTL, 9 seconds [config/bad-lifetime]\n"
    configuration("[Defaults]\nMaxTTL=10\n", "some.conf.d/91.conf")
    assert host("list", "--config", path).returncode == 0
    configuration("[Defaults]\nMinTTL=11\nMinTTL=x\n", "some.conf.d/91-last.conf")
    answer = host("list", "--config", path)
    assert f"{path}.d/91-last.conf:3:8: error: MinTTL must be" in answer.stderr
    # Of the directory's own name nothing is a pattern.
    odd = configuration("", "odd[x]*.conf")
    configuration("wrong", "odd[x]*.conf.d/a.conf")
    answer = host("list", "--config", odd)
    assert f"{odd}.d/a.conf:1:1: error: this is no assignment" in answer.stderr


def test_files_that_cannot_be_read(host, configuration, tmp_path):
    answer = host("list", "--config", tmp_path / "none.conf")
    assert answer.returncode == 2
    assert answer.stderr == f"{tmp_path / 'none.conf'}: error: cannot be read: No such file or directory [config/file]\n"
    answer = host("list", "--config", tmp_path)
    assert (answer.returncode, "cannot be read: Is a directory" in answer.stderr) == (2, True)
    answer = host("list", "--config", configuration("#" * 65537))
    assert (answer.returncode, "it is longer than 64 KiB" in answer.stderr) == (2, True)
    answer = host("list", "--config", configuration("#" * 65536))
    assert (answer.returncode, answer.stderr) == (0, "")
    answer = host("list", "--config", "")
    assert (answer.returncode, answer.stderr) == (2, "nfwpolicy: --config needs the name of a file\nTry `nfwpolicy list --help`.\n")


def test_no_configuration(host):
    answer = host("list", "--config", "/dev/null")
    assert (answer.returncode, answer.stderr) == (0, "")


def test_hostile_octets_do_not_reach_the_terminal(host, configuration, tmp_path):
    path = tmp_path / "hostile.conf"
    path.write_bytes(b"[Defaults]\n\x1b[2J=1\nMinTTL=\x9b\n\0\nMaxTTL=1\0\n# \x1b fine in a comment\n[\xe2\x80\xae]\nx=1\n")
    answer = host("list", "--config", path)
    assert answer.returncode == 2
    assert re.fullmatch(r"[\x20-\x7e\n]*", answer.stderr)
    assert [line.split(":")[1:3] for line in answer.stderr.splitlines() if line.startswith("/")] == [
        ["2", "1"], ["3", "8"], ["4", "1"], ["5", "9"], ["7", "2"],
    ]


def test_the_state_directory_of_the_file_and_of_the_command_line(host, configuration, valid, tmp_path):
    path = configuration(f"[Daemon]\nStateDirectory={tmp_path / 'there'}\n")
    load = ["load", valid, "--port", "vnet0", "--no-learner", "--config", path]
    assert host.program(*load).returncode == 0
    assert list((tmp_path / "there").glob("net-*/*.policy"))
    assert host(*load).returncode == 0
    assert list(host.state.glob("net-*/*.policy"))


@pytest.mark.parametrize(
    "text, said",
    [
        ("[Daemon]\nGroup=no-such-group\n", "nfwpolicyd: there is no group `no-such-group`"),
        ("[Kernel]\nNflogGroup=no\n", "NflogGroup must be a number from 1 to 65535, not `no` [config/bad-value]"),
        ("[Kernel]\nTableName=inet\n", "`inet` cannot be a table's name [config/bad-value]"),
    ],
)
def test_the_daemon_does_not_start(host, configuration, text, said):
    answer = host.daemon("--state-directory", host.state, "--no-bus", "--config", configuration(text))
    assert answer.returncode == 2
    assert said in answer.stderr


def test_the_command_line_of_the_daemon_counts_more(host, configuration, tmp_path):
    path = configuration("[Daemon]\nGroup=no-such-group\nStoreDirectory=/proc/none\nBus=no\n")
    process = host.start_daemon("--config", path, "--group", "root", "--store-directory", tmp_path / "store")
    assert process.stdout.readline() == "nfwpolicyd: learning (2 policies, 1 port)\n"
    assert (tmp_path / "store" / "policies").is_dir()
    process.terminate()
    said, complaints = process.communicate(timeout=PATIENT)
    assert process.returncode == 0
    assert "bus" not in said + complaints.lower()
