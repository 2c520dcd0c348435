# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's kernel package as files: an image to boot and the modules that belong to it."""

import fcntl
import lzma
import os
import pathlib
import platform
import re
import shutil
import struct
import subprocess
import tempfile

from . import Unavailable

META_PACKAGE = "linux-image-amd64"

# Nearly all of the package is drivers for hardware that the virtual machine does not have.
WANTED = [
    "./boot/vmlinuz-*",
    "./lib/modules/*/modules.*",
    *(
        f"./lib/modules/*/kernel/{name}"
        for name in (
            "arch",
            "crypto",
            "drivers/char/virtio_console.*",
            "drivers/net/*.ko*",
            "drivers/virtio",
            "fs/9p",
            "fs/fscache",
            "fs/netfs",
            "fs/overlayfs",
            "lib",
            "net",
        )
    ),
]


class Kernel:
    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        (self.modules,) = (self.directory / "lib/modules").iterdir()
        self.release = self.modules.name
        self.image = self.directory / "vmlinux"
        if not self.image.exists():
            self.image = self.directory / "boot" / f"vmlinuz-{self.release}"

    def closure(self, names):
        """The files of these modules and of all that they need, in the order in which they load."""
        needs = {}
        for line in (self.modules / "modules.dep").read_text().splitlines():
            file, _, dependencies = line.partition(":")
            needs[re.sub(r"\.ko.*", "", os.path.basename(file)).replace("-", "_")] = [
                self.modules / name for name in [file, *dependencies.split()]
            ]
        ordered = []
        for name in names:
            # modules.dep names the nearest dependency first; a missing module is built into the kernel
            for path in reversed(needs.get(name, [])):
                if path not in ordered:
                    ordered.append(path)
        return ordered


def obtain(cache):
    """The kernel in the directory cache; downloads and unpacks it when it is not there."""
    if platform.machine() != "x86_64":
        raise Unavailable(f"no test kernel for {platform.machine()}")
    cache.mkdir(parents=True, exist_ok=True)
    with open(cache / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        target = cache / "kernel"
        if not target.exists():
            with tempfile.TemporaryDirectory(dir=cache) as scratch:
                unpacked = pathlib.Path(scratch) / "unpacked"
                _unpack(_package(pathlib.Path(scratch)), unpacked)
                _decompress(unpacked)
                unpacked.rename(target)
        return Kernel(target)


def _package(directory):
    given = os.environ.get("NFWPOLICY_VM_KERNEL_PACKAGE")
    if given:
        return pathlib.Path(given)
    for tool in ("apt-get", "apt-cache", "dpkg-deb", "depmod"):
        if not shutil.which(tool):
            raise Unavailable(f"{tool} is missing, so there is no Debian kernel to boot")
    for refresh in (False, True):
        # Old package lists name a file that the archive has already replaced.
        if refresh and os.geteuid() == 0:
            subprocess.run(["apt-get", "-q", "update"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        depends = subprocess.run(["apt-cache", "depends", META_PACKAGE], stdout=subprocess.PIPE, text=True)
        name = re.search(r"Depends: (linux-image-\d\S+)", depends.stdout)
        if not name:
            continue
        subprocess.run(
            ["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", name[1]],
            cwd=directory,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for package in directory.glob("*.deb"):
            return package
    raise Unavailable(f"apt-get cannot download the kernel that {META_PACKAGE} stands for")


def _unpack(package, directory):
    directory.mkdir()
    archive = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE)
    subprocess.run(
        ["tar", "-x", "-C", directory, "--wildcards", "--no-wildcards-match-slash", *WANTED],
        stdin=archive.stdout,
        stderr=subprocess.DEVNULL,
    )
    archive.stdout.close()
    if archive.wait() != 0:
        raise Unavailable(f"{package} cannot be unpacked")
    (release,) = os.listdir(directory / "lib/modules")
    subprocess.run(["depmod", "-b", directory, release], check=True, stderr=subprocess.DEVNULL)


def _decompress(directory):
    """Leave the unpacking of the image to the host: emulated, it is a third of the time that a boot takes."""
    (compressed,) = (directory / "boot").glob("vmlinuz-*")
    data = compressed.read_bytes()
    # The Linux/x86 boot protocol, version 2.08: setup_sects, payload_offset, payload_length.
    offset, length = struct.unpack_from("<II", data, 0x248)
    start = (data[0x1F1] + 1) * 512 + offset
    payload = data[start : start + length]
    if payload.startswith(b"\xfd7zXZ\0"):
        (directory / "vmlinux").write_bytes(lzma.LZMADecompressor().decompress(payload))
