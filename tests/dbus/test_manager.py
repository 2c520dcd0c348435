# SPDX-License-Identifier: GPL-2.0-or-later
"""The methods of org.nfwpolicy1.Manager: what they do, what they answer, how they refuse."""

import json
import os

import pytest
from gi.repository import Gio, GLib

from bus import ERROR
from lab import eventually
from policies import allow, policy

POLICY = policy(allow(ips=["192.0.2.0/24"]))
DOMAINS = policy(allow(domains=["www.example"]))
RESOLVER = {"resolvers": GLib.Variant("as", ["203.0.113.53"])}


def load(client, name="web", text=POLICY, ports=("vnet0",), **options):
    return client.call(
        "LoadPolicy", "(ssa{sv})", name, text, {"ports": GLib.Variant("as", ports), **options}
    )


def load_fd(client, fd, name="web", **options):
    fds = Gio.UnixFDList.new()
    handle = fds.append(fd)
    return client.call(
        "LoadPolicyFd", "(sha{sv})", name, handle, {"ports": GLib.Variant("as", ["vnet0"]), **options}, fds=fds
    )


class Caught:
    """An error of the daemon: its name, its first line, and its report."""

    def __init__(self, error):
        self.name = Gio.DBusError.get_remote_error(error)
        # GLib puts the name before the text.
        self.line, _, rest = error.message.partition(self.name + ": ")[2].partition("\n")
        self.report = json.loads(rest) if rest else None


def refused(kind, call, *arguments, **options):
    with pytest.raises(GLib.Error) as caught:
        call(*arguments, **options)
    error = Caught(caught.value)
    assert error.name == ERROR + kind, error.line
    return error


def memfd(data):
    fd = os.memfd_create("policy")
    os.write(fd, data)
    return fd


# --- loading -----------------------------------------------------------------------------------------------------


def test_a_policy_that_is_loaded_is_in_force(shared, client):
    assert load(client) == []
    assert shared.lab.json("list")["ports"][0]["policy"] == "web"
    assert shared.lab.nfw("verify").returncode == 0
    shared.lab.serve(443)
    shared.lab.reach("tcp 192.0.2.10 443", "tcp 198.51.100.1 443")


def test_options_are_those_of_the_command_line(shared, client):
    load(
        client, text=DOMAINS, **RESOLVER, **{
            "min-ttl": GLib.Variant("u", 7), "max-ttl": GLib.Variant("u", 600), "max-names": GLib.Variant("u", 9),
            "file": GLib.Variant("s", "from/a/program.yaml"),
        },
    )
    listed = shared.lab.json("list")
    assert listed["policies"][0]["file"] == "from/a/program.yaml"
    assert listed["ports"][0]["resolvers"] == ["203.0.113.53"]


def test_warnings_are_the_answer(client):
    (severity, code, _file, line, column, text, hint), *_ = load(
        client, text=DOMAINS, **{"any-resolver": GLib.Variant("b", True)}
    )
    assert (severity, code) == ("warning", "load/any-resolver")
    assert text and isinstance(hint, str) and (line, column) == (0, 0)


def test_a_dry_run_changes_nothing(shared, client):
    load(client, **{"dry-run": GLib.Variant("b", True)})
    assert shared.lab.json("list")["policies"] == []
    # Nor does the daemon believe that it has: our table is not there yet.
    load(client)
    assert len(shared.lab.json("list")["policies"]) == 1


def test_a_policy_with_mistakes_is_refused_with_all_of_them(shared, client):
    error = refused("Invalid", load, client, text="rulez: 3\n", file=GLib.Variant("s", "web.yaml"))
    assert error.line.startswith("web.yaml:1:1: `rulez` is not a key")
    assert "[policy/unknown-key]; hint: did you mean `rules`?" in error.line
    assert error.report["outcome"] == "invalid"
    codes = [each["code"] for each in error.report["diagnostics"]]
    assert codes.count("policy/missing-key") == 2
    assert error.report["diagnostics"][0].keys() == {"severity", "code", "file", "line", "column", "text", "hint"}
    assert shared.lab.json("list")["policies"] == []


def test_the_policy_is_its_own_file_name_if_there_is_none(client):
    assert refused("Invalid", load, client, text="").line.startswith("web")


def test_an_interface_that_does_not_exist(client):
    assert refused("NotFound", load, client, ports=["vnet9"]).report["diagnostics"][0]["code"] == "port/no-interface"


