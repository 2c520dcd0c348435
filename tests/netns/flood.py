# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest that sends all the time: packets tell whether a policy is in force without a gap."""

import socket
import threading
import time

from lab import eventually
from packets import Wire
from policies import allow, policy

V4, OTHER4 = "192.0.2.1", "198.51.100.1"


class Flood:
    """A guest's datagrams, forbidden and allowed ones by turns, and what of them comes out on the other side."""

    FORBIDDEN, GRANTED, FIXED = (OTHER4, 9999), (V4, 443), (OTHER4, 80)
    RULES = policy(allow(1, domains=["*.example"]), allow(2, ips=[OTHER4], ports=[80]))

    def __init__(self, lab):
        self.lab = lab
        self.stop = threading.Event()
        self.sender = self.open()
        self.wire = Wire(lab.internet, "down0", 0x0800)  # what comes in there
        self.wire.socket.settimeout(0.2)
        self.n = {self.FORBIDDEN: 0, self.GRANTED: 0, self.FIXED: 0}
        self.n_sent = 0
        self.latest = dict.fromkeys(self.n, -1)  # the number of what has come last
        self.threads = [threading.Thread(target=each) for each in (self.send, self.listen)]

    def open(self):
        return self.lab.guest.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def send(self):
        while not self.stop.is_set():
            for destination in self.n:
                # From another port each time: no packet rides on the connection of an earlier one.
                if self.n_sent % 50 == 0:
                    self.sender.close()
                    self.sender = self.open()
                self.sender.sendto(b"flood" + self.n_sent.to_bytes(8, "big"), destination)
                self.n_sent += 1
            time.sleep(0.0005)

    def listen(self):
        while not self.stop.is_set():
            try:
                frame = self.wire.socket.recv(2000)
            except TimeoutError:
                continue
            # An ICMP error of the guest quotes what it was sent.
            if frame[23] == socket.IPPROTO_UDP and frame[42:47] == b"flood":
                to = socket.inet_ntoa(frame[30:34]), int.from_bytes(frame[36:38], "big")
                self.n[to] += 1
                self.latest[to] = int.from_bytes(frame[47:55], "big")

    def __enter__(self):
        for each in self.threads:
            each.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for each in self.threads:
            each.join()
        self.sender.close()
        self.wire.socket.close()

    def goes_on(self, *destinations):
        """Waits until something of each has passed that is sent from now on: what was sent before is counted then."""
        now = self.n_sent
        eventually(lambda: all(self.latest[each] > now for each in destinations))
