# SPDX-License-Identifier: GPL-2.0-or-later
"""The rules of the tree. Each takes its root and yields what breaks it, as "file:line: what"."""

import re

# What a layer may include besides itself. `engine` stands on all of them.
BELOW = {
    "base": set(),
    "net": {"base"},
    "policy": {"base", "net"},
    "xml": {"base"},
    "nwfilter": {"base", "net", "xml"},
    "network": {"base", "net", "xml", "policy"},
    "ir": {"base", "net", "policy", "nwfilter", "network"},
    "nft": {"base", "net", "policy", "nwfilter", "network", "ir"},
    "config": {"base", "net", "policy", "nft"},
    "rtnl": {"base", "net"},
    "dns": {"base", "net"},
    "snoop": {"base", "net"},
    "nflog": {"base", "net"},
}
BELOW["engine"] = set(BELOW)

# Whose headers a library's may be included by. A missing library may be used anywhere in lib/.
USERS = {
    "libfyaml.h": ["lib/policy/"],
    "ini.h": ["lib/config/"],
    "libxml/": ["lib/xml/"],
    "libnftnl/": ["lib/nft/"],
    "libmnl/": ["lib/nft/", "lib/rtnl/", "lib/nflog/"],
    "nftables/": ["lib/nft/list.c"],
    "idn2.h": ["lib/net/"],
    "ldns/": [],
    "jansson.h": [],
    "pthread.h": [],
}

# What a library must not do behind its program's back.
FORBIDDEN = re.compile(
    r"(?<![\w.>])(exit|_exit|_Exit|quick_exit|atexit|abort|assert|printf|vprintf|puts|putchar|perror|syslog|err|errx"
    r"|warn|warnx|system|popen)\s*\(|\b(stdout|stderr|stdin)\b"
)
# libnftables may exit, so it runs in a child process, which ends there.
MAY_END = {"lib/nft/list.c": {"_exit"}}

MAX_LINES = 600
COMMENTED = {".c", ".h", ".py", ".sh", ".build", ".rst", ".sym", ".yaml", ".yml", ".ini", ".txt"}
# Data that tests compare byte for byte or feed to a reader, licences, and formats without comments.
UNMARKED = re.compile(r"^(COPYING|tests/(golden|fuzz/corpus)/|.*/expected/|.*\.(json|png|svg|wrap|tsv)$|subprojects/)")
SPDX = "SPDX-License-Identifier: GPL-2.0-or-later"

TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)


def sources(root, folder):
    return sorted(path for path in (root / folder).rglob("*") if path.suffix in (".c", ".h"))


def name(root, path):
    return path.relative_to(root).as_posix()


def includes(path):
    text = path.read_text()
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match[1] == '"', match[2]


def code(path):
    """The text without comments and literals, its lines kept."""
    return TOKEN.sub(lambda match: "\n" * match[0].count("\n") or " ", path.read_text())


def layers_include_downwards_only(root):
    for path in sources(root, "lib"):
        where = name(root, path)
        layer = path.relative_to(root / "lib").parts[0]
        if layer == "nfwpolicy":
            continue
        if layer not in BELOW:
            yield f"{where}:1: {layer} is no layer"
            continue
        for line, quoted, header in includes(path):
            if not quoted:
                continue
            other = header.split("/")[0]
            if "/" not in header or other not in BELOW:
                yield f'{where}:{line}: "{header}" is not written as "layer/file.h"'
            elif other != layer and other not in BELOW[layer]:
                yield f'{where}:{line}: {layer} must not include "{header}"'


def included_headers_exist(root):
    for path in sources(root, "lib"):
        for line, quoted, header in includes(path):
            if quoted and not (root / "lib" / header).exists():
                yield f'{name(root, path)}:{line}: there is no lib/{header}'


def public_header_includes_nothing_of_ours(root):
    for path in sources(root, "lib/nfwpolicy"):
        for line, quoted, header in includes(path):
            if quoted or header not in ("stdbool.h", "stddef.h", "stdint.h"):
                yield f"{name(root, path)}:{line}: a public header must not include {header}"


def libraries_have_their_layer(root):
    for path in sources(root, "lib"):
        where = name(root, path)
        for line, quoted, header in includes(path):
            for library, users in USERS.items():
                if not quoted and header.startswith(library) and not any(where.startswith(user) for user in users):
                    yield f"{where}:{line}: <{header}> is not for this file"


def programs_use_the_public_header_only(root):
    for path in sources(root, "cmd"):
        for line, quoted, header in includes(path):
            if quoted and (root / "lib" / header).exists():
                yield f'{name(root, path)}:{line}: "{header}" is internal to the library'
            elif not quoted and header.startswith("nfwpolicy/") and header != "nfwpolicy/nfwpolicy.h":
                yield f"{name(root, path)}:{line}: <{header}> is no public header"
            elif not quoted and header.startswith(("libnftnl/", "libmnl/", "nftables/", "libfyaml")):
                yield f"{name(root, path)}:{line}: <{header}> is the library's business"


def library_neither_prints_nor_exits(root):
    for path in sources(root, "lib"):
        where = name(root, path)
        for number, line in enumerate(code(path).splitlines(), 1):
            for match in FORBIDDEN.finditer(line):
                word = match[1] or match[2]
                if word not in MAY_END.get(where, ()):
                    yield f"{where}:{number}: {word} in the library"


def files_are_short(root):
    for folder in ("lib", "cmd", "tests"):
        for path in sources(root, folder):
            n_lines = path.read_text().count("\n")
            if n_lines > MAX_LINES:
                yield f"{name(root, path)}:{MAX_LINES}: {n_lines} lines, more than {MAX_LINES}"


def python_tests_are_run(root):
    """Where each file is a test of meson's, a new one is easily forgotten."""
    for build in sorted((root / "tests").glob("*/meson.build")):
        text = build.read_text()
        if "'test_' + name + '.py'" not in text:
            continue
        for path in sorted(build.parent.glob("test_*.py")):
            if f"'{path.stem.removeprefix('test_')}'," not in text:
                yield f"{name(root, path)}:1: {name(root, build)} does not name it"


def files_have_a_licence(root, paths):
    for where in paths:
        path = root / where
        if UNMARKED.match(where) or path.is_symlink() or not path.is_file():
            continue
        data = path.read_bytes()
        if path.suffix in COMMENTED or data.startswith(b"#!"):
            head = data[:2000].decode(errors="replace").split("\n")
            # Behind a "#!" and a man page's or a page's own first line.
            if not any(SPDX in line for line in head[:3]):
                yield f"{where}:1: no SPDX line"


def nothing_is_left_to_do(root):
    for folder in ("lib", "cmd", "tests"):
        for path in sources(root, folder):
            for number, line in enumerate(path.read_text().splitlines(), 1):
                if re.search(r"\b(TODO|FIXME|XXX)\b", line):
                    yield f"{name(root, path)}:{number}: unfinished"
