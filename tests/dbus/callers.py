# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line as root, who acts by himself, and as a user who has nothing but the bus."""

import grp
import os
import shutil

from bus import NOBODY
from lab import BUILD, NFWPOLICY
from policies import allow, policy

GROUP = grp.getgrnam("operator")
SIMPLE = policy(allow(ips=["192.0.2.0/24"]))
DOMAINS = policy(allow(1, domains=["www.example"]), allow(2, ips=["192.0.2.1/24"]))
LACKING = "nfwpolicy: this needs CAP_NET_ADMIN (run it as root), or nfwpolicyd on the system bus to do it\n"
REFUSED = "not root, and polkit gives no answer"


class Callers:
    """Root, who does it himself, and a user who has nothing but the bus."""

    def __init__(self, bus):
        self.bus, self.lab = bus, bus.lab
        # Where it is built others may have no access to.
        self.program = shutil.copy(NFWPOLICY, bus.directory)
        shutil.copy(os.path.join(BUILD, "lib", "libnfwpolicy.so.0"), bus.directory)
        for name, text in {
            "web.yaml": SIMPLE, "names.yaml": DOMAINS, "wrong.yaml": SIMPLE.replace("action", "acton"), "9.yaml": SIMPLE,
            "empty.yaml": "",
        }.items():
            bus.write(name, text)

    def _run(self, *command, **options):
        result = self.lab.host.run(*command, check=False, cwd=self.bus.directory, **options)
        return result.returncode, result.stdout, result.stderr

    def root(self, *arguments, **options):
        return self._run(NFWPOLICY, *arguments, "--state-directory", self.lab.state, **options)

    def user(self, *arguments, groups=(GROUP.gr_gid,), **options):
        return self.user_without_address(*arguments, "--bus-address", self.bus.address, groups=groups, **options)

    def user_without_address(self, *arguments, groups=(), **options):
        return self._run(*self.user_command(*arguments, groups=groups), **options)

    def user_command(self, *arguments, groups=()):
        identity = [f"--reuid={NOBODY.pw_uid}", f"--regid={NOBODY.pw_gid}"]
        identity += [f"--groups={','.join(map(str, groups))}"] if groups else ["--clear-groups"]
        return ["setpriv", *identity, "env", f"LD_LIBRARY_PATH={self.bus.directory}", self.program, *arguments]

    def state(self):
        found = self.lab.json("list")
        for port in found["ports"]:
            port["resolvers"].sort()
        return found["policies"], found["ports"]

    def prepare(self):
        """The same before each: web on vnet0."""
        self.lab.unload_all()
        assert self.root("load", "web.yaml", "--port", "vnet0")[0] == 0
