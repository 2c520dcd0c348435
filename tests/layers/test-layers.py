#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks the rules of the tree, and first that each of them can fail. Prints TAP.

usage: test-layers.py SOURCE [SHARED-LIBRARY STATIC-LIBRARY]
"""

import os
import pathlib
import subprocess
import sys
import tempfile

import interface
import rules

MARK = f"/* {rules.SPDX} */\n"

# A tree that breaks every rule: file -> (text, the rules' words that must be said of it).
BAD = {
    "lib/base/up.c": (MARK + '#include "net/addr.h"\n', ["base must not include", ":2:"]),
    "lib/base/plain.c": (MARK + '#include "addr.h"\n', ['is not written as "layer/file.h"']),
    "lib/net/addr.h": (MARK + '#include "base/missing.h"\n', ["there is no lib/base/missing.h"]),
    "lib/policy/reader.c": (MARK + "#include <libfyaml.h>\n#include <libnftnl/rule.h>\n", ["<libnftnl/rule.h> is not for"]),
    "lib/ir/ir.c": (MARK + "#include <libfyaml.h>\n", ["<libfyaml.h> is not for"]),
    "lib/ir/up.c": (MARK + '#include "nft/batch.h"\n', ["ir must not include"]),
    "lib/nft/batch.h": (MARK + "#include <nftables/libnftables.h>\n", ["<nftables/libnftables.h> is not for"]),
    "lib/nft/dns.c": (MARK + '#include "dns/wire.h"\n', ["nft must not include"]),
    "lib/nft/list.c": (MARK + "#include <nftables/libnftables.h>\nvoid f(void) {\n_exit(1);\nexit(1);\n}\n", [":5: exit in"]),
    "lib/rtnl/link.c": (MARK + '#include "policy/policy.h"\n', ["rtnl must not include"]),
    "lib/dns/wire.h": (MARK + '#include "nflog/receiver.h"\n#include <ldns/ldns.h>\n', ["dns must not include", "<ldns/ldns.h>"]),
    "lib/nflog/receiver.h": (MARK + '#include "dns/wire.h"\n', ["nflog must not include"]),
    "lib/policy/policy.h": (MARK, []),
    "lib/engine/engine.c": (
        MARK + '/* printf("fine") */\nint f(void) {\n  char *s = "abort()";\n  abort();\n  fprintf(stderr, s);\n}\n',
        [":5: abort in", ":6: stderr in"],
    ),
    "lib/nonsense/x.c": (MARK, ["nonsense is no layer"]),
    "lib/base/long.c": (MARK + "\n" * 600, ["601 lines"]),
    "lib/base/todo.c": (MARK + "/* TO" + "DO */\n", ["unfinished"]),
    "lib/base/unmarked.c": ("int x;\n", ["no SPDX line"]),
    "tool": ("#!/bin/sh\n", ["no SPDX line"]),
    "cmd/nfwpolicy/main.c": (
        MARK + '#include "net/addr.h"\n#include <nfwpolicy/nfwpolicy.h>\n#include <nfwpolicy/other.h>\n#include <libmnl/libmnl.h>\n',
        ["is internal to the library", "<nfwpolicy/other.h> is no public", "<libmnl/libmnl.h> is the library's"],
    ),
    "lib/nfwpolicy/nfwpolicy.h": (
        MARK + '#include "base/vec.h"\nint nfw_a(int x);\nvoid nfw_b(void);\nint nfw_c(int y,\n          int z);\n',
        ["must not include base/vec.h", "nfw_d is missing", "nfw_b has no kernel-doc"],
    ),
    "lib/base/vec.h": (MARK, []),
    "lib/libnfwpolicy.sym": ("{ nfw_a; nfw_c; nfw_d; };\n", ["nfw_b is missing", "no SPDX line"]),
    "tests/netns/meson.build": (f"# {rules.SPDX}\n['old',]\n'test_' + name + '.py'\n", []),
    "tests/netns/test_old.py": (f"# {rules.SPDX}\n", []),
    "tests/netns/test_new.py": (f"# {rules.SPDX}\n", ["tests/netns/meson.build does not name it"]),
    "lib/base/doc.c": (
        MARK + "/**\n * nfw_a() - a\n * @x: x\n */\nnfw_public int nfw_a(int x) {\n}\n"
        "/**\n * nfw_c() - c\n * @z: z\n * Return: c\n */\nnfw_public int nfw_c(int y, int z) {\n}\n",
        ["nfw_a does not say what it returns", "nfw_c describes (z) and takes (y, z)"],
    ),
}

RULES = [
    rules.layers_include_downwards_only,
    rules.included_headers_exist,
    rules.public_header_includes_nothing_of_ours,
    rules.libraries_have_their_layer,
    rules.programs_use_the_public_header_only,
    rules.library_neither_prints_nor_exits,
    rules.files_are_short,
    rules.nothing_is_left_to_do,
    rules.python_tests_are_run,
    interface.header_and_sym_file_agree,
    interface.public_functions_are_documented,
]


class Tap:
    def __init__(self):
        self.n = 0
        self.failed = False

    def result(self, title, problems):
        self.n += 1
        problems = list(problems)
        self.failed |= bool(problems)
        print(f"{'not ok' if problems else 'ok'} {self.n} - {title}")
        for problem in problems:
            print(f"#   {problem}")

    def skip(self, title, why):
        self.n += 1
        print(f"ok {self.n} - {title} # SKIP {why}")


def title(rule):
    return rule.__name__.replace("_", " ")


def tracked(root):
    """What git knows of; in a tree without git (a release), every file outside build directories."""
    answer = subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", root, "ls-files", "-z"], capture_output=True, text=True, check=False
    )
    if answer.returncode == 0:
        return [path for path in answer.stdout.split("\0") if path]
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = [item for item in folders if not item.startswith((".", "build"))]
        found += [(pathlib.Path(folder) / file).relative_to(root).as_posix() for file in files]
    return found


def breaks(source):
    """Which of the bad tree's breaches nobody noticed, and what was said of files that are right."""
    with tempfile.TemporaryDirectory(prefix="nfw-layers-") as scratch:
        root = pathlib.Path(scratch)
        for where, (text, _) in BAD.items():
            (root / where).parent.mkdir(parents=True, exist_ok=True)
            (root / where).write_text(text)
        said = [problem for rule in RULES for problem in rule(root)]
        said += rules.files_have_a_licence(root, BAD)
        expected = 0
        for where, (_, words) in BAD.items():
            for word in words:
                expected += 1
                if not any(problem.startswith(where + ":") and word in problem for problem in said):
                    yield f"nobody says of {where}: {word}"
        if not said or len(said) != expected:
            yield f"{expected} breaches and {len(said)} reports:"
            yield from said


