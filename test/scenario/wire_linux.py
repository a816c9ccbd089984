# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw
# needs: linux
"""9P2000.L over TCP: Linux mounts what exportfs serves."""

import tempfile

from machine import HOST, Machine, passed
from peer.linux import Linux

WRITABLE, READ_ONLY, NAMES = 5640, 5641, 60


SUM = "dd if=/mnt/large bs=64k | sha256sum"


def mount(guest, port, path):
    options = f"trans=tcp,port={port},version=9p2000.L,msize=65536,access=any"
    guest.run(f"mkdir -p {path} && mount -t 9p -o {options} {HOST} {path}")


def contents(guest, served):
    guest.run("head -c 2000000 /dev/urandom >/tmp/large && cp /tmp/large /mnt/large && sync")
    digest = guest.run("sha256sum </tmp/large").split()[0]
    assert digest in served.run("sha256sum /tmp/pub/large")
    served.run("cp /tmp/pub/large /tmp/pub/back")
    assert digest in guest.run("dd if=/mnt/back bs=64k | sha256sum")
    guest.run("cmp /tmp/large /mnt/back && rm /mnt/back")
    both = guest.run(f"{SUM} & {SUM}; wait")
    assert both.count(digest) == 2, both
    passed("2 MB go there and come back as they were")
    guest.run("dd if=/tmp/large of=/mnt/synced bs=100000 count=3 conv=fsync && truncate -s 250001 /mnt/synced")
    guest.run("echo end >>/mnt/synced && head -c 250001 /tmp/large >/tmp/cut && echo end >>/tmp/cut")
    guest.run("cmp /tmp/cut /mnt/synced && truncate -s 1000000 /mnt/synced && truncate -s 1000000 /tmp/cut")
    digest = guest.run("sha256sum </tmp/cut").split()[0]
    assert digest in served.run("sha256sum /tmp/pub/synced")
    guest.run("dd if=/tmp/large of=/mnt/synced bs=1 seek=500000 count=10 conv=notrunc,fsync"
              " && dd if=/tmp/large of=/tmp/cut bs=1 seek=500000 count=10 conv=notrunc && cmp /tmp/cut /mnt/synced")
    passed("what is synced, cut, made longer, appended to and written in the middle is as Linux has it")


def names(guest, served):
    guest.run("cd /mnt && mkdir folder && cd folder && i=0 &&"
              f" while [ $i -lt {NAMES} ]; do : >name$i; i=$((i + 1)); done")
    assert guest.run("ls | wc -l").strip() == str(NAMES)
    assert guest.run("ls | sort | uniq | wc -l; ls -d name0 name59").split() == [str(NAMES), "name0", "name59"]
    assert served.run("ls /tmp/pub/folder | wc -l").strip() == str(NAMES)
    passed(f"a folder of {NAMES} names is listed, each once")
    guest.run("echo text >name1 && mv name1 moved && mv moved ../moved && cat ../moved && ln -s ../moved link")
    assert guest.run("cat link; readlink link").split() == ["text", "../moved"]
    assert served.run("cat /tmp/pub/folder/link; readlink /tmp/pub/folder/link").split() == ["text", "../moved"]
    guest.run("mv name2 name3 && [ ! -e name2 ] && chmod 600 name3 && touch -d '2020-01-02 03:04:05' name3")
    assert guest.run("stat -c '%a %F %Y' name3").strip() == "600 regular empty file 1577934245"
    guest.run("exec 5<name4 && rm name4 && cat <&5 && exec 5<&-")
    guest.run("cd / && rm -r /mnt/folder && [ ! -e /mnt/folder ]")
    passed("names are moved within folders and between them, linked and removed")
    guest.run("cp /bin/busybox /mnt/busybox && chmod 755 /mnt/busybox && /mnt/busybox echo it runs")
    passed("a program of Linux is run from there")


def mistakes(guest, served):
    assert "No such file" in guest.run("cat /mnt/nothing 2>&1", code=1)
    assert "File exists" in guest.run("mkdir /mnt/d /mnt/d 2>&1", code=1)
    assert "not empty" in guest.run(": >/mnt/d/f; rmdir /mnt/d 2>&1", code=1)
    assert "Is a directory" in guest.run("cat /mnt/d 2>&1", code=1)
    assert "Not a directory" in guest.run("ls /mnt/d/f/g 2>&1", code=1)
    assert "ermission" in guest.run("cat /mnt/secret 2>&1", code=1)
    assert "too long" in guest.run(f"touch /mnt/{'n' * 256} 2>&1", code=1)
    mount(guest, served.ports[READ_ONLY], "/only")
    assert "Read-only" in guest.run("echo x 2>&1 >/only/new", code=1)
    assert "Read-only" in guest.run("rm /only/large 2>&1", code=1)
    guest.run("cmp /only/large /tmp/large && umount /only")
    options = f"trans=tcp,port={served.ports[WRITABLE]},version=9p2000.L,aname=/none"
    guest.run(f"mkdir /none && ! mount -t 9p -o {options} {HOST} /none")
    passed("what must not be is told as Linux tells it")


def start(served):
    served.login()
    served.run("mkdir /tmp/pub; echo secret >/tmp/pub/secret; chmod 0 /tmp/pub/secret")
    served.reach()
    served.run(f"(exportfs -w -p {WRITABLE} /tmp/pub & exportfs -p {READ_ONLY} /tmp/pub &)")
    for port in WRITABLE, READ_ONLY:
        served.wait_listener(port)


def work(guest, served):
    contents(guest, served)
    names(guest, served)
    mistakes(guest, served)
    guest.run("umount /mnt")
    served.run("while ps | grep -q 'exportfs -[i]'; do sleep 0.1; done")
    passed("after the last unmount nobody is served")


with tempfile.TemporaryDirectory(prefix="ferrite-") as folder, Linux(folder, "9p", "9pnet_fd") as client, \
        Machine(forward=(WRITABLE, READ_ONLY)) as server:
    start(server)
    client.wait()
    mount(client, server.ports[WRITABLE], "/mnt")
    work(client, server)
