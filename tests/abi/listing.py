# SPDX-License-Identifier: GPL-2.0-or-later
"""The ABI as text: a line for each function (version node, prototype), by name, and one for each enumerator."""

import re

TOKEN = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
FUNCTION = re.compile(r"^([a-z][\w \t*]*?[ \t*])(nfw_\w+)\s*\(([^;{]*)\)\s*;", re.MULTILINE)
ENUM = re.compile(r"^enum (\w+) \{([^}]*)\};", re.MULTILINE)
NODE = re.compile(r"^([\w.]+) \{(.*?)\}\s*\w*;", re.MULTILINE | re.DOTALL)
LINE = re.compile(r"^(\S+) (\S.*?[ *])(nfw_\w+)\((.*)\)$|^enum (\w+) (\w+) = (-?\d+)$")


def spaced(text):
    return re.sub(r"\* ", "*", " ".join(text.split()))


def type_of(parameter):
    """Without its name, which is not part of the ABI: `size_t index` is size_t, `const char *name` is const char *."""
    return re.sub(r"(?<=[ *])\w+$", "", spaced(parameter)).strip() if spaced(parameter) != "void" else "void"


def versions(sym):
    """function -> the version node it is in"""
    text = TOKEN.sub(" ", sym)
    return {name: node[1] for node in NODE.finditer(text) for name in re.findall(r"\b(nfw_\w+);", node[2])}


def enumerators(body):
    value = -1
    for item in filter(None, map(str.strip, body.split(","))):
        name, _, given = map(str.strip, item.partition("="))
        value = int(given, 0) if given else value + 1
        yield name, value


def make(header, sym):
    """The lines of what this header and this version script offer."""
    text, nodes = TOKEN.sub(" ", header), versions(sym)
    functions = [
        f"{nodes.get(match[2], 'unversioned')} {spaced(match[1] + match[2])}({', '.join(map(type_of, match[3].split(',')))})"
        for match in FUNCTION.finditer(text)
    ]
    enums = [
        f"enum {match[1]} {name} = {value}" for match in ENUM.finditer(text) for name, value in enumerators(match[2])
    ]
    return sorted(functions, key=lambda line: (line.split()[0], re.search(r"nfw_\w+(?=\()", line)[0])) + enums


def read(path):
    return [line for line in path.read_text().splitlines() if line and not line.startswith("#")]


def parse(lines):
    """(functions as (node, result, name, parameters), enum -> [(enumerator, value)])"""
    functions, enums = [], {}
    for line in lines:
        match = LINE.match(line)
        if not match:
            raise ValueError(f"not a line of an ABI file: {line}")
        if match[5]:
            enums.setdefault(match[5], []).append((match[6], int(match[7])))
        else:
            functions.append((match[1], match[2].strip(), match[3], match[4]))
    return functions, enums


def stub_header(lines):
    """C declarations of the same ABI."""
    functions, enums = parse(lines)
    structs = sorted(set(re.findall(r"struct (\w+)", "\n".join(lines))))
    text = ["#include <stdbool.h>", "#include <stddef.h>", "#include <stdint.h>"]
    text += [f"struct {name};" for name in structs]
    for name, values in enums.items():
        text.append(f"enum {name} {{ {', '.join(f'{key} = {value}' for key, value in values)} }};")
    text += [f"{result} {name}({parameters});" for _, result, name, parameters in functions]
    return "\n".join(text) + "\n"


def stub_source(lines):
    """A library with this ABI and nothing in it; its header is stub.h."""
    text = ['#include "stub.h"']
    for _, result, name, parameters in parse(lines)[0]:
        items = parameters.split(", ")
        named = [item if item == "void" else f"{item} p{i}" for i, item in enumerate(items)]
        unused = "".join(f" (void)p{i};" for i, item in enumerate(items) if item != "void")
        text.append(f"{result} {name}({', '.join(named)}) {{{unused}{'' if result == 'void' else ' return 0;'} }}")
    return "\n".join(text) + "\n"


def stub_versions(lines):
    nodes = {}
    for node, _, name, _ in parse(lines)[0]:
        nodes.setdefault(node, []).append(name)
    text = [f"{node} {{\nglobal:\n{''.join(f'{name};' for name in names)}\n}};" for node, names in nodes.items()]
    return "\n".join(text) + "\nUNUSED {\nlocal:\n*;\n};\n"


def assertions(lines):
    """A program that compiles with a header only where the enumerators have these values."""
    text = ["#include <nfwpolicy/nfwpolicy.h>"]
    for name, values in parse(lines)[1].items():
        text += [f'_Static_assert({key} == {value}, "{name}");' for key, value in values]
    return "\n".join(text) + "\n"