def library_breaks(root):
    """A library that exports too much, lacks something and has a variable must be found out."""
    with tempfile.TemporaryDirectory(prefix="nfw-layers-") as scratch:
        bad = pathlib.Path(scratch)
        (bad / "lib").mkdir()
        (bad / "lib/libnfwpolicy.sym").write_text("{ nfw_a; nfw_b; };")
        (bad / "x.c").write_text(
            "int nfw_a(void);\nint nfw_c(void);\nstatic int counter; static const char *const words[] = {\"a\"};\n"
            "int nfw_a(void) { return counter++; }\nint nfw_c(void) { return words[counter][0]; }\n"
        )
        compiler = os.environ.get("CC", "cc").split()
        subprocess.run([*compiler, "-fPIC", "-O1", "-c", "x.c", "-o", "x.o"], cwd=bad, check=True)
        subprocess.run([*compiler, "-shared", "x.o", "-o", "x.so"], cwd=bad, check=True)
        said = list(interface.exports_what_the_sym_file_lists(bad, bad / "x.so"))
        if len(said) != 2 or "nfw_b" not in said[0] or "nfw_c" not in said[1]:
            yield f"exports: {said}"
        said = list(interface.library_has_no_globals(bad / "x.o"))
        if len(said) != 1 or "counter" not in said[0]:
            yield f"globals: {said}"


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    tap = Tap()
    tap.result("a bad tree breaks every rule", breaks(root))
    for rule in RULES:
        tap.result(title(rule), rule(root))
    tap.result("files have a licence", rules.files_have_a_licence(root, tracked(root)))
    if len(sys.argv) > 3:
        shared, static = sys.argv[2:4]
        tap.result("a bad library is found out", library_breaks(root))
        tap.result(title(interface.exports_what_the_sym_file_lists), interface.exports_what_the_sym_file_lists(root, shared))
        if interface.is_instrumented(static):
            tap.skip(title(interface.library_has_no_globals), "a sanitizer adds its own")
        else:
            tap.result(title(interface.library_has_no_globals), interface.library_has_no_globals(static))
    print(f"1..{tap.n}")
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main())
