# SPDX-License-Identifier: MIT
"""make debug: stopped at the first instruction, with the kernel's symbols, and able to go on."""

import os
import sys
import tempfile

import pexpect

from machine import TOP, end, passed, this_board

FIRST = {"qemu-virt-aarch64": "0x40000000", "qemu-virt-riscv64": "0x1000", "qemu-pc-i386": "0xfff0",
         "qemu-pc-x86_64": "0xfff0"}
PROMPT = r"\(gdb\) "


def command(debugger, text):
    """Gives what the debugger says to a command."""
    debugger.sendline(text)
    debugger.expect(PROMPT)
    return debugger.before


# A disk of its own: that of `make run` may be in use.
folder = tempfile.TemporaryDirectory(prefix="ferrite-")
disk = os.path.join(folder.name, "disk.img")
with open(disk, "wb") as file:
    file.truncate(64 << 20)
debugger = pexpect.spawn("make", ["-s", "--no-print-directory", "debug", "SYSTEM=scenario",
                                  f"BOARD={this_board()}", f"DISK={disk}"], cwd=TOP, timeout=240,
                         encoding="utf-8", codec_errors="replace", dimensions=(50, 200))
debugger.logfile_read = sys.stdout
try:
    debugger.expect(PROMPT)
    command(debugger, "set style enabled off")
    command(debugger, "set pagination off")
    assert FIRST[this_board()] in command(debugger, "print/x $pc")
    passed("it stops at the first instruction")
    assert "kernel/main.c" in command(debugger, "break kernel_start")
    assert "Breakpoint 1" in command(debugger, "continue")
    where = command(debugger, "backtrace")
    assert "kernel_start" in where and "kernel_main" in where
    passed("symbols lead to where the kernel starts, and how it came there")
    command(debugger, "detach")
    debugger.sendline("quit")
    debugger.expect(pexpect.EOF)
finally:
    end(debugger)
    folder.cleanup()
