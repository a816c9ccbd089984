# SPDX-License-Identifier: MIT
# cells: *
"""Whatever is wrong with what a machine is started with is said in one line on the debug console; then it stops."""

import fnmatch
import os
import re
import subprocess

import pexpect

from machine import Machine, TOP, change_disc, change_disk, first_cell, flipped, passed, this_cell
from support.functions import tool

KERNEL = "out/{board}/kernel.elf"
FIRMWARE, LARGE = 128, 96 << 20  # MiB with which EDK2 starts; an initrd that does not fit in beside it
NO_FILES = "the protocol knows no files"


def with_initrd(machine, initrd):
    """Another initrd; None: none at all."""
    if machine.boot == "raw/flash":
        with_flash(machine, initrd)
    elif re.search(r"out/\S+\.img", machine.line):
        files = {"/ferrite/initrd": initrd}
        for menu in ("limine.conf", "raw/extlinux.conf") if initrd is None else ():  # a loader would ask for it
            name, target = os.path.basename(menu), "/limine.conf" if menu[0] == "l" else "/extlinux/extlinux.conf"
            files[target] = menu_without(f"boot/limine/{name}" if menu[0] == "l" else f"boot/{menu}")
        change_disk(machine, files)
    elif machine.boot == "limine/bios":
        files = {"/ferrite/initrd": initrd}
        if initrd is None:
            files["/limine.conf"] = menu_without("boot/limine/limine.conf")
        change_disc(machine, files)
    elif ".iso" in machine.line:
        with_grub(machine, initrd)
    else:
        path = put(machine, initrd)
        machine.line = re.sub(r" -initrd \S+", f" -initrd {path}" if path else "", machine.line)


def menu_without(path):
    with open(os.path.join(TOP, path), "rb") as file:
        return b"".join(line for line in file if b"initrd" not in line)


def put(machine, initrd):
    if initrd is None:
        return None
    path = os.path.join(machine.folder.name, "initrd")
    with open(path, "wb") as file:
        file.write(initrd)
    return path


def with_grub(machine, initrd):
    made = os.path.join(machine.folder.name, "disc.iso")
    path = put(machine, initrd)
    protocol = "multiboot2" if machine.boot.startswith("multiboot2") else "multiboot"
    command = ["tool/disc", made, protocol, KERNEL.format(board=machine.board)]
    subprocess.run(command + ([path] if path else []), cwd=TOP, check=True)
    machine.line = re.sub(r"\S+\.iso", made, machine.line)


def with_flash(machine, initrd):
    made = os.path.join(machine.folder.name, "flash.img")
    kernel = f"out/{machine.board}/flash/kernel.bin"
    subprocess.run(["tool/flash", made, "32", kernel, put(machine, initrd or b"")], cwd=TOP, check=True)
    machine.line = re.sub(r"out/\S+flash\.img", made, machine.line)


def with_init(machine, program):
    """An initrd whose first program is another one."""
    folder, made = os.path.join(TOP, "out", machine.board), os.path.join(machine.folder.name, "other")
    with open(os.path.join(folder, "scenario/initrd.list"), encoding="utf-8") as file:
        text = re.sub(r"(?m)^/service/init=.*$", f"/service/init={folder}/image/{program}", file.read())
    with open(f"{made}.list", "w", encoding="utf-8") as file:
        file.write(text)
    subprocess.run(["out/host/bin/initrd", f"{made}.list", made], cwd=TOP, check=True)
    with open(made, "rb") as file:
        with_initrd(machine, file.read())


def initrd_of(machine):
    with open(os.path.join(TOP, "out", machine.board, "scenario/initrd"), "rb") as file:
        return file.read()


def refuses(what, wanted, change):
    """Starts the machine as `change` makes its line; it has to say the wanted line, and nothing after that. Or it
    cannot occur, and the reason is told."""
    machine = Machine()
    for pattern, why in CANNOT.get(what, {}).items():
        if fnmatch.fnmatch(f"{machine.board}/{machine.boot}", pattern):
            passed(f"{what} cannot occur: {why}")
            return
    change(machine)
    wanted = wanted.replace(" ", r"\s+")  # firmware's console wraps behind what it has said itself
    with machine:
        said = machine.expect(rf"(cannot start|Ferrite): {wanted}[\r\n]+")
        if said[1] == "Ferrite":
            passed(f"{what}, to firmware, which may try something else")
            return
        more = machine.child.expect([r"\S", pexpect.TIMEOUT], timeout=2)
        assert more == 1, "it went on after that"
    passed(what)


def init_ends():
    """Nothing goes on without the first program, whatever ends it."""
    machine = Machine()
    with_init(machine, "bin/bind")
    with machine:
        machine.child.expect(r"kernel panic: init has ended: exit code -?\d+[\r\n]")
        machine.expect_end()
    passed("an init that ends, ends the machine")


def with_text_changed(initrd):
    return flipped(initrd, lambda name, content: content[:4] != b"\xcf\xfa\xed\xfe")


def with_init_changed(initrd):
    """Of a program the archive's signature has the program's own signature, which is wrong then."""
    return flipped(initrd, lambda name, content: name == "service/init")


