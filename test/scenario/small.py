# SPDX-License-Identifier: MIT
# cells: qemu-virt-riscv32/*
"""The system of small machines comes to the prompt with as little memory as the book says (doc/book/14)."""

import re

from machine import Machine, make, passed

LEAST = 7  # MiB, with the initrd in them

make("SYSTEM=small", "build")
machine = Machine(system="small")
machine.line = re.sub(r" -m \d+M", f" -m {LEAST}M", machine.line)
with machine:
    machine.expect(r"login: ")
passed(f"the login prompt with {LEAST} MiB")
