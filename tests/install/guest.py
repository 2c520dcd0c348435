# SPDX-License-Identifier: GPL-2.0-or-later
"""
A guest without a machine around it: a tap in the namespace it is started in, wired to descriptor 3.

usage: guest.py INTERFACE
"""

import fcntl
import os
import select
import struct
import sys

TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000
HOST = 3


def main():
    card = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(card, TUNSETIFF, struct.pack("16sH22x", sys.argv[1].encode(), IFF_TAP | IFF_NO_PI))
    while True:
        readable, _, _ = select.select([HOST, card], [], [])
        for source in readable:
            try:
                os.write(card if source == HOST else HOST, os.read(source, 65536))
            except OSError:
                pass  # an interface that is down, on either side, takes nothing


if __name__ == "__main__":
    main()
