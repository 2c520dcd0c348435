# SPDX-License-Identifier: GPL-2.0-or-later
"""What bash offers when the tabulator key is pressed."""

import subprocess

import pytest

from conftest import SOURCE

# As the shell does it: the words, the place of the cursor, then the function that was registered for the program.
DRIVER = r"""
source "$1"
shift
nfwpolicy() { [[ $* == "list --brief" ]] && printf '%s\n' web build; }
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
function=$(complete -p "$1" | sed 's/.* -F \([^ ]*\) .*/\1/')
"$function" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" || exit
printf '%s\n' "${COMPREPLY[@]}"
"""


def offered(*words, cwd=None):
    script = SOURCE / "data" / "completions" / "nfwpolicy.bash"
    result = subprocess.run(
        ["bash", "--norc", "-c", DRIVER, "bash", script, *words],
        capture_output=True, text=True, check=True, cwd=cwd, timeout=30,
    )
    assert result.stderr == ""
    return set(result.stdout.split())


@pytest.mark.parametrize(
    "words, some",
    [
        (["nfwpolicy", ""], {"check", "load", "attach", "detach", "unload", "list", "names", "show", "verify", "help"}),
        (["nfwpolicy", "l"], {"load", "list"}),
        (["nfwpolicy", "--st"], {"--state-directory"}),
        (["nfwpolicy", "help", "v"], {"verify"}),
        (["nfwpolicy", "load", "x.yaml", "--no"], {"--no-learner"}),
        (["nfwpolicy", "load", "x.yaml", "--resolver", "a"], {"any"}),
        (["nfwpolicy", "--color", "always", "sh"], {"show"}),
        (["nfwpolicy", "list", "--color", "=", "n"], {"never"}),
        (["nfwpolicy", "show", ""], {"web", "build"}),
        (["nfwpolicy", "show", "web", "--k"], {"--kernel"}),
        (["nfwpolicy", "attach", "w"], {"web"}),
        (["nfwpolicy", "unload", "b"], {"build"}),
        (["nfwpolicy", "verify", ""], {"web", "build"}),
        (["nfwpolicy", "status", "--"], {"--bus-address", "--no-bus", "--json"}),
        (["nfwpolicy", "--bus-address", "unix:path=/bus", "unl"], {"unload"}),
        (["nfwpolicy", "detach", "--port", "l"], {"lo"}),
        (["nfwpolicy", "detach", "--port", "=", "l"], {"lo"}),
        (["nfwpolicyd", "--f"], {"--foreground"}),
        (["nfwpolicyd", "--color", "a"], {"auto", "always"}),
    ],
)
def test_bash(words, some):
    found = offered(*words)
    assert some <= found
    assert all(each.startswith(words[-1]) for each in found)


def test_bash_offers_policy_files(tmp_path):
    for name in ("web.yaml", "web.json", "web.txt", "other.yml"):
        (tmp_path / name).write_text("")
    (tmp_path / "webs").mkdir()
    assert offered("nfwpolicy", "load", "", cwd=tmp_path) == {"web.yaml", "web.json", "other.yml", "webs"}
    assert offered("nfwpolicy", "check", "web.yaml", "w", cwd=tmp_path) == {"web.yaml", "web.json", "webs"}
