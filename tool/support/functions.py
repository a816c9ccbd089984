# SPDX-License-Identifier: MIT
"""The functions of an ELF file, for tools that give names to addresses; and LLVM's tools that look into one."""

import bisect
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def setting(what):
    """What tool/setup wrote under this name."""
    path = os.path.join(TOP, "out/setup.mk")
    if not os.path.exists(path):
        sys.exit("out/setup.mk is not there: tool/setup out/setup.mk makes it")
    with open(path, encoding="utf-8") as file:
        return re.search(rf"^{what} := (.*)$", file.read(), re.MULTILINE)[1]


def tool(name):
    """LLVM's tool of this name, of the version that tool/setup found."""
    return f"llvm-{name}{setting('NM').removeprefix('llvm-nm')}"


class Functions:
    """By address; none, where the file has none or is not an ELF file."""

    def __init__(self, path):
        text = subprocess.run([tool("nm"), "-n", path], text=True, capture_output=True, check=False).stdout
        parts = [line.split() for line in text.splitlines()]
        table = [(int(p[0], 16), p[2]) for p in parts if len(p) == 3 and p[1] in "tTwW" and p[2][0] != "$"]
        self.starts, self.names = [start for start, _ in table], [name for _, name in table]

    def around(self, address):
        """(start, name) of the function that `address` is in; None: it is below them all."""
        at = bisect.bisect(self.starts, address) - 1
        return (self.starts[at], self.names[at]) if at >= 0 else None
