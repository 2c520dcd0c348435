# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the output goes: closed and full streams, pipes whose reader is gone, locales."""

import json
import os
import subprocess

import pytest

QUIET_FAILURE = "nfwpolicy: cannot write the output: "


def close(*descriptors):
    def closer():
        for each in descriptors:
            os.close(each)

    return closer


PRINTING = [
    ["check", "FILE"], ["check", "--json", "FILE"], ["--help"], ["help", "load"], ["list", "--help"], ["--version"],
]


@pytest.fixture(params=PRINTING, ids=" ".join)
def arguments(request, valid):
    return [valid if each == "FILE" else each for each in request.param]


def test_full_disk(nfwpolicy, arguments):
    with open("/dev/full", "w", encoding="utf-8") as full:
        result = nfwpolicy(*arguments, stdout=full)
    assert (result.returncode, result.stderr) == (2, QUIET_FAILURE + "No space left on device\n")


def test_closed_output(nfwpolicy, arguments):
    result = nfwpolicy(*arguments, preexec_fn=close(1))
    assert (result.returncode, result.stderr) == (2, QUIET_FAILURE + "Bad file descriptor\n")


def test_all_streams_closed(nfwpolicy, arguments):
    assert nfwpolicy(*arguments, preexec_fn=close(0, 1, 2)).returncode == 2


def test_nothing_to_print_to_a_closed_output(nfwpolicy, valid):
    result = nfwpolicy("check", "-q", valid, preexec_fn=close(1))
    assert (result.returncode, result.stderr) == (0, "")


def test_output_does_not_go_where_a_file_was_opened(nfwpolicy, tmp_path):
    """With its first streams closed, a program's first open() would be what it prints to."""
    policy = tmp_path / "policy.yaml"
    policy.write_text("wrong: [")
    before = policy.read_bytes()
    result = nfwpolicy("check", policy, preexec_fn=close(0, 1, 2))
    assert result.returncode == 1
    assert policy.read_bytes() == before


def test_reader_is_gone(nfwpolicy, arguments):
    """Killed as any program is; where the caller ignores that signal, it is an error like others."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as output:
        result = nfwpolicy(*arguments, stdout=output)
        assert (result.returncode, result.stderr) == (-13, "")
        result = nfwpolicy(*arguments, stdout=output, restore_signals=False)
        assert (result.returncode, result.stderr) == (2, QUIET_FAILURE + "Broken pipe\n")


def test_first_line_only(nfwpolicy):
    command = [nfwpolicy.path, "help", "load"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline().startswith("Usage: nfwpolicy load")
        process.stdout.close()
        assert process.stderr.read() == ""


@pytest.mark.parametrize(
    "locale", ["C", "POSIX", "xx_YY.broken", "de_DE.UTF-8", "tr_TR.UTF-8", "/../../etc/passwd", ""]
)
def test_locales(nfwpolicy, invalid, tmp_path, locale):
    """The same octets everywhere, which is what programs that read them need."""
    environment = {"LC_ALL": locale, "LANG": locale, "LANGUAGE": "de", "LC_NUMERIC": locale}
    missing = tmp_path / "fehlt-äöü.yaml"
    for command in (["check", invalid, missing], ["check", "--json", invalid, missing], ["lod"], ["--help"]):
        expected = nfwpolicy(*command)
        result = nfwpolicy(*command, environment=environment)
        assert (result.returncode, result.stdout, result.stderr) == (
            expected.returncode, expected.stdout, expected.stderr,
        )
    assert json.loads(nfwpolicy("check", "--json", invalid, environment=environment).stdout)[0]["valid"] is False
