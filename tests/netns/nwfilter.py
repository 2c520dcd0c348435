# SPDX-License-Identifier: GPL-2.0-or-later
"""The library's network filters, called from tests, and a bridge with a guest and a peer for them."""

import contextlib
import ctypes
import os
import socket
import struct
import subprocess

from lab import BUILD, Namespace, eventually
from packets import Wire, stay_on_this_processor

CONDITIONS = {0: "ok", 1: "invalid", 2: "refused", 3: "not-found", 4: "in-use", 5: "differs", 6: "empty"}
FORMATS = {"ir": 0, "nft": 1, "kernel": 2}
MAC, PEER_MAC = "52:54:00:00:00:0a", "52:54:00:00:00:0b"


def library():
    lib = ctypes.CDLL(os.path.join(BUILD, "lib", "libnfwpolicy.so.0"))
    for name in (
        "nfw_diagnostic_code", "nfw_diagnostic_text", "nfw_diagnostic_file", "nfw_nwfilter_name",
        "nfw_nwfilter_list_name", "nfw_nwfilter_list_uuid", "nfw_nwfilter_binding_port",
    ):
        getattr(lib, name).restype = ctypes.c_char_p
    for name in (
        "nfw_report_diagnostic", "nfw_report_free", "nfw_context_free", "nfw_nwfilter_free",
        "nfw_nwfilter_binding_free", "nfw_nwfilter_list_free", "nfw_nwfilter_binding_list_free",
        "nfw_nwfilter_binding_list_item",
    ):
        getattr(lib, name).restype = ctypes.c_void_p
    for name in ("nfw_report_n_diagnostics", "nfw_nwfilter_list_n", "nfw_nwfilter_binding_list_n"):
        getattr(lib, name).restype = ctypes.c_size_t
    lib.nfw_nwfilter_list_is_builtin.restype = ctypes.c_bool
    return lib


class Filters:
    """A context in a namespace, with definitions and state of its own."""

    def __init__(self, namespace, directory, builtin=None):
        self.lib = library()
        self.definitions = os.path.join(directory, "nwfilter")
        self.state = os.path.join(directory, "state")
        self.report = ctypes.c_void_p()
        self.context = ctypes.c_void_p()
        self.builtin = builtin
        assert self.lib.nfw_report_new(ctypes.byref(self.report)) == 0
        with namespace.enter():
            self.ok(self.lib.nfw_context_new(ctypes.byref(self.context)))
        self.ok(self.lib.nfw_context_set_state_directory(self.context, self.state.encode()))
        self.ok(self.lib.nfw_context_set_nwfilter_directories(
            self.context, self.definitions.encode(), builtin.encode() if builtin else directory.encode()))

    def close(self):
        self.lib.nfw_context_free(self.context)
        self.lib.nfw_report_free(self.report)

    def diagnostics(self):
        lines = []
        for i in range(self.lib.nfw_report_n_diagnostics(self.report)):
            each = ctypes.c_void_p(self.lib.nfw_report_diagnostic(self.report, ctypes.c_size_t(i)))
            lines.append((self.lib.nfw_diagnostic_code(each).decode(), self.lib.nfw_diagnostic_text(each).decode()))
        return lines

    def answer(self, result):
        return CONDITIONS[result] if result >= 0 else os.strerror(-result)

    def ok(self, result):
        assert result == 0, (self.answer(result), self.diagnostics())

    def call(self, function, *arguments):
        self.lib.nfw_report_clear(self.report)
        return self.answer(getattr(self.lib, function)(self.context, *arguments))

    def read(self, xml):
        data = xml.encode()
        filter_ = ctypes.c_void_p()
        self.lib.nfw_report_clear(self.report)
        result = self.lib.nfw_nwfilter_read_buffer(b"test.xml", data, ctypes.c_size_t(len(data)), self.report,
                                                   ctypes.byref(filter_))
        return self.answer(result), filter_

    def define(self, xml, dry_run=False):
        result, filter_ = self.read(xml)
        if result == "ok":
            result = self.call("nfw_nwfilter_define", filter_, ctypes.c_bool(dry_run), self.report)
            self.lib.nfw_nwfilter_free(filter_)
        return result

    def undefine(self, name):
        return self.call("nfw_nwfilter_undefine", name.encode(), self.report)

    def binding(self, port, filter_, parameters=(), mac=MAC, compat=False):
        binding = ctypes.c_void_p()
        self.ok(self.lib.nfw_nwfilter_binding_new(port.encode(), filter_.encode(), ctypes.byref(binding)))
        if mac:
            self.ok(self.lib.nfw_nwfilter_binding_set_mac(binding, mac.encode()))
        self.lib.nfw_nwfilter_binding_set_compat(binding, ctypes.c_bool(compat))
        for name, value in parameters:
            self.ok(self.lib.nfw_nwfilter_binding_add_parameter(binding, name.encode(), value.encode()))
        return binding

    def bind(self, *bindings):
        array = (ctypes.c_void_p * len(bindings))(*bindings)
        result = self.call("nfw_nwfilter_bind", array, ctypes.c_size_t(len(bindings)), self.report)
        for each in bindings:
            self.lib.nfw_nwfilter_binding_free(each)
        return result

    def unbind(self, *ports):
        array = (ctypes.c_char_p * len(ports))(*[port.encode() for port in ports])
        return self.call("nfw_nwfilter_unbind", array, ctypes.c_size_t(len(ports)), self.report)

    def verify(self):
        return self.call("nfw_nwfilter_verify", self.report)

    def restore(self):
        return self.call("nfw_nwfilter_restore", self.report)

    def text(self, function, *arguments):
        text = ctypes.c_char_p()
        self.lib.nfw_report_clear(self.report)
        self.ok(getattr(self.lib, function)(*arguments, ctypes.byref(text)))
        return text.value.decode()

    def show(self, name, how):
        return self.text("nfw_nwfilter_show", self.context, name.encode(), FORMATS[how], self.report)

    def dumpxml(self, name):
        return self.text("nfw_nwfilter_dumpxml", self.context, name.encode(), self.report)

    def names(self):
        listed = ctypes.c_void_p()
        assert self.call("nfw_nwfilter_list_new", self.report, ctypes.byref(listed)) == "ok"
        names = [self.lib.nfw_nwfilter_list_name(listed, ctypes.c_size_t(i)).decode()
                 for i in range(self.lib.nfw_nwfilter_list_n(listed))]
        self.lib.nfw_nwfilter_list_free(listed)
        return names

    def bound(self):
        listed = ctypes.c_void_p()
        assert self.call("nfw_nwfilter_binding_list_new", self.report, ctypes.byref(listed)) == "ok"
        ports = []
        for i in range(self.lib.nfw_nwfilter_binding_list_n(listed)):
            item = ctypes.c_void_p(self.lib.nfw_nwfilter_binding_list_item(listed, ctypes.c_size_t(i)))
            ports.append(self.lib.nfw_nwfilter_binding_port(item).decode())
        self.lib.nfw_nwfilter_binding_list_free(listed)
        return ports


