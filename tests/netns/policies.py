# SPDX-License-Identifier: GPL-2.0-or-later
"""Policies, written as short as they can be. JSON is a form of YAML, and the reader's own tests are elsewhere."""

import json


def rule(action, priority=10, name=None, **egress):
    result = {"name": name, "action": action, "priority": priority}
    if egress:
        result["egress"] = egress
    return result


def allow(priority=10, **egress):
    return rule("allow", priority, **egress)


def deny(priority=10, **egress):
    return rule("deny", priority, **egress)


def policy(*rules):
    named = [dict(each, name=each["name"] or f"{each['action']}-{i}") for i, each in enumerate(rules, 1)]
    return json.dumps({"version": "1.0", "rules": named}, indent=1)