def test_all_wrong_resolvers_are_told(client):
    error = refused("Invalid", load, client, resolvers=GLib.Variant("as", ["a", "192.0.2.1", "b"]))
    assert [each["code"] for each in error.report["diagnostics"]] == ["load/bad-resolver"] * 2


@pytest.mark.parametrize(
    "option, code",
    [
        ({"dryrun": GLib.Variant("b", True)}, "bus/unknown-option"),
        ({"dry-run": GLib.Variant("s", "yes")}, "bus/wrong-type"),
        ({"min-ttl": GLib.Variant("u", 0)}, "bus/out-of-range"),
        ({"max-ttl": GLib.Variant("u", 604801)}, "bus/out-of-range"),
        ({"max-names": GLib.Variant("u", 4294967295)}, "bus/out-of-range"),
        ({"file": GLib.Variant("s", 4097 * "x")}, "bus/out-of-range"),
        ({"ports": GLib.Variant("as", 4097 * ["vnet0"])}, "bus/too-many"),
    ],
    ids=["unknown", "wrong type", "too small", "too large", "largest number", "too long", "too many"],
)
def test_wrong_options_are_refused(shared, client, option, code):
    assert refused("Invalid", load, client, **option).report["diagnostics"][0]["code"] == code
    assert shared.lab.json("list")["policies"] == []


def test_a_name_that_is_none_is_not_carried_along(shared, client):
    """Without a file it is what every diagnostic is about."""
    error = refused("Invalid", load, client, name=4097 * "x", text="rulez: 3\n")
    assert [each["code"] for each in error.report["diagnostics"]] == ["bus/out-of-range"]
    fd = memfd(b"rulez: 3\n")
    error = refused("Invalid", load_fd, client, fd, name=4097 * "x")
    os.close(fd)
    assert [each["code"] for each in error.report["diagnostics"]] == ["bus/out-of-range"]
    assert shared.lab.json("list")["policies"] == []


def test_a_call_that_wants_no_answer_is_refused_all_the_same(shared, client):
    message = Gio.DBusMessage.new_method_call("org.nfwpolicy1", "/org/nfwpolicy1", "org.nfwpolicy1.Manager", "LoadPolicy")
    message.set_body(GLib.Variant(
        "(ssa{sv})", ("web", POLICY, {"ports": GLib.Variant("as", ["vnet0"]), "dryrun": GLib.Variant("b", True)})
    ))
    message.set_flags(Gio.DBusMessageFlags.NO_REPLY_EXPECTED)
    client.connection.send_message(message, Gio.DBusSendMessageFlags.NONE)
    client.call("Reload")
    assert shared.lab.json("list")["policies"] == []


def test_a_hint_for_an_option(client):
    assert "did you mean `dry-run`?" in refused("Invalid", load, client, **{"dry-rum": GLib.Variant("b", True)}).line


def test_bytes_that_are_no_text_do_not_end_the_connection(client):
    fd = memfd(b'version: "1.0"\nrules: []\n\xff\x1b[1m: 3\n')
    refused("Invalid", load_fd, client, fd)
    os.close(fd)
    assert client.properties("/org/nfwpolicy1", "org.nfwpolicy1.Manager")["LearnerRunning"]


# --- loading from a file -----------------------------------------------------------------------------------------


def test_a_memfd_is_read_from_its_beginning(shared, client):
    fd = memfd(POLICY.encode())
    load_fd(client, fd)
    assert os.lseek(fd, 0, os.SEEK_CUR) == len(POLICY)
    os.close(fd)
    assert shared.lab.json("list")["policies"][0]["name"] == "web"


def test_a_regular_file_is_read(shared, client, tmp_path):
    path = tmp_path / "web.yaml"
    path.write_text(POLICY)
    with open(path, "rb") as stream:
        load_fd(client, stream.fileno(), file=GLib.Variant("s", str(path)))
    assert shared.lab.json("list")["policies"][0]["file"] == str(path)


def test_what_is_no_file_is_refused_at_once(client, tmp_path):
    reader, writer = os.pipe()
    path = tmp_path / "out"
    for fd in (reader, os.open("/dev/zero", os.O_RDONLY), os.open("/", os.O_RDONLY),
               os.open(path, os.O_WRONLY | os.O_CREAT)):
        error = refused("Invalid", load_fd, client, fd)
        assert error.report["diagnostics"][0]["code"] == "bus/no-file"
        os.close(fd)
    os.close(writer)


