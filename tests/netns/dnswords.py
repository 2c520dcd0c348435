# SPDX-License-Identifier: GPL-2.0-or-later
"""DNS messages written in words, as tests/data/README.rst has them."""

import ipaddress
import re
import struct

from dnswire import encode_name

NUMBERS = {
    "A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "MX": 15, "TXT": 16, "AAAA": 28, "DNAME": 39, "OPT": 41, "RRSIG": 46,
    "SVCB": 64, "HTTPS": 65, "IN": 1, "CH": 3, "HS": 4, "ANY": 255,
}
SECTIONS = ("answer", "authority", "additional")


def _octets(word):
    if word.startswith('"'):
        label = word[1:-1].encode()
        return bytes([len(label)]) + label
    if word.endswith("."):
        return encode_name(word)
    if word in NUMBERS:
        return struct.pack("!H", NUMBERS[word])
    if re.fullmatch(r"\d+s", word):
        return struct.pack("!I", int(word[:-1]))
    if re.fullmatch(r"([0-9a-fA-F]{2})+", word):
        return bytes.fromhex(word)
    return ipaddress.ip_address(word).packed


def octets(words):
    """What the words say."""
    open_parts = [b""]
    for word in re.findall(r'"[^"]*"|\S+', words):
        if word == "(":
            open_parts.append(b"")
        elif word == ")":
            data = open_parts.pop()
            open_parts[-1] += struct.pack("!H", len(data)) + data
        else:
            open_parts[-1] += _octets(word)
    assert len(open_parts) == 1, words
    return open_parts[0]


def message(question, parts, flags=0x8180):
    """A message to that question; parts may have the sections, and what is to be wrong in it."""
    if "raw" in parts:
        return octets(str(parts["raw"]))
    questions = parts.get("question", [question])
    sections = [parts.get(section, []) for section in SECTIONS]
    counts = map(int, parts["counts"].split()) if "counts" in parts else map(len, (questions, *sections))
    header = (int(str(parts.get("id", 1234)), 16), int(str(parts["flags"]), 16) if "flags" in parts else flags)
    records = [record for section in sections for record in section]
    return struct.pack("!HHHHHH", *header, *counts) + b"".join(octets(str(each)) for each in (*questions, *records))
