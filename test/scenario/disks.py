# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/multiboot2/grub-bios
"""Several disks at once: one that only reads, one that gives up and zeroes sectors, and some with errors at certain
places: programs get them, file systems stop writing where they must, and what is left is whole. And files in memory."""

import os
import subprocess
import tempfile

from machine import SEARCH, Machine, disk_device, host, passed, this_board

MIB = 1 << 20
STOPPED = ("ext4-write", "ext4-flush", "fat-write", "fat-flush")
DEVICE = disk_device()


class Disks:
    """Images, and the emulator's words for them. The guest finds each by its size."""

    def __init__(self, folder):
        self.folder, self.words, self.paths, self.sizes = folder, "", {}, {}

    def image(self, name, size, kind=None):
        path = self.paths[name] = os.path.join(self.folder, name)
        self.sizes[name] = size * MIB
        with open(path, "wb") as file:
            file.truncate(size * MIB)
        if kind == "fat":
            host("mkfs.fat", "-F", "32", "-s", "1", path)
        elif kind == "ext4":
            tree = os.path.join(self.folder, "tree")
            os.makedirs(tree, exist_ok=True)
            for file, byte in (("bad", b"b"), ("good", b"g")):
                with open(os.path.join(tree, file), "wb") as to:
                    to.write(byte * 100000)
            host("mke2fs", "-q", "-t", "ext4", "-b", "1024", "-d", tree, path)
        return path

    def attach(self, name, drive):
        self.words += f" -drive if=none,id={name},{drive} -device {DEVICE},drive={name}"

    def attach_bad(self, name, kind, sector=None, after=None):
        """Errors of one kind of request: of a sector, or of all, after so many writes."""
        where = "none" if sector is None else f"none,inject-error.0.sector={sector}"
        if after is not None:
            where = f"pwritev,inject-error.0.state={after + 1}" + "".join(
                f",set-state.{i}.event=pwritev,set-state.{i}.state={i + 1},set-state.{i}.new_state={i + 2}"
                for i in range(after))
        self.attach(name, f"driver=blkdebug,image.driver=file,image.filename={self.paths[name]},"
                    f"inject-error.0.iotype={kind},inject-error.0.errno=5,inject-error.0.event={where}")

    def find(self, machine):
        """The names of the guest's folders."""
        text = machine.run("for d in /dev/disk*; do echo $d $(head -1 $d/info); done")
        found = {int(line.split()[2]): line.split()[0] for line in text.strip().split("\n")}
        return {name: found[size] for name, size in self.sizes.items()}


def first_sector(path, name):
    """Of an ext4's file."""
    return int(host("debugfs", "-R", f"blocks /{name}", path).split()[0]) * 2


def mount(machine, kind, device, name, options=""):
    machine.run(f"/service/{kind} {options} -s {name} {device}/data & until test -e /srv/{name}; do sleep 0.1; done")
    machine.run(f"mount /srv/{name} /{name}")


def ranges(machine, disk, path):
    """What is given up takes no room on the host any more; what is zeroed is zero, and nothing else is."""
    with open(path, "wb") as file:
        file.write(b"x" * 8 * MIB)
    room = os.stat(path).st_blocks
    machine.run(f"echo discard data {MIB} {4 * MIB} > {disk}/ctl; echo zero data {6 * MIB} 512 > {disk}/ctl")
    with open(path, "rb") as file:
        content = file.read()
    assert content[:MIB] == b"x" * MIB and content[5 * MIB:6 * MIB] == b"x" * MIB
    assert content[6 * MIB:6 * MIB + 513] == bytes(512) + b"x"
    assert os.stat(path).st_blocks <= room - 4 * MIB // 512
    machine.run(f"echo discard data {8 * MIB - 512} 1024 > {disk}/ctl", code=1)  # past the end
    machine.run(f"echo discard data 100 512 > {disk}/ctl", code=1)
    machine.run(f"echo discard part7 0 512 > {disk}/ctl", code=1)
    passed("sectors are given up and zeroed")


