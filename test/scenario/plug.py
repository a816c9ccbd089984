# SPDX-License-Identifier: MIT
# cells: qemu-*-[ax]*64/raw
# waits
"""Cards in slots of PCI Express come and go: a disk is plugged while the machine runs, and unplugged while files are
written to it, by the slot's button and without a word; a network card is exchanged. Who uses what is gone gets an
error, nobody hangs, what was made safe is whole when it is plugged again, and nothing is leaked.

PLUG_ROUNDS=50 makes it many."""

import os
import re
import socket
import tempfile
import time

from machine import HOST, LIMIT, Machine, Monitor, host, passed, this_board

ROUNDS = int(os.environ.get("PLUG_ROUNDS", "1"))
IS_PC = this_board().startswith("qemu-pc")
PORTS = " ".join(f"-device pcie-root-port,id=slot{number},chassis={number},slot={number}" for number in (1, 2))
# Without the firmware's way, which the PC has otherwise.
NATIVE = "-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off" if IS_PC else ""
DISK = {"driver": "virtio-blk-pci", "id": "disk", "bus": "slot1", "drive": "plug"}
CARD = {"driver": "virtio-net-pci", "id": "card", "bus": "slot2", "netdev": "net0"}
OLD, NEW = "52:54:00:00:00:01", "52:54:00:00:00:02"

# Where configuration space is, as the board or its firmware has it.
SPACES = {"qemu-virt-aarch64": [0x4010000000], "qemu-pc-x86_64": [0xe0000000, 0xb0000000]}
NO_POWER = 0x700  # in the slot's control register: of the controller, and of the indicator

# Files that say that they are safe, until the first error.
SAFE = """i=0; while i=$((i+1)); n=$((i * 37 % 90 + 1));
dd if=/tmp/pattern of=/plug/f$i bs=1000 count=$n conv=fsync 2>/tmp/why;
do echo $i >> /tmp/safe; rm -f /plug/f$((i - 16)); done; echo over > /tmp/over"""
READ = "while cat /dev/disk1/data > /dev/null 2>&1; do :; done; echo over > /tmp/read"


class Memory:
    """The machine's physical memory, for the emulator (qtest). It is made before the machine is entered."""

    def __init__(self, machine):
        self.path = os.path.join(machine.folder.name, "memory")
        machine.line += f" -qtest unix:{self.path},server=on,wait=off -qtest-log none"
        self.stream = None

    def ask(self, command, *numbers):
        if not self.stream:
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(self.path)
            self.stream = connection.makefile("rw")
        self.stream.write(f"{command} {' '.join(map(hex, numbers))}\n")
        self.stream.flush()
        answer = self.stream.readline().split()
        assert answer[:1] == ["OK"], answer
        return int(answer[1], 16) if len(answer) > 1 else None

    def tear_out(self, number):
        """Takes the power of a slot, as nobody does who has asked: for the guest its card is gone."""
        ports = (space + (place << 15) for space in SPACES[this_board()] for place in range(32))
        for port in (port for port in ports if self.ask("readl", port) == 0x000c1b36):
            at = self.ask("readb", port + 0x34)
            while self.ask("readb", port + at) != 0x10:  # PCI Express
                at = self.ask("readb", port + at + 1)
            if self.ask("readl", port + at + 0x14) >> 19 == number:
                control = self.ask("readw", port + at + 0x18)
                return self.ask("writew", port + at + 0x18, control | NO_POWER)
        raise AssertionError(f"there is no slot {number}")


def plug(machine, monitor, device, line):
    monitor.ask("device_add", **device)
    machine.run(f"until grep -q '{line} ready' /dev/device/devices; do sleep 0.1; done")


def unplug(machine, monitor, device, slot):
    """Presses the slot's button, and waits until it has no power."""
    monitor.ask("device_del", id=device["id"])
    machine.run(f"until grep -q 'device {slot} off' /dev/device/devices; do sleep 0.2; done")


def tear_out(machine, memory, number):
    memory.tear_out(number)
    machine.run(f"until grep -q 'device slot{number} off' /dev/device/devices; do sleep 0.1; done")


def wait_for(machine, path):
    machine.run(f"until test -e {path}; do sleep 0.1; done")


def mount(machine):
    machine.run("/service/ext4 -s plug /dev/disk1/data & until test -e /srv/plug; do sleep 0.1; done")
    machine.run("mount /srv/plug /plug")


def unmount(machine):
    machine.run("unmount /plug; kill -9 %1; wait; rm /srv/plug", code=None)


def check_safe(machine):
    safe = [int(word) for word in machine.run("tail -n 8 /tmp/safe").split()]
    assert safe, "nothing was made safe"
    for i in safe:
        size = (i * 37 % 90 + 1) * 1000
        machine.run(f"test $(stat -c %s /plug/f{i}) = {size} && cmp -n {size} /plug/f{i} /tmp/pattern")


