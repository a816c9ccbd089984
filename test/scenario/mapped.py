# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/multiboot2/grub-bios
"""Files of disks with ext4 and FAT that are mapped shared: what processes store others see, and it reaches the disk by
msync, and when the last mapping is gone. Who maps a file whose server is ended hears of it."""

import os
import re
import tempfile

from machine import Machine, disk_device, host, make, passed

SIZE = 24 << 20
KINDS = {"ext4": ("mke2fs", "-q", "-t", "ext4", "-m", "0"), "fat": ("mkfs.fat", "-F", "16"),
         "exfat": ("mkfs.exfat",)}


def tests(machine, kind, folder):
    """FAT has no holes: on a full disk there is room for what a file has."""
    full = "FULL=1 " if kind == "ext4" else ""
    text = machine.run(f"{full}FOLDER={folder} /test/posix_mapped", code=None)
    assert "END posix_mapped" in text and "FAIL" not in text, text
    passed(f"{kind}: mappings, descriptors and other processes have the same file")


def sockets(machine, folder):
    text = machine.run(f"FOLDER={folder} /test/posix_datagrams", code=None)
    assert "END posix_datagrams" in text and "FAIL" not in text, text
    passed("ext4: local sockets are found by their names")


def orphan(machine):
    """What a server's next one cannot know, and a process stores, is not said to be safe."""
    machine.run("head -c 10000 /bin/busybox > mapped; sync mapped")
    machine.line_send("FOLDER=/home/root JOB=orphan /test/posix_mapped &")
    machine.expect("stored")
    victim = machine.pid_of("root")
    machine.run(f"kill -9 {victim}; until ls /home/root > /dev/null 2>&1; do sleep 0.1; done; touch /tmp/go")
    machine.run("wait %1", code=7)
    assert machine.run("head -c 2 mapped | tail -c 1").strip() == "X"
    passed("a mapping whose server was ended is told so")


def main():
    with tempfile.TemporaryDirectory(prefix="ferrite-") as folder:
        paths = {kind: os.path.join(folder, kind) for kind in KINDS}
        for kind, words in KINDS.items():
            with open(paths[kind], "wb") as file:
                file.truncate(SIZE + (list(KINDS).index(kind) << 20))
            host(*words, paths[kind])
        words = "".join(f" -drive if=none,id={kind},format=raw,file={path} -device {disk_device()},drive={kind}"
                        for kind, path in paths.items())
        root = os.path.join(folder, "root")
        make("SYSTEM=scenario", f"DISK={root}", "SIZE=64M", "disk")
        with Machine(disk=root, extra=words) as machine:
            machine.login("root")
            orphan(machine)
            for number, kind in enumerate(KINDS):
                disk = machine.run(f"grep -l 'size {SIZE + (number << 20)}' /dev/disk*/info").strip()
                disk = re.sub("/info$", "/data", disk)
                server = kind.removeprefix("ex") if kind == "exfat" else kind
                machine.run(f"/service/{server} -s {kind} {disk} & until test -e /srv/{kind}; do sleep 0.1; done")
                machine.run(f"mount /srv/{kind} /{kind}")
                tests(machine, kind, f"/{kind}")
                if kind == "ext4":
                    sockets(machine, "/ext4")
            machine.line_send("poweroff")
            machine.expect_end()
        for path in (root, paths["ext4"]):
            host("e2fsck", "-fn", path)
        passed("e2fsck finds nothing wrong")


main()
