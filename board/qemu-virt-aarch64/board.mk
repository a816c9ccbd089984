# SPDX-License-Identifier: MIT
# QEMU's virt machine with an ARMv8-A processor, GICv3 and virtio devices over MMIO.
arch := aarch64
boots := raw uefi limine
memory := 512M
emulator = qemu-system-aarch64 -machine virt,gic-version=3 -cpu cortex-a57 -smp $(CPUS) -nodefaults \
	-global virtio-mmio.force-legacy=false
devices := -device virtio-net-device,netdev=net0 -device virtio-blk-device,drive=disk0 \
	-device virtio-rng-device
load.raw = -kernel $(boot_image) -initrd $(initrd)
# The firmware describes the machine by a device tree where it has no ACPI tables. By those it tells of
# what is on PCI.
loaders.uefi := edk2 edk2-kernel edk2-acpi
needs.uefi := aavmf
needs.uefi.edk2 := mtools
load.uefi.edk2 = -machine acpi=off -bios $(aavmf) -boot menu=on,splash-time=0 \
	-drive if=none,id=esp,format=raw,readonly=on,file=$(boot_image) \
	-device virtio-blk-device,drive=esp
load.uefi.edk2-kernel = -machine acpi=off -bios $(aavmf) -kernel $(efi) -initrd $(initrd)
needs.limine := limine aavmf mtools
load.limine = $(load.uefi.edk2)
load.uefi.edk2-acpi = -bios $(aavmf) -kernel $(efi) -initrd $(initrd)
devices.uefi.edk2-acpi := -device virtio-net-pci,netdev=net0 -device virtio-blk-pci,drive=disk0 \
	-device virtio-rng-pci
# make bench: an instruction is a nanosecond. Of the devices, the network's, which sends by the
# guest's clock; a disk or random numbers would come when the host has them, another time in each
# run.
bench := -icount shift=0,sleep=off -rtc base=2026-01-01T00:00:00,clock=vm -seed 1 \
	-global virtio-mmio.ioeventfd=off -device virtio-net-device,netdev=net0,tx=timer
bench_disk.bench-disk := virtio-blk-device,drive=disk0
