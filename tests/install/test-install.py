#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Installs the build into a temporary place and uses the library from outside, through pkg-config. Prints TAP.

usage: test-install.py MESON BUILD COMPILER...
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SYM = pathlib.Path(__file__).resolve().parents[2] / "lib/libnfwpolicy.sym"
POLICY = """\
version: "1.0"
rules:
  - {name: web, action: allow, priority: 10, egress: {protocols: [tcp], ports: ["443"]}}
  - {name: names, action: allow, priority: 20, egress: {domains: [example.com]}}
"""
EXPECTED = """\
rules 2, domains 1
broken.yaml:4:5 policy/unknown-key
"""


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    return done.returncode, done.stdout, done.stderr


class Tap:
    def __init__(self):
        self.n = 0
        self.failed = False

    def result(self, title, good, *details):
        self.n += 1
        self.failed |= not good
        print(f"{'ok' if good else 'not ok'} {self.n} - {title}")
        if not good:
            for line in "\n".join(str(detail) for detail in details).splitlines():
                print(f"#   {line}")
        return good

    def skip(self, title, why):
        self.n += 1
        print(f"ok {self.n} - {title} # SKIP {why}")

    def end(self):
        print(f"1..{self.n}")
        return 1 if self.failed else 0


def files_below(root):
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if not path.is_dir())


def plus_plus(compiler):
    """The C++ compiler of the same family."""
    for c, cxx in (("clang", "clang++"), ("gcc", "g++"), ("cc", "c++")):
        if c in compiler:
            return shutil.which(compiler.replace(c, cxx, 1))
    return None


def use(tap, scratch, compiler, language, standard, pc_files, library):
    """Compiles, links and runs the program with what pkg-config says and nothing else."""
    source = pathlib.Path(__file__).with_name("program.c")
    program = scratch / ("program-" + standard)
    environment = dict(os.environ, PKG_CONFIG_PATH=str(pc_files.parent))
    prefix = pc_files.parents[2] if pc_files.parents[1].name == "lib" else pc_files.parents[3]
    code, flags, error = run(
        "pkg-config", f"--define-variable=prefix={prefix}", "--cflags", "--libs", "libnfwpolicy", env=environment
    )
    if not tap.result(f"{language}: pkg-config knows the library", code == 0 and "-lnfwpolicy" in flags, error):
        return
    warnings = ["-Wall", "-Wextra", "-Werror", "-pedantic", f"-std={standard}"]
    command = [*compiler, *warnings, "-x", language, str(source), "-x", "none", "-o", str(program), *flags.split()]
    code, _, error = run(*command)
    if not tap.result(f"{language}: compiles and links", code == 0, " ".join(command), error):
        return
    policy = scratch / "policy.yaml"
    policy.write_text(POLICY)
    code, output, error = run(str(program), str(policy), env=dict(os.environ, LD_LIBRARY_PATH=str(library.parent)))
    good = code == 0 and output.startswith(EXPECTED) and output.endswith("errors 1, policy 0\n")
    tap.result(f"{language}: reads a policy and reports an error", good, f"exit {code}", output, error)


def main():
    meson, build, *compiler = sys.argv[1:]
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="nfw-install-") as folder:
        scratch = pathlib.Path(folder)
        root = scratch / "root"
        code, output, error = run(meson, "install", "-C", build, "--no-rebuild", "--destdir", str(root))
        if not tap.result("meson install", code == 0, output, error):
            return tap.end()
        files = files_below(root)
        headers = [file for file in files if file.endswith(".h")]
        tap.result("one public header", [pathlib.Path(file).name for file in headers] == ["nfwpolicy.h"], headers)
        libraries = [root / file for file in files if pathlib.Path(file).name == "libnfwpolicy.so"]
        pc_files = [root / file for file in files if file.endswith("pkgconfig/libnfwpolicy.pc")]
        if not tap.result("a library and its .pc file", len(libraries) == len(pc_files) == 1, *files):
            return tap.end()
        _, dynamic, _ = run("readelf", "-d", str(libraries[0]))
        tap.result("soname", "[libnfwpolicy.so.0]" in dynamic, dynamic)
        pages = {pathlib.Path(file).name for file in files if "/man3/" in file}
        exported = re.findall(r"\b(nfw_\w+);", SYM.read_text())
        if shutil.which("rst2man") or shutil.which("rst2man.py"):
            tap.result("a manual page for every function", {"libnfwpolicy.3", *(f"{name}.3" for name in exported)} <= pages, pages)
        else:
            tap.skip("a manual page for every function", "there is no rst2man (python3-docutils)")
        tap.result("no static library", not any(file.endswith(".a") for file in files), *files)
        use(tap, scratch, compiler, "c", "c11", pc_files[0], libraries[0])
        cxx = plus_plus(compiler[0])
        if cxx:
            use(tap, scratch, [cxx, *compiler[1:]], "c++", "c++17", pc_files[0], libraries[0])
        else:
            tap.skip("c++", f"there is no C++ compiler beside {compiler[0]}")
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
