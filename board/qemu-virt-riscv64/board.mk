# SPDX-License-Identifier: MIT
# QEMU's virt machine with a RISC-V processor under OpenSBI, PLIC and virtio devices over MMIO.
arch := riscv64
boots := raw
memory := 512M
emulator = qemu-system-riscv64 -machine virt -cpu rv64 -smp $(CPUS) -nodefaults \
	-global virtio-mmio.force-legacy=false
devices := -device virtio-net-device,netdev=net0 -device virtio-blk-device,drive=disk0 \
	-device virtio-rng-device
load.raw = -kernel $(boot_image) -initrd $(initrd)
# make bench: an instruction is a nanosecond. Of the devices, the network's, which sends by the
# guest's clock; a disk or random numbers would come when the host has them, another time in each
# run.
bench := -icount shift=0,sleep=off -rtc base=2026-01-01T00:00:00,clock=vm -seed 1 \
	-global virtio-mmio.ioeventfd=off -device virtio-net-device,netdev=net0,tx=timer
