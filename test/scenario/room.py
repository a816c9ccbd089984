# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw
"""What the cache of a disk holds is given back when others need the memory, and it grows again when they do not."""

import hashlib
import os
import re
import tempfile

from machine import Machine, disk_device, host, passed

FILE = 48 << 20
GIVEN = 30 << 10  # KiB; so much of the cache comes back


def cached(machine):
    """KiB that the driver of the disk has: the cache lies in its memory."""
    count, unit = re.search(r"(?m)^disk0 +ready .*? (\d+)([KM]) ", machine.run("services")).groups()
    return int(count) << (10 if unit == "M" else 0)


def room(machine):
    """KiB that /tmp offers."""
    return int(machine.run("df -k /tmp | tail -n 1 | awk '{print $4}'"))


def fill(machine, sum_of_file):
    """Reads until the cache is full; gives what it has."""
    assert sum_of_file in machine.run("sha256sum /card/file")
    return cached(machine)


def work(machine, sum_of_file):
    machine.run("until test -e /card/file; do sleep 0.1; done")
    before = room(machine)
    full = fill(machine, sum_of_file)
    assert full > FILE >> 10, f"the cache has {full} KiB"
    left = room(machine)
    assert left < before - GIVEN
    passed("a cache takes memory that nobody needs")

    machine.run("echo changed > /card/changed")
    wanted = (left + GIVEN) >> 10
    machine.run(f"head -c {wanted << 20} /dev/zero > /tmp/large; test $(stat -c %s /tmp/large) = {wanted << 20}")
    short = cached(machine)
    assert short < full - GIVEN, f"the cache has {short} KiB, and had {full}"
    assert sum_of_file in machine.run("sha256sum /card/file; cat /card/changed")
    assert cached(machine) < full - GIVEN, "it grows while others need the memory"
    passed("when others need it they get it, and what is read and written is right")

    machine.run("rm /tmp/large")
    again = fill(machine, sum_of_file)
    assert again > full - GIVEN // 2, f"the cache has {again} KiB, and had {full}"
    assert "changed" in machine.run("cat /card/changed; sync")
    passed("then the cache grows again")


def make_disk(folder):
    """A disk with a file that differs from block to block; both paths."""
    tree, path = os.path.join(folder, "tree"), os.path.join(folder, "disk.img")
    os.mkdir(tree)
    data = b"".join(number.to_bytes(8, "little") * 512 for number in range(FILE >> 12))
    with open(os.path.join(tree, "file"), "wb") as file:
        file.write(data)
    with open(path, "wb") as file:
        file.truncate(96 << 20)
    host("mkfs.fat", "-F", "16", "-S", "4096", "-s", "1", "-n", "CARD", path)
    host("mcopy", "-i", path, os.path.join(tree, "file"), "::file")
    return path, hashlib.sha256(data).hexdigest()


def main():
    with tempfile.TemporaryDirectory(prefix="ferrite-") as folder:
        path, sum_of_file = make_disk(folder)
        extra = f"-drive if=none,id=card,format=raw,file={path} -device {disk_device()},drive=card"
        with Machine(extra=extra) as machine:
            machine.login("root")
            work(machine, sum_of_file)
            machine.line_send("poweroff")
            machine.expect_end()
        host("fsck.fat", "-n", path)


main()
