# SPDX-License-Identifier: GPL-2.0-or-later
"""Whatever has become of a stored file or a definition: the daemon starts, says so, and puts the rest in force."""

import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess

import pytest

from lab import eventually
from policies import allow, policy
from test_keeping import Keeper, reboot

FILTER = """<filter name='no-ip'>
  <rule action='drop' direction='inout'><ip/></rule>
  <rule action='drop' direction='in'><all ipset='friends' ipsetflags='src'/></rule>
</filter>
"""
NETWORK = "<network><name>lab</name><bridge name='virbr7'/><ip address='10.55.0.1' prefix='24'/></network>\n"

# What is in force, and what the kernel has then.
SIGNS = {
    "one": "chain one-egress",
    "two": "chain two-egress",
    "vnet0": '"vnet0" comment',
    "up0": '"up0" comment',
    "filter": "no-ip/ports",
    "set": "192.0.2.0/24",
    "network": "chain network_forward",
}
# What is lost with a file and its twin. Instead of a policy there is one that allows nothing, and a record of a filter is
# made of its definition again.
FILES = {
    "policies/one.policy": set(),
    "bindings": {"vnet0", "up0"},
    "nwfilter-binding/tap0.xml": {"filter", "set"},
    "nwfilter-set/friends.set": {"set"},
    "nwfilter-record/no-ip.xml": set(),
    "networks/lab.network": {"network"},
}


class Places(Keeper):
    """A daemon with definitions of its own."""

    def __init__(self, lab):
        super().__init__(lab)
        self.filters, self.networks, self.policies = (
            pathlib.Path(lab.directory, name) for name in ("nwfilter", "networks", "policies.d")
        )
        for path in (self.filters, self.networks, self.policies):
            shutil.rmtree(path, ignore_errors=True)
            path.mkdir()

    def start(self, *options):
        super().start("--filter-directory", self.filters, "--network-directory", self.networks,
                      "--policies-directory", self.policies, *options)

    def restart(self):
        """After a reboot. What the daemon says."""
        reboot(self.lab)
        before = len(self.lab.learner_log())
        self.start()
        return self.lab.learner_log()[before:]

    def lost(self):
        rules = self.lab.nft("list", "ruleset")
        return {name for name, sign in SIGNS.items() if sign not in rules}


@pytest.fixture
def places(shared_lab):
    lab = shared_lab
    places = Places(lab)
    shutil.rmtree(places.store, ignore_errors=True)
    places.start()
    for words in ("add br9 type bridge", "add tap0 type veth peer name tap0p", "set tap0 master br9"):
        lab.host.run("ip", "link", *words.split())
    lab.load(policy(allow(ips=["192.0.2.1"])), name="one", ports=["vnet0"])
    lab.load(policy(allow(ips=["192.0.2.2"])), name="two", ports=["up0"])
    lab.nfw("set", "add", "friends", "192.0.2.0/24")
    lab.nfw("nwfilter-define", lab.file("f.xml", FILTER), "--filter-directory", places.filters)
    lab.nfw("nwfilter-binding-create", "--filter-directory", places.filters,
            lab.file("b.xml", "<filterbinding><portdev name='tap0'/><filterref filter='no-ip'/></filterbinding>"))
    lab.nfw("net-define", lab.file("n.xml", NETWORK), "--network-directory", places.networks)
    lab.nfw("net-start", "lab", "--create-bridge", "--network-directory", places.networks)
    assert places.lost() == set()
    eventually(lambda: places.is_stored(one="vnet0", two="up0")
               and all(os.path.exists(os.path.join(places.store, file)) for file in FILES))
    places.stop()
    yield places
    if places.process.poll() is None:
        places.stop(signal.SIGKILL)
    for link in ("br9", "tap0", "virbr7"):
        lab.host.run("ip", "link", "del", link, check=False)
    reboot(lab)


def status(lab):
    """What needs attention; those who have the privilege look themselves here."""
    result = lab.nfw("status", "--json", check=False)
    attention = json.loads(result.stdout)["attention"]
    assert result.returncode == (1 if attention else 0)
    return attention


def codes(lab):
    return [each["code"] for each in status(lab)]


def make_large(path):
    with open(path, "wb") as stream:
        stream.truncate(1 << 30)


def make_full_directory(path):
    path.mkdir()
    (path / "file").touch()


