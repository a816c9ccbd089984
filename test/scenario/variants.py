# SPDX-License-Identifier: MIT
"""The same images come to the prompt on every variant of the machine that the kernel claims to know, with the devices
on PCI too where the board has them elsewhere."""

import re

from machine import HOST, Machine, passed

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

# The same with the devices behind a bridge to PCI, on machines whose interrupts come as messages and by pins.
ON_PCI = {
    "qemu-virt-aarch64": ["virt,gic-version=2 -cpu cortex-a57", "virt,gic-version=3 -cpu cortex-a57",
                          "virt,gic-version=3,its=off -cpu cortex-a57"],
}

board = Machine().board
usual, others = VARIANTS.get(board, ("", []))
for other in others:
    machine = Machine()
    assert usual in machine.line, machine.line
    machine.line = machine.line.replace(usual, other)
    with machine:
        machine.login()
        machine.run("cat /etc/passwd | wc -l")
        text = machine.run("cat /proc/cpu")
        assert "\nmodel 0 " in text and "\nused 0" in text and "\nunused 0" in text, text
    passed(other)
for other in ON_PCI.get(board, []):
    machine = Machine()
    machine.line = re.sub(r"(virtio-\w+)-device", r"\1-pci", machine.line.replace(usual, other))
    with machine:
        machine.login()
        found = machine.run("cat /dev/device/devices")
        for name in "virtio-net", "virtio-block", "virtio-random":
            assert re.search(rf"virtio pci .* {name} \w+ ready", found), found
        machine.run(f"ping -c 1 {HOST}")
    passed(f"{other}, devices on PCI")
if not others:
    passed(f"{board} has none")
