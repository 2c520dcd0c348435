# SPDX-License-Identifier: GPL-2.0-or-later
"""The unit is started, stopped, reloaded, restarted and shot at; packets tell that enforcement never stops."""

import contextlib
import os
import signal

from flood import OTHER4, Flood
from host import NAME, PATH, STORE, call, configuration, drop_in, is_active, main_pid, owner, properties, run, systemctl
from lab import eventually
from learning import RESOLVER4
from policies import allow, policy

RULES = policy(allow(ips=[OTHER4], ports=[80]))
ALLOWED, DENIED = f"tcp {OTHER4} 80", f"tcp {OTHER4} 443"

# Long enough for a machine that is slow, and short enough to wait for it.
WATCHDOG = "[Service]\nWatchdogSec=10\n"


def load(service):
    service.load(RULES, "--resolver", RESOLVER4)
    eventually(lambda: os.path.exists(f"{STORE}/policies/test.policy"))


def restarts():
    return int(properties()["NRestarts"])


def comes_back(before):
    """systemd has started it again by itself, and it is ready."""
    eventually(lambda: restarts() > before and is_active())


def test_start_and_stop(service):
    load(service)
    systemctl("stop", "nfwpolicyd")
    assert properties()["Result"] == "success"
    service.reach(ALLOWED, DENIED)
    systemctl("start", "nfwpolicyd")
    # Type=notify: when the command returns, it is ready.
    assert is_active() and owner() == main_pid()
    service.reach(ALLOWED, DENIED)


def test_a_call_starts_it(service):
    load(service)
    systemctl("stop", "nfwpolicyd")
    assert owner() is None
    assert '"test"' in run("busctl", "get-property", NAME, f"{PATH}/port/vnet0", f"{NAME}.Port", "Policy").stdout
    assert is_active() and owner() == main_pid()


def test_it_is_restarted_without_a_packet_let_through(service, flood):
    for _ in range(3):
        before = main_pid()
        systemctl("restart", "nfwpolicyd")
        assert main_pid() != before
        flood.goes_on(Flood.GRANTED, Flood.FIXED)
    assert flood.n[Flood.FORBIDDEN] == 0


def test_killed_it_is_started_again(service, flood):
    before = restarts()
    systemctl("kill", "--signal=KILL", "nfwpolicyd")
    comes_back(before)
    flood.goes_on(Flood.GRANTED, Flood.FIXED)
    assert flood.n[Flood.FORBIDDEN] == 0


def test_the_watchdog(service, flood):
    """It is fed while the daemon lives, and ends one that hangs; the rules need neither."""
    with drop_in(WATCHDOG):
        systemctl("restart", "nfwpolicyd")
        for _ in range(2):
            fed = properties()["WatchdogTimestampMonotonic"]
            assert fed != "0"
            eventually(lambda last=fed: properties()["WatchdogTimestampMonotonic"] != last)
        hung = main_pid()
        assert restarts() == 0
        os.kill(hung, signal.SIGSTOP)
        flood.goes_on(Flood.GRANTED, Flood.FIXED)
        comes_back(0)
        assert main_pid() != hung
        flood.goes_on(Flood.GRANTED, Flood.FIXED)
        assert flood.n[Flood.FORBIDDEN] == 0
    systemctl("restart", "nfwpolicyd")


@contextlib.contextmanager
def setting(text):
    path = configuration() / "nfwpolicyd.conf.d" / "test.conf"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    try:
        yield
    finally:
        path.unlink()


def logs_denied():
    """What a policy that is loaded now gets from the configuration."""
    call("LoadPolicy", "ssa{sv}", "test", RULES, 0)
    answer = run("busctl", "get-property", NAME, f"{PATH}/policy/test", f"{NAME}.Policy", "LogDenied").stdout
    return answer == "b true\n"


def test_reload(service):
    """A file that is right, one that is wrong, and none: systemd shows which is in force."""
    pid = main_pid()
    assert not logs_denied()
    with setting("[Defaults]\nLogDenied=yes\n"):
        systemctl("reload", "nfwpolicyd")
        eventually(logs_denied)
    with setting("[Defaults]\nLogDenied=perhaps\n"):
        systemctl("reload", "nfwpolicyd", check=False)
        eventually(lambda: properties().get("StatusText") == "nfwpolicyd.conf is wrong and not in force")
        assert is_active() and logs_denied()
    systemctl("reload", "nfwpolicyd")
    eventually(lambda: not properties().get("StatusText"))
    assert not logs_denied() and main_pid() == pid and is_active()


def test_without_a_bus(service):
    """It is ready without one, enforces, and has its name as soon as there is one again."""
    load(service)
    systemctl("stop", "dbus.socket", "dbus.service")
    try:
        service.reach(ALLOWED, DENIED)
        systemctl("restart", "nfwpolicyd")
        assert is_active()
        service.reach(ALLOWED, DENIED)
    finally:
        systemctl("start", "dbus.socket")
    eventually(lambda: owner() == main_pid())


def test_after_a_reboot(service):
    """An empty kernel and an empty /run, and what is stored: all of it is back when the unit is active."""
    load(service)
    systemctl("stop", "nfwpolicyd")
    run("nft", "flush", "ruleset")
    run("rm", "-r", "/run/nfwpolicy")
    service.reach([ALLOWED, DENIED])
    systemctl("start", "nfwpolicyd")
    service.reach(ALLOWED, DENIED)


NETWORK = """<network><name>lan</name><bridge name='lanbr0'/><forward mode='nat'/>
<ip address='192.168.180.1' netmask='255.255.255.0'/></network>
"""


def setting_of_kernel(name):
    with open(f"/proc/sys/net/{name}", encoding="utf-8") as stream:
        return stream.read().strip()


def test_a_network_after_a_reboot(service, tmp_path):
    """Its bridge, its rules and what the kernel has to be told: the sandbox leaves room for it."""
    (tmp_path / "lan.xml").write_text(NETWORK)
    run("nfwpolicy", "net-define", tmp_path / "lan.xml")
    run("nfwpolicy", "net-start", "lan", "--create-bridge")
    eventually(lambda: os.path.exists(f"{STORE}/networks"))
    systemctl("stop", "nfwpolicyd")
    run("ip", "link", "delete", "lanbr0")
    run("nft", "flush", "ruleset")
    run("rm", "-r", "/run/nfwpolicy")
    run("sysctl", "-qw", "net.ipv4.ip_forward=0")
    systemctl("start", "nfwpolicyd")
    try:
        assert "192.168.180.1/24" in run("ip", "address", "show", "lanbr0").stdout
        assert "masquerade" in service.nft("list", "ruleset")
        assert setting_of_kernel("ipv4/ip_forward") == "1"
        assert setting_of_kernel("ipv6/conf/lanbr0/disable_ipv6") == "1"
    finally:
        run("nfwpolicy", "net-destroy", "lan", check=False)
        run("nfwpolicy", "net-undefine", "lan")
