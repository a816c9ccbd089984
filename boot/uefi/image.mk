# SPDX-License-Identifier: MIT
# uefi: the kernel as an application of firmware; and a disk with an EFI system partition's files: that
# application under the name by which firmware finds it, and the initrd.
efi := $(made)/kernel.efi
boot_image := $(made)/$(SYSTEM)/uefi.img
$(efi): $(made)/kernel.elf out/host/bin/efi
	$(call progress,EFI  ,$@)
	$(Q)out/host/bin/efi $< $@
$(boot_image): $(efi) $(initrd) tool/esp
	$(call progress,DISK ,$@)
	$(Q)tool/esp $@ $(efi)=/EFI/BOOT/$(efi_name) $(initrd)=/ferrite/initrd
# Firmware takes a command line only along with the kernel, from the emulator.
append = $(if $(findstring -kernel $(efi),$(load.uefi.$(LOADER))),$(if $1,-append '$1'))
