# SPDX-License-Identifier: MIT
"""What can come at any instruction of a PC's kernel is reported in one clear line: a non-maskable interrupt, a machine
check, and a kernel stack that has no room left, which the processor tells as a double fault."""

import os
import re
import socket
import subprocess

from machine import Machine, Monitor, TOP, make, passed, this_board
from support.functions import tool

# The number of the stack pointer among a debugger's registers, and its bytes.
STACK_POINTER = {"qemu-pc-i386": (4, 4), "qemu-pc-x86_64": (7, 8)}


class Debugger:
    """The emulator's debugging socket (GDB's remote protocol). Made before the machine is entered."""

    def __init__(self, machine):
        self.path = os.path.join(machine.folder.name, "debugger")
        machine.line += f" -gdb unix:{self.path},server=on,wait=off"
        self.stream = None

    def ask(self, text):
        if not self.stream:
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(60)
            connection.connect(self.path)
            self.stream = connection.makefile("rwb", buffering=0)
        self.stream.write(f"${text}#{sum(text.encode()) % 256:02x}".encode())
        return self.answer()

    def answer(self):
        text = b""
        while not re.search(rb"\$[^#]*#..$", text):
            byte = self.stream.read(1)
            assert byte, f"the debugging socket closed after {text}"
            text += byte
        self.stream.write(b"+")
        return re.search(rb"\$([^#]*)#..$", text)[1].decode()

    def go(self):
        self.stream.write(b"$c#63")


def symbols():
    text = subprocess.check_output([tool("nm"), f"out/{this_board()}/kernel.elf"], cwd=TOP, text=True)
    return {words[2]: int(words[0], 16) for words in map(str.split, text.splitlines()) if len(words) == 3}


def panics(machine, wanted):
    machine.child.expect(rf"kernel panic: {wanted}")
    machine.expect_end()


def interrupted(what, command, **arguments):
    machine = Machine(system="test", command_line="test")
    monitor = Monitor(machine)
    with machine:
        machine.expect(r"MiB free")
        monitor.ask(command, **arguments)
        panics(machine, rf"{what}, address 0x[0-9a-f]+, at 0x[0-9a-f]+ \S+[\r\n]")
    passed(f"a {what}")


def full_stack():
    names = symbols()
    number, size = STACK_POINTER[this_board()]
    machine = Machine(system="test", command_line="test")
    debugger = Debugger(machine)
    with machine:
        machine.expect(r"MiB free")
        assert debugger.ask("?").startswith(("T", "S"))
        assert debugger.ask(f"Z1,{names['trap_timer']:x},1") == "OK"
        debugger.go()
        assert debugger.answer().startswith(("T", "S"))
        pointer = (names["kernel_stack"] + size).to_bytes(size, "little").hex()
        assert debugger.ask(f"P{number:x}={pointer}") == "OK"
        assert debugger.ask(f"z1,{names['trap_timer']:x},1") == "OK"
        debugger.go()
        panics(machine, r"the kernel stack is full, address 0x[0-9a-f]+, at 0x[0-9a-f]+ \S+[\r\n]")
    passed("a kernel stack without room")


if this_board() in STACK_POINTER:
    make("SYSTEM=test", "build")
    interrupted("non-maskable interrupt", "inject-nmi")
    interrupted("machine check", "human-monitor-command",
                **{"command-line": "mce 0 1 0xbe00000000000000 0x5 0x1000 0"})
    full_stack()
else:
    passed(f"{this_board()} has none of these")
