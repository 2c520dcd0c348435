# SPDX-License-Identifier: GPL-2.0-or-later
"""Who changes our tables is told by name: signals of a daemon that keeps them."""

import os
import re

import pytest

from bus import NAME, PATH
from lab import NFWPOLICY, eventually
from policies import allow, policy

# A shell that says who it is before it becomes nft.
NFT = 'echo $$; exec nft "$@"'
TABLE = ("inet", "nfwpolicy")


@pytest.fixture
def kept(bus):
    """web on vnet0, and a daemon that keeps it in force."""
    bus.start_daemon("--store-directory", os.path.join(bus.lab.directory, "store"))
    path = bus.write("web.yaml", policy(allow(ips=["192.0.2.0/24"])))
    bus.lab.host.run(NFWPOLICY, "load", path, "--port", "vnet0", "--state-directory", bus.lab.state)
    bus.listener = bus.client()
    bus.listener.call("Reload")
    bus.listener.heard()
    bus.listener.signals.clear()
    return bus


def nft(bus, *arguments):
    return int(bus.lab.host.run("bash", "-c", NFT, "bash", *arguments).stdout)


@pytest.mark.parametrize("arguments", [
    ("delete", "table", *TABLE), ("flush", "ruleset"), ("add", "chain", *TABLE, "somebody"),
    ("flush", "map", *TABLE, "egress"),
], ids=" ".join)
def test_nft(kept, arguments):
    pid = nft(kept, *arguments)
    assert kept.listener.wait_for("Edited") == ("nft", pid)
    (signal,) = {each[:3] for each in kept.listener.heard("Edited")}
    assert signal == (PATH, f"{NAME}.Manager", "Edited")
    verify = (NFWPOLICY, "verify", "--state-directory", kept.lab.state)
    eventually(lambda: kept.lab.host.run(*verify, check=False).returncode == 0)


def test_what_was_learned(kept):
    """As if a name server had said it."""
    path = kept.write("names.yaml", policy(allow(domains=["www.example"])))
    kept.lab.host.run(NFWPOLICY, "load", path, "--port", "vnet0", "--resolver", "203.0.113.53", "--state-directory",
                      kept.lab.state)
    kept.listener.call("Reload")
    (learned,) = re.findall(r"set (\S+-learned4) ", kept.lab.nft("list", "sets", "inet"))
    pid = nft(kept, "add", "element", *TABLE, learned, "{ vnet0 . 192.0.2.1 }")
    assert kept.listener.wait_for("Edited") == ("nft", pid)
    eventually(lambda: "192.0.2.1" not in kept.lab.nft("list", "set", *TABLE, learned))


def test_what_we_do_ourselves_is_not_told(kept):
    kept.lab.host.run(NFWPOLICY, "detach", "--port", "vnet0", "--state-directory", kept.lab.state)
    assert kept.listener.wait_for("PortDetached") == ("vnet0",)
    nft(kept, "add", "table", "inet", "another")
    # What comes after it has been heard, so it would have been.
    pid = nft(kept, "add", "chain", *TABLE, "somebody")
    assert kept.listener.wait_for("Edited") == ("nft", pid)
    assert len(kept.listener.heard("Edited")) == 1


def test_a_filter_that_is_flushed_is_told(kept):
    for command in ("link add br0 type bridge", "link set br0 up", "link add port0 type veth peer name peer0",
                    "link set port0 master br0 up"):
        kept.lab.host.run("ip", *command.split(" "))
    kept.listener.call("DefineFilter", "(sa{sv})", "<filter name='x'><rule action='drop' direction='in'/></filter>", {})
    kept.listener.call(
        "Bind", "(sa{sv})", "<filterbinding><portdev name='port0'/><filterref filter='x'/></filterbinding>", {})
    kept.listener.heard()
    kept.listener.signals.clear()
    pid = nft(kept, "delete", "table", "bridge", "nfwpolicy-filter")
    assert kept.listener.wait_for("Edited") == ("nft", pid)
    eventually(lambda: "nfwpolicy-filter" in kept.lab.nft("list", "tables"))
