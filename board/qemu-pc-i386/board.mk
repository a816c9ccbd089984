# SPDX-License-Identifier: MIT
# QEMU's q35 PC with a 32-bit processor: ACPI, PCI Express, virtio devices over PCI.
arch := i386
boots := multiboot1 multiboot2
loaders.multiboot1 := qemu grub-bios
loaders.multiboot2 := grub-bios
needs.multiboot1.grub-bios := grub
needs.multiboot2 := grub
memory := 512M
emulator = qemu-system-i386 -machine q35 -cpu max -smp $(CPUS) -nodefaults -vga none
devices := -device virtio-net-pci,netdev=net0 -device virtio-blk-pci,drive=disk0 \
	-device virtio-rng-pci
load.multiboot1.qemu = -kernel $(boot_image) -initrd $(initrd)
load.multiboot1.grub-bios = -boot d -cdrom $(boot_image)
load.multiboot2.grub-bios = $(load.multiboot1.grub-bios)
bench := -cpu coreduo -icount shift=0,sleep=off -rtc base=2026-01-01T00:00:00,clock=vm -seed 1 \
	-device virtio-net-pci,netdev=net0,ioeventfd=off,tx=timer
