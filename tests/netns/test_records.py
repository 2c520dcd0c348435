# SPDX-License-Identifier: GPL-2.0-or-later
"""What is remembered of loaded policies: there for whatever is in force at any moment, and nothing else for long."""

import glob
import os
import random
import re
import shutil
import time

import pytest

from policies import allow, policy

ONE, TWO = policy(allow(ips=["192.0.2.1"])), policy(allow(ips=["192.0.2.2"]))
ID = "0123456789abcdef"


@pytest.fixture
def lab(shared_lab):
    shared_lab.nfw("list")  # the state directory is there
    yield shared_lab
    shared_lab.unload_all()
    assert records(shared_lab) == []


def directory(lab):
    (found,) = glob.glob(f"{lab.state}/net-*")
    return found


def records(lab):
    """The names of the policies that have a record, and ".new" for what was not written to the end."""
    found = []
    for name in os.listdir(directory(lab)):
        if ".policy" in name:
            found.append(name.rsplit("-", 1)[0] + name.rsplit(".policy", 1)[1])
    return sorted(found)


def leave(lab, *names):
    for name in names:
        with open(os.path.join(directory(lab), name), "w", encoding="utf-8") as stream:
            stream.write("left by somebody who died")


def record_of(lab, name):
    (found,) = glob.glob(os.path.join(directory(lab), f"{name}-*.policy"))
    return found


def test_one_record_for_each_policy(lab):
    lab.load(ONE, name="one")
    lab.load(TWO, name="two", ports=["up0"])
    assert records(lab) == ["one", "two"]
    lab.load(TWO, name="one")
    lab.nfw("detach", "--port", "vnet0")
    assert records(lab) == ["one", "two"]
    lab.nfw("unload", "one")
    assert records(lab) == ["two"]
    assert lab.nfw("verify").returncode == 0


@pytest.mark.parametrize("command", ["load", "unload"])
def test_what_a_crash_has_left_goes_with_the_next_change(lab, command):
    lab.load(ONE, name="one")
    lab.load(TWO, name="two", ports=["up0"])
    leave(lab, f"one-{ID}.policy", f"two-{ID}.policy", f"gone-{ID}.policy", f"gone-{ID}.policy.new", "notes.policy")
    if command == "load":
        lab.load(TWO, name="one")
        assert records(lab) == ["notes.policy", "one", "two"]
    else:
        lab.nfw("unload", "one", "--force")
        assert records(lab) == ["notes.policy", "two"]
    os.unlink(os.path.join(directory(lab), "notes.policy"))
    assert lab.nfw("verify").returncode == 0


def test_what_only_looks_or_fails_removes_nothing(lab):
    lab.load(ONE, name="one")
    leave(lab, f"gone-{ID}.policy")
    lab.load(TWO, "--dry-run", name="one")
    lab.load(TWO, name="one", ports=["missing0"], check=False)
    for command in ("list", "show one", "verify", "attach one --port up0", "detach --port up0"):
        lab.nfw(*command.split())
    assert records(lab) == ["gone", "one"]
    lab.load(ONE, name="one")
    assert records(lab) == ["one"]


def test_each_namespace_has_its_own_records(lab):
    lab.load(ONE, name="one")
    ours = directory(lab)
    other = lab.namespace("other")
    other.run(*lab.nfw_command("load", lab.file("two.yaml", TWO), "--port", "lo"))
    assert len(glob.glob(f"{lab.state}/net-*")) == 2
    other.run(*lab.nfw_command("unload", "two", "--force"))
    assert lab.nfw("verify", "one").returncode == 0
    for place in glob.glob(f"{lab.state}/net-*"):
        if not glob.glob(f"{place}/*.policy"):
            shutil.rmtree(place)


def missing(lab, *names):
    """The policies that verify misses in the kernel."""
    result = lab.nfw("verify", *names, check=False)
    found = re.findall(r"error: policy (\S+) was loaded and is not in the kernel any more: ", result.stderr)
    assert len(found) == result.stderr.count("[kernel/missing-policy]")
    assert result.returncode == (1 if found else 0)
    return found


