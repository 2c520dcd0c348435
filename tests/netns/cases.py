# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests as data: lists of mappings in the YAML files of tests/data."""

import glob
import os

import yaml

from lab import SOURCE


def read_cases(*folder):
    """All cases of a folder below tests/data."""
    cases = []
    for path in sorted(glob.glob(os.path.join(SOURCE, "tests", "data", *folder, "*.yaml"))):
        with open(path, encoding="utf-8") as stream:
            cases += yaml.safe_load(stream)
    assert cases
    return cases
