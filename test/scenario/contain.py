# SPDX-License-Identifier: MIT
"""Trouble is contained: a faulting program, a killed driver, a spawn loop, ten thousand spawns."""

import re

from machine import HOST, Machine, WebServer


def memory_free(machine):
    """Free memory in KiB, as free(1) tells."""
    return int(re.search(r"(?m)^Mem:\s+\d+\s+\d+\s+(\d+)", machine.run("free"))[1])


with WebServer({"/x": b"still here\n"}) as server, Machine() as machine:
    machine.login()
    machine.run(f"for i in 1 2 3 4 5 6 7 8 9 10; do ping -c 1 {HOST} && break; sleep 1; done", timeout=90)

    machine.run("crash", code=None)
    assert machine.run("echo alive").strip() == "alive"
    print("PASS contain: a program that faults ends alone")

    machine.run("kill -9 $(pidof virtio-net)", code=None)
    machine.run("sleep 2")
    machine.run(f"for i in 1 2 3 4 5 6 7 8; do wget -q -O - {server.url('/x')} && break; sleep 1; done", timeout=120)
    print("PASS contain: the network comes back after its driver was killed")

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