def make_socket(path):
    # The path of a socket is short; here it is not.
    with contextlib.chdir(path.parent), socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path.name)


INSTEAD = {
    "fifo": os.mkfifo,
    "directory": make_full_directory,
    "itself": lambda path: path.symlink_to(path),
    "nowhere": lambda path: path.symlink_to("/nowhere/at/all"),
    "endless": lambda path: path.symlink_to("/dev/zero"),
    "large": make_large,
    "socket": make_socket,
}


def damages(file):
    """What may become of it, by name."""
    data = file.read_bytes()
    seed = int(os.environ.get("NFWPOLICY_SEED", random.getrandbits(32)))
    print("seed", seed)
    moments = random.Random(seed)
    yield "empty", lambda: file.write_bytes(b"")
    yield "more", lambda: file.write_bytes(data + b"x\n")
    for i in moments.sample(range(len(data)), 3):
        yield f"cut at {i}", lambda i=i: file.write_bytes(data[:i])
    for i in moments.sample(range(8 * len(data)), 3):
        other = bytearray(data)
        other[i // 8] ^= 1 << i % 8
        yield f"bit {i}", lambda other=other: file.write_bytes(other)
    for name, make in INSTEAD.items():
        def replace(make=make):
            file.unlink()
            make(file)

        yield name, replace


@pytest.fixture
def good(places):
    """A copy of what is stored, and the way back to it."""
    path = pathlib.Path(places.lab.directory, "good")
    shutil.rmtree(path, ignore_errors=True)
    shutil.copytree(places.store, path)

    def put_back():
        shutil.rmtree(places.store)
        shutil.copytree(path, places.store)

    return put_back


def twin(file):
    return file.with_name(f"{file.name}~")


@pytest.mark.parametrize("name", FILES)
def test_what_is_stored(places, good, name):
    """It is there twice: nothing is lost, and both are whole again."""
    file = pathlib.Path(places.store, name)
    for what, damage in damages(file):
        print(what)
        damage()
        # Twice: what was set aside is in nobody's way.
        said = places.restart()
        assert "warning: " in said and "[state/set-aside]" in said and file.name in said and "nothing is lost" in said
        assert places.lost() == set()
        places.stop()
        assert file.read_bytes() == twin(file).read_bytes()
        assert "[state/set-aside]" not in places.restart()
        places.stop()
        good()


@pytest.mark.parametrize("name", FILES)
def test_the_second_one_of_what_is_stored(places, good, name):
    file = pathlib.Path(places.store, name)
    for make in (lambda path: path.write_bytes(b""), make_full_directory):
        twin(file).unlink()
        make(twin(file))
        places.restart()
        assert places.lost() == set()
        places.stop()
        assert file.read_bytes() == twin(file).read_bytes()
        good()


@pytest.mark.parametrize("name", FILES)
def test_both_of_what_is_stored(places, good, name):
    """Then it is lost, and the rest is put back. That is an error, and status says so until somebody has seen to it."""
    file = pathlib.Path(places.store, name)
    for instead in (b"", file.read_bytes()[:-1]):
        for each in (file, twin(file)):
            each.write_bytes(instead)
        said = places.restart()
        assert "error: " in said and "[state/set-aside]" in said
        assert places.lost() == FILES[name]
        (attention,) = [each for each in status(places.lab) if each["code"] == "state/set-aside"]
        assert attention["severity"] == "error" and f"{file.name}~.damaged" in attention["text"]
        places.stop()
        good()


ALLOWED, FORBIDDEN = "tcp 192.0.2.1 80", "tcp 198.51.100.1 80"


@pytest.mark.parametrize("name", ["policies/one.policy", "bindings"])
def test_no_packet_passes_because_a_file_is_not_whole(places, good, name):
    """After a reboot the guest may do what it could, and nothing else."""
    lab = places.lab
    server = lab.serve(80)
    lab.host.run("nft", "flush", "ruleset")
    lab.reach([ALLOWED, FORBIDDEN])
    for damage in (lambda file: file.write_bytes(b""), lambda file: os.truncate(file, file.stat().st_size - 1),
                   lambda file: file.write_bytes(b"mine"), lambda file: file.unlink()):
        damage(pathlib.Path(places.store, name))
        places.restart()
        lab.reach([ALLOWED], [FORBIDDEN])
        places.stop()
        good()
    server.terminate()


def write_nothing(file):
    for each in (file, twin(file)):
        each.write_bytes(b"")


def remove(file):
    for each in (file, twin(file)):
        each.unlink()


@pytest.mark.parametrize("lose", [write_nothing, remove])
def test_a_lost_policy(places, lose):
    """Nobody knows what its ports may reach, so they may reach nothing, also after the next reboot, until it is loaded again."""
    lab = places.lab
    server = lab.serve(80)
    stored = pathlib.Path(places.store, "policies", "one.policy")
    lose(stored)
    said = places.restart()
    assert "error: policy one is lost: its ports may reach nothing until it is loaded again [state/policy-lost]" in said
    assert ("[state/set-aside]" in said) == (lose == write_nothing)
    lab.reach([], [ALLOWED, FORBIDDEN])
    assert lab.nfw("verify").returncode == 0
    places.stop()
    assert "error" not in places.restart().replace("state/set-aside", "")
    lab.reach([], [ALLOWED, FORBIDDEN])
    lab.load(policy(allow(ips=["192.0.2.1"])), name="one")
    lab.reach([ALLOWED], [FORBIDDEN])
    eventually(lambda: b"192.0.2.1" in twin(stored).read_bytes() and twin(stored).read_bytes() == stored.read_bytes())
    places.stop()
    assert "[state/policy-lost]" not in places.restart()
    lab.reach([ALLOWED], [FORBIDDEN])
    server.terminate()


def test_a_lost_policy_without_ports(places):
    """It is not in force, and leaves nothing behind."""
    lab = places.lab
    places.start()
    lab.nfw("detach", "--port", "vnet0")
    eventually(lambda: "vnet0" not in stored_ports(places))
    places.stop()
    write_nothing(pathlib.Path(places.store, "policies", "one.policy"))
    said = places.restart()
    assert "[state/set-aside]" in said and "[state/policy-lost]" not in said
    assert [each["name"] for each in lab.json("list")["policies"]] == ["two"]


def test_a_policy_that_was_unloaded_is_not_lost(places):
    """Somebody has unloaded it while nobody stored that, and its files are gone."""
    lab = places.lab
    lab.nfw("unload", "one", "--force")
    remove(pathlib.Path(places.store, "policies", "one.policy"))
    before = len(lab.learner_log())
    places.start()
    assert "[state/policy-lost]" not in lab.learner_log()[before:]
    assert [each["name"] for each in lab.json("list")["policies"]] == ["two"]
    eventually(lambda: "vnet0" not in stored_ports(places))


@pytest.mark.parametrize("name", ["policies/one.policy", "bindings", "networks/lab.network"])
def test_what_was_set_aside_before(places, name):
    """A directory has the name that it would get."""
    file = pathlib.Path(places.store, name)
    for path in (file.with_name(file.name + ".damaged"), file.with_name(file.name + ".2.damaged")):
        make_full_directory(path)
    for each in (file, twin(file)):
        each.write_text("mine")
    assert f"{file.name}.3.damaged" in places.restart()
    assert places.lost() == FILES[name]


@pytest.mark.parametrize("directory, name", [
    ("policies", "bad.yaml"), ("filters", "bad.xml"), ("networks", "bad.xml"),
])
def test_what_is_defined(places, directory, name):
    """It neither waits, nor ends, nor leaves out the others."""
    file = getattr(places, directory) / name
    for what, make in INSTEAD.items():
        print(what)
        make(file)
        said = places.restart()
        assert places.lost() == set()
        if directory == "policies":
            assert str(file) in said
        else:
            command = "nwfilter-list" if directory == "filters" else "net-list"
            option = "--filter-directory" if directory == "filters" else "--network-directory"
            listed = places.lab.nfw(command, option, getattr(places, directory), check=False)
            assert ("no-ip" if directory == "filters" else "lab") in listed.stdout
            assert what == "nowhere" or "/unreadable]" in listed.stderr
        places.stop()
        shutil.rmtree(file) if file.is_dir() and not file.is_symlink() else file.unlink()


@pytest.fixture
def disk(shared_lab):
    """A small file system of its own for what is stored."""
    keeper = Keeper(shared_lab)
    shutil.rmtree(keeper.store, ignore_errors=True)
    os.mkdir(keeper.store)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", keeper.store], check=False).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        keeper.start()
        shared_lab.load(policy(allow(ips=["192.0.2.1"])), name="one", ports=["vnet0"])
        eventually(lambda: keeper.is_stored(one="vnet0"))
        yield keeper
    finally:
        if keeper.process.poll() is None:
            keeper.stop(signal.SIGKILL)
        subprocess.run(["umount", keeper.store], check=True)
        reboot(shared_lab)


def fill(directory):
    fd = os.open(os.path.join(directory, "full"), os.O_WRONLY | os.O_CREAT)
    with contextlib.suppress(OSError):
        while True:
            os.write(fd, bytes(512))
    os.close(fd)


def stored_ports(keeper):
    text = pathlib.Path(keeper.store, "bindings").read_text(encoding="utf-8")
    return {line.split()[0] for line in text.splitlines()[1:-1]}


def test_a_full_disk(disk):
    """It says so, goes on, and stores what it could not when there is room."""
    lab = disk.lab
    fill(disk.store)
    lab.load(policy(allow(ips=["192.0.2.2"])), name="two", ports=["up0"])
    eventually(lambda: "cannot be stored: No space left on device" in lab.learner_log())
    (attention,) = status(lab)
    assert (attention["severity"], attention["code"]) == ("error", "state/not-stored")
    assert attention["text"].endswith(f"`{disk.store}`, and some of it would not come back after a reboot: "
                                      "No space left on device")
    lab.host.run("nft", "flush", "ruleset")
    eventually(lambda: lab.nfw("verify", check=False).returncode == 0)
    assert {each["port"] for each in lab.json("list")["ports"]} == {"vnet0", "up0"}
    disk.stop()
    disk.start()
    os.unlink(os.path.join(disk.store, "full"))
    eventually(lambda: disk.is_stored(one="vnet0", two="up0"))
    eventually(lambda: status(lab) == [])


def test_a_port_on_a_full_disk(disk):
    """Which is all that there would be to write."""
    lab = disk.lab
    fill(disk.store)
    lab.nfw("attach", "one", "--port", "up0")
    eventually(lambda: codes(lab) == ["state/not-stored"])
    os.unlink(os.path.join(disk.store, "full"))
    eventually(lambda: stored_ports(disk) == {"vnet0", "up0"})
    eventually(lambda: status(lab) == [])


def test_a_disk_that_is_read_only_now(disk):
    lab = disk.lab
    disk.stop()
    subprocess.run(["mount", "-o", "remount,ro", disk.store], check=True)
    reboot(lab)
    disk.start()
    assert [each["port"] for each in lab.json("list")["ports"]] == ["vnet0"]
    assert "Read-only file system [state/directory]" in lab.learner_log()
    (attention,) = status(lab)
    assert attention["code"] == "state/not-stored" and "Read-only file system" in attention["text"]
    disk.stop()
    assert codes(lab) == ["state/not-stored"]
    subprocess.run(["mount", "-o", "remount,rw", disk.store], check=True)
    disk.start()
    assert status(lab) == []


def test_a_disk_that_is_read_only_and_empty(disk):
    """There is nothing to open, and the reason is told all the same."""
    lab = disk.lab
    disk.stop()
    shutil.rmtree(os.path.join(disk.store, "policies"))
    subprocess.run(["mount", "-o", "remount,ro", disk.store], check=True)
    disk.start()
    lab.nfw("attach", "one", "--port", "up0")
    eventually(lambda: codes(lab) == ["state/not-stored"])
    assert "Read-only file system" in status(lab)[0]["text"]
    subprocess.run(["mount", "-o", "remount,rw", disk.store], check=True)
    disk.stop()
    disk.start()
    assert status(lab) == [] and stored_ports(disk) == {"vnet0", "up0"}


def test_a_disk_that_becomes_read_only(disk):
    """That is known before anything is lost by it: with the next look at what is in force."""
    lab = disk.lab
    subprocess.run(["mount", "-o", "remount,ro", disk.store], check=True)
    assert status(lab) == []
    lab.host.run("nft", "flush", "ruleset")
    eventually(lambda: codes(lab) == ["state/not-stored"])
    subprocess.run(["mount", "-o", "remount,rw", disk.store], check=True)
    eventually(lambda: status(lab) == [])
