# SPDX-License-Identifier: GPL-2.0-or-later
"""The manual pages of the library: made from its comments, complete, and readable for groff."""

import pathlib
import re
import shutil
import subprocess
import sys

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests/layers"))

import interface  # pylint: disable=wrong-import-position
import rules  # pylint: disable=wrong-import-position

TOOL = SOURCE / "tools/kernel-doc"
HEADER = SOURCE / "lib/nfwpolicy/nfwpolicy.h"
FUNCTIONS = sorted(interface.listed(SOURCE))
ENUMS = re.findall(r"^enum (nfw_\w+) \{", HEADER.read_text(), re.MULTILINE)
SOURCES = [path for path in rules.sources(SOURCE, "lib") if path.suffix == ".c"]
COMMENT = re.compile(r"^/\*\*\n \* (?:enum )?(nfw_\w+)(?:\(\))? - (.*?)\*/", re.MULTILINE | re.DOTALL)


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, done.stderr


def make(folder, header=HEADER, overview=SOURCE / "data/man/libnfwpolicy.3.rst"):
    folder.mkdir()
    rst2man = shutil.which("rst2man") or shutil.which("rst2man.py")
    run(TOOL, "make", folder, rst2man, header, overview, *SOURCES)
    return folder


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    return make(tmp_path_factory.mktemp("man") / "man3")


def rendered(page):
    return run("groff", "-K", "utf8", "-man", "-Tutf8", "-P-cbou", page)[0]


def words(text):
    return re.findall(r"\w+", text.lower())


@pytest.fixture(scope="module")
def sections(pages):
    """name of a function or an enumeration -> what its page says of it, heading included"""
    found = {}
    for page in pages.glob("libnfwpolicy*.3"):
        for part in re.split(r"^(?=\S|   \S)", rendered(page), flags=re.MULTILINE):
            heading = re.match(r"   (?:enum (nfw_\w+)|(nfw_\w+)\(\))\n", part)
            if heading:
                name = heading[1] or heading[2]
                assert name not in found
                found[name] = (page.name, part)
    return found


def comments():
    texts = [HEADER.read_text(), *(path.read_text() for path in SOURCES)]
    return {match[1]: match[2] for text in texts for match in COMMENT.finditer(text)}


def test_what_is_made_is_what_is_listed(pages):
    listed = run(TOOL, "list", HEADER)[0].split()
    assert sorted(listed) == sorted(path.name for path in pages.iterdir())
    assert sorted(set(FUNCTIONS + ENUMS) - {name.removesuffix(".3") for name in listed}) == []


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_and_its_parameters_are_in_their_page(name, pages, sections):
    _, parameters = interface.declared(SOURCE)[name]
    page, text = sections[name]
    for parameter in parameters:
        assert re.search(rf"^       {parameter}(?: +\S|\n {{14}}\S)", text, re.MULTILINE), parameter
    synopsis = rendered(pages / page).split("DESCRIPTION")[0]
    assert re.search(rf"\b{name}\(", synopsis)
    assert (pages / f"{name}.3").read_text() == f".so man3/{page}\n"


@pytest.mark.parametrize("name", FUNCTIONS + ENUMS)
def test_a_page_says_every_word_of_the_comment(name, sections):
    comment = re.sub(r"^ \*", "", comments()[name], flags=re.MULTILINE).replace("Return:", "Returns:")
    said = words(sections[name][1])
    assert said[said.index(name):] == [name] + words(comment)


def test_groff_has_nothing_to_say(pages):
    for page in pages.glob("libnfwpolicy*.3"):
        assert run("groff", "-K", "utf8", "-man", "-Tutf8", "-ww", "-z", page)[1] == ""


def test_the_overview_names_every_function(pages):
    text = rendered(pages / "libnfwpolicy.3")
    assert sorted(name for name in FUNCTIONS if f"{name}()" not in text.split("PAGES")[1]) == []
    assert sorted(path.stem for path in pages.glob("libnfwpolicy-*.3")) == sorted(
        set(re.findall(r"^       (libnfwpolicy-\w+)\(3\):", text, re.MULTILINE))
    )


def test_a_function_without_a_comment_is_missed(tmp_path):
    header = tmp_path / "nfwpolicy.h"
    header.write_text(HEADER.read_text().replace("int nfw_verify(", "int nfw_nobody_wrote_about(int x);\nint nfw_verify("))
    folder = make(tmp_path / "man3", header=header)
    assert (folder / "nfw_nobody_wrote_about.3").exists()
    text = rendered(folder / "libnfwpolicy-looking.3")
    assert "   nfw_verify()\n" in text and "   nfw_nobody_wrote_about()\n" not in text


def test_what_is_not_markup_stays_as_it_is(tmp_path):
    header = tmp_path / "nfwpolicy.h"
    text = HEADER.read_text().replace("there is no event now", "a *star*, |bar|, back\\slash, word_ and `x -c`; @this")
    header.write_text(text)
    said = rendered(make(tmp_path / "man3", header=header) / "libnfwpolicy.3")
    assert "a *star*, |bar|, back\\slash, word_ and x -c; this" in " ".join(said.split())
