# SPDX-License-Identifier: GPL-2.0-or-later
"""What is remembered of loaded policies: there for whatever is in force at any moment, and nothing else for long."""

import glob
import os
import random
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
    other = lab.namespace("other")
    other.run(*lab.nfw_command("load", lab.file("two.yaml", TWO), "--port", "lo"))
    assert len(glob.glob(f"{lab.state}/net-*")) == 2
    other.run(*lab.nfw_command("unload", "two", "--force"))
    assert lab.nfw("verify", "one").returncode == 0
    for place in glob.glob(f"{lab.state}/net-*"):
        if not glob.glob(f"{place}/*.policy"):
            for name in os.listdir(place):
                os.unlink(os.path.join(place, name))
            os.rmdir(place)


def test_an_emptied_ruleset(lab):
    """Whoever flushes the rules takes the policies with them; their records go when something is loaded again."""
    lab.load(ONE, name="one")
    lab.load(TWO, name="two", ports=["up0"])
    lab.host.run("nft", "flush", "ruleset")
    assert lab.json("list")["policies"] == []
    assert records(lab) == ["one", "two"]
    lab.load(ONE, name="three")
    assert records(lab) == ["three"]


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