def test_an_emptied_ruleset(lab):
    """Whoever flushes the rules takes the policies with them: that is told until they are loaded again or unloaded."""
    lab.load(ONE, name="one")
    lab.load(TWO, "--name", "two", name="file", ports=["up0"])
    lab.host.run("nft", "flush", "ruleset")
    assert lab.json("list")["policies"] == []
    assert records(lab) == ["one", "two"]
    assert missing(lab) == ["one", "two"]
    assert missing(lab, "two") == ["two"]
    hint = re.search(r"`nfwpolicy (load .*file.yaml --name two --port) IFACE`", lab.nfw("verify", check=False).stderr)

    # What is loaded or unloaded otherwise does not hide it.
    lab.load(ONE, name="three")
    lab.nfw("unload", "three", "--force")
    lab.load(ONE, name="three")
    assert missing(lab) == ["one", "two"]
    assert missing(lab, "three") == []

    lab.nfw(*hint[1].split(), "up0")
    assert missing(lab) == ["one"]
    said = lab.nfw("unload", "one")
    assert "note: policy one was not in the kernel any more; it is forgotten [kernel/missing-policy]" in said.stderr
    assert missing(lab) == []
    assert records(lab) == ["three", "two"]
    assert lab.nfw("unload", "one", check=False).returncode == 1


def test_a_policy_that_is_gone_from_a_table_that_stays(lab):
    lab.load(ONE, name="one")
    lab.load(TWO, name="two", ports=["up0"])
    ours = lab.nft("list", "table", "inet", "nfwpolicy")
    chains = re.findall(r"chain (one-\S+) ", ours)
    lab.host.run("nft", 'delete element inet nfwpolicy egress { "vnet0" }')
    lab.host.run("nft", 'delete element inet nfwpolicy ingress { "vnet0" }')
    for chain in chains:
        lab.host.run("nft", "flush", "chain", "inet", "nfwpolicy", chain)
    for chain in chains:
        lab.host.run("nft", "delete", "chain", "inet", "nfwpolicy", chain)
    for each in re.findall(r"set (one[-.]\S+) ", ours):
        lab.host.run("nft", "delete", "set", "inet", "nfwpolicy", each)
    assert missing(lab) == missing(lab, "one") == ["one"]
    assert missing(lab, "two") == []
    lab.load(ONE, name="one")
    assert missing(lab) == []


def test_records_of_a_namespace_that_is_gone(lab):
    """Numbers of namespaces are used again; what was in force in another one is missing in none."""
    lab.load(ONE, name="one")
    ours = directory(lab)
    other = lab.namespace("other")
    other.run(*lab.nfw_command("load", lab.file("two.yaml", TWO), "--port", "lo"))
    (path,) = glob.glob(os.path.join(lab.state, "net-*", "two-*.policy"))
    os.rename(path, os.path.join(ours, os.path.basename(path)))
    shutil.rmtree(os.path.dirname(path))
    assert records(lab) == ["one", "two"]
    assert missing(lab) == []
    assert lab.nfw("unload", "two", check=False).returncode == 1
    lab.load(ONE, name="one")
    assert records(lab) == ["one"]


@pytest.mark.parametrize("damage", ["gone", "shorter", "changed"])
def test_a_damaged_record_is_told_and_mended_by_a_load(lab, damage):
    lab.load(ONE, name="one")
    path = record_of(lab, "one")
    with open(path, "rb") as stream:
        data = stream.read()
    os.unlink(path)
    if damage != "gone":
        with open(path, "wb") as stream:
            stream.write(data[:-9] if damage == "shorter" else data.replace(b"192.0.2.1", b"192.0.2.9"))
    for command in (["show", "one"], ["verify", "one"], ["verify"]):
        result = lab.nfw(*command, check=False)
        assert result.returncode == 1
        assert "[state/no-record]" in result.stderr and "load it again from its file" in result.stderr
    (listed,) = lab.json("list")["policies"]
    assert (listed["name"], listed["file"]) == ("one", None)
    lab.load(ONE, name="one")
    assert lab.nfw("verify").returncode == 0
    assert records(lab) == ["one"]


def test_killed_at_any_moment(lab):
    """Whatever is in force has its record, and what is left over goes with the next load."""
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    choice = random.Random(seed)
    paths = [lab.file("one.yaml", ONE), lab.file("two.yaml", TWO)]
    loads = [("load", path, "--name", "test", "--port", "vnet0", "-q") for path in paths]
    lab.nfw(*loads[0])
    began = time.monotonic()
    lab.nfw(*loads[1])
    usual = time.monotonic() - began

    for turn in range(80):
        loading = lab.host.start(*lab.nfw_command(*loads[turn % 2]))
        time.sleep(choice.uniform(0, 1.2 * usual))
        loading.kill()
        loading.wait()
        assert lab.nfw("verify").returncode == 0
        (listed,) = lab.json("list")["policies"]
        assert listed["file"] in paths
    lab.nfw(*loads[0])
    assert records(lab) == ["test"]
