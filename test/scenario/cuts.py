# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
"""Power cuts by the record of a disk: the emulator records every write and flush of a workload; then the disk is made
as it would be had the power gone at some moment, with only some of the sectors written since the last flush. Linux's
tools and Ferrite's server both recover it; nothing is left to mend, what fsync had made safe is there, and all of it is
as it was between two operations. `cuts.py BOARD CELL CUTS` makes more of them, SEED another workload."""

import os
import random
import sys
import tempfile

from cut.record import SECTOR, TOGETHER, Cut, cut_each, recorded, recover_by_ferrite, recover_by_linux
from machine import passed

CUTS = int(sys.argv[3]) if len(sys.argv) > 3 else 80
SEED = int(os.environ.get("SEED", "7"))
STEPS = int(os.environ.get("STEPS", "150"))


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


def judge(found, work, marked):
    """One of the trees since the last mark, up to the end of the next step."""
    first = work.ends[marked]
    last = work.ends[min(marked + 1, len(work.ends) - 1)]
    trees = work.trees[first:last + 1]
    reasons = [differs(found, trees, at) for at in range(len(trees))]
    assert None in reasons, f"after step {marked}: " + "; ".join(
        f"{line} -> {reason}" for line, reason in zip(["before"] + work.lines[first:last], reasons))


def churn(work):
    def run(machine, marks, folder):
        text = machine.run(f"/test/churn {marks} {folder}")
        assert f"{len(work.lines)} lines done" in text, text
    return run


def main():
    chance, work = random.Random(SEED), Workload(SEED)
    print(f"seed {SEED}")
    for _ in range(STEPS):
        work.step()
    with tempfile.TemporaryDirectory(prefix="ferrite-") as folder:
        base, record = recorded(folder, "\n".join(work.lines), churn(work))
        passed(f"{len(work.lines)} operations are {len(record)} entries of a record")
        cut, kept = Cut(base, record), []
        for path in cut_each(folder, cut, chance, CUTS):
            found = recover_by_linux(path)
            judge(found, work, cut.marked)
            kept.append((path, found))
        passed(f"{len(kept)} power cuts: nothing to mend, and what was safe is there")
        kept = chance.sample(kept, min(len(kept), max(TOGETHER, CUTS // 5)))
        for at in range(0, len(kept), TOGETHER):
            some = kept[at:at + TOGETHER]
            for (path, wanted), (found, _) in zip(some, recover_by_ferrite([path for path, _ in some])):
                assert found == wanted, f"{path}: Ferrite recovers it otherwise than Linux"
        passed(f"Ferrite recovers {len(kept)} of them as Linux does")


main()
