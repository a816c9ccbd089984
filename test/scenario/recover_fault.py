# SPDX-License-Identifier: MIT
# cells: qemu-*-[ax]*64/raw
"""The network card's driver, the network, the terminal, the disks' drivers and both file systems, one of which is /,
hang in turn, run without an end or follow a bad pointer, while files are written, copied, read and downloaded, with
checksums: each is started again, what was made safe is whole, nothing is leaked, and the prompt answers.

RECOVER_ROUNDS=20 test/scenario/recover_fault.py qemu-virt-aarch64 raw makes it hundreds of faults."""

import os
import re

import pexpect

from machine import passed
from recovery.load import busy_machine, judge, type_anew, under_load

ROUNDS = int(os.environ.get("RECOVER_ROUNDS", "1"))
VICTIMS = ["ether0", "ip", "console", "disk0", "root", "disk1", "card"]
SPINNING = ["ip", "root"]  # a machine with one processor has nothing left for the less urgent meanwhile
TOLD = {"hang": "did not come back from a request", "spin": "did not come back from a request",
        "fault": "fault: writing memory"}


def state(machine, name):
    """State, restarts and last error as services(1) shows them."""
    found = re.search(rf"(?m)^{name} +(\S+) +(\d+) .*?(?:\d+|-) +\d+ +\d+  (.*?)\s*$", machine.run("services"))
    return found[1], int(found[2]), found[3]


def type_until_ended(machine, told):
    """The terminal makes its fault with a message, within a quarter of the time that it may take for one. Until then
    it answers; what is typed and not read by then is lost."""
    for _ in range(40):
        if machine.child.expect([f"console: {told}", pexpect.TIMEOUT], timeout=5) == 0:
            return
        machine.line_send("")
    assert False, "the terminal made no fault"


def inject(machine, fault, name):
    """Has it make the fault, and waits until there is another."""
    _, before, _ = state(machine, name)
    if name == "console":
        machine.line_send(f"services {fault} {name}")
        type_until_ended(machine, TOLD[fault])
        type_anew(machine)
    else:
        machine.run(f"services {fault} {name}")
    for _ in range(100):
        assert "alive 3" in machine.run("echo one two three | (read a b c; echo alive $(expr 1 + 2))")
        now, restarts, error = state(machine, name)
        if now == "ready" and restarts > before:
            assert restarts == before + 1 and TOLD[fault] in error, (name, fault, now, restarts, error)
            return
        machine.run("sleep 0.2")
    assert False, f"{name} does not come back: {fault}"


def inject_all(machine, faults):
    for fault, names in faults:
        for name in names:
            inject(machine, fault, name)


def refused(machine):
    """What cannot make a fault."""
    assert "nobody: No such file" in machine.run("services hang nobody", code=1)
    assert "login: Not supported" in machine.run("services hang login", code=1)
    assert "clock: No such process" in machine.run("services fault clock", code=1)
    assert "usage" in machine.run("services dance ip", code=2)
    passed("a fault is refused where none can be made")


def main():
    with busy_machine() as (machine, url):
        refused(machine)
        first = under_load(machine, url, lambda: inject_all(machine, [("hang", VICTIMS)]))
        passed("what hangs is started again")
        faults = [("fault", VICTIMS), ("spin", SPINNING)] * ROUNDS
        second = under_load(machine, url, lambda: inject_all(machine, faults))
        passed("what follows a bad pointer or runs without an end is started again")
        judge(machine, first, second)


main()