class Bridge:
    """
    A host with a bridge between a guest (vnet0) and a peer (vnet1). The other ends of both ports are in another
    namespace, where nothing but the tests sends anything.
    """

    def __init__(self):
        stay_on_this_processor()
        self.host = Namespace("host")
        self.ends = Namespace("ends")
        self.wires = {}
        self.markers = {}
        self.number = 0
        for namespace in (self.host, self.ends):
            self.setting(namespace, "ipv6/conf/all/disable_ipv6", 1)
            self.setting(namespace, "ipv6/conf/default/disable_ipv6", 1)
        # The frames of the scenarios have no sums of TCP, and connection tracking would have none of them.
        if not os.path.exists("/proc/sys/net/netfilter/nf_conntrack_checksum"):
            subprocess.run(["modprobe", "-q", "nf_conntrack"], check=False)
        with contextlib.suppress(FileNotFoundError):
            self.setting(self.host, "netfilter/nf_conntrack_checksum", 0)
        self.batch(self.host, "link add br0 type bridge mcast_snooping 0 forward_delay 0", "link set br0 up")
        self.add("vnet0", MAC)
        self.add("vnet1", PEER_MAC)

    def setting(self, namespace, name, value):
        with namespace.enter(), open(f"/proc/sys/net/{name}", "w") as file:
            file.write(str(value))

    def batch(self, namespace, *lines):
        namespace.run("ip", "-batch", "-", input="\n".join(lines) + "\n")

    def add(self, port, mac):
        end = f"{port}-end"
        self.batch(
            self.host,
            f"link add {port} type veth peer name {end} address {mac} netns {self.ends.name}",
            f"link set {port} master br0 up",
        )
        self.batch(self.ends, f"link set {end} arp off up")
        # The bridge hears of it from the kernel's workers.
        eventually(lambda: "state forwarding" in self.host.run("bridge", "link", "show", "dev", port).stdout)
        self.wires[port] = Wire(self.ends, end)
        self.markers[port] = Wire(self.host, port)

    def passes(self, frame, source="vnet0", destination="vnet1"):
        """
        Whether it comes out on the other side. Octets that nobody filters are sent behind it, twice: a frame takes two
        turns of the kernel, from the source's port and from the destination's, and they take one.
        """
        self.wires[destination].forget()
        self.wires[source].send(frame)
        seen = []
        for _ in range(2):
            self.number += 1
            end = b"nfw-end" + self.number.to_bytes(8, "big")
            self.markers[destination].send(bytes.fromhex("ffffffffffff525400fffffe88b5") + end)
            seen += self.wires[destination].receive_until(end)[:-1]
        return any(each.endswith(frame[-8:]) for each in seen)

    def forget_connections(self):
        """Of the host: deleting without saying which deletes all of them."""
        netfilter, ctnetlink, delete, request, acknowledge = 12, 1, 2, 1, 4
        with self.host.socket(socket.AF_NETLINK, socket.SOCK_RAW, netfilter) as netlink:
            netlink.send(struct.pack("=IHHIIBBH", 20, ctnetlink << 8 | delete, request | acknowledge, 1, 0, 0, 0, 0))
            assert struct.unpack_from("=i", netlink.recv(4096), 16)[0] == 0

    def remove(self):
        self.ends.remove()
        self.host.remove()
