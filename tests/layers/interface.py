# SPDX-License-Identifier: GPL-2.0-or-later
"""The rules of the public interface: header, kernel-doc, .sym file and the shared object say the same."""

import re
import subprocess

import rules

FUNCTION = re.compile(r"^([a-z][\w \t*]*?[ \t*])(nfw_\w+)\s*\(([^;{]*)\)\s*;", re.MULTILINE)
DOCUMENTED = re.compile(r"/\*\*\n \* (nfw_\w+)\(\) - ([^\n]+)\n(.*?)\*/\s*nfw_public\s", re.DOTALL)

# Where a linker puts what can be written to; .data.rel.ro is constant once it is loaded.
WRITABLE = re.compile(r"^(\.data(?!\.rel\.ro)|\.bss|\.tdata|\.tbss|\*COM\*)")


def declared(root):
    """name -> (returns a value, names of its parameters) of every function in the public header"""
    functions = {}
    for match in FUNCTION.finditer(rules.code(root / "lib/nfwpolicy/nfwpolicy.h")):
        parameters = [re.search(r"(\w+)\s*$", item) for item in match[3].split(",")]
        names = [item[1] for item in parameters if item and item[1] != "void"]
        functions[match[2]] = (match[1].strip() != "void", names)
    return functions


def listed(root):
    text = rules.code(root / "lib/libnfwpolicy.sym")
    return {word for word in re.findall(r"(nfw_\w+);", text)}


def header_and_sym_file_agree(root):
    functions = set(declared(root))
    names = listed(root)
    for name in sorted(functions - names):
        yield f"lib/libnfwpolicy.sym:1: {name} is missing"
    for name in sorted(names - functions):
        yield f"lib/nfwpolicy/nfwpolicy.h:1: {name} is missing"


def public_functions_are_documented(root):
    documented = {}
    for path in rules.sources(root, "lib"):
        text = path.read_text()
        for match in DOCUMENTED.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            documented[match[1]] = (f"{rules.name(root, path)}:{line}", match[3])
    for name, (returns, parameters) in sorted(declared(root).items()):
        if name not in documented:
            yield f"lib/nfwpolicy/nfwpolicy.h:1: {name} has no kernel-doc at its definition"
            continue
        where, text = documented[name]
        described = re.findall(r"^ \* @(\w+):", text, re.MULTILINE)
        if described != parameters:
            yield f"{where}: {name} describes ({', '.join(described)}) and takes ({', '.join(parameters)})"
        if returns and not re.search(r"^ \* Return:", text, re.MULTILINE):
            yield f"{where}: {name} does not say what it returns"


def nm(path, *options):
    output = subprocess.run(["nm", *options, path], check=True, capture_output=True, text=True).stdout
    return output.splitlines()


def exports_what_the_sym_file_lists(root, library):
    exported = {line.split()[-1].split("@")[0] for line in nm(library, "-D", "--defined-only")}
    exported -= {"NFWPOLICY_0.1"}
    names = listed(root)
    for name in sorted(names - exported):
        yield f"lib/libnfwpolicy.sym:1: {name} is listed and the library does not have it"
    for name in sorted(exported - names):
        yield f"lib/libnfwpolicy.sym:1: the library exports {name}"


def library_has_no_globals(archive):
    for line in nm(archive, "--format=sysv", "--defined-only"):
        fields = [field.strip() for field in line.split("|")]
        if len(fields) != 7 or fields[3] != "OBJECT" or not WRITABLE.match(fields[6]):
            continue
        yield f"{archive}:1: {fields[0]} is a variable in {fields[6]}"


def is_instrumented(archive):
    return any("__asan_" in line or "__sanitizer" in line for line in nm(archive))
