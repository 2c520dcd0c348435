# SPDX-License-Identifier: GPL-2.0-or-later
"""How the daemon begins and ends, with a bus, without one, and with one that comes and goes."""

import os
import signal
import socket
import subprocess
import time

import pytest

from bus import LONG, MANAGER, NAME, PATH, Refused, ServiceManager
from lab import eventually
from learning import RESOLVER4
from policies import allow, policy

DOMAINS = policy(allow(domains=["www.example"]))


@pytest.fixture
def service_manager(bus):
    manager = ServiceManager(bus.lab.directory)
    yield manager
    manager.close()


def load(bus):
    bus.lab.load(DOMAINS, "--resolver", RESOLVER4, name="web")


# --- activation --------------------------------------------------------------------------------------------------


def test_a_call_starts_it(bus):
    """As dbus-daemon does it by itself; with systemd it has the service started instead."""
    bus.write("services/org.nfwpolicy1.service", f"[D-BUS Service]\nName={NAME}\nExec={' '.join(bus.daemon_command())}\nUser=root\n")
    bus.stop()
    bus.start()
    assert not bus.has_name()
    assert bus.busctl("get-property", NAME, PATH, MANAGER, "LearnerRunning") is True
    assert bus.lab.json("list")["learner"]["running"]
    load(bus)
    assert bus.busctl("get-property", NAME, f"{PATH}/port/vnet0", f"{NAME}.Port", "Policy") == "web"


# --- the service manager -----------------------------------------------------------------------------------------


def test_it_tells_the_service_manager(bus, service_manager):
    daemon = bus.start_daemon(env=service_manager.environment(WATCHDOG_USEC="200000"))
    said = service_manager.hear()
    while said == ["WATCHDOG=1"]:
        said = service_manager.hear()
    assert said == ["READY=1"]
    assert service_manager.hear() == ["WATCHDOG=1"]
    daemon.send_signal(signal.SIGHUP)
    said = service_manager.hear()
    while said == ["WATCHDOG=1"]:
        said = service_manager.hear()
    assert said[0] == "RELOADING=1" and said[1].startswith("MONOTONIC_USEC=")
    assert service_manager.hear() == ["READY=1"]
    daemon.terminate()
    said = service_manager.hear()
    while said == ["WATCHDOG=1"]:
        said = service_manager.hear()
    assert said == ["STOPPING=1"]
    assert daemon.wait(timeout=LONG) == 0


def test_it_is_ready_when_the_name_is_there(bus, service_manager):
    process = bus.lab.host.start(*bus.daemon_command(), env=service_manager.environment(), stdout=subprocess.DEVNULL)
    bus.lab.processes.append(process)
    assert service_manager.hear() == ["READY=1"]
    assert bus.has_name()


def test_it_is_ready_without_a_bus_too(bus, service_manager):
    environment = service_manager.environment(DBUS_SYSTEM_BUS_ADDRESS=f"unix:path={bus.directory}/nothing")
    process = bus.lab.host.start(*bus.lab.learner_command(), env=environment, stdout=subprocess.DEVNULL)
    bus.lab.processes.append(process)
    assert service_manager.hear() == ["READY=1"]


@pytest.mark.parametrize("hangs_up", [False, True], ids=["silent", "hangs up"])
def test_it_is_ready_though_the_bus_is_none(bus, service_manager, hangs_up):
    """Somebody listens there, and says nothing or ends every connection."""
    path = f"{bus.directory}/deaf"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as deaf:
        deaf.bind(path)
        deaf.listen()
        process = bus.lab.host.start(
            *bus.lab.learner_command(), env=service_manager.environment(DBUS_SYSTEM_BUS_ADDRESS=f"unix:path={path}"),
            stdout=subprocess.DEVNULL)
        bus.lab.processes.append(process)
        connection, _ = deaf.accept()
        if hangs_up:
            connection.close()
        assert service_manager.hear() == ["READY=1"]
        connection.close()
        assert process.poll() is None


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_it_ends_and_the_rules_stay(bus, end):
    daemon = bus.start_daemon()
    load(bus)
    daemon.send_signal(end)
    assert daemon.wait(timeout=LONG) == 0
    assert "stopped; the rules stay in force" in bus.lab.learner_log()
    assert not bus.has_name()
    assert bus.lab.nfw("verify").returncode == 0


