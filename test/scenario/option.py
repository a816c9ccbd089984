# SPDX-License-Identifier: MIT
# cells: *
"""Command-line words are the same whatever brings them, and a line may be of any length. Each protocol is given them by
its loader's own means."""

import os
import re

from machine import Machine, TOP, change_disk, change_disc, passed, this_cell

# U-Boot's own lines are short, and the emulator's PVH loader has 4 KiB for one.
LENGTH = {"raw/u-boot": 200, "raw": 4000}.get(this_cell(), 5000)
SEED = "random numbers repeat, from seed 1f"


def told(machine, words):
    """The machine's loader tells the words."""
    if words in machine.line:
        return
    boot = this_cell().split("/")[0]
    if boot == "uefi":
        change_disk(machine, {"/ferrite/cmdline": words.encode()})
    elif boot == "limine":
        with open(os.path.join(TOP, "boot/limine/limine.conf"), encoding="utf-8") as file:
            menu = re.sub(r"kernel_cmdline:.*", f"kernel_cmdline: {words}", file.read()).encode()
        (change_disc if ".iso" in machine.line else change_disk)(machine, {"/limine.conf": menu})
    else:
        with open(os.path.join(TOP, "boot/raw/extlinux.conf"), encoding="utf-8") as file:
            menu = file.read() + f"    append {words}\n"
        change_disk(machine, {"/extlinux/extlinux.conf": menu.encode()})


long = f"note={'long' * (LENGTH // 4)} seed=1f end=here"
machine = Machine(command_line=long)
told(machine, long)
with machine:
    said = machine.expect(r"command line: ([^\r\n]*)[\r\n]", timeout=120)[1]
    assert long in said, f"the line that arrived is {len(said)} bytes long, not {len(long)}"
    machine.expect(SEED)
    machine.login()
passed(f"a line of {len(long)} bytes, and seed=")

if this_cell().startswith("uefi") and re.search(r"out/\S+\.img", Machine().line):
    machine = Machine()
    with open(os.path.join(TOP, "out", machine.board, "scenario/initrd"), "rb") as file:
        change_disk(machine, {"/other/file": file.read(), "/ferrite/initrd": None,
                              "/ferrite/cmdline": b"initrd=/other/file\n"})
    with machine:
        machine.login()
    passed("initrd= names another file of the volume")
