# SPDX-License-Identifier: GPL-2.0-or-later
"""The documents and the code agree: diagnostic codes, options, quoted policies and programs, links."""

import os
import pathlib
import re
import shutil
import subprocess
import textwrap

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("NFWPOLICY_BUILD", SOURCE / "build"))
COMPILER = os.environ.get("NFWPOLICY_COMPILER", "cc").split()

PAGES = sorted([*SOURCE.glob("*.rst"), *SOURCE.glob("docs/*.rst"), *SOURCE.glob("data/man/*.rst")])
DIAGNOSTICS = [SOURCE / "docs" / name for name in ("policy.rst", "nwfilter.rst", "networks.rst")]
COMMANDS = [
    "check", "load", "attach", "detach", "unload", "list", "names", "show", "verify", "status",
    "nwfilter-list", "nwfilter-define", "nwfilter-undefine", "nwfilter-dumpxml", "nwfilter-edit", "nwfilter-import",
    "nwfilter-binding-create", "nwfilter-binding-list", "nwfilter-binding-dumpxml", "nwfilter-binding-delete",
    "set",
    "net-define", "net-start", "net-destroy", "net-undefine", "net-list", "net-dumpxml",
]

# A word, a slash, words: in the code nothing else looks so but the headers that are included.
CODE = re.compile(r'"([a-z]+/[a-z]+(?:-[a-z]+)*)"')
DOCUMENTED = re.compile(r"^``([a-z]+/[a-z-]+)``", re.MULTILINE)


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def nfwpolicy(*arguments, **options):
    return run(str(BUILD / "cmd/nfwpolicy/nfwpolicy"), *map(str, arguments), **options)


def blocks(page, language):
    """The code blocks of a language, as (line, text)."""
    text = page.read_text()
    for match in re.finditer(rf"^( *)\.\. code-block:: {re.escape(language)}\n((?:\n|\1 +.*\n)+)", text, re.MULTILINE):
        yield text.count("\n", 0, match.start()) + 1, textwrap.dedent(match[2]).strip("\n") + "\n"


def all_blocks(language):
    found = [(page, *block) for page in PAGES for block in blocks(page, language)]
    return [pytest.param(text, id=f"{page.name}:{line}") for page, line, text in found]


def codes_in_the_library():
    return {code for path in SOURCE.glob("lib/**/*.c") for code in CODE.findall(path.read_text())}


def test_every_diagnostic_code_is_documented_and_exists():
    codes = codes_in_the_library()
    documented = [code for page in DIAGNOSTICS for code in DOCUMENTED.findall(page.read_text())]
    assert {"policy/unknown-key", "kernel/refused", "load/no-learner"} <= codes
    assert sorted(codes - set(documented)) == []
    assert sorted(set(documented) - codes) == []
    assert len(documented) == len(set(documented))


def options_of(page):
    """The options that a manual page describes, each at the beginning of its line."""
    return set(re.findall(r"^ *(?:-\w(?: [A-Z]+)?, )?--([a-z][a-z-]*)(?: [A-Z]+)?(?:  |$)", page.read_text(), re.MULTILINE))


def options_in_help(*command):
    answer = run(*command, "--help")
    assert answer.returncode == 0
    return set(re.findall(r"^ +(?:-\w, )? *--([a-z-]+)", answer.stdout, re.MULTILINE))


def test_the_manual_page_of_nfwpolicy_has_no_option_that_does_not_exist():
    program = str(BUILD / "cmd/nfwpolicy/nfwpolicy")
    known = set().union(*(options_in_help(program, command) for command in COMMANDS))
    pages = [SOURCE / "data/man/nfwpolicy.8.rst", *(SOURCE / "data/man").glob("nfwpolicy-*.8.rst")]
    documented = set().union(*(options_of(page) for page in pages))
    assert {"resolver", "json", "follow"} <= documented
    assert sorted(documented ^ known) == []


@pytest.mark.parametrize("text", all_blocks("yaml"))
def test_quoted_policies_are_valid(text, tmp_path):
    policy = tmp_path / "policy.yaml"
    policy.write_text(text)
    result = nfwpolicy("check", policy)
    assert (result.returncode, result.stderr) == (0, "")


def test_rules_quoted_in_lines_are_valid(tmp_path):
    """In docs/policy.rst: blocks of rules that stand for themselves, "- {name: ...}"."""
    text = (SOURCE / "docs/policy.rst").read_text()
    found = re.findall(r"(?:^ +(?:#.*|- \{name: .*\})\n)+", text, re.MULTILINE)
    assert len(found) >= 4
    for rules in found:
        policy = tmp_path / "policy.yaml"
        policy.write_text('version: "1.0"\nrules:\n' + textwrap.indent(textwrap.dedent(rules), "  "))
        result = nfwpolicy("check", policy)
        assert result.returncode == 0, rules + result.stderr


def test_the_policy_of_the_manual_page_is_valid(tmp_path):
    text = (SOURCE / "data/man/nfwpolicy-policy.5.rst").read_text()
    policy = tmp_path / "policy.yaml"
    policy.write_text(textwrap.dedent(re.search(r"^    version: .*\n(?:\n|    .*\n)+", text, re.MULTILINE)[0]))
    assert nfwpolicy("check", policy).returncode == 0


@pytest.mark.parametrize("text", all_blocks("c"))
def test_quoted_programs_compile(text, tmp_path):
    source = tmp_path / "quoted.c"
    source.write_text(text)
    result = run(*COMPILER, "-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", f"-I{SOURCE / 'lib'}", str(source))
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("text", all_blocks("c++"))
def test_quoted_cpp_programs_compile(text, tmp_path):
    source = tmp_path / "quoted.cc"
    source.write_text(text)
    found = [shutil.which(compiler) for compiler in ("g++", "clang++")]
    assert any(found)
    for compiler in filter(None, found):
        result = run(compiler, "-std=c++11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", f"-I{SOURCE / 'lib'}", str(source))
        assert result.returncode == 0, result.stderr


def test_there_are_a_quoted_policy_and_a_quoted_program():
    readme = SOURCE / "README.rst"
    assert len(list(blocks(readme, "yaml"))) == len(list(blocks(readme, "c"))) == 1
    embedding = SOURCE / "docs/embedding.rst"
    assert {language: len(list(blocks(embedding, language))) for language in ("c", "c++", "sh", "meson")} == {
        "c": 4, "c++": 1, "sh": 1, "meson": 1,
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page):
    for target in re.findall(r"`[^`<]+<([^>#]+)>`_", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).is_file(), target


def test_every_document_is_named_in_the_readme():
    readme = (SOURCE / "README.rst").read_text()
    for page in SOURCE.glob("docs/*.rst"):
        assert f"<docs/{page.name}>" in readme, page.name
