#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Puts a policy on the port of a guest over D-Bus and prints what the guest learns, until it is interrupted:

    guard.py POLICY INTERFACE

What a helper of a VM manager does that does not link the library. Needs Debian's python3-gi and that nfwpolicyd lets
the caller: root, a member of its group, or whoever polkit asks. The bus starts nfwpolicyd where it does not run.
"""

import os
import signal
import sys

from gi.repository import Gio, GLib

NAME, PATH, MANAGER = "org.nfwpolicy1", "/org/nfwpolicy1", "org.nfwpolicy1.Manager"


def call(bus, method, signature, *arguments, fds=None):
    # LoadPolicyFd and the others answer with a report: what is not wrong, but worth knowing.
    answer, _ = bus.call_with_unix_fd_list_sync(
        NAME, PATH, MANAGER, method, GLib.Variant(signature, arguments), None, Gio.DBusCallFlags.NONE, -1, fds, None
    )
    for severity, _code, file, line, column, text, hint in answer.unpack()[0] if answer.n_children() else []:
        print(f"{file}:{line}:{column}: {severity}: {text}{' (' + hint + ')' if hint else ''}", flush=True)


def load(bus, path, interface):
    with open(path, "rb") as file:
        fds = Gio.UnixFDList.new()
        options = {"ports": GLib.Variant("as", [interface]), "file": GLib.Variant("s", path)}
        call(bus, "LoadPolicyFd", "(sha{sv})", f"guard-{interface}", fds.append(file.fileno()), options, fds=fds)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.strip())
    path, interface = sys.argv[1:]
    bus = Gio.bus_get_sync(Gio.BusType.SYSTEM, None)
    loop = GLib.MainLoop()

    def learned(_bus, _sender, _path, _interface, _signal, parameters, _data):
        port, name, address, expires_ms, resolver = parameters.unpack()
        if port == interface:
            print(f"{name} is {address} for {round(expires_ms / 1000)} s, says {resolver}", flush=True)

    bus.signal_subscribe(NAME, MANAGER, "Learned", PATH, None, Gio.DBusSignalFlags.NONE, learned, None)
    for number in (signal.SIGINT, signal.SIGTERM):
        GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, number, loop.quit)
    try:
        load(bus, path, interface)
        print(f"{interface} is restricted", flush=True)
        loop.run()
        call(bus, "UnloadPolicy", "(sb)", f"guard-{interface}", True)
    except GLib.Error as error:
        # "GDBus.Error:NAME: MESSAGE"; the message's last line is the whole report as JSON.
        message = error.message.split(":", 2)[-1] if Gio.DBusError.is_remote_error(error) else error.message
        lines = [line for line in message.strip().splitlines() if not line.startswith("{")]
        sys.exit("\n".join([f"{os.path.basename(sys.argv[0])}: {lines[0]}", *lines[1:]]))


if __name__ == "__main__":
    main()
