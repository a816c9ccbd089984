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
    "qemu-pc-i386": ("q35 -cpu max -smp 1", [
        "pc -cpu coreduo -smp 1",
        "q35,hpet=off -cpu EPYC -smp 4",
    ]),
    "qemu-pc-x86_64": ("q35 -cpu max -smp 1", [
        "pc -cpu qemu64 -smp 1",
        "q35 -cpu Nehalem -smp 4",
        "q35,hpet=off -cpu max,-smap,-smep -smp 1",
        "pc,hpet=off -cpu EPYC -smp 1",
    ]),
}

# Other places for them: behind bridges that nobody has set up when the machine starts.
BRIDGES = {
    "virtio-net-pci,": "pcie-root-port,id=r1,chassis=1 -device pcie-root-port,id=r2,chassis=2 "
                       "-device virtio-net-pci,bus=r2,",
    "virtio-rng-pci": "x3130-upstream,id=up,bus=r1 -device xio3130-downstream,id=down,bus=up,chassis=3 "
                      "-device virtio-rng-pci,bus=down",
}
# The same for those that have no messages.
PLAIN_BRIDGES = {
    "virtio-net-pci,": "pci-bridge,id=r1,chassis_nr=1,msi=off -device virtio-net-pci,bus=r1,addr=2,",
    "virtio-rng-pci": "virtio-rng-pci,bus=r1,addr=3",
}

# Machines with the devices on PCI, whose interrupts come as messages or by pins; and how they come behind bridges.
ON_PCI = {
    "qemu-virt-aarch64": {"virt,gic-version=2 -cpu cortex-a57": BRIDGES,
                          "virt,gic-version=3 -cpu cortex-a57": BRIDGES,
                          "virt,gic-version=3,its=off -cpu cortex-a57": PLAIN_BRIDGES},
    "qemu-virt-riscv64": {"virt,aia=aplic-imsic -cpu rv64 -smp 1": BRIDGES,
                          "virt -cpu rv64 -smp 1": PLAIN_BRIDGES},
}


def check_on_pci(other, places, what):
    machine = Machine()
    machine.line = re.sub(r"(virtio-\w+)-device", r"\1-pci", machine.line.replace(usual, other))
    for plain, behind in places.items():
        machine.line = machine.line.replace(plain, behind)
    with machine:
        machine.login()
        found = machine.run("cat /dev/device/devices")
        for name in "virtio-net", "virtio-block", "virtio-random":
            assert re.search(rf"virtio pci .* {name} \w+ ready", found), found
        machine.run(f"ping -c 1 {HOST}")
    passed(f"{other}, devices {what}")


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
for other, places in ON_PCI.get(board, {}).items():
    check_on_pci(other, {}, "on PCI")
    check_on_pci(other, places, "behind bridges")
if not others:
    passed(f"{board} has none")
