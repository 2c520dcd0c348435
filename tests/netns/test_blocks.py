# SPDX-License-Identifier: GPL-2.0-or-later
"""
So many rules that some become chains of their own, which packets are sent to by what was learned: an address then
stands in several sets, and is one grant all the same.
"""

import json
import re
import signal

import pytest

from dnswire import address, question_name, reply
from follower import Follower
from learning import RESOLVER4, MarkedResponder, ask, learned, load, settle
from policies import allow, deny, policy

N_RULES = 60


def name_of(number):
    return f"n{number}.example"


def own_address(number):
    """That no rule denies."""
    return f"192.0.2.{number}"


def denied_address(number):
    return f"198.51.100.{number}"


# Even numbers are names, odd ones are addresses that are denied, the smaller number first.
RULES = [
    deny(number, ips=[denied_address(number)]) if number % 2 else allow(number, domains=[name_of(number)])
    for number in range(N_RULES)
]


@pytest.fixture
def lab(lab):
    lab.serve(443)
    lab.answers = {}
    lab.ttl = 300

    def answer(message):
        name = question_name(message)
        number = int(re.fullmatch(r"n(\d+)\.example", name)[1])
        addresses = lab.answers.get(number, [own_address(number)])
        return [reply(message, *(address(name, each, lab.ttl) for each in addresses))]

    MarkedResponder(lab, answer)
    lab.process = lab.learner()
    load(lab, *RULES, resolvers=[RESOLVER4])
    chains = re.findall(r"chain test-egress-block\d+", lab.nft("list", "chains", "inet"))
    assert len(chains) >= 2, "the policy is too small"
    return lab


def learn(lab, *numbers):
    ask(lab, *map(name_of, numbers), qtypes=[1])
    settle(lab)


def elements(lab, text):
    """How many elements the sets of all tables have with that text."""
    return len(re.findall(rf'"vnet0" \. [^,}}]*{re.escape(text)}', lab.nft("list", "ruleset")))


def restart(lab):
    lab.process.send_signal(signal.SIGKILL)
    lab.process.wait()
    lab.process = lab.learner()


# --- what gets through -------------------------------------------------------------------------------------------


def test_names_and_addresses_are_as_the_rules_say(lab):
    numbers = [0, 2, 14, 30, 44, N_RULES - 2]
    lab.reach(denied=[f"tcp {own_address(number)} 443" for number in numbers])
    learn(lab, *numbers)
    lab.reach(
        [f"tcp {own_address(number)} 443" for number in numbers],
        [f"tcp {own_address(number)} 443" for number in (4, 16, 46)]
        + [f"tcp {denied_address(number)} 443" for number in (1, 15, 31, N_RULES - 1)]
        + ["tcp 203.0.113.200 443", "tcp 198.51.100.200 443"],
    )
    assert lab.nfw("verify").returncode == 0


def test_what_is_learned_and_denied(lab):
    """The rule that comes first decides, whichever blocks the two are in."""
    pairs = [(number, other) for number in (0, 10, 28, 30, 58) for other in (1, 9, 11, 29, 31, 57, 59)]
    for number in {number for number, _ in pairs}:
        lab.answers[number] = [denied_address(other) for each, other in pairs if each == number]
    for number in lab.answers:
        allowed = [denied_address(other) for each, other in pairs if each == number and other > number]
        denied = [denied_address(other) for each, other in pairs if each == number and other < number]
        load(lab, *RULES, resolvers=[RESOLVER4])
        lab.nfw("detach", "--port", "vnet0")
        lab.nfw("attach", "test", "--port", "vnet0")
        learn(lab, number)
        lab.reach([f"tcp {each} 443" for each in allowed], [f"tcp {each} 443" for each in denied])


# --- what is shown -----------------------------------------------------------------------------------------------


