# SPDX-License-Identifier: MIT
# QEMU's virt machine with a 32-bit RISC-V microcontroller: machine and user mode, no MMU, PMP. It is
# the test bench of small machines; with as much memory as the default system wants, whose programs
# each have their own copy of all that they are.
arch := riscv32
boots := raw
memory := 128M
cpus := 1
scenarios := boot refuse shell login power service small
budget := text=240000 ram=40960 thread=1024 process=768
emulator = qemu-system-riscv32 -machine virt -bios none -cpu sifive-e31 -nodefaults \
	-global virtio-mmio.force-legacy=false
devices := -device virtio-net-device,netdev=net0 -device virtio-blk-device,drive=disk0 \
	-device virtio-rng-device
loaders.raw := qemu flash
load.raw.qemu = -kernel $(boot_image) -initrd $(initrd)
# Executed in the first bank of flash. The emulator's device tree is at the beginning of RAM then.
flash_size := 32
link.raw.flash := --defsym=link_text=0x20000000 --defsym=link_data=0x80004000
load.raw.flash = -drive if=pflash,unit=0,format=raw,readonly=on,file=$(boot_image)
bench := -icount shift=0,sleep=off -rtc base=2026-01-01T00:00:00,clock=vm -seed 1 \
	-global virtio-mmio.ioeventfd=off -device virtio-net-device,netdev=net0,tx=timer
