# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-virt-riscv64/raw
"""A machine without any source of random numbers says so and gives none for keys; with a device for them it has keys as
soon as that has given enough."""

import re

from machine import HOST, Machine, WebServer, passed


def machine_without(*devices):
    """Neither the CPU nor the firmware gives any; of devices, only these."""
    machine = Machine()
    machine.line = re.sub(r"-machine virt", "-machine virt,dtb-randomness=off", machine.line)
    machine.line = re.sub(r" -device virtio-rng-\S+", "", machine.line)
    machine.line += "".join(f" -device {device}" for device in devices)
    return machine


def main():
    with WebServer({"/a": b"a"}) as server, machine_without() as machine:
        machine.login()
        machine.reach()
        assert "no source of random numbers yet" in machine.run("dmesg")
        for name in ("random", "urandom"):
            said = machine.run(f"head -c 32 /dev/{name} 2>&1", code=1)
            assert "I/O error" in said, said
        passed("without a source there are no random numbers, and the log says why")
        said = machine.run(f"tls -k {HOST} {server.port} 2>&1", code=1)
        assert said == f"tls: {HOST}: no random numbers for keys\n", said
        said = machine.run(f"curl -s -S https://{HOST}:{server.port}/ 2>&1", code=None)
        assert "curl: (" in said and "ntropy" in said, said
        passed("no keys are made")
        assert machine.run(f"wget -q -O - {server.url('/a')}; mktemp").startswith("a")
        passed("what needs no keys goes on")
    with machine_without("virtio-rng-device") as machine:
        machine.login()
        machine.run("until head -c 32 /dev/random >/dev/null 2>&1; do sleep 0.1; done")
        one, two = (machine.run("head -c 32 /dev/random | sha256sum") for _ in range(2))
        assert one != two
        passed("a device for them is enough")


main()
