# SPDX-License-Identifier: GPL-2.0-or-later
"""Name servers: a real one with records of the test's, and one that answers whatever the test wants."""

import os
import selectors
import socket
import threading
import time

import dnswire
from lab import eventually
from probe import PATIENT, family_of


def dnsmasq(lab, namespace, addresses, options):
    """Debian's dnsmasq, authoritative for what the options say and for nothing else."""
    log = lab.file("dnsmasq.log", "")
    process = namespace.start(
        "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--no-poll",
        "--user=root", "--pid-file=", f"--log-facility={log}", "--bind-interfaces", "--cache-size=0",
        *(f"--listen-address={address}" for address in addresses), *options,
    )
    lab.processes.append(process)

    def said():
        with open(log, encoding="utf-8") as stream:
            return stream.read()

    eventually(lambda: "started" in said() or process.poll() is not None)
    assert process.poll() is None, said()
    return process


class Responder:
    """
    Answers datagrams to (address, port) with what make_replies(query) returns: a list of messages. Meanwhile peer
    is who has asked.
    """

    def __init__(self, lab, namespace, address, make_replies, port=53):
        self.make_replies = make_replies
        self.lab = lab
        self.peer = None
        self.socket = namespace.socket(family_of(address), socket.SOCK_DGRAM)
        self.socket.bind((address, port))
        self.stop_reader, self.stop_writer = os.pipe()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        lab.closers.append(self.close)

    def _run(self):
        with selectors.DefaultSelector() as selector:
            selector.register(self.socket, selectors.EVENT_READ)
            selector.register(self.stop_reader, selectors.EVENT_READ)
            while True:
                if any(key.fd == self.stop_reader for key, _ in selector.select()):
                    return
                message, self.peer = self.socket.recvfrom(65536)
                for each in self.make_replies(message):
                    self.socket.sendto(each, self.peer)

    def close(self):
        if self.thread:
            os.write(self.stop_writer, b"x")
            self.thread.join()
            self.thread = None
            self.socket.close()
            os.close(self.stop_reader)
            os.close(self.stop_writer)


def answer_with(*addresses, ttl=300):
    """Whatever is asked has these addresses."""
    def make_replies(message):
        name = dnswire.question_name(message)
        return [dnswire.reply(message, *(dnswire.address(name, each, ttl) for each in addresses))]
    return make_replies


def lookup(namespace, server, name, qtype=dnswire.A, message=None, seconds=PATIENT, again=PATIENT):
    """
    Asks and waits for the first answer; the message may be given. Once, so that tests can count questions and answers; again
    every so many seconds, as resolvers do, where what is asked may get lost.
    """
    message = dnswire.query(name, qtype) if message is None else message
    deadline = time.monotonic() + seconds
    with namespace.socket(family_of(server), socket.SOCK_DGRAM) as client:
        client.connect((server, 53))
        while True:
            client.settimeout(max(0.001, min(again, deadline - time.monotonic())))
            client.send(message)
            try:
                return client.recv(65536)
            except TimeoutError:
                if time.monotonic() >= deadline:
                    raise
