# SPDX-License-Identifier: MIT
# cells: *
"""Whatever is wrong with what a machine is started with is said in one line on the debug console; then it stops."""

import os
import re
import shutil
import subprocess
import sys

import pexpect

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tool"))
from support.functions import tool
from machine import Machine, TOP, first_cell, passed, this_cell

KERNEL = "out/{board}/kernel.elf"


def with_initrd(machine, initrd):
    """The machine's line with another initrd; None: without one."""
    path = None
    if initrd is not None:
        path = os.path.join(machine.folder.name, "initrd")
        with open(path, "wb") as file:
            file.write(initrd)
    disk = re.search(r"out/\S+\.img", machine.line)
    if disk:
        return machine.line.replace(disk[0], disk_with(machine, disk[0], path))
    disc = re.search(r"\S+\.iso", machine.line)
    if not disc:
        return re.sub(r" -initrd \S+", f" -initrd {path}" if path else "", machine.line)
    if machine.boot == "limine/bios":
        return None  # limine/efi is the same from the loader on
    made = os.path.join(machine.folder.name, "disc.iso")
    protocol = "multiboot2" if machine.boot.startswith("multiboot2") else "multiboot"
    command = ["tool/disc", made, protocol, KERNEL.format(board=machine.board)]
    subprocess.run(command + ([path] if path else []), cwd=TOP, check=True)
    return machine.line.replace(disc[0], made)


def disk_with(machine, disk, path):
    """A copy of an EFI system partition with another initrd."""
    made = os.path.join(machine.folder.name, "esp.img")
    shutil.copyfile(os.path.join(TOP, disk), made)
    subprocess.run(["mdel", "-i", made, "::/ferrite/initrd"], check=True)
    if path:
        subprocess.run(["mcopy", "-i", made, path, "::/ferrite/initrd"], check=True)
        return made
    for menu in ("limine.conf", "extlinux/extlinux.conf"):  # a loader would ask for what its menu names
        text = subprocess.run(["mtype", "-i", made, f"::/{menu}"], capture_output=True, text=True, check=False).stdout
        kept = [line for line in text.splitlines(True) if "initrd" not in line]
        if text:
            subprocess.run(["mcopy", "-o", "-i", made, "-", f"::/{menu}"], input="".join(kept), text=True, check=True)
    return made


def initrd_of(machine):
    with open(os.path.join(TOP, "out", machine.board, "scenario/initrd"), "rb") as file:
        return file.read()


def refuses(what, wanted, change):
    """Starts the machine as `change` makes its line; it has to say the wanted line, and nothing after that."""
    machine = Machine()
    line = change(machine)
    if line is None:
        return
    machine.line = line
    with machine:
        said = machine.expect(rf"(cannot start|Ferrite): {wanted}[\r\n]+")
        if said[1] == "Ferrite":
            passed(f"{what}, to firmware, which may try something else")
            return
        more = machine.child.expect([r"\S", pexpect.TIMEOUT], timeout=2)
        assert more == 1, "it went on after that"
    passed(what)


def flipped(initrd, wanted):
    """A byte in the middle of the first file that is wanted by name and content is another."""
    at = 0
    while True:
        size, name_size = (int(initrd[at + field:at + field + 8], 16) for field in (54, 94))
        content = (at + 110 + name_size + 3) & ~3
        name = initrd[at + 110:at + 110 + name_size].rstrip(b"\0").decode()
        if size > 0 and wanted(name, initrd[content:content + size]):
            break
        at = (content + size + 3) & ~3
    at = content + size // 2
    return initrd[:at] + bytes([initrd[at] ^ 1]) + initrd[at + 1:]


def with_text_changed(initrd):
    return flipped(initrd, lambda name, content: content[:4] != b"\xcf\xfa\xed\xfe")


def with_init_changed(initrd):
    """Of a program the archive's signature has the program's own signature, which is wrong then."""
    return flipped(initrd, lambda name, content: name == "service/init")


def signed_by_another(initrd):
    """The trailer names another key (struct initrd_trailer, abi/manifest.h)."""
    return initrd[:-96] + bytes(32) + initrd[-64:]


def without_acpi(machine):
    if not machine.boot.endswith("grub-efi"):
        return None  # a BIOS makes tables of its own
    return machine.line.replace("-machine q35", "-machine q35,acpi=off")


def with_little_memory(machine):
    """An initrd leaves so little of 256 MiB that the kernel cannot keep account of them."""
    if (machine.board, machine.boot) != ("qemu-pc-x86_64", "raw"):
        return None
    whole, firmware, left = 256 << 20, 128 << 10, 64 << 10
    names = subprocess.check_output([tool("nm"), KERNEL.format(board=machine.board)], cwd=TOP, text=True)
    end = int(re.search(r"([0-9a-f]+) \S image_end", names)[1], 16) & 0x7fffffff
    return with_initrd(machine, bytes(whole - end - firmware - left)).replace("-m 512M", "-m 256M")


def initrd_changed(change):
    return lambda machine: with_initrd(machine, change(initrd_of(machine)))


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
refuses("no ACPI", "there are no ACPI tables", without_acpi)
refuses("too little memory", "too little memory: .*", with_little_memory)
