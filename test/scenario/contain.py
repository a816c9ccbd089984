# SPDX-License-Identifier: MIT
"""Trouble is contained: a faulting program, a spawn loop, ten thousand spawns."""

import re
import time

from machine import Machine, passed


def memory_free(machine):
    """Free memory in KiB, as free(1) tells, after the kernel had time to clean up behind the dead."""
    machine.run("sleep 3")
    return int(re.search(r"(?m)^\s+\d+\s+\d+\s+(\d+)", machine.run("free"))[1])


with Machine() as machine:
    machine.login()
    machine.run("/test/fault", code=None)
    assert machine.run("echo alive").strip() == "alive"
    passed("a program that faults ends alone")

    machine.run("/bin/true")
    before = memory_free(machine)
    machine.run("i=0; while [ $i -lt 10000 ]; do /bin/true; i=$((i+1)); done", timeout=500)
    after = memory_free(machine)
    assert after > before - 2048, f"{before} KiB free before, {after} KiB after"
    passed("ten thousand spawns leave memory where it was")

    machine.run("printf '/bin/sh /tmp/b &\\n/bin/sh /tmp/b\\n' > /tmp/b")
    machine.line_send("/bin/sh /tmp/b > /dev/null 2>&1 &")
    time.sleep(20)
    assert "alive" in machine.run("echo alive", timeout=120)
    passed("the prompt answers while a spawn bomb goes off")
