# SPDX-License-Identifier: MIT
# QEMU's virt machine with a 32-bit RISC-V microcontroller: machine and user mode, no MMU, PMP. It is
# the test bench of small machines; with as much memory as the default system wants, whose programs
# each have their own copy of all that they are.
arch := riscv32
boots := raw
memory := 128M
cpus := 1
scenarios := boot refuse shell login power service small
budget := text=240000 ram=98304 thread=1024 process=768
emulator = qemu-system-riscv32 -machine virt -bios none -cpu sifive-e31 -nodefaults \
	-global virtio-mmio.force-legacy=false
devices := -device virtio-net-device,netdev=net0 -device virtio-blk-device,drive=disk0 \
	-device virtio-rng-device
load.raw = -kernel $(boot_image) -initrd $(initrd)
bench := -icount shift=0,sleep=off -rtc base=2026-01-01T00:00:00,clock=vm -seed 1 \
	-global virtio-mmio.ioeventfd=off -device virtio-net-device,netdev=net0,tx=timer
