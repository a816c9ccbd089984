# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-i386/multiboot1/qemu
"""A driver is killed while the machine runs: it is started again, and what stands on it goes on."""

import re

from machine import Machine, WebServer, passed


with WebServer({"/x": b"still here\n"}) as server, Machine() as machine:
    machine.login(user="root")
    fetch = f"for i in 1 2 3 4 5 6 7 8 9; do wget -q -O - {server.url('/x')} && break; sleep 1; done"
    assert "still here" in machine.run(fetch)
    before = machine.pid_of("virtio-net")
    machine.run(f"kill -9 {before}")
    machine.run("sleep 3")
    after = machine.pid_of("virtio-net")
    assert after not in (None, before)
    passed("a killed driver is started again")
    assert "still here" in machine.run(fetch)
    passed("the network comes back after its driver was killed")



def memory_free(machine):
    """Free memory in KiB, after the kernel had time to clean up behind the dead."""
    machine.run("sleep 3")
    return int(re.search(r"(?m)^\s+\d+\s+\d+\s+(\d+)", machine.run("free"))[1])


def kill_while_it_receives(machine, url):
    """Kills the network's driver while frames arrive; waits until there is another."""
    machine.run(f"wget -q -O /dev/null {url} &")
    victim = machine.pid_of("virtio-net")
    machine.run(f"sleep 1; kill -9 {victim}")
    for _ in range(30):
        if machine.pid_of("virtio-net") not in (None, victim):
            break
        machine.run("sleep 1")
    machine.run("kill %1; wait", code=None)


with WebServer({"/x": b"still here\n", "/large": bytes(1 << 30)}) as server, Machine() as machine:
    machine.login(user="root")
    fetch = f"for i in 1 2 3 4 5 6 7 8 9; do wget -q -O - {server.url('/x')} && break; sleep 1; done"
    machine.run(fetch)
    machine.run("head -c 1048576 /dev/random > /tmp/part; for i in $(seq 32); do cat /tmp/part; done > /tmp/pattern")
    machine.run("sha256sum /tmp/pattern > /tmp/sum", timeout=300)
    kill_while_it_receives(machine, server.url("/large"))
    before = memory_free(machine)
    for _ in range(8):
        kill_while_it_receives(machine, server.url("/large"))
    machine.run("sha256sum -c /tmp/sum", timeout=300)
    assert "still here" in machine.run(fetch)
    after = memory_free(machine)
    assert after > before - 1024, f"{before} KiB free before, {after} KiB after"
    passed("killed in the midst of downloads, it writes into nobody's memory and leaves nothing behind")
