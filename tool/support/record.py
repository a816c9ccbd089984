# SPDX-License-Identifier: MIT
"""What came of each test job the last time it ran here, in out/test/record.tsv: tool/test writes it, others tell."""

import os
from typing import NamedTuple

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PATH = os.path.join(TOP, "out/test/record.tsv")


class Result(NamedTuple):
    machine: str  # board/cell; "-" for what has to do with none
    passed: int
    failed: int
    spent: float  # seconds of processors
    date: str
    commit: str


def read():
    """Job name to Result. Lines of another shape are an older tool's, and told nothing of."""
    if not os.path.exists(PATH):
        return {}
    with open(PATH, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    return {name: Result(rest[0], int(rest[1]), int(rest[2]), float(rest[3]), *rest[4:])
            for name, *rest in rows if len(rest) == len(Result._fields)}


def keep(results):
    """Writes these over what is known of the same jobs."""
    known = read() | results
    os.makedirs(os.path.dirname(PATH), exist_ok=True)
    with open(PATH, "w", encoding="utf-8") as file:
        file.writelines("\t".join(map(str, (name, *known[name]))) + "\n" for name in sorted(known))
