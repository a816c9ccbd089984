# SPDX-License-Identifier: MIT
# cells: qemu-pc-x86_64/raw qemu-virt-aarch64/raw qemu-virt-riscv64/raw/qemu
"""A loader of our own, which lays out what each protocol hands over as its specification says, and also as no real
loader could be made to: the kernel starts with what is good, and says in one line what is not."""

import os
import re
import struct
import subprocess

import pexpect

from machine import Machine, TOP, passed, this_board
from support.functions import tool

MIB = 1 << 20
RAM, RESERVED = 1, 2  # kinds of the PC's maps
FAR = 1 << 40  # no memory is there


def words(*values):
    return struct.pack(f"<{len(values)}I", *values)


def longs(*values):
    return struct.pack(f"<{len(values)}Q", *values)


class Given:
    """What a loader tells: a good machine, unless a test changes it."""

    def __init__(self, ram, kernel, initrd, initrd_size, structures=()):
        self.ranges = [ram]
        self.kernel, self.kernel_end = kernel
        self.initrd, self.initrd_size = initrd, initrd_size
        self.rsdp = 0
        self.structures = structures  # what lies outside of the kernel's memory and is needed

    def twice(self):
        base, size = self.ranges[0]
        self.ranges.append((base + size - 32 * MIB, 16 * MIB))

    def little(self):
        """Hardly more than the kernel and the initrd."""
        self.ranges = [(self.kernel, self.kernel_end + 0x10000 - self.kernel), (self.initrd, self.initrd_size + 4095),
                       *self.structures]

    def no_memory(self):
        self.ranges = []

    def no_room(self):
        """The structures are where there is no memory."""
        base, _ = self.ranges[0]
        self.ranges = [(base, STUB - base), (2 * STUB, 256 * MIB)]

    def initrd_far(self):
        self.initrd = FAR if self.initrd >> 32 else 0xf0000000

    def initrd_over_kernel(self):
        self.initrd = self.kernel_end - 0x1000

    def no_initrd(self):
        self.initrd = self.initrd_size = 0

    def strange_rsdp(self):
        self.rsdp = self.initrd


# --- A PC: a Multiboot program that the emulator starts, with the structures in it. It leaves for the kernel's entry.

STUB = 16 * MIB
PC_INITRD = 64 * MIB


def symbol(board, name):
    names = subprocess.check_output([tool("nm"), f"out/{board}/kernel.elf"], cwd=TOP, text=True)
    return int(re.search(rf"([0-9a-f]+) \S {name}\n", names)[1], 16)


def stub(magic, entry, data):
    """An ELF file of 32 bits that leaves with `magic` in eax and the address of its data in ebx."""
    head, at = 0x1000, STUB + 64
    code = words(0x1badb002, 0, -0x1badb002 & 0xffffffff)
    code += b"\xb8" + words(magic) + b"\xbb" + words(at) + b"\xba" + words(entry) + b"\xff\xe2"
    text = code.ljust(64, b"\0") + data
    elf = b"\x7fELF\1\1\1" + bytes(9) + struct.pack("<HHIIIIIHHHHHH", 2, 3, 1, STUB + 12, 52, 0, 0, 52, 32, 1, 0, 0, 0)
    elf += words(1, head, STUB, STUB, len(text), len(text), 7, 0x1000)
    return elf.ljust(head, b"\0") + text


def pvh(given, at):
    """Xen's start information of version 1, an entry of the module list, the map, the command line."""
    ranges = b"".join(struct.pack("<QQII", base, size, RAM, 0) for base, size in given.ranges)
    size = 56
    module = longs(given.initrd, given.initrd_size, 0, 0)
    line = at + size + len(module) + len(ranges)
    return words(0x336ec578, 1, 0, 1 if given.initrd_size else 0) + longs(at + size, line, given.rsdp) + longs(
        at + size + len(module)) + words(len(given.ranges), 0) + module + ranges + b"from=pvh\0"


