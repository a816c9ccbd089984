# SPDX-License-Identifier: MIT
"""A driver is killed while the machine runs: it is started again, and what stands on it goes on."""

import re

from machine import Machine, WebServer, passed


def pid_of(machine, name):
    """The pid of a driver or service by its name in ps."""
    return int(re.search(rf"(?m)^\s*(\d+)\s.*\s{name}\s*$", machine.run("ps"))[1])


with WebServer({"/x": b"still here\n"}) as server, Machine() as machine:
    machine.login(user="root")
    fetch = f"for i in 1 2 3 4 5 6 7 8 9; do wget -q -O - {server.url('/x')} && break; sleep 1; done"
    assert "still here" in machine.run(fetch, timeout=150)
    before = pid_of(machine, "virtio-net")
    machine.run(f"kill -9 {before}")
    machine.run("sleep 3")
    after = pid_of(machine, "virtio-net")
    assert after != before
    passed("a killed driver is started again")
    assert "still here" in machine.run(fetch, timeout=150)
    passed("the network comes back after its driver was killed")
