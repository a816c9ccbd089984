# SPDX-License-Identifier: MIT
# cells: *
"""Every way in which a board is started comes to the same prompt, and the protocol passes on the command line, the
initrd, all of the memory and what describes the machine."""

import re

from machine import Machine, passed, this_board, this_cell

# MiB: part of it lies above 4 GiB, behind the devices, but where there is no such memory.
MEMORY = {"qemu-virt-riscv32": 1 << 10}.get(this_board(), 6 << 10)
LEAST = 0.95  # of that, as users count it

machine = Machine(command_line="note=kept")
machine.line = re.sub(r" -m \d+M", f" -m {MEMORY}M", machine.line)
with machine:
    told = machine.expect(r"booted by (\w+)\s", timeout=300)[1]
    beyond = re.search(r"memory: (\d+) MiB are beyond what 32 bits can address", machine.child.before)
    memory = MEMORY - int(beyond[1]) if beyond else MEMORY
    assert told == this_cell().split("/")[0], f"the kernel says that it was booted by {told}"
    if "note=kept" in machine.line:  # where a loader takes one from the emulator
        machine.expect(r"command line: .*note=kept\s")
    machine.login()
    total, used, free, kernel = map(int, re.findall(r"\d+", machine.run("free").split("kernel")[1])[:4])
    assert LEAST * memory * 1024 < total <= memory * 1024, f"{total} KiB of {memory} MiB"
    assert used + free == total and 0 < kernel <= used < total, f"{used} KiB used, {kernel} by the kernel"
    assert "127.0.0.1" in machine.run("ip addr")
passed("the login prompt")