def pieces(machine, disk, path):
    """Sixteen pages by one message, to every second page of the disk."""
    machine.run(f"/test/pieces {disk}/data")
    with open(path, "rb") as file:
        content = file.read(33 * 4096)
    for page in range(32):
        wanted = bytes([ord("A") + page // 2]) if page % 2 == 0 else b"x"
        assert content[page * 4096:(page + 1) * 4096] == wanted * 4096, page
    passed("many writes by one message are all done, or none is that has a wrong one among them")


def only_read(machine, disk):
    text = machine.run(f"dd if=/dev/zero of={disk}/data bs=512 count=1 2>&1", code=1)
    assert "Read-only" in text, text
    assert "Read-only" in machine.run(f"echo zero data 0 512 2>&1 > {disk}/ctl", code=1)
    mount(machine, "fat", disk, "fixed")
    assert "Read-only" in machine.run("echo x 2>&1 > /fixed/x", code=1)
    assert machine.run("cat /fixed/hello").strip() == "hello"
    passed("a disk that is only read says so")


def refused(machine, disk):
    """A server that is started by hand says why it ends."""
    for kind, reason in ("ext4", "no superblock of ext4"), ("fat", "no boot sector of FAT or exFAT"):
        text = machine.run(f"/service/{kind} -s none {disk}/data 2>&1", code=1)
        assert f"{disk}/data: cannot be mounted: {reason}" in text, text
        text = machine.run(f"/service/{kind} /none 2>&1", code=1)
        assert "/none: cannot be mounted: No such file" in text, text
        assert "usage: " in machine.run(f"/service/{kind} -x 2>&1", code=2)
    passed("a disk without a file system is refused")


def fails(machine, command, why="I/O error"):
    text = machine.run(f"({command}) 2>&1", code=1)
    assert why in text, text


def errors(machine, disks):
    mount(machine, "ext4", disks["ext4-read"], "er")
    fails(machine, "cat /er/bad > /tmp/x")
    machine.run("cmp /er/good /er/good; echo new > /er/new; sync; cat /er/new")  # nothing else suffers
    mount(machine, "fat", disks["fat-read"], "fr")
    machine.run("echo first > /fr/first; sync; cat /fr/first")
    fails(machine, "ls /fr/folder; cat /fr/folder/x")
    safe = {}
    for name in STOPPED:
        kind, short = name.split("-")[0], name.replace("-", "")
        mount(machine, kind, disks[name], short)
        text = machine.run(f"for i in $(seq 60); do dd if=/bin/busybox of=/{short}/f$i bs=4000 count=2 conv=fsync 2>&1"
                           " | grep rror && break; done; echo last $i; test $i -lt 60")
        assert "I/O error" in text, text
        safe[name] = int(text.split("last ")[1].split()[0]) - 1
        fails(machine, f"echo more > /{short}/more")  # nothing is written any more
        machine.run(f"ls /{short}; cmp -n 8000 /{short}/f1 /bin/busybox")
    passed("errors of disks are told, and stop what cannot go on")
    return safe


def memory(machine):
    """Files in memory: full is an error and nothing worse, holes take no room, and folders may be large."""
    text = machine.run("cd /tmp; echo kept > kept; dd if=/dev/zero of=x bs=64K 2>&1", code=1)
    assert "No space left" in text, text
    machine.run("cat kept; rm x; truncate -s 100G big; echo end >> big")
    assert machine.run("tail -c 4 big; du -k big; dd if=big bs=64K count=100 2> /dev/null | tr -d '\\000' | wc -c; "
                       "du -k big").split() == ["end", "4", "big", "0", "4", "big"]
    machine.run("rm big; mkdir d; for i in $(seq 300); do echo $i > d/$i; done; ls d | wc -l | grep 300")
    machine.run("for i in $(seq 1 3 300); do rm d/$i; done; for i in $(seq 2 3 300); do mv d/$i d/new$i; done")
    assert machine.run("ls d | wc -l; cat d/300 d/new299; ls d/298 2>&1 | wc -l").split() == ["200", "300", "299", "1"]
    machine.run("cp /bin/busybox b; truncate -s 5001 b; truncate -s 100000 b; rm -r d; cd")
    assert machine.run("tail -c 94999 /tmp/b | tr -d '\\000' | wc -c").strip() == "0"
    passed("files in memory")


def main():
    with tempfile.TemporaryDirectory(prefix="ferrite-") as folder:
        disks = Disks(folder)
        fixed = disks.image("fixed", 40, "fat")
        subprocess.run(["mcopy", "-i", fixed, "-", "::hello"], input=b"hello\n", check=True)
        disks.attach("fixed", f"format=raw,readonly=on,file={fixed}")
        ranges_path = disks.image("ranges", 8)
        disks.attach("ranges", f"format=raw,discard=unmap,file={ranges_path}")
        path = disks.image("ext4-read", 16, "ext4")
        disks.attach_bad("ext4-read", "read", first_sector(path, "bad"))
        path = disks.image("fat-read", 41, "fat")
        subprocess.run(["mmd", "-i", path, "::folder"], check=True)
        disks.attach_bad("fat-read", "read", fat_sector(path, 3))
        for size, name in zip((17, 18, 42, 43), STOPPED):
            disks.image(name, size, name.split("-")[0])
            disks.attach_bad(name, name.split("-")[1], after=60)
        with Machine(extra=disks.words) as machine:
            machine.login("root")
            found = disks.find(machine)
            memory(machine)
            ranges(machine, found["ranges"], ranges_path)
            pieces(machine, found["ranges"], ranges_path)
            refused(machine, found["ranges"])
            only_read(machine, found["fixed"])
            safe = errors(machine, found)
            machine.line_send("poweroff")
            machine.expect_end()
        with open(f"out/{this_board()}/image/bin/busybox", "rb") as file:
            wanted = file.read(8000)
        for name in ["ext4-read", "fat-read", *STOPPED]:
            verify(disks.paths[name], wanted, safe.get(name, 0))
        passed("what was safe on the disks is whole")


def verify(path, wanted, count):
    """The host's checkers find nothing, and the first so many files are there."""
    if "ext4" in path:
        host("e2fsck", "-p", path, codes=(0, 1))
        host("e2fsck", "-fn", path)
        read = ("debugfs", "-R", "cat /f{}", path)
    else:
        host("fsck.fat", "-n", path, codes=(0, 1))  # it was not closed
        read = ("mcopy", "-n", "-i", path, "::f{}", "-")
    for i in range(1, count + 1):
        words = [word.format(i) for word in read]
        done = subprocess.run(words, env=dict(os.environ, PATH=SEARCH), capture_output=True, check=True)
        assert done.stdout == wanted, f"{path}: file {i} of {count}"


def fat_sector(path, cluster):
    """Where a cluster of one sector is."""
    with open(path, "rb") as file:
        boot = file.read(512)
    reserved, table = int.from_bytes(boot[14:16], "little"), int.from_bytes(boot[36:40], "little")
    return reserved + boot[16] * table + cluster - 2


main()
