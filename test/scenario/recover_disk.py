# SPDX-License-Identifier: MIT
# cells: qemu-*-[ax]*64/raw
"""The servers of / on a disk and of a card, the drivers of the disks and of the network card, the network and the
terminal are killed in turn, again and again, while files are written, copied, read and downloaded, with checksums: they
come back, what was made safe is whole, what is lost is told, checkers find nothing wrong, nothing is leaked, and the
prompt answers throughout, though all its programs are on that disk. Servers of disks that hang are started again, too.

RECOVER_ROUNDS=20 test/scenario/recover_disk.py qemu-virt-aarch64 raw makes it hundreds of kills."""

import os

from machine import passed
from recovery.load import busy_machine, is_back, judge, kill, under_load

ROUNDS = int(os.environ.get("RECOVER_ROUNDS", "1"))
VICTIMS = ["root", "virtio-net", "card", "virtio-block 0", "ip", "root", "console", "virtio-block 1", "card"]


def kill_all(machine, rounds):
    """All of them, so many times."""
    for _ in range(rounds):
        for name in VICTIMS:
            kill(machine, name)


def lost(machine):
    """What nobody had made safe is told to who syncs the file next, whoever that is."""
    told = 0
    for number in range(3):
        machine.run("seq 2000 > /home/root/numbers; sync")
        victim = machine.pids_of("root")
        found = machine.run(f"cd; echo more {number} >> numbers; kill -9 {victim[0]}; sync numbers || echo to''ld; "
                            "tail -n 1 numbers; sync numbers")
        assert "told" in found or f"more {number}" in found, found
        told += "I/O error" in found
        assert is_back(machine, "root", victim)
    assert told != 0, "what was lost is not told"
    assert "were not safe when the server ended" in machine.run("dmesg")
    passed("who syncs a file is told what an earlier server has lost of it")


def open_files(machine):
    """A file that is read is read on; one that was written and not made safe is an error, and stays one."""
    machine.run("cd; seq 2000 > /home/root/numbers; cp /home/root/numbers /card/numbers; sync; sync /card/numbers")
    victim = machine.pids_of("root")
    found = machine.run(f"exec 7< numbers; read a <&7; kill -9 {victim[0]}; read b <&7; exec 7<&-; echo got $a $b")
    assert "got 1 2" in found, found
    assert is_back(machine, "root", victim)
    victim = machine.pids_of("root")
    machine.run(f"exec 8> lost; echo one >&8; kill -9 {victim[0]}; ! echo two >&8")
    assert "error" in machine.run("! echo three >&8; exec 8>&-")
    assert is_back(machine, "root", victim)
    victim = machine.pids_of("card")
    machine.run(f"exec 7< /card/numbers; read a <&7; kill -9 {victim[0]}; ! read b <&7 && exec 7<&-")
    assert is_back(machine, "card", victim)
    machine.run("cp /bin/free program; ./program | grep total; cp /bin/services program; ./program | grep RESTARTS")
    passed("open files are read on, or an error is told")


def hang(machine):
    """Disks that do not answer: who waits for one too long is ended, and all goes on when they answer again."""
    kill(machine, "card")
    drivers = " ".join(machine.pids_of("virtio-block"))
    found = machine.run(f"(sleep 6; kill -CONT {drivers}) & sleep 1; kill -STOP {drivers}; read line < /card/numbers; "
                        "echo read $line; wait")
    assert "read 1" in found, found
    assert "card: hangs: waits for another service" in machine.run("dmesg")
    kill(machine, "root")
    victim = machine.pids_of("root")
    found = machine.run(f"(sleep 26; kill -CONT {drivers}) & sleep 1; kill -STOP {drivers}; "
                        "read line < /home/root/numbers; echo read $line; wait")
    assert "read 1" in found, found
    assert "root: hangs: waits for another service" in machine.run("dmesg") and is_back(machine, "root", victim)
    passed("a file system whose disk hangs is started again, with all programs on it")


def main():
    with busy_machine() as (machine, url):
        lost(machine)
        open_files(machine)
        hang(machine)
        first = under_load(machine, url, lambda: kill_all(machine, 1))
        judge(machine, first, under_load(machine, url, lambda: kill_all(machine, ROUNDS)))


main()
