# SPDX-License-Identifier: MIT
"""A machine whose / is ext4 on a disk, with a card, that writes, copies, reads and downloads, with checksums, while its
services and drivers end: for recover_disk and recover_fault."""

import contextlib
import hashlib
import os
import re
import tempfile

import pexpect

from machine import Machine, WebServer, disk_device, host, make, passed

DATA = bytes(i * 31 & 255 for i in range(1 << 20))
SUM = hashlib.sha256(DATA).hexdigest()
KEPT = 16  # so many files that are safe stay in each folder

# Files that say they are safe, of a length that follows from their number; older ones are removed. The one before must
# still be whole: where the server's end comes in between, the error is told, and nothing is said.
SAFE = """i=0; while :; do i=$((i+1)); n=$((i * 37 % 90 + 1));
dd if=/tmp/pattern of={0}/f$i bs=1000 count=$n conv=fsync 2>/dev/null && echo $i >> /tmp/safe{1};
rm -f {0}/f$((i - {2})); done"""
# Made safe by the open file that was written to.
COPY = """while :; do dd if=/tmp/pattern of={0}/copy bs=50000 conv=fsync 2>/dev/null &&
{{ cmp -s /tmp/pattern {0}/copy; test $? = 1 && echo wrong copy {0} >> /tmp/wrong; }}; done"""
# Made safe by another one, who never wrote: it is told what an earlier server has lost.
SYNC = """while :; do cp /tmp/pattern {0}/copied 2>/dev/null && sync {0}/copied 2>/dev/null &&
{{ cmp -s /tmp/pattern {0}/copied; test $? = 1 && echo wrong copied {0} >> /tmp/wrong; }}; done"""
READ = """while :; do s=$(sha256sum < /bin/busybox 2>/dev/null) && test "$s" != "$(cat /tmp/sum)" &&
echo wrong read $s >> /tmp/wrong; done"""
# The host has the file; its checksum was taken when nobody was killed.
DOWN = """while :; do wget -q -T 5 -O {0}/down URL 2>/dev/null && sync {0}/down 2>/dev/null &&
s=$(sha256sum < {0}/down) && {{ echo got >> /tmp/got; test "$s" = "$(cat /tmp/down.sum)" ||
echo wrong download $s >> /tmp/wrong; }}; done"""
LOAD = [SAFE.format("/home/root/w", 0, KEPT), SAFE.format("/card/w", 1, KEPT), COPY.format("/home/root"),
        COPY.format("/card"), SYNC.format("/home/root"), DOWN.format("/home/root"), READ]


def is_back(machine, name, before):
    """Waits until there are as many as before, and none of those that ended."""
    for _ in range(100):
        now = machine.pids_of(name)
        if len(now) >= len(before) and not set(before[:1]) & set(now):
            return True
        machine.run("sleep 0.2")
    return False


def kill(machine, name):
    """Ends one, and the prompt answers with programs from the disk."""
    name, _, number = name.partition(" ")
    pids = machine.pids_of(name)
    assert pids, f"{name} does not run"
    pids.sort(key=int)
    pids.insert(0, pids.pop(int(number or 0) % len(pids)))
    machine.run(f"kill -9 {pids[0]}")
    assert "alive 3" in machine.run("echo one two three | (read a b c; echo alive $(expr 1 + 2))")
    assert is_back(machine, name, pids), f"{name} does not come back"


def type_anew(machine):
    """What was typed and read by nobody when the terminal ended is lost: types until somebody answers."""
    for _ in range(40):
        machine.send("\x03")  # half a line goes
        machine.line_send('echo he""re')
        if machine.child.expect(["here", pexpect.TIMEOUT], timeout=5) == 0:
            return
    assert False, "nobody answers"


def memory_free(machine):
    """Free memory in KiB, after the kernel had time to clean up behind the dead."""
    machine.run("sleep 2")
    return int(re.search(r"(?m)^\s+\d+\s+\d+\s+(\d+)", machine.run("free"))[1])


