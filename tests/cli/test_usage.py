# SPDX-License-Identifier: GPL-2.0-or-later
"""What is wrong with a command line is told in one line, with the nearest word and where to read on."""

import pytest


@pytest.mark.parametrize(
    "written, meant",
    [
        ("lod", "load"),
        ("laod", "load"),
        ("shwo", "show"),
        ("lst", "list"),
        ("verfy", "verify"),
        ("unlod", "unload"),
        ("att", "attach"),
        ("chekc", "check"),
    ],
)
def test_command_is_suggested(nfwpolicy, written, meant):
    result = nfwpolicy(written)
    assert result.returncode == 2
    assert result.stderr.splitlines()[0] == f"nfwpolicy: unknown command `{written}`, did you mean `{meant}`?"
    assert nfwpolicy("help", written).stderr == result.stderr


@pytest.mark.parametrize(
    "command, written, meant",
    [
        ("load", "--prot", "--port"),
        ("load", "--foregruond", "--foreground"),
        ("load", "--dryrun", "--dry-run"),
        ("load", "--resolvr=192.0.2.1", "--resolver"),
        ("unload", "--froce", "--force"),
        ("list", "--jsno", "--json"),
        ("show", "--kernle", "--kernel"),
    ],
)
def test_option_is_suggested(nfwpolicy, command, written, meant):
    result = nfwpolicy(command, written)
    assert result.returncode == 2
    written = written.split("=")[0]
    assert result.stderr.splitlines() == [
        f"nfwpolicy: unknown option `{written}`, did you mean `{meant}`?",
        f"Try `nfwpolicy {command} --help`.",
    ]


@pytest.mark.parametrize("word", ["frobnicate", "x", "-", "loadloadloadload" * 10])
def test_nothing_is_suggested_for_what_is_far_off(nfwpolicy, word):
    result = nfwpolicy(word)
    assert result.returncode == 2
    assert "did you mean" not in result.stderr


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["check"], "FILE is missing"),
        (["load", "--port", "vnet0"], "FILE is missing"),
        (["load", "web.yaml"], "--port is missing"),
        (["load", "-", "--port", "vnet0"], "--name is missing"),
        (["load", "a.yaml", "b.yaml", "--port", "vnet0"], "`b.yaml` is one argument too many"),
        (["load", "web.yaml", "--port"], "`--port` needs IFACE"),
        (["load", "web.yaml", "-p"], "`--port` needs IFACE"),
        (["load", "web.yaml", "--port", "v", "--min-ttl", "0"], "`0` is not a number from 1 to 86400"),
        (["load", "web.yaml", "--port", "v", "--min-ttl", "-1"], "`-1` is not a number"),
        (["load", "web.yaml", "--port", "v", "--max-ttl", "1h"], "`1h` is not a number"),
        (["load", "web.yaml", "--port", "v", "--max-names", "99999999999999999999"], "is not a number"),
        (["load", "web.yaml", "--port", "v", "--max-names", ""], "`` is not a number"),
        (["load", "web.yaml", "--port", "v", "--min-ttl", "9", "--max-ttl", "8"], "--min-ttl 9 is above --max-ttl 8"),
        (["load", "web.yaml", "--port", "v", "--foreground", "--dry-run"], "exclude each other"),
        (["load", "web.yaml", "--port", "v", "--foreground", "--no-learner"], "exclude each other"),
        (["load", "--m", "7"], "`--m` could be --min-ttl or --max-names"),
        (["load", "-x"], "unknown option `-x`"),
        (["attach", "web"], "--port is missing"),
        (["attach", "--port", "vnet0"], "NAME of the policy is missing"),
        (["detach"], "--port is missing"),
        (["detach", "web", "--port", "vnet0"], "`web` is one argument too many"),
        (["unload"], "NAME of the policy is missing"),
        (["unload", "web", "--force=yes"], "`--force` takes no value"),
        (["list", "web"], "`web` is one argument too many"),
        (["show"], "NAME of the policy is missing"),
        (["show", "web", "--ir", "--nft"], "--nft excludes what was given before it"),
        (["verify", "a", "b"], "`b` is one argument too many"),
        (["list", "--color=alwyas"], "`alwyas` is not known, did you mean `always`?"),
        (["list", "--color=sometimes"], "`sometimes` is not known, only auto, always and never"),
        (["load", "web.yaml", "--port", "v", "--resolver", "any", "192.0.2.1"], "--resolver any trusts every server"),
        (["load", "web.yaml", "--port", "v", "-r", "192.0.2.1", "-r", "any"], "--resolver any trusts every server"),
        (["list", "--state-directory", ""], "--state-directory needs the name of a directory"),
        (["--state-directory"], "`--state-directory` needs DIR"),
    ],
)
def test_wrong_usage(nfwpolicy, arguments, said):
    result = nfwpolicy(*arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("nfwpolicy: ")
    assert said in lines[0]
    assert lines[1].startswith("Try `nfwpolicy ")


def test_wrong_usage_of_the_daemon(nfwpolicyd):
    result = nfwpolicyd("--foregroud")
    assert result.returncode == 2
    assert result.stderr.splitlines() == [
        "nfwpolicyd: unknown option `--foregroud`, did you mean `--foreground`?",
        "Try `nfwpolicyd --help`.",
    ]
    assert nfwpolicyd("web").returncode == 2


def test_resolver_takes_several_addresses(nfwpolicy, tmp_path):
    """Addresses behind --resolver belong to it, and what follows is a file again."""
    missing = tmp_path / "missing.yaml"
    result = nfwpolicy("load", "--port", "v", "--resolver", "192.0.2.1", "2001:db8::1", missing)
    assert result.returncode == 2
    assert "too many" not in result.stderr
    result = nfwpolicy("load", "--port", "v", "--resolver=192.0.2.1,2001:db8::1", missing)
    assert "too many" not in result.stderr
    result = nfwpolicy("load", "--port", "v", "--resolver", "192.0.2.1", missing, "192.0.2.2")
    assert "`192.0.2.2` is one argument too many" in result.stderr


def test_global_options_on_either_side(nfwpolicy, valid):
    before = nfwpolicy("--json", "check", valid)
    after = nfwpolicy("check", valid, "--json")
    assert before.returncode == after.returncode == 0
    assert before.stdout == after.stdout


@pytest.fixture
def closed(tmp_path):
    """A directory where only a privileged user can write: it must not be what the error is about."""
    path = tmp_path / "closed"
    path.mkdir(mode=0o500)
    return path


@pytest.mark.parametrize(
    "arguments",
    [
        ["load", "VALID", "--port", "lo"],
        ["load", "VALID", "--port", "lo", "--dry-run"],
        ["attach", "web", "--port", "lo"],
        ["detach", "--port", "lo"],
        ["unload", "web"],
        ["list"],
        ["list", "--json"],
        ["names"],
        ["names", "--follow"],
        ["show", "web"],
        ["verify"],
    ],
)
def test_missing_privilege_is_one_line(nfwpolicy, valid, closed, arguments):
    arguments = [valid if argument == "VALID" else argument for argument in arguments]
    result = nfwpolicy.unprivileged("--state-directory", closed / "state", *arguments)
    assert result.stderr == "nfwpolicy: this needs CAP_NET_ADMIN (run it as root)\n"
    assert result.stdout == ""
    assert result.returncode == 2


def test_daemon_without_privilege(nfwpolicyd, closed):
    result = nfwpolicyd.unprivileged("--state-directory", closed / "state")
    assert result.stderr == "nfwpolicyd: this needs CAP_NET_ADMIN (run it as root)\n"
    assert result.returncode == 2
