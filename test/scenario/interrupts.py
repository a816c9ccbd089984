# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
"""A disk on PCI interrupts by messages (MSI-X) where both it and the machine have them, and else by its pin, where the
device tree says where pins go: a PC says it in byte code, which is not interpreted."""

import hashlib
import os
import re
import struct

from machine import Machine, Monitor, passed, this_board

IS_PC = this_board().startswith("qemu-pc")
ECAM = 0xB0000000 if IS_PC else 0x4010000000  # configuration space, as the emulator places it
SLOT = 0x10
CAPABILITIES, HAS_CAPABILITIES, MSIX, MSIX_ENABLE, NO_PIN = 0x34, 0x10, 0x11, 0x8000, 0x400
SIZE = 8 << 20


class Configuration:
    """The disk's configuration space, as the monitor shows it."""

    def __init__(self, monitor):
        text = monitor.ask("human-monitor-command", **{"command-line": f"xp /64xw {ECAM + (SLOT << 15):#x}"})
        words = [int(word, 16) for line in text.splitlines() for word in line.split(":")[1].split()]
        self.bytes = struct.pack("<64I", *words)
        assert self.half(0) == 0x1AF4, text

    def half(self, at):
        return struct.unpack_from("<H", self.bytes, at)[0]

    def message_control(self):
        """Of MSI-X; None: the function has none."""
        at = self.bytes[CAPABILITIES] if self.half(6) & HAS_CAPABILITIES else 0
        while at and self.bytes[at] != MSIX:
            at = self.bytes[at + 1]
        return self.half(at + 2) if at else None


def machine_with(options, change=lambda line: line):
    machine = Machine()
    path = os.path.join(machine.folder.name, "other.img")
    with open(path, "wb") as file:
        file.truncate(SIZE)
    machine.line += (f" -drive if=none,id=other,format=raw,file={path}"
                     f" -device virtio-blk-pci,drive=other,bus=pcie.0,addr={SLOT:#x}{options}")
    machine.line = change(machine.line)
    return machine, path


def works(machine, path):
    """What is written and read comes from the disk itself."""
    found = machine.run(f"grep -l '^size {SIZE}$' /dev/disk*/info").strip()
    disk = re.sub("/info$", "/data", found)
    machine.run(f"dd if=/bin/busybox of={disk} bs=65536 count=8 conv=fsync")
    with open(path, "rb") as file:
        wanted = hashlib.sha256(file.read(8 * 65536)).hexdigest()
    assert machine.run(f"head -c {8 * 65536} {disk} | sha256sum").split()[0] == wanted
    assert machine.run(f"head -c {8 * 65536} /bin/busybox | sha256sum").split()[0] == wanted


def check(what, options, is_by_message, change=lambda line: line):
    machine, path = machine_with(options, change)
    monitor = Monitor(machine)
    with machine:
        machine.login("root")
        works(machine, path)
        here = Configuration(monitor)
        control = here.message_control()
        assert bool(control is not None and control & MSIX_ENABLE) == is_by_message, f"control {control}"
        assert bool(here.half(4) & NO_PIN) == is_by_message, f"command {here.half(4):#x}"
        machine.line_send("poweroff")
        machine.expect_end()
    passed(what)


def main():
    check("a disk's interrupts are messages", "", True)
    check("of many messages that it could send it uses one", ",vectors=8,num-queues=4", True)
    if not IS_PC:
        check("a disk without messages interrupts by its pin", ",vectors=0", False)
        check("on a machine without messages it does so too", "", False,
              lambda line: line.replace("gic-version=3", "gic-version=3,its=off"))


main()
