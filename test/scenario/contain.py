# SPDX-License-Identifier: MIT
"""Trouble is contained: a faulting program, a spawn loop, ten thousand spawns."""

import re

from machine import Machine


def memory_free(machine):
    """Free memory in KiB, as free(1) tells."""
    return int(re.search(r"(?m)^\s+\d+\s+\d+\s+(\d+)", machine.run("free"))[1])


with Machine() as machine:
    machine.login()
    machine.run("/test/fault", code=None)
    assert machine.run("echo alive").strip() == "alive"
    print("PASS contain: a program that faults ends alone")

    machine.run("for i in 1 2 3 4 5; do true; done")
    before = memory_free(machine)
    machine.run("i=0; while [ $i -lt 10000 ]; do /bin/true; i=$((i+1)); done", timeout=500)
    after = memory_free(machine)
    assert after > before - 2048, f"{before} KiB free before, {after} KiB after"
    print("PASS contain: ten thousand spawns leave memory where it was")

    machine.line_send("f() { f | f & }; (f) 2>/dev/null")
    machine.send("\r")
    assert "alive" in machine.run("echo alive", timeout=60)
    print("PASS contain: a fork bomb stops at its quota and the prompt still answers")
