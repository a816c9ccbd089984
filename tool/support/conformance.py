# SPDX-License-Identifier: MIT
"""Results of the Open POSIX Test Suite: port/posixtestsuite/results, whose lines are

    INTERFACE passed TEST...
    INTERFACE WORD TEST...: why

WORD is how the tests end instead, or `absent`: they call what is not there, and are not run; or `varies`: they wait for
one of several things, of which any may be first, and how they end is not compared."""

import os
import re
from collections import defaultdict

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RESULTS = os.path.join(TOP, "port/posixtestsuite/results")
ABSENT = os.path.join(TOP, "out/port/posixtestsuite/gen/absent")
UNKNOWN = "not looked into"
USUAL = {"untested": "the suite has no way to test it", "unsupported": "it is optional, and not here"}
SAID = re.compile(r"^([a-z_]+)/(\d+-[\w-]+) ([a-z]+(?:-\d+)?)\s*$", re.MULTILINE)


def order(test):
    return [(int(part), "") if part.isdigit() else (0, part) for part in test.split("-")]


def load():
    """(interface, test) to (word, why)."""
    found = {}
    with open(RESULTS, encoding="utf-8") as file:
        for line in file:
            if line.startswith("#") or not line.strip():
                continue
            text, _, why = line.strip().partition(": ")
            interface, word, *tests = text.split()
            assert why or word == "passed", f"{RESULTS}: {interface} {word}: why?"
            found |= {(interface, test): (word, why) for test in tests}
    return found


def said(text):
    """What a run printed, in the same form."""
    return {(interface, test): (word, "") for interface, test, word in SAID.findall(text)}


def differences(wanted, got, is_whole):
    """Lines that tell what is not as it was written down; of a whole run, also what is missing in either."""
    for key in sorted(wanted.keys() | got.keys()):
        before, now = wanted.get(key, ("not listed", ""))[0], got.get(key, ("not run", ""))[0]
        if before in (now, "absent", "varies") or (now == "not run" and not is_whole):
            continue
        yield f"{'/'.join(key)}: {now}; port/posixtestsuite/results has: {before}"


def store(path, wanted, got):
    """The results of a whole run, with the reasons that are known."""
    groups = defaultdict(list)
    with open(ABSENT, encoding="utf-8") as file:
        absent = {tuple(name.split("/")): ("absent", f"there is no {call}") for name, call in map(str.split, file)}
    whole = got | absent
    for (interface, test), (word, why) in whole.items():
        known = wanted.get((interface, test), ("", ""))
        word = "varies" if known[0] == "varies" else word
        why = "" if word == "passed" else known[1] if known[0] == word else why or USUAL.get(word, UNKNOWN)
        groups[interface, word, why].append(test)
    with open(path, "w", encoding="utf-8") as file:
        file.write("# What became of the tests of the Open POSIX Test Suite: tool/support/conformance.py.\n")
        for interface, word, why in sorted(groups, key=lambda each: (each[0], each[1] != "passed", each)):
            tests = " ".join(sorted(groups[interface, word, why], key=order))
            file.write(f"{interface} {word} {tests}{': ' + why if why else ''}\n")
