# SPDX-License-Identifier: GPL-2.0-or-later
"""One run of the virtual machine: start it, pass its output on, end it."""

import ctypes
import os
import pathlib
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time

from . import Unavailable

QEMU = "qemu-system-x86_64"
PR_SET_PDEATHSIG = 1
# KVM is no default: where the host is a virtual machine itself, it may be there and never get anywhere.
ACCELERATOR = os.environ.get("NFWPOLICY_VM_ACCELERATOR", "tcg,thread=multi")
HERE = pathlib.Path(__file__).parent.parent

# Mitigations and randomisation protect nobody here and cost an emulated processor dearly.
KERNEL_ARGUMENTS = (
    "console=ttyS0 loglevel=4 panic=-1 mitigations=off nopti nokaslr apparmor=0 audit=0 tsc=reliable "
    "no_timer_check random.trust_cpu=on rcupdate.rcu_expedited=1"
)


class TimedOut(Exception):
    """The command had not ended when its time was over."""


class Machine:
    """What is exchanged with the guest lies in the directory exchange, the console's output in its file console, and files
    that are to lie over those of this machine in its directory layer."""

    def __init__(self, kernel, initramfs, exchange):
        if not shutil.which(QEMU):
            raise Unavailable(f"{QEMU} is missing")
        self.kernel = kernel
        self.initramfs = initramfs
        self.exchange = exchange
        self.console = exchange / "console"
        self.layer = exchange / "layer"

    def prepare(self, directory, environment, command, systemd=False):
        """command None: an interactive shell; systemd: it is to be the first process."""
        variables = {
            "VM_MODULES": str(self.kernel.modules.parent),
            "VM_DIRECTORY": str(directory),
            "VM_SHELL": "" if command else "yes",
            "VM_SYSTEMD": "yes" if systemd else "",
        }
        if command:
            (self.exchange / "job").write_text("exec " + shlex.join(command) + "\n")
        lines = [f"export {name}={shlex.quote(value)}\n" for name, value in {**variables, **environment}.items()]
        (self.exchange / "environment").write_text("".join(lines))
        shutil.copy(HERE / "guest" / "start", self.exchange / "start")

    def _arguments(self):
        shares = []
        self.layer.mkdir(exist_ok=True)
        read_only = ",readonly=on"
        for tag, path, access in (
            ("root", "/", read_only),
            ("layer", self.layer, read_only),
            ("exchange", self.exchange, ""),
        ):
            shares += [
                "-virtfs",
                f"local,path={path},mount_tag={tag},security_model=none,multidevs=remap{access}",
            ]
        # fmt: off
        return [
            QEMU, "-M", "q35", "-accel", ACCELERATOR, "-cpu", "max", "-smp", "2", "-m", "1G",
            "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-kernel", str(self.kernel.image), "-initrd", str(self.initramfs), "-append", KERNEL_ARGUMENTS,
            "-device", "virtio-rng-pci",
            *shares,
        ]
        # fmt: on

    def shell(self):
        arguments = [*self._arguments(), "-chardev", "stdio,id=tty,signal=off", "-serial", "chardev:tty"]
        with _started(arguments) as process:
            process.wait()

    def run(self, timeout):
        """Copies the guest's output to ours; returns the time to boot in seconds and the exit status."""
        ours, theirs = socket.socketpair()
        arguments = [
            *self._arguments(),
            *("-serial", f"file:{self.console}"),
            *("-device", "virtio-serial", "-chardev", f"socket,id=output,fd={theirs.fileno()}"),
            *("-device", "virtserialport,chardev=output,name=output"),
        ]
        begin = time.monotonic()
        with _started(arguments, stdin=subprocess.DEVNULL, stdout=sys.stderr, pass_fds=[theirs.fileno()]):
            theirs.close()
            boot = self._copy(ours, begin, begin + timeout)
        return boot, self._status()

    def _copy(self, stream, begin, deadline):
        boot = None
        data = b""
        while True:
            stream.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                chunk = stream.recv(65536)
            except TimeoutError:
                raise TimedOut from None
            if not chunk:
                return boot
            data += chunk
            if boot is None:
                ready, newline, data = data.partition(b"READY\n")
                if not newline:
                    data = ready
                    continue
                boot = time.monotonic() - begin
                print(f"# the virtual machine ({self.kernel.release}) booted in {boot:.1f} s", file=sys.stderr)
            os.write(sys.stdout.fileno(), data)
            data = b""

    def _status(self):
        try:
            return int((self.exchange / "status").read_text())
        except (OSError, ValueError):
            return None


class _started:
    """A process that does not outlive the with statement, nor this process, however that ends."""

    def __init__(self, arguments, **options):
        libc = ctypes.CDLL(None)
        self.process = subprocess.Popen(
            arguments, preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL), **options
        )

    def __enter__(self):
        return self.process

    def __exit__(self, kind, value, trace):
        try:
            # After the end of its output the guest needs a moment to power off.
            self.process.wait(5 if kind is None else 0)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
