#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Compares the library with the ABI that its users count on, which is written down beside this program. Prints TAP.

usage: test-abi.py LIBRARY SOURCE COMPILER...
       test-abi.py --update LIBRARY SOURCE COMPILER...    writes it anew, unless programs that exist would break
       test-abi.py --break LIBRARY SOURCE COMPILER...     also then, which takes another soname once 0.1 is released
"""

import difflib
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import listing

FILE = pathlib.Path(__file__).with_name("libnfwpolicy.so.0.abi")
HEAD = """\
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What programs that were linked with libnfwpolicy.so.0 count on; see CONTRIBUTING.rst. Written by
# `meson compile update-abi`, checked with abidiff.
"""
# The bits of its exit status.
ABIDIFF_ERROR, ABIDIFF_USAGE, ABIDIFF_CHANGE, ABIDIFF_INCOMPATIBLE = 1, 2, 4, 8


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def build_stub(lines, compiler, scratch):
    """A library and the folder of its header."""
    scratch.mkdir()
    (scratch / "stub.h").write_text(listing.stub_header(lines))
    (scratch / "stub.c").write_text(listing.stub_source(lines))
    (scratch / "stub.sym").write_text(listing.stub_versions(lines))
    library = scratch / "libnfwpolicy.so.0"
    code, said = run(
        *compiler, "-std=gnu11", "-g", "-shared", "-fPIC", "-o", library, scratch / "stub.c",
        "-Wl,-soname,libnfwpolicy.so.0", f"-Wl,--version-script={scratch / 'stub.sym'}",
    )
    if code != 0:
        raise RuntimeError(said)
    return library, scratch


def abidiff(old, new):
    """(exit status, what it says) of two (library, folder of its public header)"""
    return run(
        "abidiff", "--no-default-suppression", "--drop-private-types",
        "--headers-dir1", old[1], "--headers-dir2", new[1], old[0], new[0],
    )


def has_debug_information(library):
    return ".debug_info" in run("readelf", "-S", "-W", library)[1]


class Tap:
    def __init__(self):
        self.n = 0
        self.failed = False

    def result(self, title, good, *details):
        self.n += 1
        self.failed |= not good
        print(f"{'ok' if good else 'not ok'} {self.n} - {title}")
        if not good:
            for line in "\n".join(map(str, details)).splitlines():
                print(f"#   {line}")

    def skip(self, title, why):
        self.n += 1
        print(f"ok {self.n} - {title} # SKIP {why}")

    def end(self):
        print(f"1..{self.n}")
        return 1 if self.failed else 0


def changed(lines, pattern, text):
    result = [re.sub(pattern, text, line) for line in lines]
    if result == lines:
        raise RuntimeError(f"nothing looks like {pattern}")
    return result


# What abidiff has to find between the ABI and one of these: title, the change, the bits.
BREAKS = [
    ("a parameter of another type", lambda lines: changed(lines, r"(nfw_report_diagnostic\(.*)size_t", r"\1unsigned char"),
     ABIDIFF_CHANGE),
    ("one more parameter", lambda lines: changed(lines, r"(nfw_learner_dispatch\(.*)\)", r"\1, int)"), ABIDIFF_CHANGE),
    ("another result", lambda lines: changed(lines, r"uint64_t (nfw_grant_expires_ms)", r"uint32_t \1"), ABIDIFF_CHANGE),
    ("an enumerator of another value", lambda lines: changed(lines, r"NFW_EVENT_LOST = 3", "NFW_EVENT_LOST = 9"),
     ABIDIFF_CHANGE),
    ("a function that is gone", lambda lines: [line for line in lines if " nfw_verify(" not in line],
     ABIDIFF_CHANGE | ABIDIFF_INCOMPATIBLE),
    ("a new function", lambda lines: lines + ["NFWPOLICY_0.1 int nfw_new(int)"], ABIDIFF_CHANGE),
    ("another version node", lambda lines: changed(lines, r"^NFWPOLICY_0.1 (int nfw_attach)", r"NFWPOLICY_0.2 \1"),
     ABIDIFF_CHANGE | ABIDIFF_INCOMPATIBLE),
]


def check_tool(tap, lines, compiler, scratch):
    """First that a break is found at all."""
    old = build_stub(lines, compiler, scratch / "same")
    tap.result("abidiff finds nothing between the ABI and itself", abidiff(old, old)[0] == 0)
    for i, (title, change, bits) in enumerate(BREAKS):
        code, said = abidiff(old, build_stub(change(lines), compiler, scratch / f"break-{i}"))
        tap.result(f"abidiff finds {title}", code & bits == bits and not code & ABIDIFF_ERROR, f"exit {code}", said)


def check_values(lines, compiler, source, scratch):
    program = scratch / "values.c"
    program.write_text(listing.assertions(lines))
    return run(*compiler, "-std=c11", "-fsyntax-only", f"-I{source / 'lib'}", program)


def check(library, source, compiler):
    tap = Tap()
    lines = listing.read(FILE)
    now = listing.make(
        (source / "lib/nfwpolicy/nfwpolicy.h").read_text(), (source / "lib/libnfwpolicy.sym").read_text()
    )
    difference = list(difflib.unified_diff(lines, now, "the ABI", "the header and libnfwpolicy.sym", lineterm="", n=0))
    tap.result(
        "the header says what the ABI is", not difference, *difference,
        "Was something added? `meson compile update-abi`. All else breaks programs: see CONTRIBUTING.rst.",
    )
    with tempfile.TemporaryDirectory(prefix="nfw-abi-") as folder:
        scratch = pathlib.Path(folder)
        code, said = check_values(lines, compiler, source, scratch)
        tap.result("enumerators have their values", code == 0, said)
        code, _ = check_values(changed(lines, "NFW_E_EMPTY = 6", "NFW_E_EMPTY = 7"), compiler, source, scratch)
        tap.result("another value of an enumerator is found", code != 0)
        if not shutil.which("abidiff"):
            tap.skip("abidiff", "there is no abidiff (abigail-tools)")
        elif not has_debug_information(library):
            tap.skip("abidiff", "the library was built without debug information")
        else:
            check_tool(tap, lines, compiler, scratch)
            code, said = abidiff(build_stub(lines, compiler, scratch / "abi"), (library, source / "lib/nfwpolicy"))
            tap.result("the library has the ABI", code == 0, f"abidiff exits with {code}", said)
    return tap.end()


def update(source, may_break):
    lines = listing.read(FILE) if FILE.exists() else []
    now = listing.make(
        (source / "lib/nfwpolicy/nfwpolicy.h").read_text(), (source / "lib/libnfwpolicy.sym").read_text()
    )
    gone = [line for line in lines if line not in now]
    # The number of counters grows with them: nobody stores it, whoever loops over it knows fewer.
    gone = [line for line in gone if not re.match(r"enum \w+ NFW_N_\w+ = \d+$", line)]
    if gone and not may_break:
        print("\n".join(["These are gone or changed, and programs count on them:", *gone]), file=sys.stderr)
        return 1
    FILE.write_text(HEAD + "\n" + "\n".join(now) + "\n")
    print(f"{FILE}: {len(now)} lines, {len(set(now) - set(lines))} of them new")
    return 0


def main():
    arguments = sys.argv[1:]
    option = arguments.pop(0) if arguments[0].startswith("--") else None
    library, source, *compiler = arguments
    if option:
        return update(pathlib.Path(source), option == "--break")
    return check(pathlib.Path(library), pathlib.Path(source), compiler)


if __name__ == "__main__":
    sys.exit(main())
