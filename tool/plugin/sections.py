# SPDX-License-Identifier: MIT
"""How long the kernel is closed to interrupts, by way in and piece: what tool/plugin/closed.c, within the emulator,
reports, with names. A piece begins where the kernel is entered, or looks for interrupts, and ends where it does so
next, waits, or leaves."""

import collections
import os
import re
import subprocess

from support.functions import Functions

PLUGIN = "out/host/plugin/closed.so"
# What says what a way into the kernel is about; the plugin asks for the number of a call for itself.
RANKS = {"trap_syscall": 3, "fast_call": 2, "fast_reply_receive": 2}
NUMBER = {"aarch64": "x8", "i386": "eax", "riscv64": "t6", "x86_64": "rax"}

Piece = collections.namedtuple("Piece", "longest count name begin end functions")


class Kernel(Functions):
    """A kernel's functions, and where their code is."""

    def __init__(self, path):
        super().__init__(path)
        # The boot protocols' own entries may lie low; what counts is where traps are handled.
        trap = self.starts[self.names.index("trap_syscall")]
        near = [start for start in self.starts if abs(start - trap) < 16 << 20]
        self.first, self.last = min(near), max(near) + 4096

    def function(self, address):
        return self.around(address)[1].split(".llvm.")[0]

    def marks(self):
        for start, name in zip(self.starts, self.names):
            rank = RANKS.get(name, name.startswith("trap_"))
            if rank:
                yield start, int(rank)


def build(top):
    """Before anything else."""
    subprocess.check_call(["make", "-s", "--no-print-directory", PLUGIN], cwd=top)


def flags(top, board, report):
    """What the emulator's command line has besides, and the kernel's functions as they are now; the report is written
    when the emulator ends."""
    kernel = Kernel(os.path.join(top, "out", board, "kernel.elf"))
    marks = report + ".marks"
    with open(os.path.join(top, marks), "w", encoding="utf-8") as file:
        file.writelines(f"{address:x} {rank}\n" for address, rank in kernel.marks())
    arch = subprocess.check_output(["make", "-s", "arch", f"BOARD={board}"], cwd=top, text=True).strip()
    return (f" -plugin file={PLUGIN},marks={marks},report={report},number={NUMBER[arch]},"
            f"first={kernel.first:x},last={kernel.last:x}", kernel)


def calls(top):
    """The names of the system calls, by number."""
    with open(os.path.join(top, "abi/syscalls.def"), encoding="utf-8") as file:
        return {int(number): name for number, name in re.findall(r"(?m)^(\d+) +(\w+)", file.read())}


def read(top, kernel, report):
    """Pieces, the longest first, and {instructions: how often}."""
    numbers = calls(top)
    lengths, found = {}, {}
    with open(os.path.join(top, report), encoding="utf-8") as file:
        lines = file.read().splitlines()
    if lines[-1:] != ["END"]:
        raise ValueError(f"{report} has no end")
    for line in lines[:-1]:
        what, *fields = line.split()
        if what == "LENGTH":
            lengths[int(fields[0])] = int(fields[1])
            continue
        mark, begin, end = (int(fields[at], 16) for at in (0, 2, 3))
        name = kernel.function(mark)
        name = numbers.get(int(fields[1]), "unknown call") if name == "trap_syscall" else name.replace("trap_", "trap ")
        piece = named(kernel, name, begin, end, int(fields[4]), int(fields[5]), fields[6:])
        key = piece[2:5]
        old = found.get(key)
        if old:
            longer = max(old, piece, key=lambda one: one.longest)
            piece = longer._replace(count=old.count + piece.count)
        found[key] = piece
    return sorted(found.values(), key=lambda piece: -piece.longest), lengths


def named(kernel, name, begin, end, count, longest, steps):
    functions = collections.Counter()
    for step in steps:
        address, length = step.split(":")
        functions[kernel.function(int(address, 16))] += int(length)
    return Piece(longest, count, name, kernel.function(begin), kernel.function(end) if end else "exit", functions)


def table(pieces, most):
    """Lines: the longest pieces, each with the functions that it is spent in."""
    yield f"  {'longest':>9}  {'times':>10}  way in: beginning -> end; most of it in"
    for piece in pieces[:most]:
        spent = ", ".join(f"{name} {count:,}" for name, count in piece.functions.most_common(3))
        yield f"  {piece.longest:>9,}  {piece.count:>10,}  {piece.name}: {piece.begin} -> {piece.end}; {spent}"


def detail(pieces, name):
    """Lines: each piece of one way in, with all of its functions."""
    for piece in pieces:
        if piece.name != name:
            continue
        yield f"  {piece.longest:>9,}  {piece.count:>10,}  {piece.name}: {piece.begin} -> {piece.end}"
        for function, count in piece.functions.most_common():
            yield f"  {count:>20,}    {function}"
