# SPDX-License-Identifier: MIT
# QEMU's q35 PC with a 32-bit processor: ACPI, PCI Express, virtio devices over PCI.
arch := i386
boots := multiboot1
loaders.multiboot1 := qemu
memory := 512M
emulator = qemu-system-i386 -machine q35 -cpu max -smp $(CPUS) -nodefaults -vga none
devices := -device virtio-net-pci,netdev=net0 -device virtio-blk-pci,drive=disk0 \
	-device virtio-rng-pci
load.multiboot1.qemu = -kernel $(boot_image) -initrd $(initrd)
