# SPDX-License-Identifier: MIT
# cells: */uefi*
"""tool/efi's application, read again by Microsoft's PE format and UEFI Specification 2.10, 2.1.1: headers, sections
and checksum are what they have to be, and what is in it is what the kernel's ELF file has. Bad files are refused in a
line."""

import os
import random
import re
import struct
import subprocess
import tempfile

from machine import TOP, passed, this_board
from support.functions import tool

TOOL = os.path.join(TOP, "out/host/bin/efi")
PAGE = 4096
MACHINES = {183: 0xaa64, 62: 0x8664, 243: 0x5064}  # by ELF's numbers
CODE, DATA, EXECUTE, READ, WRITE = 0x20, 0x40, 0x20000000, 0x40000000, 0x80000000
WRONG = 400  # changed files that are tried


def read(path):
    with open(path, "rb") as file:
        return file.read()


class Elf:
    """A kernel's segments and symbols."""

    def __init__(self, path):
        self.bytes = read(path)
        self.machine, = struct.unpack_from("<H", self.bytes, 18)
        at, = struct.unpack_from("<Q", self.bytes, 32)
        size, count = struct.unpack_from("<HH", self.bytes, 54)
        self.segments = [struct.unpack_from("<IIQQQQQQ", self.bytes, at + i * size) for i in range(count)]
        names = subprocess.check_output([tool("nm"), path], text=True)
        self.symbol = {name: int(value, 16) for value, name in re.findall(r"^(\w+) \w (\S+)$", names, re.MULTILINE)}

    def loaded(self):
        """(address, flags, bytes, size in memory) from the kernel's start on."""
        start, end = self.symbol["image_start"], self.symbol["image_end"]
        return [(address - start, flags, self.bytes[offset:offset + size], whole)
                for kind, flags, offset, address, _, size, whole, _ in self.segments
                if kind == 1 and whole and start <= address < end]


def checksum(pe, field):
    whole = bytearray(pe)
    whole[field:field + 4] = bytes(4)
    whole += bytes(len(whole) % 2)
    total = sum(struct.unpack(f"<{len(whole) // 2}H", whole))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total + len(pe)


def check_headers(pe, elf):
    assert pe[:2] == b"MZ"
    at, = struct.unpack_from("<I", pe, 0x3c)
    assert pe[at:at + 4] == b"PE\0\0" and at % 8 == 0
    machine, sections, _, _, _, optional, traits = struct.unpack_from("<HHIIIHH", pe, at + 4)
    assert machine == MACHINES[elf.machine]
    assert traits & 0x2 and not traits & 0x1, "executable; its relocations are not stripped, there are none"
    head = at + 24
    magic, = struct.unpack_from("<H", pe, head)
    entry, = struct.unpack_from("<I", pe, head + 16)
    base, alignment, file_alignment = struct.unpack_from("<QII", pe, head + 24)
    image, headers, stored, subsystem, protection = struct.unpack_from("<IIIHH", pe, head + 56)
    count, = struct.unpack_from("<I", pe, head + 108)
    assert magic == 0x20b and subsystem == 10 and protection & 0x100, "an application of 64 bits, whose data never runs"
    assert alignment == PAGE and file_alignment % 512 == 0 and base % 0x10000 == 0
    assert image % alignment == 0 and headers % file_alignment == 0
    assert optional == 112 + 8 * count and count >= 6
    assert not any(pe[head + 112:head + 112 + 8 * count]), "neither relocations nor anything else that is listed"
    assert stored == checksum(pe, head + 64), "the checksum"
    assert entry - PAGE == elf.symbol["uefi_entry"] - elf.symbol["image_start"]
    return entry, image, headers, [struct.unpack_from("<8sIIIIIIHHI", pe, head + optional + 40 * i)
                                   for i in range(sections)]


