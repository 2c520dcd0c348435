# SPDX-License-Identifier: GPL-2.0-or-later
"""As much of RFC 1035 as the tests say to each other."""

import ipaddress
import os
import struct

A, CNAME, TXT, AAAA, HTTPS = 1, 5, 16, 28, 65


def encode_name(name):
    labels = [label.encode() for label in name.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def new_id():
    return int.from_bytes(os.urandom(2), "big")


def query(name, qtype=A, id=None):
    header = struct.pack("!HHHHHH", new_id() if id is None else id, 0x0100, 1, 0, 0, 0)
    return header + encode_name(name) + struct.pack("!HH", qtype, 1)


def question_end(message):
    end = 12
    while message[end]:
        end += 1 + message[end]
    return end + 5


def question_name(message):
    end, labels = 12, []
    while message[end]:
        labels.append(message[end + 1:end + 1 + message[end]].decode(errors="replace"))
        end += 1 + message[end]
    return ".".join(labels)


def question_type(message):
    return struct.unpack("!H", message[question_end(message) - 4:question_end(message) - 2])[0]


def record(owner, rtype, ttl, data):
    return encode_name(owner) + struct.pack("!HHIH", rtype, 1, ttl, len(data)) + data


def address(owner, text, ttl=300):
    """An A or AAAA record."""
    parsed = ipaddress.ip_address(text)
    return record(owner, A if parsed.version == 4 else AAAA, ttl, parsed.packed)


def alias(owner, target, ttl=300):
    return record(owner, CNAME, ttl, encode_name(target))


def https(owner, *hints, target=".", ttl=300):
    """RFC 9460 in service mode, with address hints."""
    parameters = b""
    for key, version in ((4, 4), (6, 6)):
        packed = [each.packed for each in map(ipaddress.ip_address, hints) if each.version == version]
        if packed:
            parameters += struct.pack("!HH", key, sum(map(len, packed))) + b"".join(packed)
    return record(owner, HTTPS, ttl, struct.pack("!H", 1) + encode_name(target) + parameters)


def reply(to, *answers, id=None, flags=0x8180, question=None):
    """The answer to a query; what is given differs from what the query asks for."""
    question = to[12:question_end(to)] if question is None else question
    id = struct.unpack("!H", to[:2])[0] if id is None else id
    return struct.pack("!HHHHHH", id, flags, 1, len(answers), 0, 0) + question + b"".join(answers)
