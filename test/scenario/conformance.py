# SPDX-License-Identifier: MIT
# cells: make-conformance
"""The Open POSIX Test Suite, all of it: `make conformance`. Sleeping costs nothing under the counting clock. What
became of each test is in port/posixtestsuite/results; out/conformance has what became of it now."""

import os
import sys

from machine import TOP, Machine, make

sys.path.insert(0, os.path.join(TOP, "tool"))
from support import conformance

COUNTING = "-icount shift=0,sleep=off"
HOUR = 3600  # seconds

make("SYSTEM=conformance", "build")
with Machine(system="conformance", extra=COUNTING) as machine:
    machine.login()
    text = machine.run("cd /tmp; /test/conformance -r", timeout=HOUR)
wanted, got = conformance.load(), conformance.said(text)
made = os.path.join(TOP, "out/conformance")
conformance.store(made, wanted, got)
passed = sum(word == "passed" for word, _ in got.values())
print(f"{passed} of {len(got)} tests passed")
found = list(conformance.differences(wanted, got, True))
print("\n".join(found))
assert not found, f"{len(found)} tests are not as in port/posixtestsuite/results. New results are in {made}"
