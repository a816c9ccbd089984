# SPDX-License-Identifier: MIT
# cells: *64/raw
# waits
"""A service, and a driver, that hangs or faults is started again, its clients go on; one that is slow is left alone."""

import re

from machine import Machine, passed, this_board

BALLOON = {"aarch64": "virtio-balloon-device", "riscv64": "virtio-balloon-device", "x86_64": "virtio-balloon-pci"}


def restarts(machine):
    return int(re.search(r"(?m)^hang ready .*restarts (\d+)", machine.run("cat /dev/services"))[1])


def hang(machine, path, word, why):
    """Makes it hang while somebody has it open: he is told, or gets on, and the next one gets through."""
    machine.run(f"exec 9<{path}/said; ! echo {word} > {path}/ctl", code=None)
    assert "said" in machine.run("read line <&9; echo $line; exec 9<&-")
    assert re.search(rf"hang: hangs: {why}", machine.run("dmesg")), f"{word}: the log does not tell why"


with Machine(extra=f"-device {BALLOON[this_board().rpartition('-')[2]]}") as machine:
    machine.login(user="root")
    hang(machine, "/dev/hang", "loop", "runs without an end")
    hang(machine, "/dev/hang", "wait", "waits")
    hang(machine, "/dev/hang", "ask", "waits for another service")
    assert restarts(machine) == 3
    assert "did not come back from a request" in machine.run("services | grep ^hang")
    passed("a service that hangs is started again")

    for count in 5, 7:
        assert "I/O error" in machine.run("! cat /dev/hang/poison; cat /dev/hang/said")
        assert restarts(machine) == count
    passed("a request that two of them hang in is an error, and the third is spared it")

    hang(machine, "/dev/hang0", "loop", "runs without an end")
    hang(machine, "/dev/hang0", "wait", "waits")
    assert len(re.findall(r"hang for .+: did not come back from a request, started again", machine.run("dmesg"))) == 2
    passed("a driver too")

    machine.run("for i in 1 2 3 4 5 6 7 8; do echo slow; done | while read w; do echo $w > /dev/hang/ctl; done")
    machine.run("echo long > /dev/hang/ctl; echo long > /dev/hang0/ctl")
    assert "said slow slow slow slow slow slow slow slow long" in machine.run("cat /dev/hang/said")
    assert "said long" in machine.run("cat /dev/hang0/said") and restarts(machine) == 7
    passed("one that is slow is not")

    for path in "/dev/hang", "/dev/hang0":
        machine.run(f"exec 9<{path}/said; ! echo fault > {path}/ctl", code=None)
        assert "said" in machine.run("read line <&9; echo $line; exec 9<&-")
    found = machine.run("dmesg; services | grep hang")
    assert re.search(r"init: hang: fault: writing memory", found) and restarts(machine) == 8, found
    assert re.search(r"hang for .+: fault: writing memory, started again", found), found
    assert len(re.findall(r"(?m)^hang0? +ready .*fault: writing memory", found)) == 2, found
    passed("one that follows a bad pointer is started again")

    for name, path in ("hang", "/dev/hang"), ("hang0", "/dev/hang0"):
        for _ in range(40):  # some come too late for the message, the last one too
            machine.run(f"until services fault {name} 2>/dev/null; do sleep 0.1; done; cat {path}/said", code=None)
            if re.search(rf"(?m)^{name} +failed +\d+ +- +- +- +0 +0  fault: writing memory", machine.run("services")):
                break
        told = machine.run(f"! cat {path}/said")
        assert re.search(r"cat: .*I/O error", told), told
        machine.run(f"! services fault {name}; services start {name}; until cat {path}/said; do sleep 0.1; done")
        assert re.search(rf"(?m)^{name} +ready +\d+ .*  fault: writing memory", machine.run("services"))
    found = machine.run("log -l error")
    assert re.search(r"error init: hang: given up after 10 failures: fault: writing memory", found), found
    assert re.search(r"error device: .*hang for .*: fault: writing memory, given up", found), found
    passed("one that fails again and again is given up, as services and the log show, until it is started by hand")