def test_a_file_that_cannot_be_read(shared, client):
    """An attribute of a link that has no such thing; everything else of it is like a file."""
    owner = shared.owner()
    with open("/sys/class/net/lo/speed", "rb") as file:
        error = refused("Failed", load_fd, client, file.fileno())
    assert error.line == "web: Invalid argument" and error.report["diagnostics"] == []
    assert shared.owner() == owner


def test_a_file_that_is_too_large_is_refused(client):
    fd = os.memfd_create("policy")
    os.ftruncate(fd, 1 << 40)
    assert refused("Invalid", load_fd, client, fd).report["diagnostics"][0]["code"] == "policy/too-large"
    os.close(fd)


# --- ports -------------------------------------------------------------------------------------------------------


def attach(client, *ports, name="web", parameters=None):
    return client.call("Attach", "(assa{sv})", list(ports), name, parameters or {})


def test_attach_and_detach(shared, client):
    load(client, ports=())
    assert attach(client, "vnet0", "up0") == []
    assert [each["port"] for each in shared.lab.json("list")["ports"]] == ["up0", "vnet0"]
    assert client.call("Detach", "(as)", ["vnet0"]) == []
    assert [each["port"] for each in shared.lab.json("list")["ports"]] == ["up0"]


def test_attach_to_a_policy_that_is_not_loaded(client):
    load(client)
    error = refused("NotFound", attach, client, "vnet0", name="wep")
    assert "[policy/not-loaded]" in error.line and "did you mean `web`?" in error.line


def test_detach_a_port_that_has_no_policy(client):
    refused("NotFound", client.call, "Detach", "(as)", ["vnet0"])


def test_an_empty_list_of_interfaces_is_refused(client):
    load(client)
    assert "[bus/no-interface]" in refused("Invalid", attach, client).line
    assert "[bus/no-interface]" in refused("Invalid", client.call, "Detach", "(as)", []).line


def test_too_many_interfaces_are_refused(shared, client):
    load(client, ports=())
    names = [f"late{i}" for i in range(4097)]
    assert "[bus/too-many]" in refused("Invalid", attach, client, *names).line
    assert "[bus/too-many]" in refused("Invalid", client.call, "Detach", "(as)", names).line
    assert "[bus/too-many]" in refused("Invalid", client.call, "Unbind", "(as)", names).line
    assert shared.lab.json("list")["ports"] == []


def test_parameters_are_not_ignored(shared, client):
    load(client, ports=())
    refused("Invalid", attach, client, "vnet0", parameters={"colour": GLib.Variant("s", "red")})
    assert shared.lab.json("list")["ports"] == []


def test_calls_that_do_not_wait_for_answers_are_done_in_order(shared, client):
    load(client, ports=())
    hurried, answers = shared.client(), []
    calls = [("Attach", GLib.Variant("(assa{sv})", (["vnet0"], "web", {}))), ("Detach", GLib.Variant("(as)", (["vnet0"],)))]

    def take(connection, result):
        try:
            connection.call_finish(result)
            answers.append(None)
        except GLib.Error as error:
            answers.append(error.message)

    for member, arguments in [*calls * 30, calls[0]]:
        hurried.connection.call(
            "org.nfwpolicy1", "/org/nfwpolicy1", "org.nfwpolicy1.Manager", member, arguments, None,
            Gio.DBusCallFlags.NONE, -1, None, take,
        )
    eventually(lambda: hurried.heard() is not None and len(answers) == 61)
    assert set(answers) == {None}
    assert [each["port"] for each in shared.lab.json("list")["ports"]] == ["vnet0"]


# --- unloading, names --------------------------------------------------------------------------------------------


def test_a_policy_with_ports_is_not_unloaded_without_force(shared, client):
    load(client)
    assert "[policy/in-use]" in refused("InUse", client.call, "UnloadPolicy", "(sb)", "web", False).line
    assert client.call("UnloadPolicy", "(sb)", "web", True) == []
    assert shared.lab.json("list")["policies"] == []


def test_names_of_a_port_that_has_no_policy(client):
    load(client)
    assert client.call("ListNames", "(s)", "vnet0") == []
    assert "did you mean `vnet0`?" in refused("NotFound", client.call, "ListNames", "(s)", "vnet1").line


def test_a_method_that_does_not_exist(client):
    with pytest.raises(GLib.Error, match="UnknownMethod"):
        client.call("Explode")
