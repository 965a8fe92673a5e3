# SPDX-License-Identifier: MIT
"""How many there are of something, as the tool's text tells it: "1,204 functions"."""

import re

COUNT = r"(\d{1,3}(?:,\d{3})*)"


def number(text):
    """Of what COUNT stands for."""
    return int(text.replace(",", ""))


def told_counts(pattern, text):
    """The numbers where the pattern, a regular expression, has #; None: that is not told."""
    found = re.search(r"(?<!\d)" + pattern.replace("#", COUNT), text)
    return found and tuple(map(number, found.groups()))
