# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw
"""2,000 connections one after the other leave nothing behind; ten thousand that wait, both ends of each here, take the
memory that they are worth, are all answered, in a time that grows no faster than their number, and give it back; and
who gives the machine its address is told its name."""

import os
import re
import tempfile

from machine import Machine, passed

ROW, WARM, IDLE = 2000, 1200, 10_000
EACH = 5  # KiB, of one end of a connection that waits
ROOM = 256  # KiB: what may remain of pages that are partly used
LIMIT = 150  # seconds for any of it: were they looked through one by one, it would be an hour


def memory(machine):
    """Of the IP service, in KiB."""
    found = re.search(r"(?m)^ip +ready.* (\d+)([KM]) ", machine.run("services"))
    return int(found[1]) * (1024 if found[2] == "M" else 1)


def conversations(machine):
    return int(machine.run("ls /net/tcp | wc -l")) - 2  # clone and stats are no conversations


def in_a_row(machine):
    machine.run(f"/test/dial row {WARM}", timeout=LIMIT)  # what is kept of connections that are over is full then
    before = memory(machine)
    machine.run(f"/test/dial row {ROW}", timeout=LIMIT)
    after = memory(machine)
    assert conversations(machine) == 0 and after <= before + ROOM, (before, after)
    passed(f"{ROW} connections in a row leave nothing ({before} KiB before, {after} KiB after)")


def at_a_time(machine):
    before = memory(machine)
    machine.run(f"mkfifo /tmp/go; exec 7<>/tmp/go; /test/dial idle {IDLE} <&7 >/tmp/said &"
                " until grep -q 'all wait' /tmp/said; do sleep 0.2; done", timeout=LIMIT)
    idle = memory(machine)
    assert conversations(machine) == 2 * IDLE + 1
    assert idle - before < 2 * IDLE * EACH, (before, idle)
    machine.run("echo >&7; wait $!", timeout=LIMIT)
    assert conversations(machine) == 0
    back = memory(machine)
    assert back - before < idle - back, (before, idle, back)
    passed(f"{2 * IDLE} ends of connections wait in {(idle - before) / 2 / IDLE:.1f} KiB each, and work afterwards")


with tempfile.TemporaryDirectory(prefix="ferrite-") as folder:
    dump = os.path.join(folder, "dump")
    with Machine(extra=f"-object filter-dump,id=dump,netdev=net0,file={dump}") as guest:
        guest.login(user="root")
        guest.run("services stop sshd httpd")  # who listens has a conversation
        guest.reach()
        name = guest.run("hostname").strip().encode()
        in_a_row(guest)
        at_a_time(guest)
    with open(dump, "rb") as file:
        assert bytes([12, len(name)]) + name in file.read()  # RFC 2132, section 3.14
    passed("the network is told this machine's name")
