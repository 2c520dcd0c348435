# SPDX-License-Identifier: GPL-2.0-or-later
"""A stock Debian kernel in QEMU, on top of this machine's own files."""


class Unavailable(Exception):
    """The virtual machine cannot be had here; the text says why."""
