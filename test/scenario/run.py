# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw
"""What a user may do wrong with `make run` is answered by one line that says what to do; without it, it starts."""

import os
import re
import socket
import subprocess
import tempfile

import pexpect

from machine import Machine, TOP, free_port, passed, this_board


def says(what, wanted, *command):
    result = subprocess.run(command, cwd=TOP, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, check=False)
    lines = [line for line in result.stdout.splitlines() if wanted in line]
    assert result.returncode and len(lines) == 1, f"{' '.join(command)}: {result.returncode}: {result.stdout}"
    passed(f"{what}: {lines[0]}")


def make(*words):
    return ["make", "--no-print-directory", *words]


BOARD = f"BOARD={this_board()}"
says("a board that is not there", "no board is named nothing. Boards: ", *make("BOARD=nothing", "run"))
says("a protocol that is not there", f"{this_board()} boots by: ", *make(BOARD, "BOOT=nothing", "run"))
says("a loader that is not there", "uefi is loaded there by: ", *make(BOARD, "BOOT=uefi", "LOADER=nothing", "run"))
says("a system that is not there", "no system is named nothing. Systems: ", *make(BOARD, "SYSTEM=nothing", "run"))
says("no loader", "BOOT=limine needs limine, which tool/setup did not find",
     *make(BOARD, "BOOT=limine", "limine=", "run"))
says("no emulator", "there is no qemu-system-nothing on this machine. tool/setup", "tool/run", "qemu-system-nothing")
EMULATOR = Machine().line.split()[1]
says("too much memory", "MiB of memory, and", "tool/run", EMULATOR, "-m", "99999999M")
says("memory that is no number", "memory= is a number", "tool/run", EMULATOR, "-m", "much")
with socket.socket() as taken:
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    port = taken.getsockname()[1]
    says("a port that is in use", f"port {port} of this machine is in use. PORTS={port + 1}-:22", "tool/run", EMULATOR,
         "-m", "64M", "-netdev", f"user,id=net0,hostfwd=tcp:127.0.0.1:{port}-:22")
says("ports that are none", "PORTS=ssh-:22 is not HOST-:GUEST", "tool/run", EMULATOR, "-m", "64M", "-netdev",
     "user,id=net0,hostfwd=tcp:127.0.0.1:ssh-:22")
says("a disk that is not there", "the disk /nowhere/disk is not there", "tool/run", EMULATOR, "-m", "64M", "-drive",
     "if=none,id=disk0,format=raw,file=/nowhere/disk")

with tempfile.TemporaryDirectory(prefix="ferrite-") as folder:
    disk = os.path.join(folder, "disk.img")
    with open(disk, "wb") as file:
        file.truncate(64 << 20)
    port = free_port()
    words = make("-s", BOARD, "SYSTEM=scenario", "CPUS=1", f"DISK={disk}", f"PORTS={port}-:22", "run")
    child = pexpect.spawn(words[0], words[1:], cwd=TOP, timeout=300, encoding="utf-8", codec_errors="replace")
    child.expect(f"ssh -p {port} user@127.0.0.1")
    child.expect("ferrite login: ")
    says("a disk that another machine has", f"the disk {disk} is another machine's", "tool/run", EMULATOR, "-m", "64M",
         "-drive", f"if=none,id=disk0,format=raw,file={disk}")
    child.send("\x01x")
    child.expect(pexpect.EOF)
passed("make run comes to the prompt")

TOLD = ["tool/run", "echo", "-m", "64M", "-netdev", "user,id=net0"]
told = subprocess.check_output(TOLD, cwd=TOP, text=True)
found = re.search(r"reach   ssh -p (22[23]\d) user@127\.0\.0\.1\n.*http://127\.0\.0\.1:(80[89]\d)/\n"
                  r"-m 64M -netdev user,id=net0,"
                  r"hostfwd=tcp:127\.0\.0\.1:(\d+)-:22,hostfwd=tcp:127\.0\.0\.1:(\d+)-:80\n", told)
assert found and found.groups()[:2] == found.groups()[2:], told
with socket.socket() as taken:
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    taken.bind(("127.0.0.1", int(found[1])))
    taken.listen()
    told = subprocess.check_output(TOLD, cwd=TOP, text=True)
    assert f"ssh -p {found[1]} " not in told and "ssh -p 22" in told, told
passed("without PORTS, SSH and the web server are reached at ports that are free, which are told")
