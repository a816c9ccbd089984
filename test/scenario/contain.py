# SPDX-License-Identifier: MIT
# cells: qemu-pc-x86_64/raw qemu-virt-riscv64/raw/qemu
"""Trouble is contained: a faulting program, thousands of spawns, a spawn bomb."""

import os
import re
import subprocess
import time

from machine import Machine, TOP, passed

SPAWNS = 2500
LEAK = 200  # bytes of memory, at most, that each may seem to keep: less than any object that a process is made of
BOMBED = 128  # MiB


def memory_free(machine):
    """Free memory in KiB, as free(1) tells, after the kernel had time to clean up behind the dead."""
    machine.run("sleep 3")
    return int(re.search(r"(?m)^\s+\d+\s+\d+\s+(\d+)", machine.run("free"))[1])


def bomb(machine):
    """Lets a spawn bomb go off until it is told that its memory is used up, and kills its group."""
    machine.line_send("/bin/sh /tmp/b > /tmp/said 2>&1 &")
    machine.expect(r"[$#] ")
    for _ in range(200):
        if "said" in machine.run("[ -s /tmp/said ] && echo /tmp/said", code=None):
            break
        time.sleep(1)
    machine.run("kill -9 -$!")
    said = machine.run("sort -u /tmp/said | head -20")
    assert re.search("(?i)out of memory|Killed", said), said
    machine.run("rm /tmp/said")


with Machine() as machine:
    machine.login()
    machine.run("/test/fault", code=None)
    assert machine.run("echo alive").strip() == "alive"
    said = subprocess.run([os.path.join(TOP, "tool/symbolise"), os.path.join(TOP, "out", machine.board)], text=True,
                          input=machine.run("dmesg"), stdout=subprocess.PIPE, check=True).stdout
    assert re.search(r"fault: process \d+ \(fault\), .*: writes memory it may not, address 0x10", said), said
    assert re.search(r"backtrace: fault\+0x[0-9a-f]+\(main\+", said), said
    passed("a program that faults ends alone, and the log tells where")

    machine.run("for i in 1 2 3 4 5 6 7 8 9; do /bin/true; done")
    before = memory_free(machine)
    machine.run(f"i=0; while [ $i -lt {SPAWNS} ]; do /bin/true; i=$((i+1)); done", timeout=500)
    after = memory_free(machine)
    assert (before - after) * 1024 < SPAWNS * LEAK, f"{before} KiB free before, {after} KiB after"
    passed("thousands of spawns leave memory where it was")

bombed = Machine()
bombed.line = re.sub(r" -m \d+M", f" -m {BOMBED}M", bombed.line)  # the bomb takes its time to fill it
with bombed as machine:
    machine.login()
    machine.run("printf '/bin/sh /tmp/b &\\n/bin/sh /tmp/b\\n' > /tmp/b")
    bomb(machine)
    passed("a spawn bomb meets its quota; the prompt answers and ends it")
    before = memory_free(machine)  # services keep room for as many as there were at once
    bomb(machine)
    after = memory_free(machine)
    assert "/tmp/b" not in machine.run("ps")
    assert after > before - 1024, f"{before} KiB free before, {after} KiB after"
    passed("it leaves nothing behind")
