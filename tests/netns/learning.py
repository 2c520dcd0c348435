# SPDX-License-Identifier: GPL-2.0-or-later
"""Looking names up, and knowing when the learner has looked at all of it."""

import itertools

from dnsserver import Responder, lookup
from dnswire import A, AAAA, address, question_name, reply
from policies import allow, policy

RESOLVER4, RESOLVER6 = "203.0.113.53", "2001:db8:53::53"
UNTRUSTED = "203.0.113.54"

# Names that are learned whatever the rules, unless one of them allows the address anyway: then nothing has to be
# learned for it. When one is learned, everything that was asked before it has been looked at.
MARKER_SUFFIX, MARKER_ADDRESS = "marker.example", "203.0.113.99"
MARKER_RULE = allow(-1000, domains=[f"*.{MARKER_SUFFIX}"], ips=[MARKER_ADDRESS])
_numbers = itertools.count(1)


def load(lab, *rules, resolvers=(RESOLVER4, RESOLVER6), options=(), ports=("vnet0",)):
    trusted = [word for resolver in resolvers for word in ("--resolver", resolver)]
    return lab.load(policy(MARKER_RULE, *rules), *trusted, *options, ports=ports)


def ask(lab, *names, qtypes=(A, AAAA), server=RESOLVER4, **options):
    for name in names:
        for qtype in qtypes:
            lookup(lab.guest, server, name, qtype, **options)


def settle(lab, namespace=None, port="vnet0", server=RESOLVER4):
    """Waits until the learner has looked at everything that was said so far."""
    name = f"n{next(_numbers)}.{MARKER_SUFFIX}"
    lookup(namespace or lab.guest, server, name)
    lab.wait_learned(name, MARKER_ADDRESS, port)


def learned(lab, port="vnet0"):
    """What was learned besides the markers."""
    return {pair for pair in lab.learned(port) if not pair[0].endswith(MARKER_SUFFIX)}


class MarkedResponder(Responder):
    """A responder that knows the markers too."""

    def __init__(self, lab, make_replies, namespace=None, server=RESOLVER4):
        self.make_other_replies = make_replies
        super().__init__(lab, namespace or lab.internet, server, self._make_replies)

    def _make_replies(self, message):
        name = question_name(message)
        if name.endswith(MARKER_SUFFIX):
            return [reply(message, address(name, MARKER_ADDRESS))]
        return self.make_other_replies(message)
