# SPDX-License-Identifier: GPL-2.0-or-later
"""A host with guests on its bridge and the internet behind it, all of them network namespaces."""
