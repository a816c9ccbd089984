# SPDX-License-Identifier: MIT
"""The same images come to the prompt on every variant of the machine that the kernel claims to know."""

from machine import Machine, passed

# Per board: what its emulator line says, and what else it may say there.
VARIANTS = {
    "qemu-virt-aarch64": ("virt,gic-version=3 -cpu cortex-a57", [
        "virt,gic-version=2 -cpu cortex-a57",
        "virt,gic-version=2,virtualization=on -cpu max",
        "virt,gic-version=3,virtualization=on -cpu cortex-a57",
        "virt,gic-version=3 -cpu max",
    ]),
    "qemu-virt-riscv64": ("virt -cpu rv64 -smp 1", [
        "virt,aia=aplic-imsic,aia-guests=3 -cpu max -smp 4",
        "virt,aia=aplic -cpu rv64,sv57=off,sstc=off -smp 2",
        "virt -cpu sifive-u54 -smp 2",
        "virt -cpu rva22s64 -smp 1",
        "virt,aia=aplic-imsic -cpu rv64,sv57=off,sv48=off -smp 1",
    ]),
    "qemu-pc-x86_64": ("q35 -cpu max -smp 1", [
        "pc -cpu qemu64 -smp 1",
        "q35 -cpu Nehalem -smp 4",
        "q35,hpet=off -cpu max,-smap,-smep -smp 1",
        "pc,hpet=off -cpu EPYC -smp 1",
    ]),
}

board = Machine().board
usual, others = VARIANTS.get(board, ("", []))
for other in others:
    with Machine() as machine:
        assert usual in machine.line, machine.line
        machine.line = machine.line.replace(usual, other)
        machine.login()
        machine.run("cat /etc/passwd | wc -l")
    passed(other)
if not others:
    passed(f"{board} has none")
