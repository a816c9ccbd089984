# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw
"""Cards with FAT and exFAT: what other machines wrote is read, what is changed here they read, and their checkers find
nothing wrong with it. `fat.py BOARD CELL KIND...` takes other kinds than the usual."""

import os
import subprocess
import sys
import tempfile

from machine import SEARCH, Machine, passed

# Kind: size in MiB, how it is made, how checked.
KINDS = {
    "fat12": (4, "mkfs.fat -F 12 -n CARD {}", "fsck.fat -n {}"),
    "fat16": (20, "mkfs.fat -F 16 -n CARD {}", "fsck.fat -n {}"),
    "fat32": (48, "mkfs.fat -F 32 -s 1 -n CARD {}", "fsck.fat -n {}"),
    "fat4k": (300, "mkfs.fat -F 32 -S 4096 -s 1 -n CARD {}", "fsck.fat -n {}"),
    "exfat": (64, "mkfs.exfat -L CARD {}", "fsck.exfat -n {}"),
}
LONG = "Ein Name, der länger ist als acht Zeichen – und Ünïcödé Ωж 🐟.text"


def host(*words, give=None):
    environment = dict(os.environ, PATH=SEARCH, MTOOLS_SKIP_CHECK="1", LC_ALL="C.UTF-8")
    done = subprocess.run(words, env=environment, input=give, capture_output=True, check=False)
    assert done.returncode == 0, f"{' '.join(words)}: {done.returncode}\n{done.stdout.decode()}{done.stderr.decode()}"
    return done.stdout


def make(kind, path):
    size, command, _ = KINDS[kind]
    with open(path, "wb") as file:
        file.truncate(size << 20)
    host(*command.format(path).split())


def check(kind, path):
    host(*KINDS[kind][2].format(path).split())


def wait(machine):
    """Until the machine has found the card by its label."""
    machine.run("until test -e /card/.; do sleep 0.1; done")


def work(machine):
    """Changes of every sort, and what they come to."""
    machine.run("cd /card; mkdir -p a/b; cp /bin/busybox a/b/box; cmp a/b/box /bin/busybox")
    machine.run(f"echo hello > '{LONG}'; cat '{LONG}' > copy; cmp copy '{LONG}'")
    assert LONG in machine.run("ls | cat")
    machine.run("echo one > One; echo two > two; mv two ONE")  # in another case: the same file
    assert machine.run("cat one").strip() == "two"
    machine.run("mv one one.text; test ! -e One; mv one.text ONE.TEXT")
    assert "ONE.TEXT" in machine.run("ls")
    machine.run("mv a/b moved; rmdir a; test -e moved/box; mkdir full; echo > full/x; rmdir full", code=1)
    machine.run("mv -T moved full", code=1)  # not empty
    machine.run("rm full/x; mv -T moved full; cmp full/box /bin/busybox")
    machine.run("for i in $(seq 300); do echo $i > full/file-with-a-long-name-$i; done; ls full | wc -l")
    machine.run("for i in $(seq 1 2 300); do rm full/file-with-a-long-name-$i; done")
    assert machine.run("ls full | wc -l").strip() == "151"
    assert machine.run("cat full/file-with-a-long-name-200").strip() == "200"
    machine.run("dd if=/bin/busybox of=cut bs=1000 count=200; truncate -s 150001 cut; truncate -s 170000 cut")
    machine.run("dd if=/dev/zero of=skip bs=1 count=1 seek=100000; touch -d '2021-02-03 04:05:06' copy")
    assert "2021-02-03 04:05:06" in machine.run("stat -c %y copy")
    machine.run("chmod a-w copy; stat -c %a copy | grep 555; chmod 600 copy", code=1)  # nowhere to keep that
    machine.run("ln -s copy link", code=1)
    machine.run("echo x > 'a:b'", code=1)
    machine.run("exec 3> open; rm open; echo still >&3; exec 3>&-; rm -f two")
    machine.run("cd /; sync")


