# SPDX-License-Identifier: GPL-2.0-or-later
"""The first root file system of the guest: busybox, a few modules and a script."""

import lzma
import pathlib
import shutil
import subprocess
import tempfile

from . import Unavailable

MODULES = ["virtio_pci", "virtio_console", "9pnet_virtio", "9p", "overlay"]
INIT = pathlib.Path(__file__).parent.parent / "guest" / "init"


def build(kernel, target):
    busybox = shutil.which("busybox")
    if not busybox or not shutil.which("cpio"):
        raise Unavailable("busybox (the static one) or cpio is missing")
    with tempfile.TemporaryDirectory() as scratch:
        root = pathlib.Path(scratch)
        for directory in ("bin", "dev", "modules", "proc", "root", "sys"):
            (root / directory).mkdir()
        shutil.copy(busybox, root / "bin/busybox")
        shutil.copy(INIT, root / "init")
        order = []
        for path in kernel.closure(MODULES):
            name = path.name.removesuffix(".xz")
            data = path.read_bytes()
            (root / "modules" / name).write_bytes(lzma.decompress(data) if path.suffix == ".xz" else data)
            order.append(name)
        (root / "modules/order").write_text("\n".join(order) + "\n")
        names = "\0".join(str(path.relative_to(root)) for path in sorted(root.rglob("*")))
        with open(target, "wb") as archive:
            subprocess.run(
                ["cpio", "--quiet", "-0", "-o", "-H", "newc"],
                cwd=root,
                input=names.encode(),
                stdout=archive,
                check=True,
            )
