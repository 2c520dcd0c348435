# SPDX-License-Identifier: GPL-2.0-or-later
"""The ways to build that docs/embedding.rst quotes, on the program of data/examples/embed."""

import os
import re
import shlex
import shutil
import textwrap

import pytest

from conftest import SOURCE, run


def quoted(language):
    text = (SOURCE / "docs/embedding.rst").read_text()
    (block,) = re.findall(rf"^\.\. code-block:: {language}\n\n((?:    .*\n|\n)+)", text, re.MULTILINE)
    return textwrap.dedent(block)


@pytest.fixture
def place(installed, tmp_path):
    """A folder with the program, and an environment in which the library is where .pc files are looked for."""
    shutil.copy(SOURCE / "data/examples/embed/vmrun.c", tmp_path)
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, command in (
        ("pkg-config", [shutil.which("pkg-config"), f"--define-variable=prefix={installed.prefix}"]),
        ("cc", [shutil.which(installed.compiler[0]), *installed.compiler[1:], *installed.sanitizers]),
    ):
        (tools / name).write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
        (tools / name).chmod(0o755)
    return tmp_path, dict(installed.environment, PATH=f"{tools}:{os.environ['PATH']}", CC="cc")


def assert_is_linked(installed, program, environment):
    assert f"libnfwpolicy.so.0 => {installed.library.parent}/" in run("ldd", str(program), env=environment)


def test_with_pkg_config(installed, place):
    folder, environment = place
    run("sh", "-ec", quoted("sh"), cwd=folder, env=environment)
    assert_is_linked(installed, folder / "vmrun", environment)


def test_with_meson(installed, place):
    folder, environment = place
    (folder / "meson.build").write_text(quoted("meson"))
    meson = os.environ.get("NFWPOLICY_MESON", "meson")
    run(meson, "setup", "build", "-Db_lundef=false", cwd=folder, env=environment)
    run("ninja", "-C", "build", cwd=folder, env=environment)
    assert_is_linked(installed, folder / "build/vmrun", environment)
