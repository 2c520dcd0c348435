# SPDX-License-Identifier: GPL-2.0-or-later
"""The installed header in C and C++ of several years and compilers; every function is linked by its C name."""

import re
import shutil
import subprocess

import pytest

from conftest import SOURCE, run

WARNINGS = ["-Wall", "-Wextra", "-Werror", "-pedantic", "-Wshadow", "-Wundef"]
STRICT = {"c": ["-Wstrict-prototypes"], "c++": ["-Wold-style-cast", "-Wzero-as-null-pointer-constant"]}
STANDARDS = {"c": ["c99", "c11", "c2x"], "c++": ["c++11", "c++17", "c++20"]}
COMPILERS = {"gcc": "c", "clang": "c", "g++": "c++", "clang++": "c++"}
FUNCTIONS = re.findall(r"\b(nfw_\w+);", (SOURCE / "lib/libnfwpolicy.sym").read_text())

PROGRAM = """\
#include <nfwpolicy/nfwpolicy.h>
#include <nfwpolicy/nfwpolicy.h>

typedef void (*function)(void);

int main(int argc, char **argv) {
        static const function all[] = { %s };
        struct nfw_report *report = %s;
        const enum nfw_condition condition = NFW_E_EMPTY;

        (void)argv;
        if (nfw_report_new(&report) != 0 || nfw_report_has_errors(report))
                return 1;
        report = nfw_report_free(report);
        return argc == 1 && all[0] && condition > 0 && !report ? 0 : 2;
}
"""
CASTS = {"c": "(function)%s", "c++": "reinterpret_cast<function>(&%s)"}
NULLS = {"c": "0", "c++": "nullptr"}


def program(language):
    return PROGRAM % (", ".join(CASTS[language] % name for name in FUNCTIONS), NULLS[language])


def compile_object(installed, folder, compiler, standard, text, *options):
    language = COMPILERS[compiler]
    source, target = folder / f"program.{'c' if language == 'c' else 'cc'}", folder / "program.o"
    source.write_text(text)
    command = [
        compiler, *WARNINGS, *STRICT[language], f"-std={standard}", *installed.flags("--cflags"), *options,
        "-c", str(source), "-o", str(target),
    ]
    return target, subprocess.run(command, capture_output=True, text=True, check=False)


CASES = [(compiler, standard) for compiler, language in COMPILERS.items() for standard in STANDARDS[language]]


@pytest.mark.parametrize("compiler, standard", CASES)
def test_the_header_compiles_and_every_function_links(installed, tmp_path, compiler, standard):
    if not shutil.which(compiler):
        pytest.skip(f"there is no {compiler}")
    # Two runtimes of sanitizers do not go into one program: then it is compiled, and its names are looked at.
    ours = compiler.startswith("clang") == ("clang" in " ".join(installed.compiler))
    sanitizers = installed.sanitizers if ours else []
    target, result = compile_object(installed, tmp_path, compiler, standard, program(COMPILERS[compiler]), *sanitizers)
    assert result.returncode == 0, result.stderr
    wanted = {line.split()[-1] for line in run("nm", "-u", str(target)).splitlines()}
    assert sorted(set(FUNCTIONS) - wanted) == []
    if installed.sanitizers and not ours:
        return
    linked = tmp_path / "program"
    run(compiler, *sanitizers, str(target), "-o", str(linked), *installed.flags("--libs"))
    run(str(linked), env=installed.environment)


def test_it_is_noticed_when_a_function_has_another_linkage(installed, tmp_path):
    """Without extern "C" a name is mangled, and the test above would say so."""
    if not shutil.which("g++"):
        pytest.skip("there is no g++")
    header = (installed.prefix / "include/nfwpolicy/nfwpolicy.h").read_text()
    assert header.count("__cplusplus") == 2
    text = program("c++").replace("#include <nfwpolicy/nfwpolicy.h>\n", "", 1)
    text = text.replace("#include <nfwpolicy/nfwpolicy.h>\n", header.replace("__cplusplus", "NOT_DEFINED"), 1)
    text = text.replace("#pragma once", "")
    target, result = compile_object(installed, tmp_path, "g++", "c++17", text, "-Wno-undef")
    assert result.returncode == 0, result.stderr
    assert "nfw_attach" not in run("nm", "-u", str(target)).split()


def test_the_header_needs_nothing_before_it_and_defines_nothing_else(installed, tmp_path):
    empty = tmp_path / "empty.c"
    empty.write_text("#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n")
    ours = tmp_path / "ours.c"
    ours.write_text("#include <nfwpolicy/nfwpolicy.h>\n")

    def macros(path):
        return set(run(*installed.compiler, "-dM", "-E", *installed.flags("--cflags"), str(path)).splitlines())

    assert macros(ours) == macros(empty)