def test_each_address_is_shown_once(lab):
    lab.answers[10] = ["192.0.2.10", "192.0.2.110"]
    lab.answers[12] = ["192.0.2.110"]
    learn(lab, 10, 12)
    assert elements(lab, "192.0.2.10 ") > 1
    shown = [(each["name"], each["address"]) for each in lab.names() if each["name"].startswith("n1")
             and each["name"].count(".") == 1]
    assert sorted(shown) == [
        ("n10.example", "192.0.2.10"), ("n10.example", "192.0.2.110"), ("n12.example", "192.0.2.110"),
    ]
    assert len({(each["port"], each["name"], each["address"]) for each in lab.names()}) == len(lab.names())
    (port,) = lab.json("list")["ports"]
    names, addresses = zip(*lab.learned())
    assert (port["names"], port["addresses"]) == (len(set(names)), len(set(addresses)))
    assert lab.nfw("names").stdout.count(" 192.0.2.10 ") == 1


def test_the_longest_time_is_shown(lab):
    """In one of the sets alone somebody has shortened it."""
    learn(lab, 10)
    table = json.loads(lab.nft("-j", "list", "ruleset"))["nftables"]
    with_address = [each["set"]["name"] for each in table if "set" in each and "192.0.2.10" in json.dumps(each)]
    assert len(with_address) > 1
    for each in with_address[1:]:
        lab.host.run("nft", f'delete element inet nfwpolicy {each} {{ "vnet0" . 192.0.2.10 }}')
        lab.host.run(
            "nft", f'add element inet nfwpolicy {each} '
            f'{{ "vnet0" . 192.0.2.10 timeout 20s comment "n10.example via {RESOLVER4}" }}',
        )
    (seconds,) = [each["seconds_left"] for each in lab.names() if each["address"] == "192.0.2.10"]
    assert seconds > 200


def test_each_address_is_told_once(lab):
    follower = Follower(lab)
    assert follower.line().startswith("PORT")
    lab.answers[10] = ["192.0.2.10", "192.0.2.110"]
    learn(lab, 10)
    assert {follower.line().split(",")[0] for _ in range(2)} == {
        f"learned n10.example {each} for vnet0" for each in lab.answers[10]
    }
    lab.ttl = 3000
    learn(lab, 10)
    left = [re.search(r", (\d+) s", follower.line()) for _ in range(2)]
    assert all(2900 < int(each[1]) <= 3000 for each in left)
    lab.nfw("detach", "--port", "vnet0")
    assert {follower.line().strip() for _ in range(2)} == {
        f"evicted n10.example {each} for vnet0" for each in lab.answers[10]
    }
    assert follower.interrupt() == (0, [])


def test_show_kernel_has_what_is_the_policys(lab):
    lab.load(policy(deny(ips=["192.0.2.1"])), name="other", ports=["up0"])
    learn(lab, 10)
    shown = lab.nfw("show", "test", "--kernel").stdout
    table = lab.nft("list", "table", "inet", "nfwpolicy")
    objects = re.compile(r"^\t(set|map|chain) (\S+) \{\n(?:\t\t.*\n|\n)*\t\}$", re.MULTILINE)
    expected = [
        each[0] for each in objects.finditer(table)
        if each[2].startswith("test") or each[2] in ("egress", "ingress")
    ]
    assert len(expected) > N_RULES
    changing = re.compile(r"expires \S+|counter packets \d+ bytes \d+")
    assert changing.sub("", shown) == changing.sub(
        "", "table inet nfwpolicy {\n" + "\n\n".join(expected) + "\n}\n"
    )
    # A policy with few objects is listed in another way, and looks the same.
    shown = lab.nfw("show", "other", "--kernel").stdout
    assert {each[2] for each in objects.finditer(shown)} == {
        each[2] for each in objects.finditer(table)
        if each[2].startswith("other") or each[2] in ("egress", "ingress")
    }
    assert shown.startswith("table inet nfwpolicy {\n\tmap egress {\n") and shown.endswith("\t}\n}\n")
    assert shown.count("table inet") == 1


# --- what changes ------------------------------------------------------------------------------------------------


