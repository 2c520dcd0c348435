# SPDX-License-Identifier: GPL-2.0-or-later
"""What the kernel holds, as nft prints it."""

import json
import re

TABLE = ("bridge", "nfwpolicy")


def seconds_left(namespace, port, address):
    """Of the grant of an address to a port; None where there is no such element."""
    ruleset = json.loads(namespace.check("nft", "-j", "list", "table", *TABLE))
    for item in ruleset["nftables"]:
        for element in item.get("set", {}).get("elem", ()):
            element = element.get("elem", element) if isinstance(element, dict) else {}
            value = element.get("val", {})
            if "expires" in element and isinstance(value, dict) and value.get("concat") == [port, address]:
                return element["expires"]
    return None


def listing(namespace):
    return namespace.check("nft", "list", "ruleset")


def without_time(text):
    """What runs while nobody looks: the time left, and packets counted."""
    text = re.sub(r" expires \w+", "", text)
    return re.sub(r"packets \d+ bytes \d+", "packets 0 bytes 0", text)
