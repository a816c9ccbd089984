# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw
"""What the cache of a disk holds is given back when others need the memory, and it grows again when they do not: of a
card, and of a disk with ext4 that is /, whose cache has changes that are only in its journal, or not even there."""

import hashlib
import os
import re
import tempfile

from machine import Machine, disk_device, host, make, passed

FILE = 48 << 20
GIVEN = 30 << 10  # KiB; so much of the cache comes back


def cached(machine):
    """KiB that the driver of the disk has: the cache lies in its memory."""
    count, unit = re.search(r"(?m)^disk0 +ready .*? (\d+)([KM]) ", machine.run("services")).groups()
    return int(count) << (10 if unit == "M" else 0)


def room(machine):
    """KiB that /tmp offers."""
    return int(machine.run("df -k /tmp | tail -n 1 | awk '{print $4}'"))


def fill(machine, folder, sum_of_file):
    """Reads until the cache is full; gives what it has."""
    assert sum_of_file in machine.run(f"sha256sum {folder}/file")
    return cached(machine)


def work(machine, folder, sum_of_file):
    machine.run(f"until test -e {folder}/file; do sleep 0.1; done")
    before = room(machine)
    full = fill(machine, folder, sum_of_file)
    assert full > FILE >> 10, f"the cache has {full} KiB"
    left = room(machine)
    assert left < before - GIVEN
    passed("a cache takes memory that nobody needs")

    machine.run(f"cd {folder}; for i in $(seq 200); do mkdir d$i; echo {'kept' * 30} > d$i/f; done; sync d9/f")
    machine.run("for i in $(seq 1 2 200); do mv d$i e$i; done; rm -r d2; echo changed > changed")
    wanted = (left + GIVEN) >> 10
    machine.run(f"head -c {wanted << 20} /dev/zero > /tmp/large; test $(stat -c %s /tmp/large) = {wanted << 20}")
    short = cached(machine)
    assert short < full - GIVEN, f"the cache has {short} KiB, and had {full}"
    assert sum_of_file in machine.run("sha256sum file; cat changed")
    assert machine.run("cat [de]*/f | sort | uniq -c").split() == ["199", "kept" * 30]
    assert cached(machine) < full - GIVEN, "it grows while others need the memory"
    passed("when others need it they get it, and what is read and written is right")

    machine.run("rm /tmp/large")
    again = fill(machine, folder, sum_of_file)
    assert again > full - GIVEN // 2, f"the cache has {again} KiB, and had {full}"
    assert "changed" in machine.run("cat changed; sync")
    passed("then the cache grows again")


def make_file(folder):
    """A file that differs from block to block; its path and checksum."""
    data = b"".join(number.to_bytes(8, "little") * 512 for number in range(FILE >> 12))
    path = os.path.join(folder, "file")
    with open(path, "wb") as file:
        file.write(data)
    return path, hashlib.sha256(data).hexdigest()


def card(folder, file, sum_of_file):
    path = os.path.join(folder, "card.img")
    with open(path, "wb") as image:
        image.truncate(96 << 20)
    host("mkfs.fat", "-F", "16", "-S", "4096", "-s", "1", "-n", "CARD", path)
    host("mcopy", "-i", path, file, "::file")
    extra = f"-drive if=none,id=card,format=raw,file={path} -device {disk_device()},drive=card"
    with Machine(extra=extra) as machine:
        machine.login("root")
        work(machine, "/card", sum_of_file)
        machine.line_send("poweroff")
        machine.expect_end()
    host("fsck.fat", "-n", path)


def root(folder, file, sum_of_file):
    path = os.path.join(folder, "root.img")
    make("SYSTEM=scenario", f"DISK={path}", "SIZE=192M", "disk")
    host("debugfs", "-w", "-R", f"write {file} /home/root/file", path)
    with Machine(disk=path) as machine:
        machine.login("root")
        work(machine, "/home/root", sum_of_file)
        machine.line_send("poweroff")
        machine.expect_end()
    host("e2fsck", "-p", path, codes=(0, 1))
    host("e2fsck", "-fn", path)


def main():
    with tempfile.TemporaryDirectory(prefix="ferrite-") as folder:
        file, sum_of_file = make_file(folder)
        for kind in card, root:
            kind(folder, file, sum_of_file)


main()
