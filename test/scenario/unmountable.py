# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw
"""Disks that FAT and ext4 refuse: whoever wants to mount one is told why; of the one that would be / the log is."""

import os
import tempfile

from machine import Machine, disk_device, host, passed

MIB = 1 << 20
SUPER, JOURNAL = 1024, bytes.fromhex("c03b399800000004")


def put(image, at, content):
    image[at:at + len(content)] = content


def journal_put(offset, content):
    """Into the superblock of the journal, which begins with its magic number and its kind."""
    return lambda image: put(image, image.index(JOURNAL) + offset, content)


EXT4, FAT, EXFAT = ("mke2fs", "-q", "-t", "ext4"), ("mkfs.fat", "-F", "16"), ("mkfs.exfat",)
# The service, the command that makes the disk, what is done to it then, and why it is refused.
REFUSED = (
    ("ext4", None, None, "no superblock of ext4"),
    ("ext4", (*EXT4, "-O", "inline_data"), None, "it has a feature that is not supported: inline_data"),
    ("ext4", EXT4, lambda image: put(image, SUPER + 0x63, b"\x80"), "it has features that are not known (80000000)"),
    ("ext4", EXT4, lambda image: put(image, SUPER + 0x3fc, b"sum!"), "its superblock's checksum is wrong"),
    ("ext4", EXT4, lambda image: put(image, SUPER + 24, b"\7"), "blocks of 2^17 bytes are not supported"),
    ("ext4", (*EXT4, "-L", "ferrite"), journal_put(40, b"\0\0\0\x20"),
     "its journal needs a feature that is not supported: fast_commit"),
    ("ext4", EXT4, journal_put(0, b"none"), "its journal is damaged"),
    ("fat", None, None, "no boot sector of FAT or exFAT"),
    ("fat", FAT, lambda image: put(image, 11, b"\0\x20"), "sectors of 8192 bytes are not supported"),
    ("fat", EXFAT, lambda image: put(image, 108, b"\x0d"), "sectors of 8192 bytes are not supported"),
    ("fat", FAT, lambda image: put(image, 16, b"\0"), "its boot sector is none of FAT or exFAT, or damaged"),
)


def disk_make(path, size, command, change):
    with open(path, "wb") as file:
        file.truncate(size)
    if command:
        host(*command, path)
    if change:
        with open(path, "r+b") as file:
            image = bytearray(file.read())
            change(image)
            file.seek(0)
            file.write(image)


def main():
    words = ""
    with tempfile.TemporaryDirectory(prefix="ferrite-") as folder:
        for number, (_, command, change, _) in enumerate(REFUSED):
            path = os.path.join(folder, str(number))
            disk_make(path, (16 + number) * MIB, command, change)
            words += f" -drive if=none,id=d{number},format=raw,file={path} -device {disk_device()},drive=d{number}"
        with Machine(extra=words) as machine:
            machine.login("root")
            for number, (service, _, _, reason) in enumerate(REFUSED):
                info = machine.run(f"grep -l 'size {(16 + number) * MIB}' /dev/disk*/info").strip()
                data = info.replace("/info", "/data")
                wanted = f"{data}: cannot be mounted: {reason}"
                text = machine.run(f"/service/{service} -s none {data} 2>&1", code=1)
                assert text.strip() == wanted, text
                if service == "ext4" and "fast_commit" in reason:
                    assert wanted in machine.run("dmesg"), wanted
            passed("a disk that cannot be mounted is refused with the reason")
            machine.line_send("poweroff")
            machine.expect_end()


main()
