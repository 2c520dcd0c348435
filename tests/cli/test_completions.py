# SPDX-License-Identifier: GPL-2.0-or-later
"""What bash offers when the tabulator key is pressed."""

import os
import shlex
import shutil
import subprocess

import pytest

from conftest import PATIENT, SOURCE

COMPLETIONS = SOURCE / "data" / "completions"

# As the shell does it: the words, the place of the cursor, then the function that was registered for the program.
DRIVER = r"""
source "$1"
shift
nfwpolicy() {
        # A terminal would make polkit ask for a password.
        [[ -t 0 ]] && return 2
        if [[ $NAMES ]]; then
                while IFS= read -r name; do
                        case $* in
                        "nwfilter-list --quiet") printf ' %s  %s\n' 0a7b4b4c-0d3f-4a3e-9d1e-3a5f0c3f0b11 "$name" ;;
                        "nwfilter-binding-list --quiet") printf ' %s  clean-traffic\n' "$name" ;;
                        "set list") printf '%s  ip,port  ipv4  2\n' "$name" ;;
                        "net-list"*) printf '%s  active  nat  virbr0  yes  no\n' "$name" ;;
                        "list "*) printf '%s\n' "$name" ;;
                        esac
                done <<<"$NAMES"
                return
        fi
        case $* in
        "list --brief") printf '%s\n' web build ;;
        "list --ports") [[ $LOADED ]] && printf '%s\n' lovnet0 vnet1 ;;
        esac
}
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
function=$(complete -p "$1" | sed 's/.* -F \([^ ]*\) .*/\1/')
"$function" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" || exit
printf '%s\n' "${COMPREPLY[@]}"
"""


def offered(*words, cwd=None, loaded=True, names=()):
    script = SOURCE / "data" / "completions" / "nfwpolicy.bash"
    result = subprocess.run(
        ["bash", "--norc", "-c", DRIVER, "bash", script, *words],
        capture_output=True, text=True, check=True, cwd=cwd, timeout=PATIENT,
        env={**os.environ, "LOADED": "1" if loaded else "", "NAMES": "\n".join(names)},
    )
    assert result.stderr == ""
    return set(filter(None, result.stdout.splitlines()))


@pytest.mark.parametrize(
    "words, some",
    [
        (["nfwpolicy", ""], {"check", "load", "attach", "detach", "unload", "list", "names", "show", "verify", "help"}),
        (["nfwpolicy", "l"], {"load", "list"}),
        (["nfwpolicy", "--st"], {"--state-directory"}),
        (["nfwpolicy", "--c"], {"--color", "--config"}),
        (["nfwpolicy", "--config", "some.conf", "unl"], {"unload"}),
        (["nfwpolicyd", "--con"], {"--config"}),
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
        (["nfwpolicy", "attach", "web", "--port", "l"], {"lo"}),
        (["nfwpolicy", "attach", "web", "--port", "=", "l"], {"lo"}),
        (["nfwpolicy", "detach", "--port", ""], {"lovnet0", "vnet1"}),
        (["nfwpolicy", "names", "-p", "v"], {"vnet1"}),
        (["nfwpolicy", "load", "x.yaml", "--name", "w"], {"web"}),
        (["nfwpolicy", "names", "--n"], {"--no-bus"}),
        (["nfwpolicy", "list", "--p"], {"--ports"}),
        (["nfwpolicyd", "--f"], {"--foreground"}),
        (["nfwpolicyd", "--color", "a"], {"auto", "always"}),
    ],
)
def test_bash(words, some):
    found = offered(*words)
    assert some <= found
    assert all(each.startswith(words[-1]) for each in found)


def test_bash_offers_interfaces_where_nothing_is_to_be_seen():
    assert offered("nfwpolicy", "detach", "--port", "l", loaded=False) == {"lo"}


