# SPDX-License-Identifier: GPL-2.0-or-later
"""The build, installed into a temporary place, and how a stranger compiles against it."""

import os
import pathlib
import subprocess
import sys

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("NFWPOLICY_BUILD", SOURCE / "build"))
sys.path.insert(0, str(SOURCE / "tests/netns"))


class Installed:
    """An installation, its compiler and what pkg-config says of it."""

    def __init__(self, root):
        meson = os.environ.get("NFWPOLICY_MESON", "meson")
        self.compiler = os.environ.get("NFWPOLICY_COMPILER", "cc").split()
        self.sanitizers = os.environ.get("NFWPOLICY_SANITIZERS", "").split()
        self.root = root
        run(meson, "install", "-C", str(BUILD), "--no-rebuild", "--destdir", str(root))
        (self.pc_file,) = root.rglob("libnfwpolicy.pc")
        self.library = next(path for path in root.rglob("libnfwpolicy.so") if path.exists())
        self.prefix = next(path for path in self.pc_file.parents if (path / "include").is_dir())
        self.pkg_config = f"pkg-config --define-variable=prefix={self.prefix}"
        self.environment = dict(
            os.environ, PKG_CONFIG_PATH=str(self.pc_file.parent), LD_LIBRARY_PATH=str(self.library.parent)
        )

    def flags(self, *options):
        return run(*self.pkg_config.split(), *options, "libnfwpolicy", env=self.environment).split()


def run(*command, **options):
    """Standard output of what has to succeed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{command}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    return Installed(tmp_path_factory.mktemp("installed"))