def test_a_replaced_policy_keeps_the_grants(lab):
    learn(lab, 0, 30, 58)
    before = learned(lab)
    # Other blocks, since there are rules before and between, and no rule for n58.example.
    others = [deny(-1, ips=["192.0.2.30"]), *RULES[:N_RULES - 2], deny(100, ips=["192.0.2.77"])]
    load(lab, *others, resolvers=[RESOLVER4])
    assert learned(lab) == before - {("n58.example", "192.0.2.58")}
    lab.reach("tcp 192.0.2.0 443", "tcp 192.0.2.30 443, tcp 192.0.2.58 443")
    load(lab, *RULES, resolvers=[RESOLVER4])
    lab.reach("tcp 192.0.2.0 443, tcp 192.0.2.30 443", "tcp 192.0.2.58 443")
    # One without blocks, and back.
    load(lab, *RULES[28:32], resolvers=[RESOLVER4])
    assert "-block" not in lab.nft("list", "chains", "inet")
    assert learned(lab) == {("n30.example", "192.0.2.30")}
    load(lab, *RULES, resolvers=[RESOLVER4])
    lab.reach("tcp 192.0.2.30 443", "tcp 192.0.2.0 443")
    assert lab.nfw("verify").returncode == 0


def test_detaching_removes_all(lab):
    learn(lab, 0, 30, 58)
    assert elements(lab, "") > 3
    lab.nfw("detach", "--port", "vnet0")
    assert elements(lab, "") == 0
    assert lab.names() == []
    lab.nfw("attach", "test", "--port", "vnet0")
    lab.reach(denied="tcp 192.0.2.0 443, tcp 192.0.2.30 443")
    learn(lab, 30)
    lab.reach("tcp 192.0.2.30 443", "tcp 192.0.2.0 443")


def test_unloading_removes_all_chains_and_sets(lab):
    learn(lab, 0, 30)
    lab.load(policy(deny(ips=["192.0.2.1"])), name="other", ports=["up0"])
    with_both = lab.nft("list", "table", "inet", "nfwpolicy")
    lab.nfw("unload", "test", "--force")
    listed = lab.nft("list", "table", "inet", "nfwpolicy")
    assert "test" in with_both and "test" not in listed and "vnet0" not in listed
    assert lab.nfw("verify").returncode == 0
    lab.reach("tcp 192.0.2.4 443, tcp 198.51.100.1 443")
    lab.nfw("unload", "other", "--force")
    assert lab.nft("list", "ruleset") == ""


# --- who learns --------------------------------------------------------------------------------------------------


def test_the_next_learner_knows_the_grants(lab):
    lab.ttl = 3000
    learn(lab, 0, 30, 58)
    held = elements(lab, "192.0.2.30 ")
    assert held > 1
    restart(lab)
    # Nothing is shortened, and what is extended is extended wherever it stands.
    lab.ttl = 60
    learn(lab, 0)
    lab.ttl = 6000
    learn(lab, 30)
    assert lab.seconds_left("192.0.2.0") > 2000 and lab.seconds_left("192.0.2.30") > 5000
    assert elements(lab, "192.0.2.30 ") == held
    # 6000 seconds, and not the 3000 that it had.
    extended = r'"vnet0" \. 192\.0\.2\.30 timeout 1h\S* '
    assert len(re.findall(extended, lab.nft("list", "ruleset"))) == held
    assert lab.json("list")["learner"]["counters"]["failed"] == 0
    lab.reach("tcp 192.0.2.0 443, tcp 192.0.2.30 443, tcp 192.0.2.58 443", "tcp 192.0.2.4 443")


def test_the_next_learner_evicts_from_all_sets(lab):
    load(lab, *RULES, resolvers=[RESOLVER4], options=["--max-names", "6"])
    for turn, number in enumerate((30, 32, 34, 2, 4)):
        if turn == 3:
            restart(lab)
        lab.ttl = 1000 + 1000 * turn
        ask(lab, name_of(number), qtypes=[1])
        lab.wait_learned(name_of(number), own_address(number))
    assert elements(lab, "192.0.2.30 ") > 1
    lab.ttl = 7000
    for number in (6, 8, 10):
        ask(lab, name_of(number), qtypes=[1])
        lab.wait_learned(name_of(number), own_address(number))
    assert learned(lab) == {(name_of(number), own_address(number)) for number in (34, 2, 4, 6, 8, 10)}
    assert elements(lab, "192.0.2.30 ") == elements(lab, "192.0.2.32 ") == 0
    lab.reach("tcp 192.0.2.34 443, tcp 192.0.2.2 443", "tcp 192.0.2.30 443, tcp 192.0.2.32 443")
