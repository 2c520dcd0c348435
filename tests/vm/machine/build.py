# SPDX-License-Identifier: GPL-2.0-or-later
"""The build as it is installed, as a layer of files for the guest to have on top of this machine's own."""

import json
import pathlib
import shutil
import subprocess

from . import Unavailable

SYSTEMD = pathlib.Path("/usr/lib/systemd/systemd")
# Where the bus and polkit look, whatever the prefix is.
ELSEWHERE = {"dbus-1/system.d": "etc/dbus-1/system.d", "polkit-1/actions": "usr/share/polkit-1/actions"}


def layer(build, etc, directory):
    """Installs below the directory what is built, and adds the files of the directory etc to its configuration."""
    if not SYSTEMD.exists():
        raise Unavailable("systemd is missing")
    meson = shutil.which("meson", path="/usr/bin") or shutil.which("meson")
    if not meson:
        raise Unavailable("meson is missing")
    subprocess.run(
        [meson, "install", "-C", build, "--no-rebuild", "--quiet", "--destdir", directory],
        stdout=subprocess.DEVNULL,
        check=True,
    )
    known = json.loads((pathlib.Path(build) / "meson-info/intro-buildoptions.json").read_text())
    option = {each["name"]: each["value"] for each in known}
    prefix = directory / option["prefix"].lstrip("/")
    for place, wanted in ELSEWHERE.items():
        shutil.copytree(prefix / option["datadir"] / place, directory / wanted, dirs_exist_ok=True)
    # ldconfig takes half a minute in the guest; these directories are looked into without it.
    for library in (prefix / option["libdir"]).glob("*.so.*"):
        link = directory / "usr" / option["libdir"] / library.name
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.exists():
            link.symlink_to("/" + str(library.relative_to(directory)))
    shutil.copytree(etc, prefix / option["sysconfdir"] / "nfwpolicy", dirs_exist_ok=True)