def test_what_is_in_force_when_it_starts_are_objects(bus):
    bus.lab.load(policy(allow(ips=["192.0.2.0/24"])), name="web")
    bus.start_daemon()
    assert set(bus.client().objects()) == {f"{PATH}/policy/web", f"{PATH}/port/vnet0"}


# --- without a bus -----------------------------------------------------------------------------------------------


def start_without(bus, *options, address=None):
    log = open(os.path.join(bus.lab.directory, "learner.log"), "a", encoding="utf-8")
    process = bus.lab.host.start(
        *bus.lab.learner_command(), *options, stdout=log, stderr=subprocess.STDOUT,
        env={**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": address or f"unix:path={bus.directory}/later"},
    )
    bus.lab.processes.append(process)
    eventually(lambda: bus.lab.json("list")["learner"]["running"])
    return process


def test_without_a_system_bus_it_says_so_and_learns(bus):
    start_without(bus)
    eventually(lambda: "it goes on without D-Bus" in bus.lab.learner_log())
    load(bus)
    eventually(lambda: "reloaded" in bus.lab.learner_log().split("without D-Bus")[1])


def test_it_comes_to_a_bus_that_appears_later(bus):
    start_without(bus)
    eventually(lambda: "it goes on without D-Bus" in bus.lab.learner_log())
    os.rename(f"{bus.directory}/socket", f"{bus.directory}/later")
    bus.address = f"unix:path={bus.directory}/later"
    eventually(bus.has_name)


def test_no_bus_means_none(bus):
    start_without(bus, "--no-bus", address=bus.address)
    load(bus)
    eventually(lambda: bus.lab.learner_log().count("reloaded") >= 2)
    assert not bus.has_name() and "D-Bus" not in bus.lab.learner_log()


def test_an_address_where_nobody_answers_is_an_error(bus):
    result = bus.lab.host.run(*bus.daemon_command("--bus-address", f"unix:path={bus.directory}/nothing"), check=False)
    assert result.returncode == 2 and "No such file" in result.stderr


def test_a_name_that_is_taken_is_an_error(bus):
    bus.start_daemon()
    command = list(bus.daemon_command())
    command[command.index("--state-directory") + 1] += "-other"
    result = bus.lab.namespace("other").run(*command, check=False)
    assert result.returncode == 2 and "another process has it" in result.stderr


def test_a_bus_that_dies_takes_nothing_with_it(bus):
    daemon = bus.start_daemon()
    load(bus)
    for _ in range(3):
        bus.stop()
        eventually(lambda: "the bus has gone" in bus.lab.learner_log())
        assert daemon.poll() is None and bus.lab.json("list")["learner"]["running"]
        bus.start()
        eventually(bus.has_name)
        assert bus.busctl("get-property", NAME, f"{PATH}/port/vnet0", f"{NAME}.Port", "Policy") == "web"


def test_it_does_nothing_when_nothing_happens(bus):
    daemon = bus.start_daemon()
    load(bus)
    bus.busctl("call", NAME, PATH, MANAGER, "Reload")

    def is_idle_for_a_second():
        before = switches(daemon.pid)
        time.sleep(1)
        return switches(daemon.pid) == before

    assert daemon.poll() is None
    eventually(is_idle_for_a_second)


def switches(pid):
    """How often a process got a processor and gave it away."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as stream:
        return [line for line in stream if "ctxt_switches" in line]


def test_refused_without_a_service(bus):
    with pytest.raises(Refused):
        bus.busctl("call", NAME, PATH, MANAGER, "Reload")
