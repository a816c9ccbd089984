# SPDX-License-Identifier: MIT
# multiboot2: a disc from which GRUB starts the kernel, with a BIOS and with EFI.
boot_image := $(made)/$(SYSTEM)/multiboot2.iso
$(boot_image): $(made)/kernel.elf $(initrd) tool/disc
	$(call progress,DISC ,$@)
	$(Q)tool/disc $@ multiboot2 $(made)/kernel.elf $(initrd)
# The disc's GRUB takes the command line from the machine's first OEM string.
comma := ,
append = -smbios type=11,value='ferrite: $(subst $(comma),$(comma)$(comma),$1)'
