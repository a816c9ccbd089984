# SPDX-License-Identifier: MIT
# cells: qemu-virt-riscv32/raw/flash
"""The system of small machines, executed in flash: somebody logs in and works with the memory that the book says
(doc/book/14), the prompt comes with less, and words of the flash's own are the command line."""

import os
import re
import subprocess

from machine import Machine, TOP, cell_words, make, passed, this_cell

WORKS, LEAST = 2048, 1280  # KiB of RAM

make(*cell_words(this_cell()), "SYSTEM=small", "build")


def start(memory):
    machine = Machine(system="small")
    machine.line = re.sub(r" -m \d+M", f" -m {memory}K", machine.line)
    return machine


with start(WORKS) as machine:
    machine.login()
    assert "root:x:0" in machine.run("cat /etc/passwd | grep root")
    assert machine.run("echo words >/tmp/file && cat /tmp/file").count("words") >= 1
    assert "console" in machine.run("ps")
    total, used = map(int, re.findall(r"\d+", machine.run("free").split("kernel")[1])[:2])
    assert used < total <= WORKS, f"{used} of {total} KiB are used"
    for _ in range(20):
        assert machine.run("ls /bin | tail -1").strip() == "zcat"
    again = int(re.findall(r"\d+", machine.run("free").split("kernel")[1])[1])
    assert again - used < 64, f"{again - used} KiB are gone"
passed(f"a session with {WORKS} KiB, of which {used} are used")

machine = start(LEAST)
image = os.path.join(machine.folder.name, "flash.img")
subprocess.run(["tool/flash", image, "32", f"out/{machine.board}/flash/kernel.bin",
                f"out/{machine.board}/small/initrd", "note=kept"], cwd=TOP, check=True)
machine.line = re.sub(r"out/\S+flash\.img", image, machine.line)
with machine:
    machine.expect(r"command line: note=kept\s")
    machine.expect(r"login: ")
passed(f"the login prompt with {LEAST} KiB")