def check_sections(pe, entry, image, headers, sections):
    end, file_end = headers, headers
    entered = False
    for name, size, address, file_size, offset, relocations, lines, _, _, flags in sections:
        assert address >= end and address % PAGE == 0 and offset >= file_end, f"{name} overlaps what is before it"
        assert file_size <= (size + PAGE - 1) // PAGE * PAGE and offset + file_size <= len(pe), f"{name} in the file"
        assert relocations == lines == 0 and flags & READ, name
        assert not (flags & WRITE and flags & EXECUTE), f"{name} can be written and executed"
        assert bool(flags & CODE) == bool(flags & EXECUTE) and flags & (CODE | DATA), name
        end, file_end = address + size, offset + file_size
        if address <= entry < end:
            entered = bool(flags & EXECUTE)
    assert end <= image and entered, "the entry is in code"


def check_content(pe, elf, sections):
    loaded = elf.loaded()
    assert len(loaded) == len(sections)
    for (start, flags, content, whole), section in zip(loaded, sections):
        _, size, address, file_size, offset, *_, traits = section
        assert address == start + PAGE and size >= whole
        assert bool(traits & WRITE) == bool(flags & 2) and bool(traits & EXECUTE) == bool(flags & 1)
        assert pe[offset:offset + len(content)] == content, "what is in a section"
        assert not any(pe[offset + len(content):offset + file_size]), "what is behind it"


def run(*words):
    return subprocess.run([TOOL, *words], text=True, capture_output=True, check=False, timeout=60)


def refused(what, content, folder, why):
    source, made = os.path.join(folder, "source"), os.path.join(folder, "made")
    with open(source, "wb") as file:
        file.write(content)
    result = run(source, made)
    assert result.returncode == 1 and re.fullmatch(rf"efi: .*{why}.*\n", result.stderr), f"{what}: {result}"
    assert not os.path.exists(made), f"{what}: something was written"


def check_bad(elf, path):
    bad = {"nothing": (b"", "cut short"), "a text": (b"no kernel " * 100, "not an ELF"),
           "a part": (elf.bytes[:len(elf.bytes) // 2], "cut short"),
           "32 bits": (elf.bytes[:4] + b"\1" + elf.bytes[5:], "not an ELF"),
           "big-endian": (elf.bytes[:5] + b"\2" + elf.bytes[6:], "not an ELF"),
           "another machine": (elf.bytes[:18] + b"\3\0" + elf.bytes[20:], "instruction set"),
           "no entry": (elf.bytes.replace(b"\0uefi_entry\0", b"\0uefi_strange"[:11] + b"\0"), "uefi_entry"),
           "headers of another size": (elf.bytes[:54] + b"\1" + elf.bytes[55:], "another size")}
    with tempfile.TemporaryDirectory(prefix="ferrite-") as folder:
        for what, (content, why) in bad.items():
            refused(what, content, folder, why)
        result = run(os.path.join(folder, "nothing"), os.path.join(folder, "made"))
        assert result.returncode == 1 and result.stderr.startswith("efi: "), result
        assert run(path).returncode == 2 and run().returncode == 2
        drawn = random.Random(1)
        at, = struct.unpack_from("<Q", elf.bytes, 40)  # of the section headers
        for _ in range(WRONG):
            wrong = bytearray(elf.bytes)
            for _ in range(3):
                where = drawn.choice((drawn.randrange(64 + 8 * 56), drawn.randrange(at, len(wrong))))
                wrong[where] = drawn.randrange(256)
            source, made = os.path.join(folder, "wrong"), os.path.join(folder, "made")
            with open(source, "wb") as file:
                file.write(wrong)
            result = run(source, made)
            assert result.returncode == 0 or (result.returncode == 1 and result.stderr.startswith("efi: ")), result


def main():
    path = os.path.join(TOP, "out", this_board(), "kernel.elf")
    elf, pe = Elf(path), read(path.replace(".elf", ".efi"))
    entry, image, headers, sections = check_headers(pe, elf)
    check_sections(pe, entry, image, headers, sections)
    passed(f"headers, checksum and {len(sections)} sections")
    check_content(pe, elf, sections)
    passed("what is in them")
    check_bad(elf, path)
    passed(f"bad files are refused; none of {WRONG} changed ones is the end of it")


main()
