# SPDX-License-Identifier: MIT
# limine: a disk from which EFI firmware starts the loader, or a disc for a BIOS; the loader takes the kernel's
# ELF file and the initrd. LIMINE names the folder of a Limine 8 or newer: no distribution has one.
limine_disk := $(made)/$(SYSTEM)/limine
limine_files = boot/limine/limine.conf=/limine.conf $(made)/kernel.bare=/ferrite/kernel $(initrd)=/ferrite/initrd
boot_image := $(limine_disk).$(if $(filter bios,$(LOADER)),iso,img)
$(made)/kernel.bare: $(made)/kernel.elf
	$(Q)$(OBJCOPY) --strip-debug $< $@
$(limine_disk).img: $(made)/kernel.bare $(initrd) tool/esp boot/limine/limine.conf
	$(call progress,DISK ,$@)
	$(Q)tool/esp $@ $(limine)/$(efi_name)=/EFI/BOOT/$(efi_name) $(limine_files)
$(limine_disk).iso: $(made)/kernel.bare $(initrd) boot/limine/limine.conf
	$(call progress,DISC ,$@)
	$(Q)$(xorriso) -as mkisofs -quiet -graft-points -no-emul-boot -boot-load-size 4 -boot-info-table \
		-b limine-bios-cd.bin -o $@ $(foreach f,$(limine_files),$(patsubst /%,%,$(call target-of,$f))=$(call \
		source-of,$f)) $(foreach f,limine-bios.sys limine-bios-cd.bin,$f=$(limine)/$f) >$@.log 2>&1 || \
		{ cat $@.log; false; }
# The loader's menu has the command line.
append :=
