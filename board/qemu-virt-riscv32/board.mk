# SPDX-License-Identifier: MIT
# QEMU's virt machine with a 32-bit RISC-V microcontroller: machine and user mode, no MMU, PMP. It is
# the test bench of small machines.
arch := riscv32
boots := raw
memory := 16M
emulator = qemu-system-riscv32 -machine virt -bios none -cpu sifive-e31 -nodefaults
devices :=
load.raw = -kernel $(boot_image) -initrd $(initrd)
bench := -icount shift=0,sleep=off -rtc base=2026-01-01T00:00:00,clock=vm -seed 1