def compare(kind, path, busybox):
    """What others see of it."""
    if kind == "exfat":
        return  # only its checker is at hand
    def content(name):
        return host("mcopy", "-n", "-i", path, f"::{name}", "-")
    assert content("full/box") == busybox
    assert content("COPY") == b"hello\n"
    assert content("cut") == busybox[:150001] + bytes(170000 - 150001)
    assert content("skip") == bytes(100001)
    assert content("ONE.TEXT") == b"two\n"
    listing = host("mdir", "-b", "-i", path, "::/full").decode().split("\n")
    assert len([line for line in listing if "file-with-a-long-name" in line]) == 150


def fill(machine):
    """Full: a clear error, and room again when something goes."""
    text = machine.run("cd /card; dd if=/dev/zero of=huge bs=65536 2>&1", code=1)
    assert "No space left" in text, text
    machine.run("echo more > more; test -s more", code=1)
    machine.run("rm -f huge more; sync")
    machine.run("cp /bin/busybox again; cmp again /bin/busybox; cd /; sync")


def one(kind, folder, busybox):
    path = os.path.join(folder, f"{kind}.img")
    make(kind, path)
    if kind != "exfat":
        host("mcopy", "-i", path, "-", "::from elsewhere.text", give=busybox)
    with Machine(disk=path) as machine:
        machine.login("root")
        wait(machine)
        if kind != "exfat":
            machine.run("cmp '/card/from elsewhere.text' /bin/busybox; rm '/card/FROM ELSEWHERE.TEXT'")
        work(machine)
        fill(machine)
        machine.line_send("poweroff")
        machine.expect_end()
    check(kind, path)
    compare(kind, path, busybox)
    passed(kind)


def cut_short(folder):
    """A table and its copy that differ, as a commit that came to no end leaves them: the copy becomes the table's."""
    path = os.path.join(folder, "cut.img")
    make("fat32", path)
    host("mcopy", "-i", path, "-", "::file", give=bytes(5000))
    with open(path, "r+b") as file:
        boot = file.read(512)
        reserved, size = int.from_bytes(boot[14:16], "little"), int.from_bytes(boot[36:40], "little")
        file.seek(65)
        file.write(b"\1")  # in use
        file.seek((reserved + size) * 512 + 16)
        file.write(bytes(16))
    assert b"FATs differ" in subprocess.run(["fsck.fat", "-n", path], env=dict(os.environ, PATH=SEARCH),
                                            capture_output=True, check=False).stdout
    with Machine(disk=path) as machine:
        machine.login("root")
        wait(machine)
        assert machine.run("wc -c < /card/file").strip() == "5000"
        assert "was not closed after writing" in machine.run("dmesg")
        machine.line_send("poweroff")
        machine.expect_end()
    found = subprocess.run(["fsck.fat", "-n", path], env=dict(os.environ, PATH=SEARCH), capture_output=True,
                           check=False).stdout
    assert b"FATs" not in found and b"Dirty bit is set" in found, found
    passed("a table's copy that is older")


def cut_off(folder, kind):
    """An image whose end is missing: what is there is read, and nobody writes what would have no place."""
    path = os.path.join(folder, "off.img")
    make(kind, path)
    if kind != "exfat":
        host("mcopy", "-i", path, "-", "::file", give=b"early")
    with open(path, "r+b") as file:
        file.truncate(KINDS[kind][0] << 19)
    with Machine(disk=path) as machine:
        machine.login("root")
        wait(machine)
        assert kind == "exfat" or machine.run("cat /card/file").strip() == "early"
        assert "Read-only" in machine.run("echo x 2>&1 > /card/x", code=1)
        assert "is smaller than its volume, and only read" in machine.run("dmesg")
        machine.line_send("poweroff")
        machine.expect_end()
    passed(f"{kind} that is cut off")


def main():
    kinds = sys.argv[3:] or ["fat12", "fat32", "exfat"]
    with open(f"out/{sys.argv[1]}/image/bin/busybox", "rb") as file:
        busybox = file.read()
    with tempfile.TemporaryDirectory(prefix="ferrite-") as folder:
        for kind in kinds:
            one(kind, folder, busybox)
        cut_short(folder)
        for kind in "fat32", "exfat":
            cut_off(folder, kind)


main()