def signed_by_another(initrd):
    """The trailer names another key (struct initrd_trailer, abi/manifest.h)."""
    return initrd[:-96] + bytes(32) + initrd[-64:]


def without_description(machine):
    """The emulator is told to make no ACPI tables; for EDK2 on RISC-V, to make them, and no device tree."""
    if "riscv" in machine.board:
        machine.line = machine.line.replace("-machine acpi=off", "-machine acpi=on")
    else:
        machine.line = machine.line.replace("-machine q35", "-machine q35,acpi=off")


def with_little_memory(machine):
    """An initrd leaves so little of 256 MiB that the kernel cannot keep account of them; or that firmware, which needs
    much itself, has none for the initrd."""
    if machine.boot.startswith("uefi"):
        with_initrd(machine, bytes(LARGE))
        machine.line = machine.line.replace("-m 512M", f"-m {FIRMWARE}M")
        return
    whole, firmware, left = 256 << 20, 128 << 10, 64 << 10
    names = subprocess.check_output([tool("nm"), KERNEL.format(board=machine.board)], cwd=TOP, text=True)
    end = int(re.search(r"([0-9a-f]+) \S image_end", names)[1], 16) & 0x7fffffff
    with_initrd(machine, bytes(whole - end - firmware - left))
    machine.line = machine.line.replace("-m 512M", "-m 256M")


def with_strange_name(machine):
    change_disk(machine, {"/ferrite/cmdline": b"initrd=/nowhere/initrd"})


def without_nx(machine):
    assert "-cpu max" in machine.line, machine.line
    machine.line = machine.line.replace("-cpu max", "-cpu max,-nx")


def initrd_changed(change):
    return lambda machine: with_initrd(machine, change(initrd_of(machine)))


# Where a kind cannot be brought about with the real loader, by board and cell. What the kernel does then, loader.py
# shows, which lays out what each protocol hands over.
LAID_OUT = "no loader can be made to tell that; loader.py does"
CANNOT = {
    "RAM listed twice": {"*": LAID_OUT},
    "no description of the machine": {
        "qemu-virt-aarch64/raw": "the emulator always gives a device tree; and without one no console is known",
        "qemu-virt-aarch64/*": "EDK2 always gives ACPI's tables or a device tree; uefi_test.c gives neither",
        "qemu-virt-riscv32/raw*": "the emulator always gives a device tree",
        "qemu-virt-riscv64/*qemu": "the emulator always gives a device tree; loader.py gives none",
        "qemu-virt-riscv64/*u-boot": "U-Boot hands on the emulator's device tree",
        "qemu-pc-x86_64/*bios": "a BIOS makes tables of its own",
        "qemu-pc-x86_64/raw": "a BIOS makes tables of its own",
        "qemu-pc-i386/*": "a BIOS makes tables of its own",
    },
    "too little memory": {
        "qemu-virt-*/raw*": "the emulator places the initrd in the middle; loader.py leaves less",
        "*/multiboot*": "GRUB says itself that an initrd is too large; loader.py leaves less",
        "*/limine*": "Limine says itself that an initrd is too large; loader.py leaves less, limine_test.c none",
        "*/uefi/u-boot": "U-Boot itself faults when an initrd is so large",
        "*/uefi/edk2-kernel": "the emulator gives EDK2 the initrd, which has no memory itself then",
        "*/uefi/edk2-acpi": "the emulator gives EDK2 the initrd, which has no memory itself then",
    },
    "a processor that cannot forbid to execute": {"qemu-virt-*": "each of these can"},
    "an initrd= that names nothing": {
        "*/raw*": NO_FILES, "*/multiboot*": NO_FILES, "*/limine*": NO_FILES,
        "*/uefi/edk2-kernel": "the emulator offers an initrd, which comes first",
        "*/uefi/edk2-acpi": "the emulator offers an initrd, which comes first",
    },
}
NO_DESCRIPTION = (r"(there are no ACPI tables|there is no device tree that can be read|"
                  r"firmware has neither a device tree nor ACPI tables)")

refuses("no initrd", "there is no initrd.*", lambda machine: with_initrd(machine, None))
refuses("an initrd that is cut off", "the initrd ends without a signature: cut off, or never signed",
        initrd_changed(lambda initrd: initrd[:len(initrd) // 2]))
if this_cell() == first_cell():  # that one was refused shows that it came as it was; what follows is the kernel's alone
    refuses("an initrd that lost its beginning", "the initrd has lost a part",
            initrd_changed(lambda initrd: initrd[4096:]))
    refuses("an initrd that was changed", "the initrd is not what was signed", initrd_changed(with_text_changed))
    refuses("an init that was changed", "the initrd's service/init is not what was signed",
            initrd_changed(with_init_changed))
    refuses("an initrd of another signer", "the initrd is signed with a key that this kernel does not trust",
            initrd_changed(signed_by_another))
    init_ends()
refuses("an initrd= that names nothing", "there is no initrd: the file that initrd= names is not there",
        with_strange_name)
refuses("RAM listed twice", "the memory map lists .* twice", None)
refuses("no description of the machine", NO_DESCRIPTION, without_description)
refuses("too little memory", "too little memory.*", with_little_memory)
refuses("a processor that cannot forbid to execute", "this processor lacks NX", without_nx)
