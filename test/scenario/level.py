# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/[lu]*
"""Firmware and loaders that have the hypervisor's level of an AArch64 machine leave it to the kernel, with either
version of the interrupt controller, and so do the CPUs that are started later. (Protocol raw: variants.py.)"""

from machine import Machine, passed

USUAL = "virt,gic-version=3"

for version in 3, 2:
    machine = Machine(given=("CPUS=2",))
    assert USUAL in machine.line, machine.line
    machine.line = machine.line.replace(USUAL, f"virt,gic-version={version},virtualization=on")
    with machine:
        machine.login()
        text = machine.run("cat /proc/cpu")
        assert "\nmodel 0 " in text and "\nmodel 1 " in text, text
        assert "127.0.0.1" in machine.run("ip addr")
    passed(f"EL2, version {version}")
