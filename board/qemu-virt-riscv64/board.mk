# SPDX-License-Identifier: MIT
# QEMU's virt machine with a RISC-V processor under OpenSBI, PLIC and virtio devices over MMIO.
arch := riscv64
boots := raw uefi limine
memory := 512M
emulator = qemu-system-riscv64 -machine virt -cpu rv64 -smp $(CPUS) -nodefaults \
	-global virtio-mmio.force-legacy=false
devices := -device virtio-net-device,netdev=net0 -device virtio-blk-device,drive=disk0 \
	-device virtio-rng-device
loaders.raw := qemu u-boot
needs.raw.u-boot := u-boot mtools
load.raw.qemu = -kernel $(boot_image) -initrd $(initrd)
load.raw.u-boot = $(load.uefi.u-boot)
loaders.uefi := edk2 u-boot
needs.uefi := mtools
needs.uefi.edk2 := riscv-efi
needs.uefi.u-boot := u-boot
load.uefi.edk2 = -machine acpi=off -boot menu=on,splash-time=0 \
	-drive if=pflash,format=raw,unit=0,readonly=on,file=$(riscv-efi) \
	-drive if=pflash,format=raw,unit=1,snapshot=on,file=$(riscv-efi-variables) $(load.uefi.disk)
load.uefi.u-boot = -kernel $(u-boot) $(load.uefi.disk)
load.uefi.disk = -drive if=none,id=esp,format=raw,readonly=on,file=$(boot_image) \
	-device virtio-blk-device,drive=esp
loaders.limine := edk2 u-boot
needs.limine := limine mtools
needs.limine.edk2 := riscv-efi
needs.limine.u-boot := u-boot
load.limine.edk2 = $(load.uefi.edk2)
load.limine.u-boot = $(load.uefi.u-boot)
# make bench: an instruction is a nanosecond. Of the devices, the network's, which sends by the
# guest's clock; a disk or random numbers would come when the host has them, another time in each
# run. Three levels of page tables, as the peers use.
bench := -cpu rv64,sv48=off,sv57=off -icount shift=0,sleep=off \
	-rtc base=2026-01-01T00:00:00,clock=vm -seed 1 -global virtio-mmio.ioeventfd=off \
	-device virtio-net-device,netdev=net0,tx=timer
