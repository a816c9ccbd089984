# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
"""The messages on a disk: files are rotated and the oldest goes, a disk that is full is told of and what is missing is
counted, and a power cut at any moment, while files are rotated too, loses nothing that was there."""

import os
import random
import re
import signal
import tempfile
import time

from machine import Machine, host, make, passed

CUTS = 2
SEED = int(os.environ.get("SEED", "7"))
NEWEST = "/var/log/messages"
LARGE = 256 << 10  # from this size on a file is rotated

# Each time the file is large, so the next message rotates it; it says how often, when that message is on the disk.
ROTATE = """i=0; while :; do i=$((i+1)); echo mark $i >> {0}; head -c 262144 /dev/zero >> {0};
echo restart > /dev/units/srv; while grep -q mark {0} 2>/dev/null; do sleep 0.1; done;
until grep -q 'init: srv: killed' {0} 2>/dev/null; do sleep 0.1; done; sync {0}; echo ro""tated $i; done"""


def until(machine, text):
    machine.run(f"until grep -q '{text}' {NEWEST} 2>/dev/null; do sleep 0.2; done")


def rotation(machine):
    """Six times: there are never more files, the oldest of which go."""
    until(machine, "info kernel: Ferrite")
    machine.run("rm -f /var/log/messages.*")
    for number in range(1, 7):
        machine.run(f"echo mark {number} >> {NEWEST}; head -c {LARGE} /dev/zero >> {NEWEST}; "
                    "echo restart > /dev/units/srv")
        machine.run(f"while grep -q mark {NEWEST} 2>/dev/null; do sleep 0.1; done")
        until(machine, "init: srv: killed")
    found = machine.run("ls /var/log").replace("\x1b[m", "").split()
    assert sorted(found) == ["messages", *(f"messages.{number}" for number in range(1, 5))], found
    for number in range(1, 5):
        shown = machine.run(f"grep -a -o 'mark [0-9]*' {NEWEST}.{number}").splitlines()
        assert shown[-1] == f"mark {7 - number}", (number, shown)
    shown = machine.run(f"log -u init {NEWEST}")
    assert re.search(r"(?m)^\[.*\] warning init: srv: killed by signal", shown), shown
    passed("files are rotated, the oldest goes, and log(1) reads them")


def full(machine):
    """No block is left: that is said once, nothing is written by half, and the number of lost lines is right."""
    machine.run("cat /dev/zero > /home/root/all 2>/dev/null; cat /dev/zero >> /home/root/all 2>/dev/null", code=None)
    for _ in range(3):
        machine.run("echo flood > /dev/hang/ctl; sleep 1")
    told = "log: /var/log: No space left on device: messages are kept in memory only"
    assert machine.run("log").count(told) == 1, machine.run("log")
    machine.run("rm /home/root/all; sync; echo restart > /dev/units/srv")
    until(machine, "lines could not be written")
    until(machine, "messages are written again")
    lost = int(machine.run(f"sed -n 's/^--- \\([0-9]*\\) lines could.*/\\1/p' {NEWEST}"))
    whole = machine.run(f"log {NEWEST} | grep -c 'of many'", code=None)
    kept = machine.run("log | grep -c ' hang: '")
    assert lost > 0 and int(whole) < int(kept), (lost, whole, kept)
    lines = machine.run(f"tr -d '\\0' < {NEWEST}").splitlines()
    assert all(re.match(r"\[ *\d+\.\d{6}\] \w+ \S+: |--- |mark |$", line) for line in lines), lines
    passed("a full disk is told of, and how many lines the file lacks")


def content(disk, path):
    with tempfile.NamedTemporaryFile() as to:
        host("debugfs", "-R", f"dump {path} {to.name}", disk)
        return to.read()


def cut(disk, count, moment):
    """Pulls the plug while files are rotated, after so many times and some time more."""
    with Machine(disk=disk) as machine:
        machine.login("root")
        until(machine, "info kernel: Ferrite")
        machine.line_send(ROTATE.format(NEWEST).replace("\n", " "))
        machine.expect(rf"rotated {count}\s")
        time.sleep(moment)
        machine.child.kill(signal.SIGKILL)
        machine.expect_end()
        last = max([count, *(int(word) for word in re.findall(r"rotated (\d+)\s", machine.child.before))])
    host("e2fsck", "-p", disk, codes=(0, 1))
    host("e2fsck", "-fn", disk)
    text = b"".join(content(disk, f"{NEWEST}.{number}") for number in (4, 3, 2, 1)) + content(disk, NEWEST)
    marks = [int(word) for word in re.findall(rb"mark (\d+)", text)]
    wanted = list(range(max(1, last - 2), last + 1))
    assert [mark for mark in marks if mark in wanted][-len(wanted):] == wanted, (last, marks)
    times = [float(word) for word in re.findall(rb"\[ *(\d+\.\d+)\] warning init: srv: killed", text)]
    assert times[-len(wanted):] == sorted(times[-len(wanted):]), times
    passed(f"power cut after {last} rotations: what was in the files is there")


def main():
    chance = random.Random(SEED)
    print(f"seed {SEED}")
    with tempfile.TemporaryDirectory(prefix="ferrite-") as folder:
        disk = os.path.join(folder, "root.img")
        make("SYSTEM=scenario", f"DISK={disk}", "SIZE=64M", "disk")
        with Machine(disk=disk) as machine:
            machine.login("root")
            rotation(machine)
            full(machine)
            machine.line_send("poweroff")
            machine.expect_end()
        host("e2fsck", "-fn", disk)
        for _ in range(CUTS):
            cut(disk, chance.randrange(2, 6), chance.uniform(0.0, 0.3))
        with Machine(disk=disk) as machine:
            machine.login("root")
            until(machine, "info kernel: Ferrite")
            text = machine.run(f"cat {NEWEST}.1 {NEWEST} | tr -d '\\0'")
            places = [text.find("init: srv: killed"), text.rfind("--- boot, "), text.rfind("info kernel: Ferrite")]
            assert places[0] >= 0 and places == sorted(places), text
        passed("the next boot goes on behind what there is")


main()
