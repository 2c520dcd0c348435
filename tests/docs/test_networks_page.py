# SPDX-License-Identifier: GPL-2.0-or-later
"""What docs/networks.rst quotes is right."""

import os
import pathlib
import re
import shutil
import subprocess
import textwrap

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("NFWPOLICY_BUILD", SOURCE / "build"))
PAGE = (SOURCE / "docs/networks.rst").read_text()


def test_the_configuration_of_dnsmasq_is_valid(tmp_path):
    if not shutil.which("dnsmasq"):
        pytest.skip("needs dnsmasq")
    quoted = re.search(r"    # dnsmasq for virbr0\n(.*?)    # end\n", PAGE, re.DOTALL)[1]
    path = tmp_path / "dnsmasq.conf"
    path.write_text(textwrap.dedent(quoted))
    result = subprocess.run(["dnsmasq", "--test", f"--conf-file={path}"], capture_output=True, text=True, check=False)
    assert (result.returncode, "syntax check OK" in result.stderr) == (0, True), result.stderr


def test_the_network_in_yaml_is_valid(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("needs the privilege that the command asks for")
    quoted = re.search(r"(?:^    .*\n)*^    name: lab\n(?:    .*\n)*", PAGE, re.MULTILINE)[0]
    path = tmp_path / "lab.yaml"
    path.write_text(textwrap.dedent(quoted))
    result = subprocess.run(
        [str(BUILD / "cmd/nfwpolicy/nfwpolicy"), "net-define", "--validate", "--network-directory", str(tmp_path), str(path)],
        capture_output=True, text=True, check=False,
    )
    assert (result.returncode, result.stderr) == (0, ""), result.stderr