# What the names of filters and of ports may be, and all that a shell would do with them.
HOSTILE = ["$(touch${IFS}pwned)", "`touch${IFS}pwned`", "x;{touch,pwned}", "$HOME", "~", "*", "a\\b", "it's", 'say"so"']
PLACES = {
    "policies": ["unload"],
    "policies to load": ["load", "x.yaml", "--name"],
    "ports": ["detach", "--port"],
    "filters": ["nwfilter-undefine"],
    "filtered ports": ["nwfilter-binding-delete"],
    "sets": ["set", "add"],
    "networks": ["net-undefine"],
    "active networks": ["net-destroy"],
    "inactive networks": ["net-start"],
}


@pytest.mark.parametrize("place", PLACES)
def test_bash_runs_no_name(tmp_path, place):
    """What it offers is what the shell reads as that name, and nothing in it is run."""
    found = offered("nfwpolicy", *PLACES[place], "", cwd=tmp_path, names=HOSTILE)
    assert list(tmp_path.iterdir()) == []
    assert sorted(shlex.split(each) for each in found) == sorted([each] for each in HOSTILE)


@pytest.mark.parametrize("place, name", [("filters", "no $(touch pwned)"), ("sets", "my friends")])
def test_bash_offers_names_with_spaces(tmp_path, place, name):
    found = offered("nfwpolicy", *PLACES[place], "", cwd=tmp_path, names=[name, "other"])
    assert sorted(shlex.split(each) for each in found) == sorted([[name], ["other"]])
    assert list(tmp_path.iterdir()) == []


def test_bash_goes_on_with_what_it_has_quoted(tmp_path):
    for begun in ("$(to", "\\$\\(to"):
        found = offered("nfwpolicy", "nwfilter-undefine", begun, cwd=tmp_path, names=HOSTILE)
        assert [shlex.split(each) for each in found] == [[HOSTILE[0]]]
    assert offered("nfwpolicy", "nwfilter-undefine", "*", cwd=tmp_path, names=HOSTILE) == {"\\*"}


SHELLS = [("bash", "nfwpolicy.bash"), ("zsh", "_nfwpolicy"), ("fish", "nfwpolicy.fish"), ("fish", "nfwpolicyd.fish")]


@pytest.mark.parametrize("shell, script", SHELLS)
def test_syntax(shell, script):
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    command = [shell, "--no-execute" if shell == "fish" else "-n", COMPLETIONS / script]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENT)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.parametrize(
    "line, some",
    [
        ("nfwpolicy ", {"load", "attach", "detach", "unload", "verify"}),
        ("nfwpolicy attach ", {"web", "build"}),
        ("nfwpolicy verify w", {"web"}),
        ("nfwpolicy detach --port ", {"lovnet0", "vnet1"}),
        ("nfwpolicy names -p v", {"vnet1"}),
        ("nfwpolicy attach web --port l", {"lo"}),
        ("nfwpolicy load x.yaml --name b", {"build"}),
        ("nfwpolicy list --p", {"--ports"}),
    ],
)
def test_fish(tmp_path, line, some):
    if not shutil.which("fish"):
        pytest.skip("fish is not installed")
    program = tmp_path / "nfwpolicy"
    program.write_text(
        "#!/bin/sh\n[ -t 0 ] && exit 2\ncase $2 in\n--brief) printf 'web\\nbuild\\n' ;;\n"
        "--ports) printf 'lovnet0\\nvnet1\\n' ;;\nesac\n"
    )
    program.chmod(0o755)
    result = subprocess.run(
        ["fish", "--no-config", "-c", 'source $argv[1]; complete -C $argv[2]', COMPLETIONS / "nfwpolicy.fish", line],
        capture_output=True, text=True, check=True, timeout=PATIENT,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path)},
    )
    assert some <= {each.split("\t")[0] for each in result.stdout.splitlines()}


def test_bash_offers_policy_files(tmp_path):
    for name in ("web.yaml", "web.json", "web.txt", "other.yml"):
        (tmp_path / name).write_text("")
    (tmp_path / "webs").mkdir()
    assert offered("nfwpolicy", "load", "", cwd=tmp_path) == {"web.yaml", "web.json", "other.yml", "webs"}
    assert offered("nfwpolicy", "check", "web.yaml", "w", cwd=tmp_path) == {"web.yaml", "web.json", "webs"}