def use_and_lose(machine, monitor, lose):
    """The disk goes while it is written and read; when it is plugged again, what was safe is whole."""
    machine.run("rm -f /tmp/safe /tmp/over /tmp/read; rm -rf /plug/f*")
    machine.run(f"({' '.join(SAFE.split())}) 2>/dev/null &")
    machine.run(f"({READ}) 2>/dev/null &")
    machine.run("until test $(wc -l < /tmp/safe) -gt 8; do sleep 0.1; done 2>/dev/null")
    lose()
    wait_for(machine, "/tmp/over")
    wait_for(machine, "/tmp/read")
    assert re.search(r"I/O error|Input/output", machine.run("cat /tmp/why")), "another error"
    for command in "cat /dev/disk1/data", "ls /dev/disk1", "echo x > /plug/new && sync /plug/new":
        started = time.monotonic()
        machine.run(f"({command}) 2>/dev/null", code=1)
        assert time.monotonic() - started < LIMIT / 4, f"{command} waits"
    states = machine.run("services")
    assert not re.search(r"(?m)^\S+ +(failed|paused|starting|leaving) ", states), states
    assert "disk1" not in states, states
    unmount(machine)
    plug(machine, monitor, DISK, "disk1")
    mount(machine)
    check_safe(machine)


def exchange(machine, monitor, address):
    """Another network card in the same slot has the same name, and asks for addresses."""
    unplug(machine, monitor, CARD, "slot2")
    machine.run("until grep -q 'ether0 down' /net/interfaces; do sleep 0.1; done")
    machine.run(f"ping -c 1 -w 2 {HOST}", code=1)
    plug(machine, monitor, dict(CARD, mac=address), "ether0")
    machine.reach()
    found = machine.run("cat /net/interfaces")
    assert re.search(rf"ether0 up .*{address}.*\n.*address 10\.0\.2\.", found), found


def memory_free(machine):
    """Free memory in KiB, after the kernel had time to clean up behind the dead."""
    machine.run("sleep 3")
    return int(re.search(r"(?m)^\s+\d+\s+\d+\s+(\d+)", machine.run("free"))[1])


def rounds(machine, monitor, memory, count):
    for number in range(count):
        use_and_lose(machine, monitor, lambda: unplug(machine, monitor, DISK, "slot1"))
        use_and_lose(machine, monitor, lambda: tear_out(machine, memory, 1))
        exchange(machine, monitor, (NEW, OLD)[number % 2])
    return memory_free(machine)


def main():
    with tempfile.TemporaryDirectory(prefix="ferrite-") as folder:
        image = os.path.join(folder, "plug.img")
        with open(image, "wb") as file:
            file.truncate(32 << 20)
        host("mkfs.ext4", "-q", image)
        extra = f"{NATIVE} -blockdev driver=raw,node-name=plug,file.driver=file,file.filename={image}"
        machine = Machine(extra=extra)
        machine.line = re.sub(r"-device virtio-net-\w+,netdev=net0",
                              f"{PORTS} -device virtio-net-pci,bus=slot2,netdev=net0,id=card,mac={OLD}", machine.line)
        monitor, memory = Monitor(machine), Memory(machine)
        with machine:
            machine.login("root")
            machine.run("head -c 100000 /bin/busybox > /tmp/pattern")
            found = machine.run("cat /dev/device/devices")
            assert "device slot1 off" in found and "device slot2 ready" in found, found
            plug(machine, monitor, DISK, "disk1")
            machine.run("head -c 2048 /dev/disk1/data | tail -c 1024 | grep -q lost; cat /dev/disk1/info")
            passed("a disk that is plugged is there")
            mount(machine)
            use_and_lose(machine, monitor, lambda: unplug(machine, monitor, DISK, "slot1"))
            passed("unplugged while it is used, it is an error; plugged again, it has what was safe")
            use_and_lose(machine, monitor, lambda: tear_out(machine, memory, 1))
            passed("so it is when it is gone without a word")
            exchange(machine, monitor, NEW)
            passed("another network card in the same place has its name, and an address")
            exchange(machine, monitor, OLD)
            before = memory_free(machine)
            after = rounds(machine, monitor, memory, ROUNDS)
            assert after > before - 1024, f"{before} KiB free before, {after} KiB after"
            passed(f"{ROUNDS} times more, nothing is leaked")
            machine.run("sync")
            machine.line_send("poweroff")
            machine.expect_end()
        host("e2fsck", "-p", image, codes=(0, 1))
        host("e2fsck", "-fn", image)


main()
