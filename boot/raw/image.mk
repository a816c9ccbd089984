# SPDX-License-Identifier: MIT
# raw: the emulator's -kernel takes a flat image with its own header, or the ELF with a note: arch.mk says. U-Boot
# takes the flat image from a disk.
flat := $(if $(filter binary,$(raw_image)),$(made)/kernel.bin,$(made)/kernel.elf)
boot_image := $(if $(filter u-boot,$(LOADER)),$(made)/$(SYSTEM)/u-boot.img,$(flat))
$(made)/kernel.bin: $(made)/kernel.elf
	$(call progress,FLAT,$@)
	$(Q)$(OBJCOPY) -O binary $< $@
$(made)/$(SYSTEM)/u-boot.img: $(flat) $(initrd) tool/esp boot/raw/extlinux.conf
	$(call progress,DISK,$@)
	$(Q)tool/esp $@ boot/raw/extlinux.conf=/extlinux/extlinux.conf $(flat)=/ferrite/kernel $(initrd)=/ferrite/initrd
