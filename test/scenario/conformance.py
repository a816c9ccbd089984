# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw
# system: conformance
"""The Open POSIX Test Suite: the first test of each interface, and with SUITE=all (`make conformance`) all of them.
What becomes of each is in port/posixtestsuite/results; out/conformance has what became of all of them now. Sleeping
costs nothing under the counting clock."""

import os

from machine import TOP, Machine, make
from support import conformance

COUNTING = "-icount shift=0,sleep=off"
HOUR = 3600  # seconds
is_whole = os.environ.get("SUITE") == "all"

make("SYSTEM=conformance", "build")
with Machine(system="conformance", extra=COUNTING) as machine:
    machine.login()
    text = machine.run(f"cd /tmp; /test/conformance-{'all' if is_whole else 'first'} -r", timeout=HOUR)
wanted, got = conformance.load(), conformance.said(text)
if is_whole:
    conformance.store(os.path.join(TOP, "out/conformance"), wanted, got)
passed = sum(word == "passed" for word, _ in got.values())
print(f"{passed} of {len(got)} tests passed")
found = list(conformance.differences(wanted, got, is_whole))
print("\n".join(found))
assert got and not found, f"{len(found)} tests are not as in port/posixtestsuite/results"