def handles(machine):
    """Of the services that nobody ended."""
    found = re.findall(r"(?m)^(\S+) +ready +[0-] .* (\d+) +\d+ +-\s*$", machine.run("services"))
    return {name: int(count) for name, count in found}


def under_load(machine, url, work):
    """Does `work` while everything is in use; gives the free memory and the handles after it."""
    machine.run("rm -rf /home/root/w /card/w; mkdir /home/root/w /card/w; rm -f /tmp/safe0 /tmp/safe1")
    for part in LOAD:
        machine.run(f"({' '.join(part.replace('URL', url).split())}) 2>/dev/null &")
    work()
    machine.run("sleep 2; kill %1 %2 %3 %4 %5 %6 %7; wait", code=None)
    for number, folder in enumerate(("/home/root/w", "/card/w")):
        safe = [int(word) for word in machine.run(f"tail -n {KEPT // 2} /tmp/safe{number}").split()]
        assert safe, f"nothing was made safe in {folder}"
        last = int(safe[-1])
        for i in (i for i in safe if i > last - KEPT // 2):
            size = (i * 37 % 90 + 1) * 1000
            machine.run(f"test $(stat -c %s {folder}/f{i}) = {size} && cmp -n {size} {folder}/f{i} /tmp/pattern")
    machine.run("rm -f /home/root/copy /home/root/copied /home/root/down /card/copy; sync")
    for name in "virtio-block 0", "virtio-block 0", "root", "card":  # the next one of a name has a higher pid
        kill(machine, name)  # its memory is what it begins with, as at the first time
    return memory_free(machine), handles(machine)


def judge(machine, first, second):
    """What the load got was right, and of the two, which are what under_load gave, the second has no less."""
    (free, held), (free_after, held_after) = first, second
    assert machine.run("cat /tmp/wrong").strip() == "", "something went wrong and was not told"
    assert "got" in machine.run("cat /tmp/got"), "no download was whole"
    passed("what was written, copied, read and downloaded meanwhile is right")
    machine.services_ready()
    assert free_after > free - 1024, f"{free} KiB free before, {free_after} KiB after"
    assert all(held_after[name] <= held[name] + 2 for name in held_after if name in held), (held, held_after)
    passed("nothing is leaked")


def check(root, card):
    """What other systems' tools say of the disks."""
    host("e2fsck", "-p", root, codes=(0, 1))
    host("e2fsck", "-fn", root)
    # It was not closed, and has clusters that nobody has: see fat(4).
    found = host("fsck.fat", "-n", card, codes=(0, 1))
    assert not re.search(r"(?i)shar|contains|FATs|bad|truncat|rename|circular|size is|start", found), found


@contextlib.contextmanager
def busy_machine():
    """Gives the machine, with somebody at its prompt, and where it downloads from; checks its disks at the end."""
    with tempfile.TemporaryDirectory(prefix="ferrite-") as folder:
        root, card = os.path.join(folder, "root.img"), os.path.join(folder, "card.img")
        make("SYSTEM=scenario", f"DISK={root}", "SIZE=64M", "disk")
        with open(card, "wb") as file:
            file.truncate(48 << 20)
        host("mkfs.fat", "-F", "32", "-s", "1", "-n", "CARD", card)
        extra = f"-drive if=none,id=card,format=raw,file={card} -device {disk_device()},drive=card"
        with WebServer({"/data": DATA}) as server, Machine(disk=root, extra=extra) as machine:
            url = server.url("/data")
            machine.login("root")
            machine.run("until test -e /card/.; do sleep 0.1; done")
            machine.run("head -c 200000 /bin/busybox > /tmp/pattern; sha256sum < /bin/busybox > /tmp/sum")
            machine.run(f": > /tmp/wrong; : > /tmp/got; until wget -q -O /tmp/down {url}; do sleep 1; done")
            machine.run("sha256sum < /tmp/down > /tmp/down.sum; rm /tmp/down")
            assert SUM in machine.run("cat /tmp/down.sum")
            yield machine, url
            machine.line_send("poweroff")
            machine.expect_end()
        check(root, card)
        passed("checkers find nothing wrong")
