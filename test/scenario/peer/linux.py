# SPDX-License-Identifier: MIT
"""Linux in an emulator of its own, as a client: a kernel of Debian's for PCs with a few modules (not the one for
clouds, which has no 9P), and busybox, which tool/setup unpacked or LINUX names a folder with. The initramfs is
made here."""

import glob
import lzma
import os
import re
import stat
import subprocess
import sys

import pexpect

from machine import end

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../.."))
FOLDER = os.environ.get("LINUX") or subprocess.check_output(
    ["make", "-s", "--no-print-directory", "-C", TOP, "found", "NEEDS=linux"], text=True).strip()
LIMIT = 200  # seconds
CARD = "e1000"
INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t devtmpfs dev /dev; mount -t tmpfs tmp /tmp
for module in MODULES; do insmod /lib/$module.ko; done
ip link set lo up; ip link set eth0 up; ip addr add 10.0.2.15/24 dev eth0; ip route add default via 10.0.2.2
stty -echo
echo "linux is up"
while read -r command; do eval "$command"; echo "finished:$?:"; done
"""


def kernel():
    found = glob.glob(os.path.join(FOLDER, "boot", "vmlinuz-*"))
    assert FOLDER and found, "tool/setup found no boot/vmlinuz-*"
    return found[0]


def module(name):
    path = glob.glob(os.path.join(FOLDER, "lib/modules/*/kernel/**", name + ".ko*"), recursive=True)[0]
    with open(path, "rb") as file:
        data = file.read()
    return lzma.decompress(data) if path.endswith(".xz") else data


def load_order(names, found):
    """The modules with what they depend on, which comes before them: name to content."""
    for name in names:
        if name in found:
            continue
        data = module(name)
        wanted = re.search(rb"\0depends=([^\0]*)", data)[1].decode()
        load_order([other for other in wanted.split(",") if other], found)
        found[name] = data
    return found


def pack(files):
    """A cpio archive ("newc") of (name, mode, content) with a console."""
    archive = b""
    files = [*files, ("dev", stat.S_IFDIR | 0o755, b""), ("dev/console", stat.S_IFCHR | 0o600, b""),
             ("TRAILER!!!", 0, b"")]
    for number, (name, mode, content) in enumerate(files):
        device = (5, 1) if stat.S_ISCHR(mode) else (0, 0)
        fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(name) + 1, 0)
        entry = b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
        archive += entry + bytes(-len(entry) % 4) + content + bytes(-len(content) % 4)
    return archive


def initramfs(modules):
    found = load_order([*modules, CARD], {})
    with open(os.path.join(FOLDER, "bin/busybox"), "rb") as file:
        busybox = file.read()
    folders = [(name, stat.S_IFDIR | 0o755, b"") for name in ("bin", "lib", "mnt", "proc", "tmp")]
    return pack([*folders, ("bin/busybox", stat.S_IFREG | 0o755, busybox),
                 ("init", stat.S_IFREG | 0o755, INIT.replace("MODULES", " ".join(found)).encode()),
                 *[(f"lib/{name}.ko", stat.S_IFREG | 0o644, data) for name, data in found.items()]])


class Linux:
    """A shell of root. This host is 10.0.2.2."""

    def __init__(self, folder, *modules):
        archive = os.path.join(folder, "initramfs")
        with open(archive, "wb") as file:
            file.write(initramfs(modules))
        self.child = pexpect.spawn("qemu-system-x86_64", [
            "-M", "pc", "-cpu", "max", "-m", "256", "-display", "none", "-serial", "stdio", "-monitor", "none",
            "-no-reboot", "-kernel", kernel(), "-initrd", archive, "-nic", f"user,model={CARD}",
            "-append", "console=ttyS0 quiet panic=-1 tsc=reliable no_timer_check mitigations=off"],
            timeout=LIMIT, encoding="utf-8", codec_errors="replace", echo=False)
        self.child.logfile_read = sys.stdout

    def __enter__(self):
        return self

    def __exit__(self, *_):
        end(self.child)

    def wait(self):
        """Until it is up."""
        self.child.expect("linux is up")

    def run(self, command, code=0):
        """What it printed; its exit code must be `code`."""
        self.child.send(command + "\n")
        try:
            self.child.expect(r"finished:(\d+):")
        except pexpect.TIMEOUT:
            raise AssertionError(f"Linux: {command}: no end after {LIMIT} s") from None
        text, got = self.child.before.replace("\r", ""), int(self.child.match[1])
        if got != code:
            raise AssertionError(f"Linux: {command}: exit code {got}, not {code}:\n{text}")
        return text
