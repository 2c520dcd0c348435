# SPDX-License-Identifier: GPL-2.0-or-later
"""nfwpolicy check: diagnostics for people and for programs, exit statuses, colours."""

import json
import os
import pty
import re

import pytest

from conftest import INVALID, VALID

DIAGNOSTIC = re.compile(r"^(?P<file>[^:]+):(?P<line>\d+):(?P<column>\d+): (?:error|warning|note): .+ \[[a-z-]+/[a-z-]+\]$")


def test_valid(nfwpolicy, valid):
    result = nfwpolicy("check", valid)
    assert (result.returncode, result.stdout, result.stderr) == (0, f"{valid}: valid, 1 rule\n", "")


def test_quiet(nfwpolicy, valid, invalid):
    result = nfwpolicy("check", "--quiet", valid, invalid)
    assert result.returncode == 1
    assert result.stdout == ""
    assert "error:" in result.stderr


def test_invalid(nfwpolicy, invalid):
    result = nfwpolicy("check", invalid)
    assert result.returncode == 1
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    for line in lines:
        assert DIAGNOSTIC.match(line) or line.startswith("    hint: ")
    place = DIAGNOSTIC.match(next(line for line in lines if "`acton`" in line))
    assert (place["file"], place["line"], place["column"]) == (str(invalid), "4", "5")
    assert "    hint: did you mean `action`?" in lines


def test_every_file_is_checked(nfwpolicy, valid, invalid, tmp_path):
    result = nfwpolicy("check", invalid, valid)
    assert result.returncode == 1
    assert result.stdout == f"{valid}: valid, 1 rule\n"

    missing = tmp_path / "missing.yaml"
    result = nfwpolicy("check", missing, invalid, valid)
    assert result.returncode == 2
    assert result.stdout == f"{valid}: valid, 1 rule\n"
    assert result.stderr.startswith(f"nfwpolicy: {missing}: No such file or directory\n")
    assert f"{invalid}:4:5: error:" in result.stderr


def test_standard_input(nfwpolicy):
    result = nfwpolicy("check", "-", input=VALID)
    assert (result.returncode, result.stdout) == (0, "<stdin>: valid, 1 rule\n")
    result = nfwpolicy("check", "-", input=INVALID)
    assert result.returncode == 1
    assert result.stderr.startswith("<stdin>:4:5: error:")


def test_directory(nfwpolicy, tmp_path):
    result = nfwpolicy("check", tmp_path)
    assert result.returncode == 2
    assert result.stderr == f"nfwpolicy: {tmp_path}: Is a directory\n"


def test_json(nfwpolicy, valid, invalid):
    result = nfwpolicy("check", "--json", valid, invalid)
    assert result.returncode == 1
    assert result.stderr == ""
    good, bad = json.loads(result.stdout)
    assert good == {
        "file": str(valid), "valid": True, "rules": 1, "domains": False, "failure": None, "diagnostics": [],
    }
    assert list(bad) == list(good)
    assert (bad["file"], bad["valid"], bad["rules"], bad["failure"]) == (str(invalid), False, None, None)
    (typo,) = [each for each in bad["diagnostics"] if "`acton`" in each["text"]]
    assert set(typo) == {"severity", "code", "file", "line", "column", "text", "hint"}
    assert (typo["severity"], typo["line"], typo["column"]) == ("error", 4, 5)
    assert typo["hint"] == "did you mean `action`?"


def test_json_of_a_missing_file(nfwpolicy, tmp_path):
    result = nfwpolicy("check", "--json", tmp_path / "missing.yaml")
    assert result.returncode == 2
    (entry,) = json.loads(result.stdout)
    assert (entry["valid"], entry["rules"]) == (False, None)
    assert entry["failure"] == "No such file or directory"


def test_json_of_a_name_that_is_not_utf8(nfwpolicy, tmp_path):
    path = os.fsencode(tmp_path) + b"/\xff.yaml"
    with open(path, "w", encoding="utf-8") as file:
        file.write(INVALID)
    result = nfwpolicy("check", "--json", path)
    assert result.returncode == 1
    (entry,) = json.loads(result.stdout)
    assert entry["file"].endswith("/\ufffd.yaml")


def test_terminal_is_not_driven_by_a_policy(nfwpolicy, tmp_path):
    path = tmp_path / "hostile\x1b[31m.yaml"
    path.write_text(VALID.replace("action: allow", '"\\e]0;owned\\a": allow'))
    result = nfwpolicy("check", path)
    assert result.returncode == 1
    assert "\x1b" not in result.stderr
    assert "\x07" not in result.stderr
    assert "hostile\\x1b[31m.yaml" in result.stderr


def on_terminal(nfwpolicy, *arguments, environment=None):
    """What the program writes to stderr when that is a terminal."""
    primary, secondary = pty.openpty()
    text = b""
    try:
        nfwpolicy(*arguments, stderr=secondary, environment=environment)
        # what one read returns is up to the terminal: a mark tells where the end is
        os.write(secondary, b"\0")
        while not text.endswith(b"\0"):
            text += os.read(primary, 65536)
    finally:
        os.close(primary)
        os.close(secondary)
    return text.decode()


@pytest.mark.parametrize(
    "options, environment, colored",
    [
        ([], {}, True),
        (["--color=auto"], {}, True),
        (["--color=never"], {}, False),
        ([], {"NO_COLOR": "1"}, False),
        ([], {"NO_COLOR": ""}, True),
        ([], {"TERM": "dumb"}, False),
        (["--color=always"], {"NO_COLOR": "1"}, True),
    ],
)
def test_colors_on_a_terminal(nfwpolicy, invalid, options, environment, colored):
    text = on_terminal(nfwpolicy, "check", *options, invalid, environment=environment)
    assert "acton" in text
    assert ("\x1b[" in text) == colored


def test_colors_elsewhere(nfwpolicy, invalid):
    assert "\x1b[" not in nfwpolicy("check", invalid).stderr
    colored = nfwpolicy("check", "--color=always", invalid).stderr
    assert "\x1b[" in colored
    assert re.sub(r"\x1b\[[\d;]*m", "", colored) == nfwpolicy("check", invalid).stderr
