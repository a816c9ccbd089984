# SPDX-License-Identifier: MIT
"""Power cuts by the record of a disk, for scenarios: the emulator records every write and flush of a workload. From the
record the disk is made as it would be had the power gone at some moment, and recovered. A workload marks on a partition
of its own how far all is safe: `safe N`, in the first sector."""

import os
import struct
import subprocess

from machine import Machine, disk_device, host, this_board

SECTOR, SCRIPT, MIB = 512, 64 << 10, 1 << 20  # SCRIPT: where the workload lies on the marks' partition
MARKS, VOLUME, SIZE = MIB, 3 * MIB, 16 * MIB  # where the partitions begin, and the volume's size
SUPERBLOCK = VOLUME + 1024
FLUSH, DISCARD = 1, 4  # flags in the record
DEVICE = disk_device()
TOGETHER = 2 if this_board().startswith("qemu-pc") else 8  # disks that Ferrite recovers in one boot


def disk_make(path, script):
    with open(path, "wb") as file:
        file.truncate(VOLUME + SIZE + MIB)
    host("sgdisk", "-n", f"1:{MARKS // SECTOR}:+2M", "-n", f"2:{VOLUME // SECTOR}:+{SIZE // MIB}M", path)
    volume = path + ".volume"
    with open(volume, "wb") as file:
        file.truncate(SIZE)
    host("mke2fs", "-q", "-t", "ext4", "-b", "1024", "-J", "size=1", volume)
    with open(path, "r+b") as file, open(volume, "rb") as source:
        file.seek(VOLUME)
        file.write(source.read())
        file.seek(MARKS + SCRIPT)
        file.write(script.encode() + b"\n")
    os.remove(volume)


def record_read(path):
    """(flags, offset, bytes) of each entry; the layout is that of Linux's device mapper, log-writes."""
    with open(path, "rb") as file:
        magic, version, count, size = struct.unpack("<QQQI", file.read(28))
        assert (magic, version) == (0x6A736677736872, 1), f"{magic:x}, version {version}: not a record"
        file.seek(size)
        for _ in range(count):
            sector, sectors, flags, _ = struct.unpack("<QQQQ", file.read(size)[:32])
            yield flags, sector * size, b"" if flags & DISCARD else file.read(sectors * size)


class Cut:
    """The disk when the power goes after some entries of the record."""

    def __init__(self, base, record):
        self.safe, self.record, self.at, self.marked = bytearray(base), record, 0, 0

    def advance(self, count):
        """What was flushed before entry `count`, and how far the workload said it is safe."""
        last = max((i for i in range(self.at, count) if self.record[i][0] & FLUSH), default=self.at)
        for _, offset, data in self.record[self.at:last]:
            self.safe[offset:offset + len(data)] = data
        self.at = last
        marks = [data for _, offset, data in self.record[:count] if offset == MARKS and data.startswith(b"safe ")]
        self.marked = int(marks[-1].split(b"\0")[0].split()[1]) if marks else 0

    def disk(self, count, chance):
        """Sectors written since the last flush: all, none or some are there. The superblock's two come together: for
        half of one ext4 has no answer but its copies, in Linux neither."""
        image, part = bytearray(self.safe), chance.choice((0.0, 1.0, chance.random()))
        is_there = False
        for _, offset, data in self.record[self.at:count]:
            for at in range(0, len(data), SECTOR):
                if offset + at != SUPERBLOCK + SECTOR:
                    is_there = chance.random() < part
                if is_there:
                    image[offset + at:offset + at + SECTOR] = data[at:at + SECTOR]
        return image


def dump(volume, folder):
    os.makedirs(folder)
    host("debugfs", "-R", f"rdump / {folder}", volume)
    found = {}
    for at, folders, files in os.walk(folder):
        for name in folders + files:
            path = os.path.join(at, name)
            key = os.path.relpath(path, folder)
            if os.path.islink(path):
                found[key] = os.readlink(path)
            elif os.path.isdir(path):
                found[key] = None
            else:
                with open(path, "rb") as file:
                    found[key] = file.read()
    found.pop("lost+found")
    subprocess.run(["rm", "-r", folder], check=True)
    return found


def volume_write(path, image):
    with open(path, "wb") as file:
        file.write(image[VOLUME:VOLUME + SIZE])


def recover_by_linux(path):
    host("e2fsck", "-p", path, codes=(0, 1))
    host("e2fsck", "-fn", path)
    return dump(path, path + ".tree")


def mounted(machine, service, disk):
    machine.run(f"/service/ext4 -s {service} {disk} & until test -e /srv/{service}; do sleep 0.1; done")
    machine.run(f"mount /srv/{service} /{service}")


def recover_by_ferrite(paths, system="scenario", ask=lambda machine, folder: None):
    """The files of each, as Ferrite recovers them, and what `ask` found meanwhile of one of them: disks may have come
    in another order."""
    words = "".join(f" -drive if=none,id=v{i},format=raw,file={path} -device {DEVICE},drive=v{i}"
                    for i, path in enumerate(paths))
    answers = []
    with Machine(system=system, extra=words) as machine:
        machine.login("root")
        text = machine.run(f"for d in /dev/disk*; do grep -q 'size {SIZE}' $d/info && echo at $d; done; true")
        found = [line.split()[1] for line in text.splitlines() if line.startswith("at ")]
        assert len(found) == len(paths), text
        for i, disk in enumerate(found):
            mounted(machine, f"v{i}", f"{disk}/data")
            machine.run(f"ls /v{i} > /dev/null")
            answers.append(ask(machine, f"/v{i}"))
            machine.run("sync")
        machine.line_send("poweroff")
        machine.expect_end()
    for path in paths:
        host("e2fsck", "-p", path, codes=(0, 1))
        host("e2fsck", "-fn", path)
    return [(dump(path, path + ".tree"), answer) for path, answer in zip(paths, answers)]


def recorded(folder, script, run, system="scenario"):
    """Does `run(machine, marks, folder)`, with `script` on the marks' partition; the disk as it was before, and the
    record."""
    disk, log = os.path.join(folder, "disk"), os.path.join(folder, "log")
    disk_make(disk, script)
    with open(disk, "rb") as file:
        base = file.read()
    with open(log, "wb"):
        pass
    words = (" -drive if=none,id=cut,driver=blklogwrites,file.driver=raw,file.file.driver=file"
             f",file.file.filename={disk},log.driver=raw,log.file.driver=file,log.file.filename={log}"
             f" -device {DEVICE},drive=cut")
    with Machine(system=system, extra=words) as machine:
        machine.login("root")
        found = machine.run("ls -d /dev/disk*/part2").strip().removesuffix("/part2")
        mounted(machine, "cut", f"{found}/part2")
        run(machine, f"{found}/part1", "/cut")
        machine.line_send("poweroff")
        machine.expect_end()
    return base, list(record_read(log))


def cut_each(folder, cut, chance, cuts):
    """Makes the disk of so many moments: the path of the volume, which is to be recovered, and a copy of it."""
    for number, count in enumerate(sorted(chance.sample(range(1, len(cut.record)), min(cuts, len(cut.record) - 1)))):
        cut.advance(count)
        image = cut.disk(count, chance)
        path = os.path.join(folder, f"volume{number}")
        volume_write(path, image)
        yield path
        volume_write(path, image)
