# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
"""Power cuts by the record of a disk: the emulator records every write and flush of a workload; then the disk is made
as it would be had the power gone at some moment, with only some of the sectors written since the last flush. Linux's
tools and Ferrite's server both recover it; nothing is left to mend, what fsync had made safe is there, and all of it is
as it was between two operations. `cuts.py BOARD CELL CUTS` makes more of them, SEED another workload."""

import os
import random
import struct
import subprocess
import sys
import tempfile

from machine import Machine, disk_device, host, passed, this_board

CUTS = int(sys.argv[3]) if len(sys.argv) > 3 else 80
SEED = int(os.environ.get("SEED", "7"))
STEPS = int(os.environ.get("STEPS", "150"))
SECTOR, SCRIPT, MIB = 512, 64 << 10, 1 << 20
MARKS, VOLUME, SIZE = MIB, 3 * MIB, 16 * MIB  # where the partitions begin, and the volume's size
SUPERBLOCK = VOLUME + 1024
FLUSH, DISCARD = 1, 4  # flags in the record
DEVICE = disk_device()
TOGETHER = 2 if this_board().startswith("qemu-pc") else 8  # disks that Ferrite recovers in one boot


# --- The workload, and what it makes of files ---------------------------------------------------

PATTERN = bytes((at * 31 + at // 256) & 255 for at in range(1 << 16))  # goes on like this


def content(offset, seed, size):
    start = offset % len(PATTERN)
    repeated = PATTERN * ((start + size) // len(PATTERN) + 1)
    return repeated[start:start + size].translate(bytes(byte ^ seed * 77 & 255 for byte in range(256)))


class File:
    """Names that are links to the same file share one of these. A change makes another."""

    def __init__(self, data=b""):
        self.data = data


class Tree:
    """Names and files; names of folders have None, those of symbolic links text."""

    def __init__(self):
        self.names = {}

    def files(self):
        return [name for name, what in self.names.items() if isinstance(what, File)]

    def folders(self):
        return [name for name, what in self.names.items() if what is None]

    def change(self, name, data):
        old, new = self.names.get(name), File(data)
        for other in [name] + [other for other, what in self.names.items() if old and what is old]:
            self.names[other] = new

    def do(self, line):
        word, *rest = line.split()
        numbers = [int(text) for text in rest if text.isdigit()]
        data = self.names[rest[0]].data if isinstance(self.names.get(rest[0]), File) else b""
        if word == "write":
            offset, seed, size = numbers
            data = data.ljust(offset, b"\0")
            self.change(rest[0], data[:offset] + content(offset, seed, size) + data[offset + size:])
        elif word == "new":
            self.change(rest[0], content(0, *numbers))
        elif word == "truncate":
            self.change(rest[0], data[:numbers[0]].ljust(numbers[0], b"\0"))
        elif word == "rename":
            self.names[rest[1]] = self.names.pop(rest[0])
            for name in [name for name in self.names if name.startswith(rest[0] + "/")]:
                self.names[rest[1] + name.removeprefix(rest[0])] = self.names.pop(name)
        elif word in ("unlink", "rmdir"):
            del self.names[rest[0]]
        elif word == "mkdir":
            self.names[rest[0]] = None
        elif word == "link":
            self.names[rest[1]] = self.names[rest[0]]
        elif word == "symlink":
            self.names[rest[1]] = rest[0]

    def copy(self):
        tree = Tree()
        tree.names = dict(self.names)
        return tree


class Workload:
    """Lines for the program `churn`, and the tree behind each."""

    def __init__(self, seed):
        self.chance, self.number = random.Random(seed), 0
        self.lines, self.trees, self.ends = [], [Tree()], [0]  # ends: the lines that are safe behind each step

    def do(self, line):
        tree = self.trees[-1].copy()
        tree.do(line)
        self.lines.append(line)
        self.trees.append(tree)

    def name(self):
        self.number += 1
        folder = self.chance.choice([""] + [f"{name}/" for name in self.trees[-1].folders()])
        return f"{folder}{'n' * self.chance.choice((1, 1, 40))}{self.number}"

    def of_file(self, tree):
        chance, names = self.chance, tree.files()
        name = chance.choice(names) if names else self.name()
        size = len(tree.names[name].data) if names else 0
        kind = chance.choice(("append", "append", "over", "hole", "cut", "grow", "again")) if names else "again"
        if kind == "append" and size < 100_000:
            self.do(f"write {name} {size} {self.number} {chance.randrange(1, 9000)}")
        elif kind == "over" and size > 10:
            offset = chance.randrange(size - 1)
            self.do(f"write {name} {offset} {self.number} {min(size - offset, chance.randrange(1, 20000))}")
        elif kind == "hole" and size < 100_000:
            self.do(f"write {name} {size + chance.randrange(1, 60_000)} {self.number} {chance.randrange(1, 3000)}")
        elif kind == "cut" and size > 0:
            self.do(f"truncate {name} {chance.randrange(size)}")
        elif kind == "grow" and size < 100_000:
            self.do(f"truncate {name} {size + chance.randrange(20_000)}")
        else:
            self.do(f"new {name} {self.number} {chance.randrange(30_000)}")

    def of_names(self, tree):
        chance, names = self.chance, tree.files()
        if len(names) < 4:
            self.do(f"new {self.name()} {self.number} {chance.randrange(30_000)}")
            return
        kind = chance.choice(("over", "rename", "link", "unlink", "held", "mkdir", "rmdir", "symlink", "many",
                              "folder"))
        one, other = chance.sample(names, 2)
        if kind == "over" and tree.names[one] is not tree.names[other]:
            self.do(f"rename {one} {other}")
        elif kind in ("rename", "link"):
            self.do(f"{kind} {one} {self.name()}")
        elif kind == "unlink" or len(names) > 60:
            self.do(f"unlink {one}")
        elif kind == "held":
            self.do(f"hold {one}")
            self.do(f"unlink {one}")
        elif kind == "mkdir" and len(tree.folders()) < 6:
            self.do(f"mkdir {self.name()}")
        elif kind == "symlink":
            self.do(f"symlink {one} {self.name()}")
        elif kind == "many":
            for _ in range(chance.randrange(30)):
                self.do(f"new {self.name()} {self.number} {chance.randrange(200)}")
        elif tree.folders():
            self.of_folders(tree, kind)

    def of_folders(self, tree, kind):
        folder = self.chance.choice(tree.folders())
        inside = [name for name in tree.names if name.startswith(folder + "/")]
        if kind == "rmdir" and not any(tree.names[name] is None for name in inside):
            for name in inside:
                self.do(f"unlink {name}")
            self.do(f"rmdir {folder}")
        elif kind == "folder":
            self.number += 1
            self.do(f"rename {folder} d{self.number}")

    def step(self):
        for _ in range(self.chance.randrange(1, 5)):
            self.chance.choice((self.of_file, self.of_names))(self.trees[-1])
        safe = self.chance.choice(self.trees[-1].files() or ["."])
        self.do(f"fsync {safe}")
        self.ends.append(len(self.lines))
        self.lines.append(f"safe {len(self.ends) - 1}")
        self.trees.append(self.trees[-1])


def blocks_agree(found, wanted):
    """Every sector of a file that was being written is as before or behind one of the operations."""
    sizes = [len(data) for data in wanted]
    if not min(sizes) <= len(found) <= max(sizes):
        return False
    padded = [data.ljust(max(sizes), b"\0") for data in wanted]
    return all(any(found[at:at + SECTOR] == data[at:min(at + SECTOR, len(found))] for data in padded)
               for at in range(0, len(found), SECTOR))


def differs(found, trees, at):
    """What is not as in the trees' `at`th; files that change among the trees may be in between."""
    wanted = trees[at].names
    if set(found) != set(wanted):
        return f"names: {sorted(set(wanted) - set(found))} missing, {sorted(set(found) - set(wanted))} more"
    for name, what in wanted.items():
        if not isinstance(what, File):
            if found[name] != what:
                return f"{name} is {found[name]!r}, not {what!r}"
            continue
        others = [tree.names[name].data for tree in trees if isinstance(tree.names.get(name), File)]
        if found[name] != what.data and not (len(set(others)) > 1 and blocks_agree(found[name], others)):
            return f"{name}: {len(found[name])} bytes are not the {len(what.data)} that were written"
    return None


# --- The disk -----------------------------------------------------------------------------------

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


def recover_by_ferrite(paths):
    words = "".join(f" -drive if=none,id=v{i},format=raw,file={path} -device {DEVICE},drive=v{i}"
                    for i, path in enumerate(paths))
    with Machine(extra=words) as machine:
        machine.login("root")
        text = machine.run(f"for d in /dev/disk*; do grep -q 'size {SIZE}' $d/info && echo at $d; done; true")
        found = [line.split()[1] for line in text.splitlines() if line.startswith("at ")]
        assert len(found) == len(paths), text
        for i, disk in enumerate(found):
            machine.run(f"/service/ext4 -s v{i} {disk}/data & until test -e /srv/v{i}; do sleep 0.1; done")
            machine.run(f"mount /srv/v{i} /v{i}; ls /v{i} > /dev/null; sync")
        machine.line_send("poweroff")
        machine.expect_end()
    for path in paths:
        host("e2fsck", "-p", path, codes=(0, 1))
        host("e2fsck", "-fn", path)
    return [dump(path, path + ".tree") for path in paths]


def recorded(folder, work):
    """Runs the workload; the disk as it was before, and the record."""
    disk, log = os.path.join(folder, "disk"), os.path.join(folder, "log")
    disk_make(disk, "\n".join(work.lines))
    with open(disk, "rb") as file:
        base = file.read()
    with open(log, "wb"):
        pass
    words = (" -drive if=none,id=cut,driver=blklogwrites,file.driver=raw,file.file.driver=file"
             f",file.file.filename={disk},log.driver=raw,log.file.driver=file,log.file.filename={log}"
             f" -device {DEVICE},drive=cut")
    with Machine(extra=words) as machine:
        machine.login("root")
        found = machine.run("ls -d /dev/disk*/part2").strip().removesuffix("/part2")
        machine.run(f"/service/ext4 -s cut {found}/part2 & until test -e /srv/cut; do sleep 0.1; done")
        machine.run("mount /srv/cut /cut")
        text = machine.run(f"/test/churn {found}/part1 /cut")
        assert f"{len(work.lines)} lines done" in text, text
        machine.line_send("poweroff")
        machine.expect_end()
    return base, list(record_read(log))


def judge(found, work, marked):
    """One of the trees since the last mark, up to the end of the next step."""
    first = work.ends[marked]
    last = work.ends[min(marked + 1, len(work.ends) - 1)]
    trees = work.trees[first:last + 1]
    reasons = [differs(found, trees, at) for at in range(len(trees))]
    assert None in reasons, f"after step {marked}: " + "; ".join(
        f"{line} -> {reason}" for line, reason in zip(["before"] + work.lines[first:last], reasons))


def main():
    chance, work = random.Random(SEED), Workload(SEED)
    print(f"seed {SEED}")
    for _ in range(STEPS):
        work.step()
    with tempfile.TemporaryDirectory(prefix="ferrite-") as folder:
        base, record = recorded(folder, work)
        passed(f"{len(work.lines)} operations are {len(record)} entries of a record")
        cut, kept = Cut(base, record), []
        for number, count in enumerate(sorted(chance.sample(range(1, len(record)), min(CUTS, len(record) - 1)))):
            cut.advance(count)
            image = cut.disk(count, chance)
            path = os.path.join(folder, f"volume{number}")
            volume_write(path, image)
            found = recover_by_linux(path)
            judge(found, work, cut.marked)
            volume_write(path, image)
            kept.append((path, found))
        passed(f"{len(kept)} power cuts: nothing to mend, and what was safe is there")
        kept = chance.sample(kept, min(len(kept), max(TOGETHER, CUTS // 5)))
        for at in range(0, len(kept), TOGETHER):
            some = kept[at:at + TOGETHER]
            for (path, wanted), found in zip(some, recover_by_ferrite([path for path, _ in some])):
                assert found == wanted, f"{path}: Ferrite recovers it otherwise than Linux"
        passed(f"Ferrite recovers {len(kept)} of them as Linux does")


main()
