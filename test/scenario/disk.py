# SPDX-License-Identifier: MIT
# cells: qemu-*-[ax]*64/raw
"""A disk with ext4 as /: what users leave there is there at the next boot, Linux's own tools find nothing wrong with
it, and power cuts at random moments lose nothing that was made safe. `disk.py BOARD CELL CUTS` makes more cuts."""

import hashlib
import os
import random
import re
import signal
import sys
import tempfile
import time

from machine import Machine, disk_device, host, make, passed, this_board

CUTS = int(sys.argv[3]) if len(sys.argv) > 3 else 3
SEED = int(os.environ.get("SEED", "7"))

# Writes files for ever, and tells of each that is safe; renames, removes and rewrites some as it goes.
WORK = r"""i=0; mkdir -p /home/user/w; cd /home/user/w; while :; do i=$((i+1));
dd if=/bin/busybox of=f$i bs=1000 count=$((i * 37 % 300)) conv=fsync 2>/dev/null; echo "sa""fe $i ";
[ $((i % 3)) = 0 ] && mv f$((i-1)) g$((i-1)); [ $((i % 5)) = 0 ] && rm -f f$((i-2)) g$((i-2)); ln -sf f$i last; done"""


def check(disk):
    """What Linux would do at a mount, then nothing may be left to mend."""
    host("e2fsck", "-p", disk, codes=(0, 1))
    host("e2fsck", "-fn", disk)


def content(disk, path):
    with tempfile.NamedTemporaryFile() as to:
        host("debugfs", "-R", f"dump {path} {to.name}", disk)
        return to.read()


def cut(disk, busybox, files, moment):
    """Boots, works until so many files are safe and some time more, and pulls the plug."""
    with Machine(disk=disk) as machine:
        machine.login()
        machine.line_send(WORK.replace("\n", " "))
        machine.expect(rf"safe {files} ")
        time.sleep(moment)
        machine.child.kill(signal.SIGKILL)
        machine.expect_end()
        last = [int(number) for number in re.findall(r"safe (\d+) ", machine.child.before)]
    count = max(last, default=files)
    check(disk)
    for i in range(max(1, count - 8), count + 1):
        if any(i == later - 2 for later in range(5, count + 2, 5)):
            continue  # removed since
        wanted = busybox[:1000 * (i * 37 % 300)]
        found = content(disk, f"/home/user/w/f{i}") or content(disk, f"/home/user/w/g{i}")
        assert hashlib.sha256(found).digest() == hashlib.sha256(wanted).digest(), f"file {i} of {count} is not whole"
    passed(f"power cut after {count} files")


def messages(machine):
    """What is said is on the disk, in files of limited size; while it cannot be written it is in memory, as is told."""
    wait = "until grep -q '{}' /var/log/messages 2>/dev/null; do sleep 0.2; done"
    machine.run(wait.format("info kernel: Ferrite"))
    kill = "kill -9 $(ps | sed -n 's/^ *\\([0-9]*\\) .* keeplog$/\\1/p')"
    machine.run(kill)
    machine.run(wait.format("init: keeplog: killed"))
    machine.run(f"for i in $(seq 30); do {kill}; done 2>/dev/null", code=None)
    machine.run("until log > /tmp/all && grep '^\\[' /var/log/messages | cmp -s - /tmp/all; do sleep 0.2; done")
    assert machine.run("grep -c 'kernel: Ferrite' /var/log/messages").strip() == "1"
    assert machine.run("grep -c '^---' /var/log/messages").strip() == "1"
    machine.run("head -c 300000 /dev/zero >> /var/log/messages; echo restart > /dev/units/srv")
    machine.run(wait.format("init: srv: killed") + "; head -c 10 /var/log/messages.1")
    machine.run(f"mv /var/log/messages /var/log/old; mkdir /var/log/messages; {kill}")
    machine.run("for i in 1 2 3; do echo flood > /dev/hang/ctl; sleep 1; done")
    told = re.findall("log: /var/log: Is a directory: messages are kept in memory only", machine.run("log"))
    assert len(told) == 1, told
    machine.run("rmdir /var/log/messages; echo restart > /dev/units/srv")
    machine.run(wait.format("log: /var/log: messages are written again"))
    passed("messages are kept on the disk")


