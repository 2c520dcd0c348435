# SPDX-License-Identifier: GPL-2.0-or-later
"""--help and --version, and that man page and completions know every option that --help knows."""

import re

import pytest

from conftest import SOURCE

COMMANDS = [
    "check", "load", "attach", "detach", "unload", "list", "names", "show", "verify", "status",
    "nwfilter-list", "nwfilter-define", "nwfilter-undefine", "nwfilter-dumpxml", "nwfilter-edit", "nwfilter-import",
    "nwfilter-binding-create", "nwfilter-binding-list", "nwfilter-binding-dumpxml", "nwfilter-binding-delete", "set",
    "net-define", "net-start", "net-destroy", "net-undefine", "net-list", "net-dumpxml",
]


def options_in(text):
    return set(re.findall(r"^ +(?:-\w, )? *--([a-z-]+)", text, re.MULTILINE))


def test_help_lists_every_command(nfwpolicy):
    result = nfwpolicy("--help")
    assert result.returncode == 0
    assert result.stderr == ""
    listed = re.findall(r"^(?!Global|Example|Exit)[A-Z].*:\n((?:  .*\n)+)", result.stdout, re.MULTILINE)
    assert [line.split()[0] for section in listed for line in section.splitlines()] == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(nfwpolicy, command):
    result = nfwpolicy(command, "--help")
    assert result.returncode == 0
    assert result.stderr == ""
    assert result.stdout.startswith(f"Usage: nfwpolicy {command}")
    assert f"\nExample:\n  nfwpolicy {command} " in result.stdout
    assert "\nExit status:\n  0  " in result.stdout
    assert {"help", "json", "color", "state-directory"} <= options_in(result.stdout)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_can_be_asked_for_in_three_ways(nfwpolicy, command):
    text = nfwpolicy(command, "--help").stdout
    assert nfwpolicy("help", command).stdout == text
    assert nfwpolicy("--help", command).stdout == text
    assert nfwpolicy(command, "-h").stdout == text


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_a_terminal(nfwpolicy, command):
    assert max(len(line) for line in nfwpolicy(command, "--help").stdout.splitlines()) <= 100


def test_help_of_the_daemon(nfwpolicyd):
    result = nfwpolicyd("--help")
    assert result.returncode == 0
    assert result.stdout.startswith("Usage: nfwpolicyd ")
    assert "foreground" in options_in(result.stdout)


def test_version(nfwpolicy, nfwpolicyd):
    version = re.search(r"version: '([^']+)'", (SOURCE / "meson.build").read_text()).group(1)
    assert nfwpolicy("--version").stdout == f"nfwpolicy {version}\n"
    assert nfwpolicy("list", "--version").stdout == f"nfwpolicy {version}\n"
    assert nfwpolicyd("--version").stdout == f"nfwpolicyd {version}\n"


def test_nothing_asked(nfwpolicy):
    result = nfwpolicy()
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("Usage: nfwpolicy ")


def documents(program):
    """Where an option must stand, and how it is written there."""
    completions = SOURCE / "data" / "completions"
    man = SOURCE / "data" / "man"
    pages = [man / f"{program}.8.rst", *man.glob(f"{program}-*.8.rst")]
    return {
        "the manual": ("".join(page.read_text() for page in pages), "--{}"),
        "bash": ((completions / "nfwpolicy.bash").read_text(), "--{}"),
        "zsh": ((completions / "_nfwpolicy").read_text(), "--{}"),
        "fish": ((completions / f"{program}.fish").read_text(), "-l {}"),
    }


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_options_are_documented(nfwpolicy, nfwpolicyd, command):
    if command:
        program, text = "nfwpolicy", nfwpolicy(command, "--help").stdout
    else:
        program, text = "nfwpolicyd", nfwpolicyd("--help").stdout
    for name, (document, form) in documents(program).items():
        for option in options_in(text):
            assert re.search(re.escape(form.format(option)) + r"\b", document), f"{name} lacks {option}"


def test_commands_are_documented(nfwpolicy):
    for name, (text, _) in documents("nfwpolicy").items():
        for command in COMMANDS:
            assert re.search(rf"\b{command}\b", text), f"{name} lacks {command}"
