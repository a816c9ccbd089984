# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/multiboot2/grub-bios
"""Files of disks with ext4 and FAT: locks of processes, of open files and of descriptions, also when the server ends;
and times, which reading does not change, and which are on the disk as they were set."""

import os
import re
import tempfile

from machine import Machine, disk_device, host, make, passed

SIZE = 24 << 20
KINDS = {"ext4": ("mke2fs", "-q", "-t", "ext4"), "fat": ("mkfs.fat", "-F", "16"), "exfat": ("mkfs.exfat",)}
READ, WRITTEN = "2003-04-05 00:00:00", "2007-08-09 10:11:12"  # FAT keeps the day of a reading alone


def mounted(machine):
    for number, kind in enumerate(KINDS):
        disk = machine.run(f"grep -l 'size {SIZE + (number << 20)}' /dev/disk*/info").strip()
        server = "fat" if kind == "exfat" else kind
        machine.run(f"/service/{server} -s {kind} {re.sub('/info$', '/data', disk)} & "
                    f"until test -e /srv/{kind}; do sleep 0.1; done")
        machine.run(f"mount /srv/{kind} /{kind}")


def locks(machine, folder):
    text = machine.run(f"FOLDER={folder} /test/posix_locks", code=None)
    assert "END posix_locks" in text and "FAIL" not in text, text


def orphan(machine):
    """A lock goes with its server, and who had it is told."""
    machine.line_send("FOLDER=/home/root JOB=orphan /test/posix_locks &")
    machine.expect("locked")
    victim = machine.pid_of("root")
    machine.run(f"kill -9 {victim}; until ls /home/root > /dev/null 2>&1; do sleep 0.1; done; touch /tmp/go")
    machine.run("wait %1", code=7)


def times(machine, folder):
    return machine.run(f"stat -c '%x %y' {folder}/timed").replace(".000000000 +0000", "").strip()


def main():
    with tempfile.TemporaryDirectory(prefix="ferrite-") as folder:
        words = ""
        for number, (kind, tool) in enumerate(KINDS.items()):
            path = os.path.join(folder, kind)
            with open(path, "wb") as file:
                file.truncate(SIZE + (number << 20))
            host(*tool, path)
            words += f" -drive if=none,id={kind},format=raw,file={path} -device {disk_device()},drive={kind}"
        root = os.path.join(folder, "root")
        make("SYSTEM=scenario", f"DISK={root}", "SIZE=64M", "disk")
        with Machine(disk=root, extra=words) as machine:
            machine.login("root")
            orphan(machine)
            passed("a lock whose server was ended is told to be gone")
            mounted(machine)
            for kind in KINDS:
                locks(machine, f"/{kind}")
                machine.run(f"echo text > /{kind}/timed; touch -m -d '{WRITTEN}' /{kind}/timed")
                machine.run(f"touch -a -d '{READ}' /{kind}/timed; cat /{kind}/timed")
                assert times(machine, f"/{kind}") == f"{READ} {WRITTEN}", times(machine, f"/{kind}")
            passed("locks keep others out, end with who had them, and are found")
            machine.line_send("poweroff")
            machine.expect_end()
        with Machine(disk=root, extra=words) as machine:
            machine.login("root")
            mounted(machine)
            for kind in KINDS:
                assert times(machine, f"/{kind}") == f"{READ} {WRITTEN}", times(machine, f"/{kind}")
            machine.line_send("poweroff")
            machine.expect_end()
        passed("times are as they were set, and reading changes none")


main()