def partitions(folder):
    """Files of a GPT's and of an MBR's partitions, one of which is mounted as / by its label."""
    root, disk = os.path.join(folder, "part.img"), os.path.join(folder, "disk.img")
    make("SYSTEM=scenario", f"DISK={root}", "SIZE=64M", "disk")
    with open(disk, "wb") as file:
        file.truncate(80 << 20)
    host("sgdisk", "-n", "1:2048:+1M", "-n", "3:8192:+64M", disk)
    with open(root, "rb") as source, open(disk, "r+b") as file:
        file.seek(8192 * 512)
        file.write(source.read())
        file.seek(2048 * 512)
        file.write(b"first".ljust(1 << 20) + b"behind")
    with Machine(disk=disk) as machine:
        machine.login("root")
        assert machine.run("ls /dev/disk0").split() == ["ctl", "data", "info", "part1", "part3"]
        assert machine.run("head -c 5 /dev/disk0/part1; stat -c ' %s' /dev/disk0/part1").split() == ["first", "1048576"]
        # One block more than there is room for, and what is behind it stays.
        machine.run("dd if=/dev/zero of=/dev/disk0/part1 bs=4096 count=257", code=1)
        machine.run("echo a > /home/root/a")
        messages(machine)
        machine.line_send("poweroff")
        machine.expect_end()
    with open(disk, "rb") as file:
        file.seek(2048 * 512)
        assert file.read((1 << 20) + 6) == bytes(1 << 20) + b"behind"
        file.seek(8192 * 512)
        with open(root, "wb") as to:
            to.write(file.read(64 << 20))
    check(root)
    assert content(root, "/home/root/a") == b"a\n"
    assert b"--- boot, " in content(root, "/var/log/messages.1")
    assert re.search(rb"--- [1-9]\d* lines could not be written\n", content(root, "/var/log/messages"))
    passed("partitions are files, and one of them is /")


def only_read(disk):
    """The disk of / is write-protected: who would write messages to it says that, once, and is done."""
    extra = f"-drive if=none,id=fixed,format=raw,readonly=on,file={disk} -device {disk_device()},drive=fixed"
    with Machine(extra=extra) as machine:
        machine.login("root")
        assert machine.run("cat /home/user/e/other").strip() == "kept"
        assert "Read-only" in machine.run("echo x 2>&1 > other", code=1)
        machine.run("until grep -q 'state ended' /dev/units/keeplog; do sleep 0.2; done")
        told = "warning log: /var/log: Read-only file system: messages are kept in memory only"
        assert machine.run("log").count(told) == 1, machine.run("log")
    passed("a write-protected disk is read, and is told of")


def main():
    chance = random.Random(SEED)
    print(f"seed {SEED}")
    with tempfile.TemporaryDirectory(prefix="ferrite-") as folder:
        disk = os.path.join(folder, "root.img")
        make("SYSTEM=scenario", f"DISK={disk}", "disk")
        with Machine(disk=disk) as machine:
            machine.login()
            assert "/home" not in machine.run("df | tail -n +2")
            shown = machine.run("df /etc /tmp | tail -n +2")
            assert [line.split()[-1] for line in shown.splitlines()] == ["/", "/tmp"], shown  # not as /srv/root
            machine.run("echo kept > note; mkdir d; ln note d/other; ln -s note link; chmod 640 note; sync")
            machine.line_send("poweroff")
            machine.expect_end()
        check(disk)
        with Machine(disk=disk) as machine:
            machine.login()
            assert machine.run("cat d/other link").split() == ["kept", "kept"]
            assert machine.run("stat -c '%a %h %U' note").strip() == "640 2 user"
            fifos = machine.run("FOLDER=/home/user /test/posix_fifos; mkfifo pipe; chmod 620 pipe")
            assert "END posix_fifos" in fifos and "FAIL" not in fifos, fifos
            machine.run("mv d e; rm note; cp /bin/busybox big; cmp big /bin/busybox; sync")
            machine.line_send("poweroff")
            machine.expect_end()
        with Machine(disk=disk) as machine:
            machine.login()
            assert machine.run("stat -c '%F %a' pipe").strip() == "fifo 620"
            assert "through" in machine.run("sh -c 'echo through > pipe' & cat pipe").splitlines()
            machine.run("rm pipe; sync")
        passed("files, fifos, links and permissions are there at the next boot")
        check(disk)
        only_read(disk)
        partitions(folder)
        with open(f"out/{this_board()}/image/bin/busybox", "rb") as file:
            busybox = file.read()
        for _ in range(CUTS):
            cut(disk, busybox, chance.randrange(1, 12), chance.uniform(0.0, 0.3))


main()
