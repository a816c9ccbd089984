# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-virt-riscv64/raw
"""A machine without any source of random numbers says so and gives none for keys; with a device for them it has keys as
soon as that has given enough."""

import os
import re
import subprocess

from machine import HOST, TOP, Machine, WebServer, passed


def seed_remove(machine):
    """On RISC-V the emulator always gives one: it gets its own device tree back, with that by another name."""
    if "aarch64" in machine.board:
        machine.line = machine.line.replace("-machine virt", "-machine virt,dtb-randomness=off")
        return
    tree = os.path.join(machine.folder.name, "tree")
    line = machine.line.replace("-machine virt", f"-machine virt,dumpdtb={tree}")
    subprocess.run(["/bin/sh", "-c", line], check=True, stdin=subprocess.DEVNULL, capture_output=True, cwd=TOP)
    with open(tree, "r+b") as file:
        content = file.read()
        assert b"rng-seed\0" in content
        file.seek(0)
        file.write(content.replace(b"rng-seed\0", b"rng-none\0"))
    machine.line += f" -dtb {tree}"


def machine_without(*devices):
    """Neither the CPU nor the firmware gives any; of devices, only these."""
    machine = Machine()
    seed_remove(machine)
    machine.line = re.sub(r" -device virtio-rng-\S+", "", machine.line)
    machine.line += "".join(f" -device {device}" for device in devices)
    return machine


def check_names_and_time(machine):
    """What a stranger's answer is known by cannot be drawn."""
    assert "I/O error" in machine.run("echo a.example 2>&1 >/net/dns", code=1)
    assert "bad address 'a.example': I/O error" in machine.run("wget -O - http://a.example/ 2>&1", code=1)
    machine.run(f"ip ntp {HOST}; until dmesg | grep -q 'ntp: no random numbers'; do sleep 0.1; done")
    assert f"server {HOST}!123 silent asked 0 heard 0" in machine.run("cat /net/ntp")
    assert "dns: no random numbers" in machine.run("dmesg")
    passed("no name is asked for, and no time: both say why")


def main():
    with WebServer({"/a": b"a"}) as server, machine_without() as machine:
        machine.login(user="root")
        machine.reach()
        assert "no source of random numbers yet" in machine.run("dmesg")
        for name in ("random", "urandom"):
            said = machine.run(f"head -c 32 /dev/{name} 2>&1", code=1)
            assert "I/O error" in said, said
        passed("without a source there are no random numbers, and the log says why")
        for port in (7500, 7501, 7502):
            machine.run(f"(echo said | nc -l -p {port} >/tmp/got.{port} 2>&1 &)")
            machine.wait_listener(port)
        said = machine.run("tls -k 127.0.0.1 7500 2>&1", code=1)
        assert said == "tls: 127.0.0.1: no random numbers for keys\n", said
        said = machine.run("curl -s -S https://127.0.0.1:7501/ 2>&1", code=None)
        assert "curl: (" in said and "ntropy" in said, said
        passed("no keys are made")
        check_names_and_time(machine)
        said = machine.run(f"wget -O - {server.url('/a')} 2>&1", code=1)
        assert "I/O error" in said, said
        assert "ip: no random numbers: no connection to or from others is made" in machine.run("dmesg")
        passed("no connection to another host begins where it could be guessed")
        assert machine.run("nc 127.0.0.1 7502 </dev/null; mktemp").startswith("said")
        passed("what needs no keys goes on")
    with WebServer({"/a": b"a"}) as server, machine_without("virtio-rng-device") as machine:
        machine.login()
        machine.run("until head -c 32 /dev/random >/dev/null 2>&1; do sleep 0.1; done")
        one, two = (machine.run("head -c 32 /dev/random | sha256sum") for _ in range(2))
        assert one != two
        machine.reach()
        assert machine.run(f"wget -q -O - {server.url('/a')}") == "a"
        passed("a device for them is enough")


main()