def multiboot1(given, at):
    """Multiboot Specification 0.6.96, 3.3: command line, modules, map."""
    ranges = b"".join(struct.pack("<IQQI", 20, base, size, RAM) for base, size in given.ranges)
    size = 120
    module = words(given.initrd, given.initrd + given.initrd_size, 0, 0)
    line = at + size + len(module) + len(ranges)
    flags = 1 << 2 | (1 << 3 if given.initrd_size else 0) | (1 << 6 if given.ranges else 0)
    head = words(flags, 0, 0, 0, line, 1, at + size, 0, 0, 0, 0, len(ranges), at + size + len(module))
    return head.ljust(size, b"\0") + module + ranges + b"from=multiboot1\0"


def tag(kind, content):
    whole = words(kind, 8 + len(content)) + content
    return whole + bytes(-len(whole) % 8)


def multiboot2(given, at):
    """Multiboot2 Specification 2.0, 3.6."""
    tags = tag(1, b"from=multiboot2\0")
    if given.initrd_size:
        tags += tag(3, words(given.initrd, given.initrd + given.initrd_size) + b"\0")
    if given.ranges:
        tags += tag(6, words(24, 0) + b"".join(struct.pack("<QQII", base, size, RAM, 0)
                                               for base, size in given.ranges))
    if given.rsdp:
        tags += tag(14, bytes(20))
    tags += tag(0, b"")
    return words(8 + len(tags), 0) + tags


PC = {"raw": (pvh, 0, "pvh_entry"), "multiboot1": (multiboot1, 0x2badb002, "multiboot1_entry"),
      "multiboot2": (multiboot2, 0x36d76289, "multiboot2_entry")}


def pc_given(board, initrd):
    kernel = [symbol(board, name) & 0x7fffffff for name in ("image_start", "image_end")]
    return Given((MIB, 510 * MIB), kernel, PC_INITRD, os.path.getsize(initrd), [(STUB, 64 << 10)])


def pc_start(machine, protocol, given, initrd):
    lay_out, magic, entry = PC[protocol]
    path = os.path.join(machine.folder.name, "stub")
    with open(path, "wb") as file:
        file.write(stub(magic, symbol(machine.board, entry) & 0x7fffffff, lay_out(given, STUB + 64)))
    machine.line = re.sub(r" -kernel \S+ -initrd \S+",
                          f" -kernel {path} -device loader,file=out/{machine.board}/kernel.elf "
                          f"-device loader,file={initrd},addr={PC_INITRD},force-raw=on", machine.line)


# --- Machines with a device tree: the emulator's own, changed; or a handover block, as translators leave one.

# Instructions that load the tree's address and the kernel's from behind them, and leave; where RAM begins.
TREE_BOARDS = {
    "qemu-virt-aarch64": (0x40000000, words(0x58000080, 0x580000a1, 0xd61f0020, 0xd503201f)),
    "qemu-virt-riscv64": (0x80000000, words(0x00000297, 0x0102b583, 0x0182b303, 0x00030067)),
}
STUB_AT, KERNEL_AT, TREE_AT, INITRD_AT = 2 * MIB, 4 * MIB, 128 * MIB, 192 * MIB  # from there on


class Tree:
    """A flattened device tree whose nodes begin after the root's own properties: nodes can be left out or added."""

    def __init__(self, blob):
        head = struct.unpack(">10I", blob[:40])
        self.structure = blob[head[2]:head[2] + head[9]]
        self.strings = blob[head[3]:head[3] + head[8]]

    def text(self, name):
        """Where a property's name is."""
        at = self.strings.find(name.encode() + b"\0")
        if at < 0:
            at = len(self.strings)
            self.strings += name.encode() + b"\0"
        return at

    def property(self, name, value):
        return struct.pack(">III", 3, len(value), self.text(name)) + value + bytes(-len(value) % 4)

    def rename(self, old, new):
        """A value that is another of the same length."""
        assert len(old) == len(new) and old.encode() in self.structure, old
        self.structure = self.structure.replace(old.encode(), new.encode())

    def add(self, name, *properties):
        name = name.encode() + b"\0"
        node = struct.pack(">I", 1) + name + bytes(-len(name) % 4) + b"".join(properties) + struct.pack(">I", 2)
        end = self.structure.rfind(struct.pack(">II", 2, 9))
        self.structure = self.structure[:end] + node + self.structure[end:]

    def blob(self):
        at = 40 + 16
        size = at + len(self.structure) + len(self.strings)
        return struct.pack(">10I", 0xd00dfeed, size, at, at + len(self.structure), 40, 17, 16, 0, len(self.strings),
                           len(self.structure)) + bytes(16) + self.structure + self.strings


