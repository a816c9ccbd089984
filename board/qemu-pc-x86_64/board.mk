# SPDX-License-Identifier: MIT
# QEMU's q35 PC: ACPI, PCI Express, virtio devices over PCI.
arch := x86_64
boots := raw multiboot1 multiboot2 uefi limine
memory := 512M
emulator = qemu-system-x86_64 -machine q35 -cpu max -smp $(CPUS) -nodefaults -vga none
devices := -device virtio-net-pci,netdev=net0 -device virtio-blk-pci,drive=disk0 \
	-device virtio-rng-pci
load.raw = -kernel $(boot_image) -initrd $(initrd)
loaders.multiboot1 := grub-bios grub-efi
loaders.multiboot2 := grub-bios grub-efi
load.multiboot1.grub-bios = -boot d -cdrom $(boot_image)
load.multiboot1.grub-efi = -bios $(ovmf) -boot menu=on,splash-time=0 -cdrom $(boot_image)
load.multiboot2.grub-bios = $(load.multiboot1.grub-bios)
load.multiboot2.grub-efi = $(load.multiboot1.grub-efi)
needs.multiboot1 := grub
needs.multiboot2 := grub
needs.multiboot1.grub-efi := ovmf
needs.multiboot2.grub-efi := ovmf
needs.uefi := ovmf mtools
load.uefi = -bios $(ovmf) -boot menu=on,splash-time=0 \
	-drive if=none,id=esp,format=raw,readonly=on,file=$(boot_image) \
	-device virtio-blk-pci,drive=esp
loaders.limine := bios efi
needs.limine := limine
needs.limine.bios := xorriso
needs.limine.efi := ovmf mtools
load.limine.bios = $(load.multiboot1.grub-bios)
load.limine.efi = $(load.uefi)
# make bench: an instruction is a nanosecond; the processor is that of the peers' figures. Of the
# devices, the network's, which sends by the guest's clock; a disk or random numbers would come when
# the host has them, another time in each run.
bench := -cpu Nehalem -icount shift=0,sleep=off -rtc base=2026-01-01T00:00:00,clock=vm -seed 1 \
	-device virtio-net-pci,netdev=net0,ioeventfd=off,tx=timer
bench_disk.bench-disk := virtio-blk-pci,drive=disk0,ioeventfd=off