def tree_of(machine):
    """What the emulator makes for its machine, without the nodes of RAM and what was chosen."""
    path = os.path.join(machine.folder.name, "tree")
    line = re.sub(r" -kernel .*?-initrd \S+", "", machine.line)
    line = line.replace("-machine virt", f"-machine virt,dumpdtb={path}")
    subprocess.run(line, shell=True, cwd=TOP, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    with open(path, "rb") as file:
        tree = Tree(file.read())
    tree.rename("memory\0", "nobody\0")
    return tree


def tree_blob(machine, given, change):
    tree = tree_of(machine)
    for i, (base, size) in enumerate(given.ranges):
        tree.add(f"ram@{i}", tree.property("device_type", b"memory\0"),
                 tree.property("reg", struct.pack(">QQ", base, size)))
    if given.initrd_size:
        tree.rename("chosen\0", "choice\0")
        tree.add("chosen", tree.property("linux,initrd-start", struct.pack(">Q", given.initrd)),
                 tree.property("linux,initrd-end", struct.pack(">Q", given.initrd + given.initrd_size)),
                 tree.property("bootargs", b"from=tree\0"), tree.property("stdout-path", console(tree)))
    change(tree)
    return tree.blob()


def console(tree):
    """The path that the tree names as its console."""
    key = struct.pack(">I", tree.text("stdout-path"))
    at = tree.structure.find(key)
    size = struct.unpack(">I", tree.structure[at - 4:at])[0]
    return tree.structure[at + 4:at + 4 + size]


def handover(given, protocol, at, tree):
    """A block of boot/boot.h behind which the map lies; all of it is RAM for the map."""
    kinds = [(base, size, 0) for base, size in given.ranges] + [(given.initrd, given.initrd_size, 4)]
    ranges = b"".join(struct.pack("<QQII", base, size, kind, 0) for base, size, kind in kinds)
    head = 24 + 48
    info = longs(at + head + 23 * 8) + words(len(kinds), 0) + longs(0, 0, 0, 0, given.initrd, given.initrd_size,
                                                                      tree, 0, 0, 0, 0)
    block = info.ljust(23 * 8, b"\0") + ranges
    return words(0x6f486546) + struct.pack(">I", head + len(block)) + protocol.encode().ljust(16, b"\0") + bytes(
        48) + block


def tree_given(board, initrd):
    base, _ = TREE_BOARDS[board]
    kernel = base + KERNEL_AT
    size = symbol(board, "image_end") - symbol(board, "image_start")
    return Given((kernel, 500 * MIB), (kernel, kernel + size), base + INITRD_AT, os.path.getsize(initrd))


def tree_start(machine, given, initrd, change=lambda tree: None, what=None):
    """`what`: nothing to read at all, or a protocol whose block stands for the tree."""
    base, code = TREE_BOARDS[machine.board]
    path = os.path.join(machine.folder.name, "given")
    at = base + TREE_AT
    blob = tree_blob(machine, given, change)
    if what in ("uefi", "limine"):
        block = handover(given, what, at, at + MIB)
        blob = block.ljust(MIB, b"\0") + blob
    elif what == "cut":
        blob = blob[:len(blob) // 2] + bytes(len(blob) // 2)
    with open(path, "wb") as file:
        file.write(blob)
    with open(path + ".code", "wb") as file:
        file.write(code + longs(0 if what == "nothing" else at, base + KERNEL_AT))
    start = f" -kernel {path}.code" if "riscv" in machine.board else \
        f" -device loader,file={path}.code,addr={base + STUB_AT},force-raw=on,cpu-num=0"
    blobs = {path: at, initrd: base + INITRD_AT, f"out/{machine.board}/kernel.bin": base + KERNEL_AT}
    start += "".join(f" -device loader,file={name},addr={where},force-raw=on" for name, where in blobs.items())
    machine.line = re.sub(r" -kernel .*?-initrd \S+", start, machine.line)


# --- The tests

def initrd_path(board):
    return f"out/{board}/scenario/initrd"


def expect(what, wanted, start):
    machine = Machine()
    start(machine)
    with machine:
        if wanted is None:
            machine.expect(r"MiB free")
        else:
            machine.child.expect(r"(?i)(cannot start: [^\r\n]*|kernel panic[^\r\n]*)[\r\n]")
            said = machine.child.match[1]
            assert re.search(wanted, said), said
            assert machine.child.expect([r"\S", pexpect.TIMEOUT], timeout=1) == 1, "it went on after that"
    passed(what)


# What is changed, how, and what is said then.
MEMORY = (("good", lambda given: None, None),
          ("RAM that is listed twice", Given.twice, r"the memory map lists 0x[0-9a-f]+ twice"),
          ("too little memory", Given.little, r"too little memory"),
          ("no initrd", Given.no_initrd, r"there is no initrd$"),
          ("an initrd outside of memory", Given.initrd_far, r"the initrd is not in memory: "),
          ("an initrd over the kernel", Given.initrd_over_kernel, r"the initrd is not in memory: "))
NO_MEMORY = ("no memory", Given.no_memory, r"(too little memory|the loader tells of no memory)")
NO_ROOM = ("a command line outside of memory", Given.no_room, r"the command line is not in memory: ")
NO_RSDP = ("an RSDP that is none", Given.strange_rsdp, r"there are no ACPI tables$")


def pc(board):
    for protocol in PC:
        for what, change, wanted in (*MEMORY, NO_MEMORY, NO_ROOM) + (() if protocol == "multiboot1" else (NO_RSDP,)):
            given = pc_given(board, initrd_path(board))
            change(given)
            expect(f"{protocol}: {what}", wanted, lambda machine, p=protocol, g=given: pc_start(
                machine, p, g, initrd_path(board)))


def trees(board):
    initrd = initrd_path(board)
    for protocol in (None, "uefi", "limine"):
        for what, change, wanted in MEMORY:
            given = tree_given(board, initrd)
            change(given)
            expect(f"{protocol or 'raw'}: {what}", wanted, lambda machine, g=given, p=protocol: tree_start(
                machine, g, initrd, what=p))
    riscv = "riscv" in board
    controller = ("arm,gic-v3\0", "strange-g3\0")
    if riscv:
        controller = ("sifive,plic-1.0.0\0riscv,plic0", "strange,plc-1.0.0\0strange,plc")
    timer = ("timebase-frequency", "strange-frequency!") if riscv else ("arm,armv8-timer", "strange8-timer!")
    for what, (old, new), wanted in (("no interrupt controller", controller, "no interrupt controller that works"),
                                     ("no timer", timer, "no timer that works")):
        def change(tree, old=old, new=new):
            if old.encode() in tree.structure:
                tree.rename(old, new)
            else:
                tree.strings = tree.strings.replace(old.encode(), new.encode())
        expect(f"raw: {what}", wanted, lambda machine, c=change: tree_start(
            machine, tree_given(board, initrd), initrd, c))
    for what in ("nothing", "cut") if riscv else ():  # without a tree an AArch64 machine has no console
        expect(f"raw: {what} where the tree is", "there is no device tree that can be read",
               lambda machine, w=what: tree_start(machine, tree_given(board, initrd), initrd, what=w))


this = this_board()
if this in TREE_BOARDS:
    trees(this)
elif this == "qemu-pc-x86_64":
    pc(this)
else:
    passed(f"{this} has none")
